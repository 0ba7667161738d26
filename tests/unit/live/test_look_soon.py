"""Endpoints that somebody names now are looked at in the next run, whether they are new or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.live.check_endpoints import check_endpoints
from functions.live.expected import look_soon
from functions.model.errors import KeepsChanging
from functions.model.events.event import Event
from functions.model.inventory.record import CertificateRecord
from functions.model.live.state import EndpointCheck, LiveState
from tests.unit.live.live_world import HOST, LiveWorld
from tests.unit.live.test_expected import recorded
from tests.unit.signed_in import ROUTE, Api

TAG = ROUTE["tag_certificate"]
OTHER = "a.apps.example.com"


async def named(world: LiveWorld, record: CertificateRecord) -> None:
    await look_soon(world.certflow, "main", record)


async def test_a_server_that_is_named_for_the_first_time_is_looked_at_in_the_next_run() -> None:
    world = LiveWorld()
    der = world.new_version()
    world.serve_version(der)
    await named(world, recorded(der, world.now - timedelta(days=9)))
    assert await world.look() is LiveState.LIVE
    assert world.told == []  # it was served before Certflow knew of the server
    assert world.checks.rows["main", "web"].next_look == world.now + timedelta(days=1)


async def test_one_that_is_named_once_more_is_looked_at_before_it_is_due() -> None:
    world = LiveWorld()
    old, new = world.new_version(), world.new_version()
    world.serve_version(old)
    await world.heard()
    assert await world.look(minutes=5) is LiveState.OLD
    world.serve_version(new)
    assert await world.look(minutes=1) is LiveState.OLD  # not due
    expected = world.checks.rows["main", "web"].expected
    for _ in range(2):
        await named(world, recorded(new, world.now))
        assert await world.look() is LiveState.LIVE
    assert world.checks.rows["main", "web"].expected == expected
    assert world.told == ["Endpoint.Live"]


async def test_whatever_another_run_writes_meanwhile_the_look_is_soon() -> None:
    world = LiveWorld()
    der = world.new_version()
    await named(world, recorded(der, world.now))
    await world.look()
    save, others = world.checks.save, 3

    async def save_after_another(
        check: EndpointCheck, before: EndpointCheck | None, events: Sequence[Event] = ()
    ) -> None:
        nonlocal others
        if others:
            others -= 1
            await save(
                replace(check, next_look=world.now + timedelta(hours=others)), await world.checks.get("main", "web")
            )
        await save(check, before, events)

    world.checks.save = save_after_another  # type: ignore[method-assign]  # another run is always first
    world.later(minutes=1)
    await named(world, recorded(der, world.now))
    assert world.checks.rows["main", "web"].next_look == world.now
    others = 99
    world.later(minutes=1)
    with pytest.raises(KeepsChanging):
        await named(world, recorded(der, world.now))


async def test_a_certificate_whose_tag_is_taken_away_is_not_looked_at_any_more() -> None:
    world = LiveWorld()
    der = world.new_version()
    await named(world, recorded(der, world.now))
    await named(world, recorded(der, world.now, {}))
    await named(world, recorded(der, world.now, {}))
    await check_endpoints(world.certflow, "main")
    assert (world.checks.rows, world.servers.looked) == ({}, [])


async def test_over_http_new_endpoints_and_a_new_grace_are_looked_at_soon_and_another_tag_is_not() -> None:
    world = LiveWorld()
    world.serve_version(world.new_version())
    api = Api(world)
    for body, looks in (
        ({"owner": "ann@example.com"}, 0),
        ({"endpoints": HOST}, 1),
        ({"endpoints": HOST}, 1),
        ({"owner": "bob@example.com"}, 0),
        ({"grace": "appgw"}, 1),
        ({"endpoints": None}, 0),
    ):
        before = len(world.servers.looked)
        answer = await api.call(TAG, ["Certflow.Requester"], name="web", body=body)
        assert answer.status_code == 200, answer.get_body()
        await check_endpoints(world.certflow, "main")
        assert len(world.servers.looked) - before == looks, body
    assert world.vault.tagged["web"] == {"certflow-owner": "bob@example.com", "certflow-endpoints-grace": "appgw"}


async def test_where_live_is_off_the_tag_is_changed_all_the_same() -> None:
    world = LiveWorld()
    world.new_version()
    world.live = None
    answer = await Api(world).call(TAG, ["Certflow.Requester"], name="web", body={"endpoints": OTHER, "grace": "90m"})
    assert answer.status_code == 200, answer.get_body()
    assert world.vault.tagged["web"]["certflow-endpoints"] == OTHER
    assert world.checks.rows == {}
