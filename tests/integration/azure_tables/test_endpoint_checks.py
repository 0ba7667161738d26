"""Endpoint checks on Azurite's tables: a check, its due mark and its events are one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.adapters.azure_tables.endpoint_checks import TableEndpointChecks
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.service import Tables
from functions.model.errors import ConcurrentChange
from functions.model.events.event import Event
from functions.model.inventory.endpoints import MAX_ENDPOINTS, Endpoint
from functions.model.live.state import EndpointCheck, EndpointState, ExpectedVersion, LiveState
from tests.clock import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOUR = timedelta(hours=1)
EXPECTED = ExpectedVersion("1" * 40, "2" * 64, NOW, NOW, NOW + 90 * 24 * HOUR, True)


def check_of(vault: str, name: str = "Web", after: timedelta = HOUR) -> EndpointCheck:
    endpoints = (Endpoint("www.example.com", 8443, "10.1.2.3"), Endpoint("2001:db8::1"))
    state = EndpointState(
        str(endpoints[0]), LiveState.OLD, NOW, "so", "3" * 64, "10.1.2.3", NOW, NOW, 1, NOW, ("live",)
    )
    return EndpointCheck(vault, name, EXPECTED, NOW + after, endpoints, 3600.0, (state,), "a@example.com")


def without_etag(check: EndpointCheck | None) -> EndpointCheck | None:
    return check and replace(check, etag="")


def event_of(vault: str, id_: str) -> Event:
    return Event(id_, "Certflow.Endpoint.Live", "s", NOW, vault, "Web", {"vault": vault})


async def test_a_check_is_read_as_it_was_written_and_by_its_name_in_any_case(tables: Tables) -> None:
    checks = TableEndpointChecks(tables)
    assert await checks.get("one", "web") is None
    await checks.save(check_of("one"), None, [event_of("one", "e1")])
    found = await checks.get("one", "WEB")
    assert without_etag(found) == check_of("one")
    assert [one.id for one in (await TableLedger(tables).left_behind("one")).events] == ["e1"]
    assert [one.name for one in await checks.of_vault("one")] == ["Web"]
    assert await checks.of_vault("on") == []


async def test_of_two_writers_one_wins_with_its_events(tables: Tables) -> None:
    checks = TableEndpointChecks(tables)
    await checks.save(check_of("two"), None)
    with pytest.raises(ConcurrentChange):
        await checks.save(check_of("two"), None, [event_of("two", "e1")])
    known = await checks.get("two", "web")
    assert known is not None
    later = replace(known, next_look=NOW + 2 * HOUR)
    await checks.save(later, known, [event_of("two", "e2")])
    for again in (later, known):
        with pytest.raises(ConcurrentChange):
            await checks.save(again, known, [event_of("two", "e3")])
    with pytest.raises(ConcurrentChange):
        await checks.remove(known)
    assert [one.id for one in (await TableLedger(tables).left_behind("two")).events] == ["e2"]


async def test_what_is_due_comes_in_its_order_and_moves_with_its_mark(tables: Tables) -> None:
    checks = TableEndpointChecks(tables)
    for number in range(40):
        await checks.save(check_of("due", f"n{number}", HOUR * number), None)
    due = await checks.due("due", NOW + 4 * HOUR, 1000)
    found = due.checks
    assert not due.more
    assert [one.name for one in found] == ["n0", "n1", "n2", "n3", "n4"]
    few = await checks.due("due", NOW + 90 * HOUR, 2)
    assert ([one.name for one in few.checks][:1], few.more) == (["n0"], True)
    # Of 40 in 16 partitions one has three or more, of which two come.
    some = await checks.due("due", NOW + 90 * HOUR, 32)
    assert (len(some.checks) <= 32, some.more) == (True, True)
    first = found[0]
    await checks.save(replace(first, next_look=NOW + 3 * HOUR), first)
    same = await checks.get("due", "n0")
    assert same is not None
    await checks.save(replace(same, owner="b@example.com"), same)
    assert [one.name for one in (await checks.due("due", NOW + 2 * HOUR, 1000)).checks] == ["n1", "n2"]
    gone = await checks.get("due", "n1")
    assert gone is not None
    await checks.remove(gone)
    assert [one.name for one in (await checks.due("due", NOW + 2 * HOUR, 1000)).checks] == ["n2"]
    assert await checks.get("due", "n1") is None


async def test_the_largest_check_fits_in_a_row(tables: Tables) -> None:
    checks = TableEndpointChecks(tables)
    hosts = [
        Endpoint(f"{number:03}" + ".".join(["x" * 60] * 4), 8443, "2001:db8:" + "ffff:" * 5 + "1")
        for number in range(20)
    ]
    told = ("not-live", "not-live:critical", "other", "other:critical", "expired", "unreachable", "live")
    states = [
        EndpointState(str(one), LiveState.OTHER, NOW, "ü" * 300, "3" * 64, one.address, NOW, NOW, 1, NOW, told)
        for one in hosts
    ]
    big = replace(check_of("big"), endpoints=tuple(hosts), states=tuple(states))
    assert len(hosts) == MAX_ENDPOINTS
    await checks.save(big, None)
    assert without_etag(await checks.get("big", "web")) == big
