"""The ledger, on Azurite's tables."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError

from functions.adapters import tables
from functions.adapters.rows import hint_row, token_of
from functions.adapters.table_service import Tables
from functions.adapters.tables import TableLedger
from functions.issuance import listing
from functions.issuance.errors import ConcurrentChange, InvalidRequest, Unavailable
from functions.issuance.events import CHAIN_REJECTED, Event
from functions.issuance.files import Aside
from functions.issuance.listing import Wanted
from functions.issuance.ports import Intent
from functions.issuance.requests import Actor, Change, Doing, Operation, Status, observe, put_off, track
from functions.issuance.sweep import sweep
from tests.clock import NOW
from tests.integration.tokens import AnyToken
from tests.unit.fakes import World

pytestmark = pytest.mark.asyncio(loop_scope="module")
CREATED = Doing("created", Actor("me", verified=True))


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
    await ledger.intend(first)
    csr = "ä𝄞"[: length % 3] + "A" * length
    answered = replace(first, answer={"fields": {"csr": csr}}, due=NOW + timedelta(hours=24))
    for _ in range(2):
        await ledger.finish(answered)
    assert await ledger.intent("main", first.name, first.id) == answered
    assert await ledger.starting("main", first.name) is False


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
    assert await ledger.named("main", "round-trip") == [change.request]
    assert await ledger.named("main", "round") == []
    assert await ledger.get("main", "round-trip", "b" * 32) is None


async def test_a_csr_may_have_no_subject_and_the_request_is_watched_all_the_same(ledger: TableLedger) -> None:
    """Key Vault allows that where there are alternative names (protocol §8)."""
    operation = Operation("a" * 32, Status.IN_PROGRESS, "DigiCert", b"")
    change = track("unnamed", "no-subject", operation, "", "key-of-no-subject", None, NOW, CREATED)
    added, _ = await ledger.add(change)
    assert await ledger.get("unnamed", "no-subject", "a" * 32) == change.request
    assert (await ledger.requests(Wanted(frozenset({"unnamed"})), None)).requests == (change.request,)
    assert change.request in await ledger.by_key("key-of-no-subject")
    failed = observe(added, Operation("a" * 32, Status.FAILED, "DigiCert", b"", "Request rejected", ""), NOW)
    saved = await ledger.save(added, failed)
    assert await ledger.named("unnamed", "no-subject") == [saved]


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
    ended = observe(before, Operation("a" * 32, Status.FAILED, "DigiCert", b"", "Request rejected", "no"), NOW)
    saved = await ledger.save(before, ended)
    assert (saved.status, saved.error_code, saved.next_check) == (Status.FAILED, "Request rejected", None)
    assert "moves" not in [due.name for due in await ledger.due("main", NOW + timedelta(days=1), 1000)]
    with pytest.raises(ConcurrentChange):
        await ledger.save(before, ended)
    assert of(await ledger.unsent("main"), "moves") == [
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
    winner = await ledger.save(before, Change(put_off(before, NOW, "HTTP 503", 0)))
    loser = observe(before, Operation("a" * 32, Status.FAILED, "DigiCert", b""), NOW)
    with pytest.raises(ConcurrentChange):
        await ledger.save(before, loser)
    assert await ledger.get("main", "race", "a" * 32) == winner
    assert of(await ledger.unsent("main"), "race") == [f"main:race:{'a' * 32}:started"]


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
    await ledger.intend(waiting)
    due = await ledger.due("duty", NOW + timedelta(minutes=1), 1000)
    assert [(one.name, one.intent_id) for one in due] == [("due-c", None), ("due-d", "i1"), ("due-a", None)]
    await ledger.forget(waiting)
    await ledger.forget(waiting)
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
    event = Event("drop:1:rejected", CHAIN_REJECTED, "chains/1", NOW, data={"sentence": "No certificate."})
    await ledger.add_event(event)
    await ledger.add_event(event)
    assert [one for one in await ledger.unsent(None) if one.id == event.id] == [event]
    await ledger.sent(event)
    await ledger.sent(event)
    assert [one for one in await ledger.unsent(None) if one.id == event.id] == []


async def test_what_was_sent_is_known_by_its_id_in_whatever_letters_until_it_is_forgotten(ledger: TableLedger) -> None:
    ids = [f"chain:vouched/{number}#?\\ü'" for number in range(120)]
    for number, event_id in enumerate(ids):
        event = Event(event_id, CHAIN_REJECTED, "s", NOW, data={"number": number})
        await ledger.vouch(event, NOW + timedelta(minutes=number))
    await ledger.vouch(Event(ids[0], CHAIN_REJECTED, "s", NOW, data={"number": "again"}), NOW)
    again, last = await ledger.vouched(ids[0]), await ledger.vouched(ids[-1])
    assert again
    assert last
    assert (again.data, last.data) == ({"number": "again"}, {"number": 119})
    assert await ledger.vouched("chain:vouched") is None
    await ledger.forget_vouched(NOW + timedelta(minutes=110))
    await ledger.forget_vouched(NOW + timedelta(minutes=110))
    assert [number for number, one in enumerate(ids) if await ledger.vouched(one)] == list(range(110, 120))
    assert await ledger.unsent(None) == []


async def test_an_intent_is_written_once_kept_with_its_answer_and_forgotten(ledger: TableLedger) -> None:
    first = intent("Once")
    assert await ledger.intend(first) is None
    assert await ledger.intend(replace(first, asked="another")) == first
    finished = replace(first, answer={"fields": {"csr": "x"}}, due=NOW + timedelta(hours=24))
    await ledger.finish(finished)
    await ledger.finish(finished)
    assert await ledger.intent("main", "once", "i1") == finished
    due = [one for one in await ledger.due("main", NOW + timedelta(hours=1), 1000) if one.intent_id == "i1"]
    assert due == []
    due = [one for one in await ledger.due("main", NOW + timedelta(hours=25), 1000) if one.name == "Once"]
    assert [one.intent_id for one in due] == ["i1"]
    await ledger.forget(finished)
    assert await ledger.intent("main", "once", "i1") is None
    assert [one for one in await ledger.due("main", NOW + timedelta(hours=25), 1000) if one.name == "Once"] == []


async def test_an_intent_and_its_mark_go_together(ledger: TableLedger, tables: Tables) -> None:
    """A row without its mark would never be settled, and say for ever that a start is under way."""
    first = replace(intent("Halves"), vault="halves")
    await ledger.intend(first)
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
            await ledger.forget(first)
    finally:
        del client.delete_entity
    marks = [one.intent_id for one in await ledger.due("halves", NOW + timedelta(days=30), 1000)]
    assert await ledger.starting("halves", "halves") is bool(marks)


async def test_an_intent_that_a_repetition_has_finished_keeps_its_row_and_its_mark(ledger: TableLedger) -> None:
    first = replace(intent("Repeated"), vault="repeated")
    await ledger.intend(first)
    finished = replace(first, answer={"how": "created"}, due=NOW + timedelta(hours=24))
    await ledger.finish(finished)
    await ledger.forget(first)  # the first call was refused: its repetition was faster
    assert await ledger.intent("repeated", "repeated", "i1") == finished
    (mark,) = await ledger.due("repeated", NOW + timedelta(days=2), 1000)
    assert mark.intent_id == "i1"
    world = World(ledger=ledger)  # type: ignore[arg-type]  # the real one
    world.later(days=2)
    app = replace(world.certflow, vaults={"repeated": world.vault})
    assert await sweep(app, "repeated", world.now + timedelta(seconds=50)) is True
    assert await ledger.intent("repeated", "repeated", "i1") is None
    assert await ledger.backlog("repeated", world.now, 10) == 0


async def test_of_many_intents_with_one_id_at_once_one_is_written(ledger: TableLedger) -> None:
    outcomes = await asyncio.gather(*(ledger.intend(replace(intent("many"), asked=str(n))) for n in range(8)))
    assert outcomes.count(None) == 1


async def test_a_start_is_under_way_until_it_has_its_answer_or_is_forgotten(ledger: TableLedger) -> None:
    first, second = intent("Begins"), intent("Begins", "i2")
    assert await ledger.starting("main", "begins") is False
    for one in (first, second):
        await ledger.intend(one)
    await ledger.finish(replace(first, answer={"fields": {}}))
    assert await ledger.starting("main", "BEGINS") is True
    assert await ledger.starting("main", "begin") is False
    assert await ledger.starting("eu", "begins") is False
    await ledger.forget(second)
    assert await ledger.starting("main", "begins") is False


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
        page = await ledger.requests(Wanted(frozenset({"lists"}), in_order=ordered, limit=3), token)
        found += [one.name for one in page.requests]
        token = page.token
        if token is None:
            break
    oldest_in_progress, last_ended = ["list-6", "list-4", "list-2", "list-0"], ["list-5", "list-3", "list-1"]
    assert (found if ordered else sorted(found)) == (
        [*oldest_in_progress, *last_ended] if ordered else sorted((*oldest_in_progress, *last_ended))
    )

    async def names(*vaults: str, **wanted: Any) -> set[str]:
        asked = Wanted(frozenset(vaults or {"lists"}), in_order=ordered, limit=100, **wanted)
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
            await ledger.requests(Wanted(in_order=ordered), given)


async def test_more_requests_than_can_be_put_in_order_are_not_cut_in_silence(
    ledger: TableLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (listing, tables):
        monkeypatch.setattr(module, "MOST_IN_ORDER", 2)
    for index in range(3):
        await ledger.add(Change(replace(started(f"many-{index}").request, vault="many")))
    wanted = Wanted(frozenset({"many"}))
    with pytest.raises(InvalidRequest, match="order=none"):
        await ledger.requests(wanted, None)
    assert len((await ledger.requests(replace(wanted, in_order=False), None)).requests) == 3


async def test_what_has_ended_is_found_by_when_it_did_and_once_though_it_ended_twice(ledger: TableLedger) -> None:
    for index in range(5):
        request = replace(started(f"End-{index}", f"{index:032x}").request, vault="ends")
        before, _added = await ledger.add(Change(request))
        for hours, status in ((index, Status.FAILED), (index + 1, Status.COMPLETED))[: 1 + index % 2]:
            seen = Operation(before.request_id, status, "DigiCert", b"")
            before = await ledger.save(before, observe(before, seen, NOW + timedelta(hours=hours)))
    ends = {f"End-{index}": Status.COMPLETED if index % 2 else Status.FAILED for index in range(5)}
    assert sorted(await ledger.ended("ends", NOW)) == sorted(ends.items())
    since = await ledger.ended("ends", NOW + timedelta(hours=4))
    assert sorted(since) == [("End-3", Status.COMPLETED), ("End-4", Status.FAILED)]
    assert await ledger.ended("ends", NOW + timedelta(hours=5)) == []
    assert await ledger.ended("end", NOW) == []


async def test_history_is_told_in_order(ledger: TableLedger) -> None:
    change = started("Told")
    await ledger.add(change)
    before = await ledger.get("main", "told", "a" * 32)
    assert before is not None
    later = NOW + timedelta(seconds=1)
    seen = Operation("a" * 32, Status.FAILED, "DigiCert", b"")
    await ledger.save(before, observe(before, seen, later, doing=Doing("cancelled", Actor("you"))))
    acts = await ledger.history("main", "TOLD")
    assert [(act.what, act.by.name, act.by.verified, act.at) for act in acts] == [
        ("created", "me", True, NOW),
        ("cancelled", "you", False, later),
    ]


async def test_a_file_is_set_aside_under_any_name_until_it_is_taken_back(ledger: TableLedger) -> None:
    names = ["web.pem", "a/b\\c/ü#%41?.p7b", "it's\t'quoted'", "x" * 1024]
    assert await ledger.aside() == {}
    for name in names:
        await ledger.set_aside(name, Aside('"0x1"', 1))
        await ledger.set_aside(name, Aside('"0x2"', 2))
    assert await ledger.aside() == dict.fromkeys(names, Aside('"0x2"', 2))
    for name in names[1:]:
        await ledger.take_back(name)
        await ledger.take_back(name)
    assert await ledger.aside() == {"web.pem": Aside('"0x2"', 2)}


async def test_storage_that_does_not_answer_is_unavailable() -> None:
    tables = Tables("https://127.0.0.1:9/devstoreaccount1", AnyToken())
    with pytest.raises(Unavailable, match="table storage"):
        await TableLedger(tables).intend(intent("nowhere"))
    await tables.close()
