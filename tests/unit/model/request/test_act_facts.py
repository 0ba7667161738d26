"""What an entry of the history says of before and after."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from functions.model.request.act_facts import facts_before_start, facts_of, policy_sha256, with_facts
from functions.model.request.act_log import log_acts
from functions.model.request.actor import RENEWAL
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status
from functions.model.request.tracked import Change, TrackedRequest
from tests.clock import NOW

REQUEST = TrackedRequest("main", "web", "r1", "DigiCert", "CN=web", "ab", NOW, owner="ann@example.com")
ENTRY = HistoryEntry("merged", NOW, "r1", Status.COMPLETED, RENEWAL)


def test_facts_are_texts_and_leave_out_what_is_not_known() -> None:
    assert facts_of(replace(REQUEST, not_after=NOW)) == {
        "status": "inProgress",
        "issuer": "DigiCert",
        "subject": "CN=web",
        "owner": "ann@example.com",
        "not_after": NOW.isoformat(),
    }


def test_each_entry_of_a_change_gets_before_after_and_the_access_file() -> None:
    done = replace(REQUEST, status=Status.COMPLETED, version="v2", owner="bob@example.com")
    change = with_facts(Change(done, history=(ENTRY, ENTRY)), facts_of(REQUEST), "5" * 64, {"policy_sha256": "4"})
    for entry in change.history:
        assert entry.before == facts_of(REQUEST)
        assert entry.after == {**facts_of(done), "policy_sha256": "4"}
        assert entry.access == "5" * 64


def test_before_a_start_only_what_is_known_is_said() -> None:
    assert facts_before_start(None, None, None) == {}
    assert facts_before_start("ann@example.com", "4", "ABC") == {
        "owner": "ann@example.com",
        "policy_sha256": "4",
        "thumbprint": "ABC",
    }


def test_a_policy_has_one_hash_in_whatever_order_its_fields_come() -> None:
    one, other = {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}
    assert policy_sha256(one) == policy_sha256(other) != policy_sha256({"a": 1})
    assert policy_sha256(None) is policy_sha256({}) is None


def test_the_log_record_of_an_act_says_the_same(caplog: pytest.LogCaptureFixture) -> None:
    entry = replace(ENTRY, certificate={"serial": "0a"}, file={"name": "a.pem", "sha256": "3"}, warnings=("Old.",))
    change = with_facts(Change(REQUEST, history=(entry,)), {"status": "failed"}, "5" * 64)
    with caplog.at_level(logging.INFO, "certflow"):
        log_acts(change)
    (logged,) = (json.loads(one.message) for one in caplog.records)
    assert logged["before"] == {"status": "failed"}
    assert logged["after"] == facts_of(REQUEST)
    assert (logged["access"], logged["certificate"]["serial"]) == ("5" * 64, "0a")
    assert (logged["file"]["sha256"], logged["warnings"]) == ("3", ["Old."])
