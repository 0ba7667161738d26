"""Pace: a vault never gets more calls than its budget, none while it asks for quiet, and no burst after a stall."""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.app.rate_limiter import RateLimiter, limit_calls
from functions.app.vault_limiters import rate_limited
from functions.model.errors import Unavailable
from functions.model.options import Options
from functions.ports.vault import CertificatePage, Vault
from tests.clock import NOW
from tests.unit.fakes import FakeVault, World
from tests.unit.stepping_clock import Clock

WINDOW = timedelta(seconds=10)


async def calls(budget: float, arrivals: Sequence[float]) -> list[datetime]:
    """When calls that arrive so many seconds after one another get their slots."""
    clock, made = Clock(), list[datetime]()
    pace = RateLimiter(budget, lambda: clock.now, clock.sleep)

    async def call() -> None:
        await pace.slot()
        made.append(clock.now)

    async def arrive() -> None:
        async with asyncio.TaskGroup() as group:
            for pause in arrivals:
                await clock.sleep(pause)
                group.create_task(call())

    await clock.run(asyncio.create_task(arrive()))
    return made


def most_in_a_window(made: Sequence[datetime]) -> int:
    """The most calls of any window. They are in the order of their times."""
    return max((bisect_left(made, start + WINDOW) - index for index, start in enumerate(made)), default=0)


@settings(max_examples=60, deadline=None)
@given(st.floats(1, 60), st.lists(st.sampled_from([0.0, 0.0, 0.001, 0.05, 0.4, 3.0, 25.0]), max_size=80))
async def test_never_more_than_the_budget_in_any_ten_seconds(budget: float, arrivals: list[float]) -> None:
    made = await calls(budget, arrivals)
    assert len(made) == len(arrivals)
    assert most_in_a_window(made) <= math.ceil(budget)


async def test_the_whole_limit_of_key_vault_is_kept_and_nearly_used() -> None:
    made = await calls(4000, [0.0] * 6000)
    assert 3900 <= most_in_a_window(made) <= 4000


async def test_a_stall_is_not_followed_by_a_burst() -> None:
    made = await calls(100, [0.0] * 20 + [60.0] + [0.0] * 120)
    after = [one for one in made if one > NOW + timedelta(seconds=59)]
    first_second = [one for one in after if one < after[0] + timedelta(seconds=1)]
    assert len(first_second) <= 11  # ten a second, and the one that was ready


async def test_a_lone_call_does_not_wait() -> None:
    assert await calls(1, [5.0]) == [NOW + timedelta(seconds=5)]


async def test_a_429_makes_the_vault_quiet_for_as_long_as_it_says() -> None:
    clock, vault = Clock(), FakeVault(faults=[Unavailable("Key Vault", "HTTP 429", retry_after=10, throttled=True)])
    slow = limit_calls(vault_port(vault), RateLimiter(100, lambda: clock.now, clock.sleep))
    with pytest.raises(Unavailable):
        await slow.page(None)
    task = asyncio.create_task(nothing(slow))
    await clock.run(task)
    assert clock.now >= NOW + timedelta(seconds=10)


async def test_what_waits_for_its_slot_when_a_429_comes_keeps_quiet_too() -> None:
    clock, made = Clock(), list[datetime]()

    class Throttling(FakeVault):
        async def page(self, token: str | None = None) -> CertificatePage:
            made.append(clock.now)
            first = len(made) == 1
            await clock.sleep(0.05)  # the others have been given their slots by then
            if first:
                raise Unavailable("Key Vault", "HTTP 429", retry_after=10, throttled=True)
            return CertificatePage((), None)

    slow = limit_calls(vault_port(Throttling()), RateLimiter(100, lambda: clock.now, clock.sleep))
    await clock.run(*(asyncio.create_task(nothing(slow)) for _ in range(20)))
    assert len(made) == 20
    told = NOW + timedelta(seconds=0.05)
    assert [one for one in made if told < one < told + timedelta(seconds=10)] == []
    assert most_in_a_window(made) <= 100


async def test_another_fault_asks_for_no_quiet() -> None:
    clock, vault = Clock(), FakeVault(faults=[Unavailable("Key Vault", "HTTP 503", retry_after=30)])
    slow = limit_calls(vault_port(vault), RateLimiter(100, lambda: clock.now, clock.sleep))
    with pytest.raises(Unavailable):
        await slow.page(None)
    await clock.run(asyncio.create_task(nothing(slow)))
    assert clock.now < NOW + timedelta(seconds=1)


async def test_a_long_quiet_is_not_waited_for_and_nobody_is_called_in_it() -> None:
    clock, vault = Clock(), FakeVault(faults=[Unavailable("Key Vault", "HTTP 429", retry_after=120, throttled=True)])
    slow = limit_calls(vault_port(vault), RateLimiter(100, lambda: clock.now, clock.sleep))
    for seconds, left in ((0, 120), (50, 70), (109, 11)):
        clock.now = NOW + timedelta(seconds=seconds)
        with pytest.raises(Unavailable) as caught:
            await slow.page(None)
        assert (caught.value.throttled, caught.value.retry_after) == (True, left)
        assert vault.calls == ["page"]
    clock.now = NOW + timedelta(seconds=110)
    await clock.run(asyncio.create_task(nothing(slow)))
    assert clock.now >= NOW + timedelta(seconds=120)  # so short a rest of it is waited for
    assert vault.calls == ["page", "page"]


async def test_a_quiet_is_an_hour_at_most() -> None:
    clock, vault = Clock(), FakeVault(faults=[Unavailable("Key Vault", "HTTP 429", retry_after=86400, throttled=True)])
    slow = limit_calls(vault_port(vault), RateLimiter(100, lambda: clock.now, clock.sleep))
    with pytest.raises(Unavailable):
        await slow.page(None)
    clock.now += timedelta(hours=1)
    await clock.run(asyncio.create_task(nothing(slow)))
    assert vault.calls == ["page", "page"]


async def test_all_that_goes_on_by_itself_shares_the_budget_and_the_quiet_of_a_vault() -> None:
    world = World(options=Options(budget=100))
    looks, others = (
        rate_limited(world.certflow, "main").vault("main"),
        rate_limited(world.certflow, "main", 0.25).vault("main"),
    )
    for _ in range(50):
        await looks.page(None)
        await others.page(None)
    assert world.now - NOW >= timedelta(seconds=19)  # 50 at 25 in ten seconds
    for _ in range(100):
        await looks.page(None)
    assert world.now - NOW >= timedelta(seconds=29)
    world.vault.faults = [Unavailable("Key Vault", "HTTP 429", retry_after=60, throttled=True)]
    for one in (others, looks, rate_limited(world.certflow, "main").vault("main")):
        with pytest.raises(Unavailable):
            await one.page(None)
    assert len(world.vault.calls) == 201


async def test_each_vault_has_a_pace_of_its_own() -> None:
    world = World()
    both = replace(world.certflow, vaults={"main": world.vault, "other": FakeVault()})
    world.vault.faults = [Unavailable("Key Vault", "HTTP 429", retry_after=60, throttled=True)]
    with pytest.raises(Unavailable):
        await rate_limited(both, "main").vault("main").page(None)
    await rate_limited(both, "other").vault("other").page(None)
    assert world.now == NOW


def vault_port(vault: FakeVault) -> Vault:
    return vault


async def nothing(vault: Vault) -> None:
    try:
        await vault.page(None)
    except Unavailable:
        return


async def test_a_spare_slot_is_one_that_nobody_else_waits_for() -> None:
    clock, made = Clock(), list[str]()
    pace = RateLimiter(100, lambda: clock.now, clock.sleep)

    class Noting(FakeVault):
        async def page(self, token: str | None = None) -> CertificatePage:
            made.append(str(token))
            await clock.sleep(0.2)
            return CertificatePage((), None)

    async def ask(vault: Vault, who: str) -> None:
        await vault.page(who)

    first, spare = (
        limit_calls(vault_port(Noting()), pace),
        limit_calls(vault_port(Noting()), pace, NOW + timedelta(minutes=1)),
    )
    both = [*(ask(spare, "spare") for _ in range(5)), *(ask(first, "first") for _ in range(50))]
    await clock.run(*(asyncio.create_task(one) for one in both))
    assert made[0] == "spare", "nobody was there yet"
    assert made[1:51] == ["first"] * 50
    assert made[51:] == ["spare"] * 4


async def test_a_spare_slot_is_not_waited_for_beyond_its_time() -> None:
    clock = Clock()
    pace = RateLimiter(10, lambda: clock.now, clock.sleep)
    spare = limit_calls(vault_port(FakeVault()), pace, NOW + timedelta(seconds=2))
    pace.busy = 1
    task = asyncio.create_task(nothing(spare))
    with pytest.raises(TimeoutError):
        await clock.run(task)
    assert clock.now == NOW + timedelta(seconds=2)
