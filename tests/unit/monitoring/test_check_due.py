"""A sweep: everything that is due in one vault is looked at; what goes wrong delays only itself."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.model.due_mark import DueCheck
from functions.model.errors import Refused, Unavailable
from functions.model.request.certificate_changes import Takeover
from functions.model.request.operation import Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.monitoring import check_due as sweeping
from functions.monitoring.check_due import MAX_FAULTS, check_due
from functions.ports.ledger import Intent
from functions.ports.vault import Bundle, PendingOperation
from tests.clock import NOW
from tests.unit.fakes import FakeLedger, World
from tests.unit.tracked_requests import tracked


async def looked_at(world: World) -> bool:
    return await check_due(world.certflow, "main", world.now + timedelta(seconds=50))


class Reads(FakeLedger):
    """A ledger that remembers which requests' rows were read, and how many marks at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self.rounds: list[int] = []

    async def get(self, vault: str, name: str, request_id: str) -> TrackedRequest | None:
        self.read.append(name)
        return await super().get(vault, name, request_id)

    async def due(self, vault: str, now: datetime, limit: int) -> list[DueCheck]:
        found = await super().due(vault, now, limit)
        self.rounds.append(len(found))
        return found


async def test_a_look_that_finds_nothing_new_reads_no_row_and_moves_a_mark() -> None:
    ledger = Reads()
    world = World(ledger=ledger)
    tracked(world, 40)
    assert await looked_at(world) is True
    assert ledger.read == []
    assert len(ledger.moved) == 40
    assert world.vault.calls == ["pending"] * 40
    assert all(one.next_check and one.next_check > world.now for one in ledger.tracked.values())


async def test_only_what_has_moved_is_read_and_written() -> None:
    ledger = Reads()
    world = World(ledger=ledger)
    tracked(world, 40)
    ended = replace(world.vault.operations["web-7"], status=Status.FAILED)
    world.vault.operations["web-7"] = ended
    await looked_at(world)
    assert set(ledger.read) == {"web-7"}
    assert world.published == ["Issuance.Failed"]


async def test_however_many_are_due_they_are_read_some_at_a_time_and_all_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweeping, "MAX_ROUND_MARKS", 50)
    ledger = Reads()
    world = World(ledger=ledger)
    tracked(world, 170)
    assert await looked_at(world) is True
    assert len(world.vault.calls) == 170
    assert max(ledger.rounds) <= 50


@pytest.mark.parametrize("fault", [Unavailable("Key Vault", "HTTP 503"), Refused(403, "Forbidden", "no access")])
async def test_a_vault_that_is_down_is_left_alone_after_some_looks(fault: Exception) -> None:
    world = World()
    tracked(world, 500)
    world.vault.faults = [fault] * 500
    assert await looked_at(world) is False
    assert MAX_FAULTS <= len(world.vault.calls) < MAX_FAULTS + sweeping.MAX_PARALLEL_CHECKS
    assert {one.attempts for one in world.ledger.moved} == {1}
    assert {one.error for one in world.ledger.moved} == {str(fault)}


async def test_faults_between_answers_do_not_end_a_sweep() -> None:
    world = World()
    tracked(world, 200)
    pending, fails = world.vault.pending, functools.partial(next, iter([True, False, False] * 100))

    async def sometimes(name: str, request_id: str | None = None) -> PendingOperation:
        if fails():
            raise Unavailable("Key Vault", "HTTP 503")
        return await pending(name, request_id)

    world.vault.pending = sometimes  # type: ignore[method-assign]  # every third call fails
    await looked_at(world)
    assert len(world.ledger.moved) == 200
    assert sum(one.attempts == 1 for one in world.ledger.moved) == 67


async def test_what_the_service_asks_to_wait_is_waited() -> None:
    world = World()
    tracked(world, 1)
    world.vault.faults = [Unavailable("Key Vault", "HTTP 429", retry_after=120, throttled=True)]
    await looked_at(world)
    assert world.ledger.moved[0].at == NOW + timedelta(seconds=120)


async def test_a_mark_without_its_request_is_dropped() -> None:
    world = World()
    tracked(world, 1)
    world.vault.operations["web-0"] = replace(world.vault.operations["web-0"], status=Status.FAILED)
    looks = await world.ledger.due("main", NOW, 10)
    world.ledger.tracked.clear()

    async def due(vault: str, now: datetime, limit: int) -> list[DueCheck]:
        return [] if world.ledger.dropped else looks

    world.ledger.due = due  # type: ignore[method-assign]  # a mark that was left
    await looked_at(world)
    assert world.ledger.dropped == looks
    assert world.published == []


async def test_tables_that_fail_in_the_middle_lose_nothing() -> None:
    world = World()
    tracked(world, 30)
    world.vault.operations["web-3"] = replace(world.vault.operations["web-3"], status=Status.FAILED)
    world.ledger.down = True
    assert await looked_at(world) is False
    assert world.published == []
    world.ledger.down = False
    world.later(minutes=1)
    assert await looked_at(world) is True
    assert world.published == ["Issuance.Failed"]
    assert len(world.ledger.moved) == 29


async def test_marks_that_cannot_be_moved_are_tried_again_and_the_sweep_is_no_good_one_until_they_are() -> None:
    world = World()
    tracked(world, 30)
    move, tries = world.ledger.move_marks, []

    async def fail(moves: Sequence[tuple[DueCheck, DueCheck]]) -> None:
        tries.append(len(moves))
        if len(tries) <= 3:
            raise Unavailable("The table storage", "the connection broke")
        await move(moves)

    world.ledger.move_marks = fail  # type: ignore[method-assign]  # tables that do not take marks
    assert await looked_at(world) is False
    assert tries == [30, 30, 30]
    assert await looked_at(world) is True
    assert len(world.ledger.moved) == 30


async def test_an_answer_that_was_kept_long_enough_is_forgotten_by_a_sweep() -> None:
    world = World()
    await world.ledger.add_intent(Intent("main", "web", "i1", NOW, answer={"how": "created"}, keep=True))
    assert await looked_at(world) is True
    assert world.ledger.intents == {}


async def test_an_intent_that_cannot_be_settled_now_is_tried_once_a_sweep() -> None:
    world = World()
    await world.ledger.add_intent(Intent("main", "web", "i1", NOW))
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 10
    assert await looked_at(world) is False
    assert len(world.vault.calls) == 1
    assert list(world.ledger.intents) == [("web", "i1")]


async def test_an_intent_that_fails_again_and_again_is_tried_ever_more_seldom_then_given_up_and_told() -> None:
    world = World()
    intent = Intent("main", "web", "i1", NOW, owner="ann@example.com", keep=True)
    await world.ledger.add_intent(intent)

    async def broken(intent: Intent) -> None:
        if intent.answer is not None:
            raise ValueError("this row is too large")
        world.ledger.intents[intent.name, intent.id] = intent

    world.ledger.save_intent = broken  # type: ignore[method-assign]  # its answer fits no row
    world.vault.start("web", "DigiCert")
    tries, pauses = 0, []
    while world.ledger.intents and tries < 100:
        (before,) = world.ledger.intents.values()
        world.now = max(world.now, before.due)
        await looked_at(world)
        tries += 1
        pauses += [after.due - world.now for after in world.ledger.intents.values()]
    assert 20 < tries < 50
    assert pauses == sorted(pauses)
    assert timedelta(hours=20) < world.now - NOW < timedelta(hours=30)
    given_up = [event for event in world.topic.published if event.type.endswith("Unsettled")]
    assert [event.data for event in given_up] == [
        {
            "vault": "main",
            "name": "web",
            "owner": "ann@example.com",
            "requester": {"kind": "key"},
            "reason": "ValueError",
        }
    ]
    assert not await world.ledger.is_starting("main", "web")


async def test_with_the_tables_down_an_intent_stays_as_it_is() -> None:
    world = World()
    await world.ledger.add_intent(Intent("main", "web", "i1", NOW))
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 10
    world.ledger.down = True
    assert await looked_at(world) is False
    (left,) = world.ledger.intents.values()
    assert (left.tries, left.due) == (0, NOW)


async def test_an_intent_that_cannot_even_be_put_off_holds_nobody_else_up() -> None:
    world = World()
    for name in ("a", "b"):
        world.vault.start(name, "DigiCert")
        await world.ledger.add_intent(Intent("main", name, f"i-{name}", NOW, owner="ann@example.com"))
    add, finish = world.ledger.add, world.ledger.save_intent

    async def of_b(change: Change) -> Any:
        if change.request.name == "a":
            raise ValueError("this row is too large")
        return await add(change)

    async def not_of_a(intent: Intent) -> None:
        if intent.name == "a":
            raise ValueError("this row is too large")
        await finish(intent)

    world.ledger.add, world.ledger.save_intent = of_b, not_of_a  # type: ignore[method-assign]  # the fault
    for _ in range(3):
        world.later(minutes=3)
        await looked_at(world)
    assert [one.name for one in world.ledger.tracked.values()] == ["b"]


async def test_a_start_that_is_given_up_is_told_to_whoever_owned_the_certificate_before_in_few_words() -> None:
    world = World()
    before = Takeover("ann@example.com")
    await world.ledger.add_intent(Intent("main", "web", "i1", NOW, owner="bob@example.com", takeover=before, tries=31))
    world.vault.faults = [Refused(400, "BadParameter", "x" * 100_000)]
    world.later(minutes=3)
    await looked_at(world)
    (event,) = world.topic.published
    assert event.type.endswith("Unsettled")
    assert event.data["owner"] == "ann@example.com"
    assert len(event.data["reason"]) == 500


async def test_a_version_that_may_not_be_read_is_looked_for_ever_more_seldom() -> None:
    world = World()
    tracked(world, 1)
    ((name, operation),) = world.vault.operations.items()
    world.vault.operations[name] = replace(operation, status=Status.COMPLETED)
    certificate = world.vault.certificate

    async def refused(name: str) -> Bundle | None:
        raise Refused(403, "Forbidden", "no access", inner="AccessDenied")

    world.vault.certificate = refused  # type: ignore[method-assign]  # until somebody mends that
    pauses = []
    for attempts in range(1, 5):
        await looked_at(world)
        (request,) = world.ledger.tracked.values()
        assert (request.attempts, request.last_error) == (attempts, "no access")
        assert request.next_check is not None
        pauses.append(request.next_check - world.now)
        world.now = request.next_check
    assert pauses == sorted(set(pauses))
    world.vault.certificate = certificate  # type: ignore[method-assign]
    await looked_at(world)
    assert world.published == ["Issuance.Completed"]
