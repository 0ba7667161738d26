"""The boards of those who ask again and again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from functions.board.kept import KEPT
from functions.board.seen import MAX_READERS, seen_board
from functions.requests.create import CreateCommand, create_request
from tests.unit.fakes import World


@dataclass(frozen=True)
class Reader:
    """Somebody with grants of their own."""

    number: int

    def may_see(self, _vault: str, name: str) -> bool:
        return name == f"team-{self.number}"


async def started(world: World, name: str) -> None:
    await create_request(world.certflow, CreateCommand("main", name, {"policy": {"issuer": {"name": "Unknown"}}}))


async def test_of_an_unchanged_board_a_reader_gets_the_same_again_with_its_own_time() -> None:
    world = World()
    await started(world, "web")
    reader = replace(world.certflow, may_see=lambda _vault, name: name == "shop")
    first = await seen_board(reader)
    assert first.rows == ()
    assert await seen_board(reader) is first
    await started(world, "other")
    world.later(seconds=KEPT.total_seconds())
    again = await seen_board(reader)
    assert (again.rows, again.version, again.at) == ((), first.version, world.now)


async def test_the_boards_of_no_more_than_the_last_readers_are_kept() -> None:
    world = World()
    await started(world, "web")
    for number in range(MAX_READERS + 3):
        await seen_board(replace(world.certflow, may_see=Reader(number).may_see))
    assert len(world.certflow.board.seen) == MAX_READERS
