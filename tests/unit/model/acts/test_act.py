"""What the record has of an act."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta, timezone

from functions.model.acts.act import act_of_event, act_of_history
from functions.model.events.event import Event
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status
from tests.actors import person
from tests.clock import NOW

ENTRY = HistoryEntry(
    "merged",
    NOW,
    "r1",
    Status.COMPLETED,
    person("ann"),
    certificate={"serial": "0a", "thumbprint": "AB"},
    file={"name": "a.pem", "sha256": "3"},
    warnings=("Old.",),
    before={"owner": "ann"},
    after={"owner": "bob"},
    access="5" * 64,
)


def test_an_act_says_all_that_the_history_does() -> None:
    act = act_of_history("main", "Web", ENTRY)
    fields = json.loads(act.text)
    assert fields["by"]["oid"] == person("ann").oid
    assert {name: fields[name] for name in fields if name != "by"} == {
        "id": act.id,
        "time": NOW.isoformat(),
        "verb": "merged",
        "vault": "main",
        "name": "Web",
        "request_id": "r1",
        "outcome": "completed",
        "before": {"owner": "ann"},
        "after": {"owner": "bob"},
        "certificate": {"serial": "0a", "thumbprint": "AB"},
        "file": {"name": "a.pem", "sha256": "3"},
        "findings": ["Old."],
        "access": "5" * 64,
    }


def test_an_act_has_one_id_and_others_have_others() -> None:
    ids = {
        act_of_history("main", "web", one).id
        for one in (ENTRY, replace(ENTRY, what="deleted"), replace(ENTRY, request_id="r2"), replace(ENTRY, note="x"))
    }
    assert len(ids) == 3
    assert act_of_history("main", "WEB", ENTRY).id == act_of_history("main", "web", ENTRY).id


def test_an_entry_of_an_older_version_is_an_act_without_what_it_lacks() -> None:
    fields = json.loads(act_of_history("main", "web", HistoryEntry("created", NOW, "r", Status.FAILED, None)).text)
    assert set(fields) == {"id", "time", "verb", "vault", "name", "request_id", "outcome"}


def test_an_act_of_an_approval_has_no_outcome_since_no_request_has_a_status_yet() -> None:
    fields = json.loads(act_of_history("main", "web", replace(ENTRY, what="approved", approval="f" * 32)).text)
    assert fields["approval"] == "f" * 32
    assert "outcome" not in fields


def test_a_change_of_who_may_do_what_is_an_act_and_other_events_are_none() -> None:
    event = Event("access:1", "Certflow.Access.Changed", "access", NOW, data={"sha256": "5"})
    act = act_of_event(event)
    assert act is not None
    assert json.loads(act.text)["about"] == {"sha256": "5"}
    assert json.loads(act.text)["verb"] == "access-changed"
    rules = act_of_event(replace(event, type="Certflow.Rules.Changed"))
    assert rules is not None
    assert json.loads(rules.text)["verb"] == "rules-changed"
    assert act_of_event(replace(event, type="Certflow.Issuance.Started")) is None


def test_an_event_whose_id_was_used_before_the_tables_were_lost_is_another_act() -> None:
    event = Event("access:1", "Certflow.Access.Changed", "access", NOW, data={"sha256": "5"})
    first, again = act_of_event(event), act_of_event(replace(event, time=NOW.astimezone(timezone(timedelta(hours=2)))))
    later = act_of_event(replace(event, time=NOW + timedelta(days=90)))
    assert first
    assert again
    assert later
    assert first.id == again.id != later.id
