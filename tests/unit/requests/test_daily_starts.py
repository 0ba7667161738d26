"""The starts of a caller in a day: judged and counted in one step, and given back if Key Vault was not touched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from functions.model.errors import KeepsChanging, Unavailable
from functions.model.request.actor import RENEWAL, Actor, ActorKind
from functions.requests.daily_starts import CountedStart, count_start, forget_starts, give_back, started_today
from tests.clock import NOW
from tests.unit.fakes import World

ADA = Actor(ActorKind.PERSON, name="Ada", tid="t", oid="1")


@dataclass
class Decision:
    before: int
    allowed: bool


@dataclass
class Judge:
    """Allows fewer than `limit`, and remembers what it was asked with."""

    limit: int

    def __post_init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, before: int) -> Decision:
        self.asked.append(before)
        return Decision(before, before < self.limit)


def at_most(limit: int) -> Judge:
    return Judge(limit)


async def test_a_start_is_counted_if_it_is_allowed() -> None:
    world = World()
    for before in range(2):
        decision, counted = await count_start(world.certflow, ADA, at_most(2))
        assert decision == Decision(before, allowed=True)
        assert counted == CountedStart(NOW.date(), "t|1")
    decision, counted = await count_start(world.certflow, ADA, at_most(2))
    assert (decision, counted) == (Decision(2, allowed=False), None)
    assert await started_today(world.certflow, ADA) == 2


async def test_a_start_on_another_host_meanwhile_is_judged_again() -> None:
    world, judge = World(), at_most(1)

    async def other_host() -> None:
        other = World(start_counts=world.start_counts)
        await count_start(other.certflow, ADA, at_most(1))

    world.start_counts.before_save.append(other_host)
    decision, counted = await count_start(world.certflow, ADA, judge)
    assert (decision.allowed, counted) == (False, None)
    assert judge.asked == [0, 1]
    assert await started_today(world.certflow, ADA) == 1


async def test_who_signs_in_counts_under_any_name_and_application() -> None:
    world = World()
    for by in (ADA, Actor(ActorKind.PERSON, name="Countess", tid="t", oid="1", azp="page", on_behalf_of="Bob")):
        await count_start(world.certflow, by, at_most(9))
    other = [Actor(ActorKind.APP, tid="t", oid="2"), Actor(ActorKind.PERSON, tid="u", oid="1")]
    for by in other:
        await count_start(world.certflow, by, at_most(9))
    assert [await started_today(world.certflow, by) for by in (ADA, *other)] == [2, 1, 1]


@pytest.mark.parametrize("by", [Actor(ActorKind.KEY, on_behalf_of="Ada"), RENEWAL])
async def test_who_does_not_sign_in_is_not_counted(by: Actor) -> None:
    world = World()
    world.start_counts.down = True
    assert await count_start(world.certflow, by, at_most(1)) == (Decision(0, allowed=True), None)
    assert await started_today(world.certflow, by) == 0
    await give_back(world.certflow, None)


async def test_what_is_given_back_counts_on_its_own_day_and_never_below_nothing() -> None:
    world = World()
    _, counted = await count_start(world.certflow, ADA, at_most(1))
    world.later(days=1)
    await count_start(world.certflow, ADA, at_most(1))
    for _ in range(2):
        await give_back(world.certflow, counted)
    assert await started_today(world.certflow, ADA) == 1
    world.later(days=-1)
    assert await started_today(world.certflow, ADA) == 0


async def test_nothing_starts_while_the_storage_is_away_and_what_cannot_be_given_back_stays_counted() -> None:
    world = World()
    _, counted = await count_start(world.certflow, ADA, at_most(1))
    world.start_counts.down = True
    await give_back(world.certflow, counted)
    with pytest.raises(Unavailable):
        await count_start(world.certflow, ADA, at_most(2))
    world.start_counts.down = False
    assert await started_today(world.certflow, ADA) == 1


async def test_a_count_that_always_changes_starts_nothing() -> None:
    world = World()

    async def other_host() -> None:
        await count_start(World(start_counts=world.start_counts).certflow, ADA, at_most(99))

    world.start_counts.before_save += [other_host, *[pass_by, other_host] * 60]
    with pytest.raises(KeepsChanging):
        await count_start(world.certflow, ADA, at_most(99))


async def pass_by() -> None:
    """The other host's own write."""


async def test_days_that_are_over_are_forgotten() -> None:
    world = World()
    await count_start(world.certflow, ADA, at_most(1))
    for days, left in ((2, 1), (1, 0)):
        world.now += timedelta(days=days)
        await forget_starts(world.certflow)
        assert len(world.start_counts.counts) == left
