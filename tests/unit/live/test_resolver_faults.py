"""While the resolver does not answer, nothing is concluded of servers, and nobody hears anything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.live.check_endpoints import check_endpoints
from functions.model.live.look import Trouble
from functions.model.live.state import LiveState
from tests.unit.live.live_world import ADDRESS, HOST, LiveWorld

OTHER = "a.apps.example.com"


async def test_what_was_known_stays_and_is_looked_at_again_in_five_minutes() -> None:
    world = LiveWorld()
    world.serve_version(world.new_version())
    await world.heard()
    await world.look(minutes=5)
    known = world.state
    world.servers.unanswered = {HOST}
    await world.look(days=1)
    for _ in range(4):
        await world.look(minutes=5)
    assert len(world.servers.resolved) == 6
    assert world.state == known
    assert world.told == ["Endpoint.Live"]
    world.servers.unanswered = set()
    assert await world.look(minutes=5) is LiveState.LIVE
    assert world.state.at == world.now


async def test_one_name_without_an_answer_hides_no_other_endpoint_of_the_certificate() -> None:
    world = LiveWorld(f"{OTHER}, {HOST}")
    world.serve_version(world.new_version())
    world.servers.unanswered = {OTHER}
    await world.heard()
    assert await world.look(minutes=5) is LiveState.LIVE
    check = world.checks.rows["main", "web"]
    assert [one.endpoint for one in check.states] == [HOST]
    assert check.next_look == world.now + timedelta(minutes=5)
    assert world.told == ["Endpoint.Live"]


async def test_a_failure_is_not_counted_again_while_the_resolver_does_not_answer() -> None:
    world = LiveWorld(f"{OTHER}, {HOST}")
    world.servers.hosts[OTHER] = ("203.1.2.9",)
    world.serve_version(world.new_version())
    world.serve(trouble=Trouble.CLOSED, at="203.1.2.9")
    await world.heard()
    assert await world.look(minutes=5) is LiveState.UNREACHABLE
    known = world.state
    world.servers.unanswered = {OTHER}
    for _ in range(4):
        await world.look(minutes=5)
    assert world.state == known
    assert known.failures == 1
    assert world.told == ["Endpoint.Live"]


async def test_it_is_put_off_with_a_warning_and_not_as_an_error_of_certflow(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = LiveWorld()
    world.new_version()
    world.servers.unanswered = {HOST}
    await world.heard()
    world.later(minutes=5)
    await check_endpoints(world.certflow, "main")
    assert [one.levelname for one in caplog.records if "endpoint-put-off" in one.message] == ["WARNING"]
    assert world.checks.rows["main", "web"].states == ()
    assert ADDRESS not in [address for address, *_ in world.servers.looked]
