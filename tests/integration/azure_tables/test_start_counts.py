"""The requests that a caller starts in a day, in Azure Tables: counted once each, whichever host starts them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from functions.adapters.azure_tables.service import Tables
from functions.adapters.azure_tables.start_counts import TableStartCounts
from functions.app.context import Certflow
from functions.model.errors import ConcurrentChange
from functions.model.request.actor import Actor, ActorKind
from functions.requests.daily_starts import CountedStart, count_start, forget_starts, give_back, started_today
from local.azurite import Azurite
from testkit.tokens import AnyToken
from tests.clock import NOW
from tests.unit.fakes import World

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOSTS, A_DAY = 3, 20


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hosts(azurite: Azurite) -> AsyncIterator[list[Certflow]]:
    """Instances of the app that share nothing but the storage account."""
    services = [Tables(azurite.table_url, AnyToken()) for _ in range(HOSTS)]
    yield [replace(World().certflow, start_counts=TableStartCounts(one)) for one in services]
    for service in services:
        await service.close()


def person(oid: str) -> Actor:
    return Actor(ActorKind.PERSON, tid="tenant", oid=oid)


@dataclass
class Allowed:
    """A decision by the number of starts before this one."""

    before: int

    @property
    def allowed(self) -> bool:
        return self.before < A_DAY


def in_days(days: int) -> Callable[[], datetime]:
    return lambda: NOW + timedelta(days=days)


async def start(host: Certflow, by: Actor) -> CountedStart | None:
    return (await count_start(host, by, Allowed))[1]


async def test_all_hosts_together_start_as_many_as_a_grant_allows_and_not_one_more(hosts: list[Certflow]) -> None:
    by = person("many")
    started = await asyncio.gather(*(start(host, by) for host in hosts for _ in range(A_DAY)))
    counted = [one for one in started if one]
    assert len(counted) == A_DAY
    assert await started_today(hosts[0], by) == A_DAY
    await asyncio.gather(*(give_back(host, counted.pop()) for host in hosts))
    assert await started_today(hosts[1], by) == A_DAY - HOSTS
    again = await asyncio.gather(*(start(host, by) for host in hosts for _ in range(2)))
    assert len([one for one in again if one]) == HOSTS


async def test_callers_are_counted_apart_and_by_day(hosts: list[Certflow]) -> None:
    host = hosts[0]
    tomorrow = replace(host, now=in_days(1))
    for by in (person("one/#?"), person("other")):
        await start(host, by)
        assert await started_today(host, by) == 1
        assert await started_today(tomorrow, by) == 0


async def test_a_count_is_written_in_place_of_the_one_that_was_read(hosts: list[Certflow]) -> None:
    counts = hosts[0].start_counts
    new = await counts.started(NOW.date(), "tenant|same")
    await counts.save_started(replace(new, count=1))
    for stale in (new, replace(new, etag="W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"")):
        with pytest.raises(ConcurrentChange):
            await counts.save_started(replace(stale, count=5))
    assert (await counts.started(NOW.date(), "tenant|same")).count == 1


async def test_days_that_are_over_are_forgotten(hosts: list[Certflow]) -> None:
    host, by = hosts[0], person("old")
    await start(host, by)
    for days, left in ((2, 1), (3, 0)):
        await forget_starts(replace(host, now=in_days(days)))
        assert await started_today(host, by) == left
