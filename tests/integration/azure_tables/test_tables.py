"""The ledger, on Azurite's tables."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError

from functions.adapters.azure_tables import ledger as tables
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.rows import hint_row, request_row, rows_beside, token_of
from functions.adapters.azure_tables.service import Tables
from functions.model import request_filter
from functions.model.errors import ConcurrentChange, InvalidRequest, Unavailable
from functions.model.events.chains import Rejected
from functions.model.events.event import Event
from functions.model.request.actor import RENEWAL, UNNAMED, Actor
from functions.model.request.apply_state import apply_state, postpone
from functions.model.request.history import Action, HistoryEntry
from functions.model.request.new_request import track
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import Change
from functions.model.request_filter import RequestFilter
from functions.monitoring.check_due import check_due
from functions.ports.chain_files import ParkedFile
from functions.ports.ledger import Intent
from testkit.tokens import AnyToken
from tests.actors import app, person, saying
from tests.clock import NOW
from tests.unit.fakes import World

pytestmark = pytest.mark.asyncio(loop_scope="module")
CREATED = Action("created", person("me"))


@pytest.fixture
def ledger(tables: Tables) -> TableLedger:
    return TableLedger(tables)


def started(name: str, request_id: str = "a" * 32, key: str | None = None) -> Change:
    operation = Operation(request_id, Status.IN_PROGRESS, "DigiCert", b"")
    return track("main", name, operation, f"CN={name}", key or f"key-of-{name}", "me@example.com", NOW, CREATED)


def intent(name: str, intent_id: str = "i1") -> Intent:
    due = NOW + timedelta(minutes=2)
    return Intent("main", name, intent_id, due, asked="a hash", owner="me@example.com", by=CREATED.by, keep=True)


def of(events: list[Event], name: str) -> list[str]:
    return [event.id for event in events if event.name == name]


@pytest.mark.parametrize("length", [10, 16_000, 40_000, 400_000])
async def test_an_intent_takes_an_answer_of_any_length_that_key_vault_gives(ledger: TableLedger, length: int) -> None:
    first = intent(f"long-{length}", f"i{length}")
    await ledger.add_intent(first)
    csr = "ä𝄞"[: length % 3] + "A" * length
    answered = replace(first, answer={"fields": {"csr": csr}}, due=NOW + timedelta(hours=24))
    for _ in range(2):
        await ledger.save_intent(answered)
    assert await ledger.intent("main", first.name, first.id) == answered
    assert await ledger.is_starting("main", first.name) is False


async def test_a_request_comes_back_as_it_was_written_in_any_case_of_its_name(ledger: TableLedger) -> None:
    csr = "https://storage.example/csr/main/round-trip/a.csr"
    change = Change(replace(started("Round-Trip").request, csr_url=csr))
    added, new = await ledger.add(change)
    assert new is True
    read = await ledger.get("main", "rOUND-tRIP", "a" * 32)
    assert read == added == change.request
    assert read is not None
    assert read.etag == added.etag
    assert read.etag
    assert await ledger.by_name("main", "round-trip") == [change.request]
    assert await ledger.by_name("main", "round") == []
    assert await ledger.get("main", "round-trip", "b" * 32) is None


async def test_a_csr_may_have_no_subject_and_the_request_is_watched_all_the_same(ledger: TableLedger) -> None:
    """Key Vault allows that where there are alternative names (protocol §8)."""
    operation = Operation("a" * 32, Status.IN_PROGRESS, "DigiCert", b"")
    change = track("unnamed", "no-subject", operation, "", "key-of-no-subject", None, NOW, CREATED)
    added, _ = await ledger.add(change)
    assert await ledger.get("unnamed", "no-subject", "a" * 32) == change.request
    assert (await ledger.requests(RequestFilter(frozenset({"unnamed"})), None)).requests == (change.request,)
    assert change.request in await ledger.by_key("key-of-no-subject")
    failed = apply_state(added, Operation("a" * 32, Status.FAILED, "DigiCert", b"", "Request rejected", ""), NOW)
    saved = await ledger.save(added, failed)
    assert await ledger.by_name("unnamed", "no-subject") == [saved]


async def test_a_request_that_is_there_stays_as_it_is(ledger: TableLedger) -> None:
    change = started("twice")
    added, new = await ledger.add(change)
    assert new is True
    assert await ledger.add(Change(replace(change.request, owner="other@example.com"))) == (added, False)
    read = await ledger.get("main", "twice", "a" * 32)
    assert read is not None
    assert read.owner == "me@example.com"


async def test_a_change_its_events_and_its_due_mark_are_one_transaction(ledger: TableLedger) -> None:
    change = started("moves")
    await ledger.add(change)
    before = await ledger.get("main", "moves", "a" * 32)
    assert before is not None
    ended = apply_state(before, Operation("a" * 32, Status.FAILED, "DigiCert", b"", "Request rejected", "no"), NOW)
    saved = await ledger.save(before, ended)
    assert (saved.status, saved.error_code, saved.next_check) == (Status.FAILED, "Request rejected", None)
    assert "moves" not in [due.name for due in await ledger.due("main", NOW + timedelta(days=1), 1000)]
    with pytest.raises(ConcurrentChange):
        await ledger.save(before, ended)
    assert of((await ledger.left_behind("main")).events, "moves") == [
        f"main:moves:{'a' * 32}:failed",
        f"main:moves:{'a' * 32}:started",
    ]
    again = await ledger.save(saved, Change(replace(saved, last_error="x")))
    assert again.etag != saved.etag


async def test_a_lost_race_writes_nothing_at_all(ledger: TableLedger) -> None:
    change = started("race")
    await ledger.add(change)
    before = await ledger.get("main", "race", "a" * 32)
    assert before is not None
    winner = await ledger.save(before, Change(postpone(before, NOW, "HTTP 503", 0)))
    loser = apply_state(before, Operation("a" * 32, Status.FAILED, "DigiCert", b""), NOW)
    with pytest.raises(ConcurrentChange):
        await ledger.save(before, loser)
    assert await ledger.get("main", "race", "a" * 32) == winner
    assert of((await ledger.left_behind("main")).events, "race") == [f"main:race:{'a' * 32}:started"]


async def test_a_lost_race_writes_nothing_although_the_due_mark_stands_where_it_stood(ledger: TableLedger) -> None:
    """A mark that is gone already would tell, too; whoever claims a merge moves none, and there is but the ETag."""
    await ledger.add(started("claims"))
    before = await ledger.get("main", "claims", "a" * 32)
    assert before is not None
    winner = await ledger.save(before, Change(replace(before, merging="drop-1")))
    assert winner.next_check == before.next_check
    with pytest.raises(ConcurrentChange):
        await ledger.save(before, Change(replace(before, merging="drop-2")))
    assert await ledger.get("main", "claims", "a" * 32) == winner


async def test_what_is_due_comes_longest_waiting_first_and_the_rest_not_at_all(ledger: TableLedger) -> None:
    for index, name in enumerate(("due-c", "due-a", "due-b")):
        change = started(name)
        request = replace(change.request, vault="duty", next_check=NOW + timedelta(minutes=index))
        await ledger.add(Change(request))
    waiting = Intent("duty", "due-d", "i1", NOW + timedelta(seconds=30))
    await ledger.add_intent(waiting)
    due = await ledger.due("duty", NOW + timedelta(minutes=1), 1000)
    assert [(one.name, one.intent_id) for one in due] == [("due-c", None), ("due-d", "i1"), ("due-a", None)]
    await ledger.remove_intent(waiting)
    await ledger.remove_intent(waiting)
    assert [one.name for one in await ledger.due("duty", NOW + timedelta(minutes=1), 1000)] == ["due-c", "due-a"]


async def test_requests_are_found_by_key_and_a_hint_without_its_request_is_passed_over(
    ledger: TableLedger, tables: Tables
) -> None:
    keys = await tables.table("keys")
    await keys.upsert_entity(hint_row("shared", [("main", "crashed", "c" * 32)]))
    changes = [started("by-key", request_id, key="shared") for request_id in ("a" * 32, "b" * 32)]
    await asyncio.gather(*(ledger.add(change) for change in (*changes, *changes)))
    await ledger.add(started("BY-KEY", "a" * 32, key="shared"))
    assert sorted(one.request_id for one in await ledger.by_key("shared")) == ["a" * 32, "b" * 32]
    assert await ledger.by_key("unknown") == []


async def test_a_run_that_is_cut_off_leaves_a_hint_too_many_and_never_one_too_few(
    ledger: TableLedger, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_off(_operations: Any) -> str:
        raise Unavailable("The table storage", "the connection broke")

    monkeypatch.setattr(tables, "commit", cut_off)
    with pytest.raises(Unavailable):
        await ledger.add(started("cut-off", key="cut-off-key"))
    hint = await tables.row("cut-off-key", "cut-off-key", table="keys")
    assert hint is not None
    assert "cut-off" in hint["requests"]


async def test_an_event_without_a_request_waits_in_the_outbox_until_it_is_sent(ledger: TableLedger) -> None:
    event = Event("drop:1:rejected", Rejected.type, "chains/1", NOW, data={"sentence": "No certificate."})
    await ledger.add_event(event)
    await ledger.add_event(event)
    assert [one for one in (await ledger.left_behind(None)).events if one.id == event.id] == [event]
    await ledger.mark_sent(event)
    await ledger.mark_sent(event)
    assert [one for one in (await ledger.left_behind(None)).events if one.id == event.id] == []


async def test_what_was_sent_is_known_by_its_id_in_whatever_letters_until_it_is_forgotten(ledger: TableLedger) -> None:
    ids = [f"chain:vouched/{number}#?\\ü'" for number in range(120)]
    for number, event_id in enumerate(ids):
        event = Event(event_id, Rejected.type, "s", NOW, data={"number": number})
        await ledger.keep_sent(event, NOW + timedelta(minutes=number))
    await ledger.keep_sent(Event(ids[0], Rejected.type, "s", NOW, data={"number": "again"}), NOW)
    again, last = await ledger.kept_event(ids[0]), await ledger.kept_event(ids[-1])
    assert again
    assert last
    assert (again.data, last.data) == ({"number": "again"}, {"number": 119})
    assert await ledger.kept_event("chain:vouched") is None
    await ledger.forget_kept(NOW + timedelta(minutes=110))
    await ledger.forget_kept(NOW + timedelta(minutes=110))
    assert [number for number, one in enumerate(ids) if await ledger.kept_event(one)] == list(range(110, 120))
    assert (await ledger.left_behind(None)).events == []


async def test_an_intent_is_written_once_kept_with_its_answer_and_forgotten(ledger: TableLedger) -> None:
    first = intent("Once")
    assert await ledger.add_intent(first) is None
    assert await ledger.add_intent(replace(first, asked="another")) == first
    finished = replace(first, answer={"fields": {"csr": "x"}}, due=NOW + timedelta(hours=24))
    await ledger.save_intent(finished)
    await ledger.save_intent(finished)
    assert await ledger.intent("main", "once", "i1") == finished
    due = [one for one in await ledger.due("main", NOW + timedelta(hours=1), 1000) if one.intent_id == "i1"]
    assert due == []
    due = [one for one in await ledger.due("main", NOW + timedelta(hours=25), 1000) if one.name == "Once"]
    assert [one.intent_id for one in due] == ["i1"]
    await ledger.remove_intent(finished)
    assert await ledger.intent("main", "once", "i1") is None
    assert [one for one in await ledger.due("main", NOW + timedelta(hours=25), 1000) if one.name == "Once"] == []


async def test_an_intent_and_its_mark_go_together(ledger: TableLedger, tables: Tables) -> None:
    """A row without its mark would never be settled, and say for ever that a start is under way."""
    first = replace(intent("Halves"), vault="halves")
    await ledger.add_intent(first)
    client, deleted = await tables.table("certflow"), []
    one_by_one = client.delete_entity

    async def killed(*given: Any, **more: Any) -> None:
        deleted.append(given)
        if len(deleted) > 1:
            raise ServiceRequestError("the end of this process")
        await one_by_one(*given, **more)

    client.delete_entity = killed  # type: ignore[method-assign]  # after the first of two calls, if there are two
    try:
        with suppress(Unavailable):
            await ledger.remove_intent(first)
    finally:
        del client.delete_entity
    marks = [one.intent_id for one in await ledger.due("halves", NOW + timedelta(days=30), 1000)]
    assert await ledger.is_starting("halves", "halves") is bool(marks)


async def test_an_intent_that_a_repetition_has_finished_keeps_its_row_and_its_mark(ledger: TableLedger) -> None:
    first = replace(intent("Repeated"), vault="repeated")
    await ledger.add_intent(first)
    finished = replace(first, answer={"how": "created"}, due=NOW + timedelta(hours=24))
    await ledger.save_intent(finished)
    await ledger.remove_intent(first)  # the first call was refused: its repetition was faster
    assert await ledger.intent("repeated", "repeated", "i1") == finished
    (mark,) = await ledger.due("repeated", NOW + timedelta(days=2), 1000)
    assert mark.intent_id == "i1"
    world = World(ledger=ledger)  # type: ignore[arg-type]  # the real one
    world.later(days=2)
    app = replace(world.certflow, vaults={"repeated": world.vault})
    assert await check_due(app, "repeated", world.now + timedelta(seconds=50)) is True
    assert await ledger.intent("repeated", "repeated", "i1") is None
    assert await ledger.backlog("repeated", world.now, 10) == 0


async def test_of_many_intents_with_one_id_at_once_one_is_written(ledger: TableLedger) -> None:
    outcomes = await asyncio.gather(*(ledger.add_intent(replace(intent("many"), asked=str(n))) for n in range(8)))
    assert outcomes.count(None) == 1


async def test_a_start_is_under_way_until_it_has_its_answer_or_is_forgotten(ledger: TableLedger) -> None:
    first, second = intent("Begins"), intent("Begins", "i2")
    assert await ledger.is_starting("main", "begins") is False
    for one in (first, second):
        await ledger.add_intent(one)
    await ledger.save_intent(replace(first, answer={"fields": {}}))
    assert await ledger.is_starting("main", "BEGINS") is True
    assert await ledger.is_starting("main", "begin") is False
    assert await ledger.is_starting("eu", "begins") is False
    await ledger.remove_intent(second)
    assert await ledger.is_starting("main", "begins") is False


@pytest.mark.parametrize("ordered", [True, False])
async def test_requests_are_listed_by_page_and_filter(ledger: TableLedger, *, ordered: bool) -> None:
    for index in range(7):
        request = replace(started(f"list-{index}").request, vault="lists", created=NOW - timedelta(days=index))
        status = Status.FAILED if index % 2 else Status.IN_PROGRESS
        ended = NOW + timedelta(hours=index) if index % 2 else None
        expires = NOW + timedelta(days=25) if index == 4 else None
        owner = f"o{index % 3}@example.com"
        await ledger.add(Change(replace(request, status=status, owner=owner, ended=ended, not_after=expires)))
    found, token = [], None
    while True:
        page = await ledger.requests(RequestFilter(frozenset({"lists"}), in_order=ordered, limit=3), token)
        found += [one.name for one in page.requests]
        token = page.token
        if token is None:
            break
    oldest_in_progress, last_ended = ["list-6", "list-4", "list-2", "list-0"], ["list-5", "list-3", "list-1"]
    assert (found if ordered else sorted(found)) == (
        [*oldest_in_progress, *last_ended] if ordered else sorted((*oldest_in_progress, *last_ended))
    )

    async def names(*vaults: str, **wanted: Any) -> set[str]:
        asked = RequestFilter(frozenset(vaults or {"lists"}), in_order=ordered, limit=100, **wanted)
        return {one.name for one in (await ledger.requests(asked, None)).requests}

    assert await names(statuses=frozenset({Status.FAILED})) == {"list-1", "list-3", "list-5"}
    assert len(await names(statuses=frozenset({Status.FAILED, Status.IN_PROGRESS}))) == 7
    assert await names(owner="O2@Example.com") == {"list-2", "list-5"}
    assert await names(name="LIST-1") == {"list-1"}
    assert await names(name="list-*", issuer="digicert") == {f"list-{index}" for index in range(7)}
    assert await names(name="list") == await names(issuer="Digi") == set()
    assert await names(created_before=NOW - timedelta(days=4, hours=12)) == {"list-5", "list-6"}
    assert await names(ended_after=NOW + timedelta(hours=3)) == {"list-3", "list-5"}
    assert await names(expires_before=NOW + timedelta(days=30)) == {"list-4"}
    assert await names(owner="' or 1 eq 1 or '") == await names(name="' or 1 eq 1 or '") == set()
    assert await names("list") == set()
    assert len(await names("list", "lists")) == 7
    for given in ("no token", token_of([1, "x"]), token_of({"a": 1})):
        with pytest.raises(InvalidRequest):
            await ledger.requests(RequestFilter(in_order=ordered), given)


@pytest.mark.parametrize("ordered", [True, False])
async def test_pages_of_a_reader_who_may_not_see_all_are_full_and_their_tokens_name_nobody_else(
    ledger: TableLedger, ordered: bool
) -> None:
    vault = f"sight{ordered}".lower()
    mine, theirs = [f"pay-{number}" for number in range(5)], [f"hr-{number}" for number in range(7)]
    for name in (*mine, *theirs):
        await ledger.add(Change(replace(started(name).request, vault=vault)))
    wanted = RequestFilter(
        frozenset({vault}), in_order=ordered, limit=2, may_see=lambda alias, name: name.startswith("pay-")
    )
    pages, token = list[list[str]](), None
    while True:
        page = await ledger.requests(wanted, token)
        pages.append([one.name for one in page.requests])
        token = page.token
        if token is None:
            break
        assert b"hr-" not in base64.urlsafe_b64decode(token)
    assert [len(names) for names in pages] == [2, 2, 1]
    assert sorted(name for names in pages for name in names) == mine
    with pytest.raises(InvalidRequest):
        await ledger.requests(wanted, "no token")


async def test_more_requests_than_can_be_put_in_order_are_not_cut_in_silence(
    ledger: TableLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (request_filter, tables):
        monkeypatch.setattr(module, "MAX_IN_ORDER", 2)
    for index in range(3):
        await ledger.add(Change(replace(started(f"many-{index}").request, vault="many")))
    wanted = RequestFilter(frozenset({"many"}))
    with pytest.raises(InvalidRequest, match="order=none"):
        await ledger.requests(wanted, None)
    assert len((await ledger.requests(replace(wanted, in_order=False), None)).requests) == 3


async def test_what_has_ended_is_found_by_when_it_did_and_once_though_it_ended_twice(ledger: TableLedger) -> None:
    for index in range(5):
        request = replace(started(f"End-{index}", f"{index:032x}").request, vault="ends")
        before, _added = await ledger.add(Change(request))
        for hours, status in ((index + 1, Status.FAILED), (index + 2, Status.COMPLETED))[: 1 + index % 2]:
            seen = Operation(before.request_id, status, "DigiCert", b"")
            before = await ledger.save(before, apply_state(before, seen, NOW + timedelta(hours=hours)))
    ends = {f"End-{index}": Status.COMPLETED if index % 2 else Status.FAILED for index in range(5)}
    assert sorted(await ledger.ended("ends", NOW)) == sorted(ends.items())
    since = await ledger.ended("ends", NOW + timedelta(hours=5))
    assert sorted(since) == [("End-3", Status.COMPLETED), ("End-4", Status.FAILED)]
    assert await ledger.ended("ends", NOW + timedelta(hours=6)) == []
    # Of one that had ended when it was found, nobody knows when.
    found = replace(started("End-5", "5" * 32).request, vault="end")
    ended = apply_state(found, Operation("5" * 32, Status.FAILED, "DigiCert", b""), NOW).request
    await ledger.add(Change(ended))
    assert await ledger.ended("end", NOW) == []


async def test_history_is_told_in_order(ledger: TableLedger) -> None:
    change = started("Told")
    await ledger.add(change)
    before = await ledger.get("main", "told", "a" * 32)
    assert before is not None
    later = NOW + timedelta(seconds=1)
    seen = Operation("a" * 32, Status.FAILED, "DigiCert", b"")
    await ledger.save(before, apply_state(before, seen, later, action=Action("cancelled", saying("you"))))
    acts = await ledger.history("main", "TOLD")
    assert [(act.what, act.by, act.at) for act in acts] == [
        ("created", person("me"), NOW),
        ("cancelled", saying("you"), later),
    ]


@pytest.mark.parametrize(
    "by", [replace(person("ann"), on_behalf_of="bob"), app("pipeline"), saying("bob"), UNNAMED, RENEWAL, None]
)
async def test_who_acted_is_kept_in_full(ledger: TableLedger, by: Actor | None) -> None:
    name = f"who-{by and (by.name or by.on_behalf_of or by.kind)}"
    request = replace(started(name).request, requested_by=by, cancel_asked=NOW, cancel_asked_by=by)
    act = HistoryEntry("created", NOW, request.request_id, Status.IN_PROGRESS, by)
    act = replace(act, before={"owner": "ann"}, after={"owner": "bob"}, access="5" * 64)
    await ledger.add(Change(request, history=(act,)))
    assert await ledger.get("main", name, request.request_id) == request
    assert await ledger.history("main", name) == [act]
    intent = Intent("main", name, "1" * 32, NOW, by=by or UNNAMED)
    await ledger.add_intent(intent)
    assert await ledger.intent("main", name, "1" * 32) == intent


async def test_an_older_version_reads_a_name_and_whether_it_is_verified() -> None:
    for by, shown in ((person("ann"), "ann"), (saying("bob"), "bob"), (RENEWAL, "system:renewal")):
        request = replace(started(shown.replace(":", "-")).request, requested_by=by)
        row = request_row(request)
        assert (row["requested_by"], row["requested_by_verified"]) == (shown, by.verified)
        act = HistoryEntry("created", NOW, request.request_id, Status.IN_PROGRESS, by)
        _verb, stored = rows_beside(Change(request, history=(act,)), due=False)[0][:2]
        assert json.loads(stored["act"])["by"] == {"name": shown, "verified": by.verified}


async def test_a_file_is_set_aside_under_any_name_until_it_is_taken_back(ledger: TableLedger) -> None:
    names = ["web.pem", "a/b\\c/ü#%41?.p7b", "it's\t'quoted'", "x" * 1024]
    assert await ledger.parked() == {}
    for name in names:
        await ledger.park(name, ParkedFile('"0x1"', 1))
        await ledger.park(name, ParkedFile('"0x2"', 2))
    assert await ledger.parked() == dict.fromkeys(names, ParkedFile('"0x2"', 2))
    for name in names[1:]:
        await ledger.unpark(name)
        await ledger.unpark(name)
    assert await ledger.parked() == {"web.pem": ParkedFile('"0x2"', 2)}


async def test_storage_that_does_not_answer_is_unavailable() -> None:
    tables = Tables("https://127.0.0.1:9/devstoreaccount1", AnyToken())
    with pytest.raises(Unavailable, match="table storage"):
        await TableLedger(tables).add_intent(intent("nowhere"))
    await tables.close()
