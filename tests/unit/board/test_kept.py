"""The rows of the board, which a process keeps for some seconds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from functions.board.kept import ENDED_WITHIN, KEPT, OVERLAP, READ_ALL_AFTER, kept_board
from functions.model.errors import Unavailable
from functions.model.request.actor import Actor, ActorKind
from functions.model.request.operation import Status
from functions.ports.ledger import BoardReading, Intent
from functions.requests.create import CreateCommand, create_request
from tests.certificates import DAY
from tests.clock import NOW
from tests.unit.fakes import World
from tests.unit.tracked_requests import tracked


async def started(world: World, name: str = "web", issuer: str = "Unknown") -> str:
    command = CreateCommand("main", name, {"policy": {"issuer": {"name": issuer}}})
    return (await create_request(world.certflow, command)).request_id


async def names(world: World) -> list[tuple[str, str]]:
    return [(one.name, one.state) for one in (await kept_board(world.certflow)).rows]


async def test_within_five_seconds_nothing_is_read_and_then_the_mark_alone() -> None:
    world = World()
    await started(world)
    first = await kept_board(world.certflow)
    world.ledger.down = True
    world.later(seconds=KEPT.total_seconds() - 1)
    assert await kept_board(world.certflow) is first
    world.ledger.down = False
    world.later(seconds=2)
    again = await kept_board(world.certflow)
    assert (again.at, again.version, world.ledger.board_reads) == (first.at, first.version, 1)


async def test_a_change_is_there_after_five_seconds() -> None:
    world = World()
    await started(world)
    assert await names(world) == [("web", "your-turn")]
    world.later(seconds=1)
    await started(world, "shop", "DigiCert")
    assert await names(world) == [("web", "your-turn")]
    world.later(seconds=KEPT.total_seconds())
    assert await names(world) == [("web", "your-turn"), ("shop", "in-progress")]


async def test_what_no_mark_tells_of_is_there_after_a_minute() -> None:
    world = World()
    tracked(world, 1)
    assert await names(world) == [("web-0", "in-progress")]
    ((key, request),) = world.ledger.tracked.items()
    world.ledger.tracked[key] = replace(request, reminded=1)
    world.later(seconds=READ_ALL_AFTER.total_seconds() - 1)
    assert await names(world) == [("web-0", "in-progress")]
    world.later(seconds=KEPT.total_seconds())
    assert await names(world) == [("web-0", "stalled")]


async def test_many_at_once_read_once() -> None:
    world = World()
    tracked(world, 3)
    await asyncio.gather(*(kept_board(world.certflow) for _ in range(9)))
    assert world.ledger.board_reads == 1


async def test_what_ended_more_than_thirty_days_ago_is_gone() -> None:
    world = World()
    tracked(world, 3)
    for number, (key, request) in enumerate(list(world.ledger.tracked.items())):
        ended = NOW - ENDED_WITHIN + (number - 1) * DAY
        world.ledger.tracked[key] = replace(request, status=Status.FAILED, ended=ended, next_check=None)
    assert await names(world) == [("web-2", "failed"), ("web-1", "failed")], "the last first"


async def test_a_create_without_an_answer_is_asked_until_its_request_is_known() -> None:
    world = World()
    by = Actor(ActorKind.PERSON, "Ann", oid="ann")
    intent = Intent("main", "Web", "i", NOW, owner="ann@example.com", signer="bob@example.com", by=by, began=NOW)
    await world.ledger.add_intent(intent)
    await world.ledger.add_intent(Intent("main", "old", "i", NOW))  # as an older version wrote it
    world.later(seconds=9)
    web, asked = (await kept_board(world.certflow)).rows
    assert (asked.name, asked.state, asked.created) == ("old", "asked", "2026-11-24T12:00:09+00:00")
    assert web.created == "2026-11-24T12:00:00+00:00"
    assert (web.name, web.state, web.owner, web.signer, web.by) == (
        *("Web", "asked", "ann@example.com", "bob@example.com", "Ann"),
    )
    assert (web.request_id, web.status, web.issuer, web.names) == (None, None, None, ())
    world.later(minutes=2)
    await started(world, "web")
    assert await names(world) == [("old", "asked"), ("web", "your-turn")]


async def test_nothing_is_shown_that_may_be_old_while_the_storage_is_down() -> None:
    world = World()
    await started(world)
    await kept_board(world.certflow)
    world.ledger.down = True
    world.later(seconds=KEPT.total_seconds())
    with pytest.raises(Unavailable):
        await kept_board(world.certflow)


async def test_after_a_change_only_what_may_have_changed_is_read_and_after_a_minute_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    newest: list[datetime | None] = [NOW, None, NOW - DAY, NOW]
    asked: list[datetime | None] = []

    async def reading(_ended_since: datetime, changed_since: datetime | None = None) -> BoardReading:
        asked.append(changed_since)
        return BoardReading([], newest[len(asked) - 1])

    monkeypatch.setattr(world.ledger, "board_requests", reading)
    await kept_board(world.certflow)
    for name in ("a", "b", "c"):
        world.later(seconds=KEPT.total_seconds())
        await started(world, name)  # changes the mark
        await kept_board(world.certflow)
    # By the newest row that there ever was, also after a reading that found none, or older ones.
    assert asked == [None, NOW - OVERLAP, NOW - OVERLAP, NOW - OVERLAP]
    world.later(seconds=READ_ALL_AFTER.total_seconds())
    newest.append(NOW)
    await kept_board(world.certflow)
    assert asked[-1] is None


async def test_what_is_deleted_in_the_storage_is_gone_after_a_minute() -> None:
    world = World()
    tracked(world, 2)
    await kept_board(world.certflow)
    world.ledger.tracked.pop(next(iter(world.ledger.tracked)))
    world.later(seconds=READ_ALL_AFTER.total_seconds())
    assert await names(world) == [("web-1", "in-progress")]


async def test_a_clock_that_is_put_back_keeps_no_board_for_longer() -> None:
    world = World()
    tracked(world, 1)
    await kept_board(world.certflow)
    world.later(seconds=-3600)
    await kept_board(world.certflow)
    assert world.ledger.board_reads == 2
