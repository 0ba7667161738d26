"""From a new version to what people hear of it: looked at in time, told once, whatever happens between."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.live.check_endpoints import MAX_ROUND_CHECKS, check_endpoints
from functions.live.states import endpoint_states
from functions.live.tell import told
from functions.model.errors import Unavailable
from functions.model.live.look import Trouble
from functions.model.live.state import EndpointState, LiveState
from functions.model.options import LiveOptions
from tests.certificates import DAY, Ca, Wish
from tests.clock import fixed_now
from tests.unit.live.live_world import ADDRESS, GRACE, HOST, LiveWorld, leaf

STRANGER = Ca.root("Stranger", at=fixed_now)


async def renewed() -> tuple[LiveWorld, bytes, bytes]:
    """A world where the server shows the version before the current one, which has just come."""
    world = LiveWorld()
    old, new = world.new_version(), world.new_version()
    world.serve_version(old)
    await world.heard()
    return world, old, new


async def test_a_new_version_is_looked_at_after_five_minutes_and_an_hour_at_the_end_of_the_grace_and_daily() -> None:
    world, _, new = await renewed()
    world.serve_version(new)
    looks = []
    for minute in range(3 * 24 * 60):
        before = len(world.servers.looked)
        await check_endpoints(world.certflow, "main")
        if len(world.servers.looked) > before:
            looks.append(timedelta(minutes=minute))
        world.later(minutes=1)
    minutes, hours = (timedelta(minutes=5), timedelta(hours=1), GRACE), (30, 54)
    assert looks == [*minutes, *(timedelta(hours=hour) for hour in hours)]


async def test_when_the_new_version_is_served_that_is_told_once_with_since_when() -> None:
    world, _, new = await renewed()
    assert await world.look(minutes=5) is LiveState.OLD
    assert world.told == []
    world.serve_version(new)
    assert await world.look(minutes=55) is LiveState.LIVE
    for _ in range(3):
        await world.look(days=1)
    (event,) = world.topic.published
    assert (event.type, event.data["endpoint"], event.data["after"]) == ("Certflow.Endpoint.Live", HOST, 3600)
    assert event.data["owner"] == "owner@example.com"
    assert world.state.since == world.now - timedelta(days=3)


async def test_it_is_served_since_the_look_that_saw_it_however_long_the_run_takes_after_that() -> None:
    world, _, _ = await renewed()
    check = world.checks.rows["main", "web"]
    state = EndpointState(HOST, LiveState.LIVE, world.now + timedelta(minutes=5), served=check.expected.sha256)
    found, (event,) = told(check, replace(check, states=(state,)), world.now + timedelta(minutes=9))
    assert (found.states[0].since, event.data["since"]) == (state.at, state.at.isoformat())
    assert event.data["after"] == 300


async def test_after_the_grace_one_message_says_what_is_shown_and_once_it_is_right_another() -> None:
    world, old, new = await renewed()
    for hours in (5, 0.9):
        assert await world.look(hours=hours) is LiveState.OLD
    assert world.told == []
    assert await world.look(hours=0.1) is LiveState.NOT_LIVE
    for _ in range(30):
        await world.look(hours=1)
    (event,) = world.topic.published
    assert (event.type, event.data["state"], event.data["critical"]) == ("Certflow.Endpoint.NotLive", "not-live", False)
    assert event.data["served"] != event.data["expected"]
    assert event.data["command"].startswith(f"openssl s_client -connect {ADDRESS}:443 -servername {HOST}")
    assert old != new
    world.serve_version(new)
    assert await world.look(hours=1) is LiveState.LIVE
    await world.look(days=1)
    assert world.told == ["Endpoint.NotLive", "Endpoint.Live"]


async def test_near_the_end_of_what_is_shown_it_is_told_once_more_and_critical() -> None:
    world = LiveWorld()
    old = world.new_version(Wish(start=-80 * DAY, end=20 * DAY))
    world.new_version()
    world.serve_version(old)
    await world.heard()
    await world.look(hours=7)
    for _ in range(18):
        await world.look(days=1)
    assert [event.data["critical"] for event in world.topic.published] == [False, True]
    assert world.told == ["Endpoint.NotLive"] * 2
    assert len({event.id for event in world.topic.published}) == 2


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        (leaf(by=STRANGER), LiveState.OTHER),
        (leaf(Wish(start=-90 * DAY, end=-DAY)), LiveState.EXPIRED),
    ],
)
async def test_a_strangers_certificate_and_an_expired_one_are_told_of(shown: bytes, state: LiveState) -> None:
    world, _, _ = await renewed()
    world.serve(shown)
    assert await world.look(minutes=5) is state
    assert world.told == (["Endpoint.NotLive"] if state is LiveState.EXPIRED else [])
    await world.look(hours=7)
    await world.look(days=1)
    assert [event.data["state"] for event in world.topic.published] == [state.value]


async def test_the_current_version_in_a_wrong_chain_is_told_of_after_the_grace() -> None:
    world, _, new = await renewed()
    world.serve(new)
    assert await world.look(minutes=5) is LiveState.WRONG_CHAIN
    assert world.told == []
    await world.look(hours=7)
    assert [event.data["state"] for event in world.topic.published] == ["wrong-chain"]


async def test_a_server_that_cannot_be_reached_is_told_of_after_three_looks_in_a_row_and_once() -> None:
    world, _, new = await renewed()
    world.serve(trouble=Trouble.CLOSED)
    for _ in range(2):
        assert await world.look(minutes=5) is LiveState.UNREACHABLE
        assert world.told == []
    await world.look(minutes=5)
    assert world.told == ["Endpoint.NotLive"]
    for _ in range(5):
        await world.look(days=1)
    assert world.told == ["Endpoint.NotLive"]
    world.serve_version(new)
    await world.look(days=1)
    assert world.told == ["Endpoint.NotLive", "Endpoint.Live"]


async def test_an_endpoint_that_a_corrected_tag_names_is_looked_at_soon_after_the_look_that_finds_it() -> None:
    world = LiveWorld("wrong.apps.example.com")
    world.servers.hosts["wrong.apps.example.com"] = ("203.1.2.9",)
    world.serve(leaf(), at="203.1.2.9")
    world.serve_version(world.new_version())
    await world.heard()
    await world.look(hours=7)
    world.vault.tagged["web"] = {"certflow-endpoints": HOST}
    world.later(hours=1)
    await check_endpoints(world.certflow, "main")
    check = world.checks.rows["main", "web"]
    assert (check.states, check.next_look) == ((), world.now + timedelta(minutes=5))
    assert await world.look(minutes=5) is LiveState.LIVE
    assert world.checks.rows["main", "web"].next_look == world.now + timedelta(days=1)


async def test_one_failure_between_good_looks_is_not_told() -> None:
    world, _, new = await renewed()
    world.serve_version(new)
    await world.look(minutes=5)
    for _ in range(4):
        world.serve(trouble=Trouble.RESET)
        await world.look(days=1)
        world.serve_version(new)
        await world.look(minutes=5)
    assert world.told == ["Endpoint.Live"]


@pytest.mark.parametrize("trouble", [Trouble.TIMEOUT, Trouble.NO_WAY])
async def test_a_private_server_that_was_reached_before_and_is_silent_is_told_of(trouble: Trouble) -> None:
    world = LiveWorld(f"{HOST}@10.1.2.3")
    world.serve_version(world.new_version(), at="10.1.2.3")
    await world.heard()
    await world.look(minutes=5)
    world.serve(trouble=trouble, at="10.1.2.3")
    assert await world.look(days=1) is LiveState.UNREACHABLE
    assert world.state.sentence == "10.1.2.3 does not answer any more."
    for _ in range(2):
        assert await world.look(minutes=5) is LiveState.UNREACHABLE
    await world.look(days=1)
    assert world.told == ["Endpoint.Live", "Endpoint.NotLive"]


async def test_a_private_server_that_was_never_reached_is_not_from_here_however_often() -> None:
    world = LiveWorld(f"{HOST}@10.1.2.3")
    world.new_version()
    await world.heard()
    world.serve(trouble=Trouble.TIMEOUT, at="10.1.2.3")
    for _ in range(4):
        assert await world.look(days=1) is LiveState.NOT_FROM_HERE
    assert world.told == ["Setting.Wrong"]


async def test_with_two_nodes_behind_a_name_and_one_old_it_is_old_then_not_live() -> None:
    world, old, new = await renewed()
    world.servers.hosts[HOST] = (ADDRESS, "203.1.2.4")
    world.serve_version(new)
    world.serve_version(old, at="203.1.2.4")
    assert await world.look(minutes=5) is LiveState.OLD
    assert world.state.address == "203.1.2.4"
    assert await world.look(hours=7) is LiveState.NOT_LIVE
    world.serve_version(new, at="203.1.2.4")
    assert await world.look(hours=1) is LiveState.LIVE
    assert world.told == ["Endpoint.NotLive", "Endpoint.Live"]


async def test_of_many_addresses_eight_are_looked_at() -> None:
    world, _, new = await renewed()
    many = tuple(f"203.1.2.{number}" for number in range(20))
    world.servers.hosts[HOST] = many
    for address in many:
        world.serve_version(new, at=address)
    assert await world.look(minutes=5) is LiveState.LIVE
    assert [address for address, *_ in world.servers.looked] == list(many[:8])


async def test_a_server_that_wants_a_client_certificate_and_shows_the_version_counts_as_serving_it() -> None:
    world, _, new = await renewed()
    world.serve_version(new)
    world.servers.shown[ADDRESS] = replace(world.servers.shown[ADDRESS], trouble=Trouble.CLIENT_CERTIFICATE)
    assert await world.look(minutes=5) is LiveState.CLIENT_CERTIFICATE
    assert world.told == ["Endpoint.Live"]


@pytest.mark.parametrize(
    ("tag", "addresses"),
    [
        ("169.254.169.254", ()),
        ("localhost", ("127.0.0.1",)),
        (f"{HOST}:22", (ADDRESS,)),
        (f"{HOST}@169.254.169.254", ()),
        (f"{HOST}@::ffff:169.254.169.254", ()),
        (f"{HOST}@192.168.1.1", ()),
        (HOST, ("169.254.169.254",)),
        (HOST, ("64:ff9b::a9fe:a9fe",)),
        (HOST, ("::a9fe:a9fe",)),
        (HOST, ("::ffff:a9fe:a9fe",)),
        (HOST, ("168.63.129.16",)),
        (HOST, ("224.0.0.1",)),
        (HOST, ("127.0.0.1",)),
        (HOST, ("192.168.1.1",)),
        (HOST, (ADDRESS, "169.254.169.254")),
        (HOST, (*(f"203.1.2.{number}" for number in range(9)), "127.0.0.1")),
    ],
)
async def test_what_is_not_allowed_is_refused_and_nothing_is_connected_to(tag: str, addresses: tuple[str, ...]) -> None:
    world = LiveWorld(tag)
    world.servers.hosts = dict.fromkeys((HOST, "localhost"), addresses)
    world.new_version()
    await world.heard()
    assert await world.look(minutes=5) is LiveState.REFUSED
    assert world.servers.looked == []
    assert world.told == []
    assert "CERTFLOW_LIVE_" in world.state.sentence or "never looked at" in world.state.sentence


async def test_a_resolver_that_changes_its_mind_is_asked_once_a_look() -> None:
    world, _, new = await renewed()
    world.serve_version(new)
    await world.look(minutes=5)
    assert world.servers.resolved == [HOST]
    assert world.servers.looked == [(ADDRESS, 443, HOST)]


async def test_a_private_address_without_a_way_there_is_told_to_the_operators_once_a_week() -> None:
    world = LiveWorld(f"{HOST}@10.1.2.3")
    world.new_version()
    world.serve(at="10.1.2.3", trouble=Trouble.NO_WAY)
    await world.heard()
    assert await world.look(minutes=5) is LiveState.NOT_FROM_HERE
    for _ in range(6):
        await world.look(days=1)
    (event,) = world.topic.published
    assert (event.type, event.data["setting"]) == ("Certflow.Setting.Wrong", "CERTFLOW_LIVE_NETWORKS")
    assert "10.1.2.3" in event.data["sentence"]


async def test_without_hosts_live_is_off() -> None:
    world, _, _ = await renewed()
    world.options = replace(world.options, live=LiveOptions())
    world.later(days=3)
    await check_endpoints(world.certflow, "main")
    assert (world.servers.resolved, world.servers.looked) == ([], [])
    world.live = None
    await check_endpoints(world.certflow, "main")
    await world.heard()
    assert await endpoint_states(world.certflow, "main") == {}


async def test_a_run_that_another_instance_has_is_left_to_it() -> None:
    world, _, _ = await renewed()
    world.later(minutes=5)
    await world.monitoring_store.acquire("live:main", world.now, world.now + timedelta(minutes=1))
    await check_endpoints(world.certflow, "main")
    assert world.servers.looked == []


@pytest.mark.parametrize("kills", [["before"], ["after"], ["before", "before", "after"], ["after", "before"]])
async def test_killed_at_any_write_each_message_comes_once(kills: list[str]) -> None:
    world, _, new = await renewed()
    await world.look(minutes=5)
    world.checks.kills = [*kills]
    world.later(hours=7)
    for _ in range(6):
        await check_endpoints(world.certflow, "main")
        world.later(minutes=5)
    assert world.checks.kills == []
    stored = [event.id for event in (*world.topic.published, *world.ledger.outbox.values())]
    assert len(set(stored)) == 1
    world.serve_version(new)
    world.checks.kills = [*kills]
    for _ in range(8):
        world.later(hours=1)
        await check_endpoints(world.certflow, "main")
    ids = {event.id for event in (*world.topic.published, *world.ledger.outbox.values())}
    assert sorted(one.rpartition(":")[2] for one in ids) == ["live", "not-live"]


async def test_a_vault_that_does_not_answer_puts_the_endpoint_off_and_tells_nothing() -> None:
    world, _, _ = await renewed()
    world.later(hours=7)
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")]
    await check_endpoints(world.certflow, "main")
    assert (world.told, world.checks.rows["main", "web"].states) == ([], ())
    assert await world.look(minutes=5) is LiveState.NOT_LIVE


async def test_a_version_of_which_no_event_came_is_noticed_when_the_server_shows_it() -> None:
    world, _, new = await renewed()
    world.serve_version(new)
    await world.look(minutes=5)
    newer = world.new_version()
    world.serve_version(newer)
    assert await world.look(days=1) is LiveState.LIVE
    assert world.told == ["Endpoint.Live"] * 2


async def test_a_certificate_without_endpoints_is_forgotten_at_the_next_event_or_look() -> None:
    world, _, _ = await renewed()
    world.vault.tagged["web"] = {}
    world.later(minutes=5)
    await check_endpoints(world.certflow, "main")
    assert world.checks.rows == {}
    await world.heard()
    assert world.checks.rows == {}


async def test_a_run_goes_on_while_more_is_due_and_asks_once_where_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _, new = await renewed()
    world.serve_version(new)
    monkeypatch.setattr("functions.live.check_endpoints.MAX_ROUND_CHECKS", 3)
    check = world.checks.rows["main", "web"]
    for number in range(7):
        await world.checks.save(replace(check, name=f"web-{number}", etag=""), None)
    await world.look(minutes=5)
    assert all(one.states for one in world.checks.rows.values())
    assert world.checks.asked == 3
    await world.look()
    assert world.checks.asked == 4


async def test_many_endpoints_are_looked_at_in_one_run_and_their_states_are_offered_by_name() -> None:
    world, _, new = await renewed()
    world.serve_version(new)
    check = world.checks.rows["main", "web"]
    for number in range(200):
        await world.checks.save(replace(check, name=f"Web-{number}", etag=""), None)
    assert MAX_ROUND_CHECKS > 200
    await world.look(minutes=5)
    assert world.checks.asked == 1
    states = await endpoint_states(world.certflow, "main")
    assert len(states) == 201
    assert {one.state for some in states.values() for one in some} == {LiveState.LIVE}
    assert "web-7" in states
