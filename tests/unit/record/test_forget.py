"""A run deletes some of what is too old, and goes on where the last one stopped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.app.context import Certflow
from functions.model.errors import Unavailable
from functions.model.record.act_list import ListedAct
from functions.model.request.actor import CHECK
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from functions.record import forget
from functions.record.forget import forget_requests
from tests.clock import NOW
from tests.unit.fakes import FakeVault, World


def ended(world: World, name: str, days: int, vault: str = "main", status: Status = Status.COMPLETED) -> str:
    """A request that began and ended so many days ago, with two acts; returns its id."""
    at = NOW - timedelta(days=days)
    request_id = f"{name}-{days}".ljust(32, "0")
    made = TrackedRequest(vault, name, request_id, "Unknown", "", f"key-{request_id}", at, status=status, ended=at)
    world.ledger.tracked[vault, name.lower(), request_id] = made
    for what in ("created", "observed"):
        entry = HistoryEntry(what, at - timedelta(hours=what == "created"), request_id, status, CHECK)
        world.ledger.listed.append(ListedAct(vault, name, entry))
    return request_id


def kept(world: World) -> set[str]:
    return {one.request_id for one in world.ledger.tracked.values()}


def with_acts(world: World) -> set[str]:
    return {one.entry.request_id for one in world.ledger.listed}


async def test_what_is_too_old_goes_with_its_history_and_what_its_key_leads_to() -> None:
    world = World()
    old, last = ended(world, "Web", 900), ended(world, "Web", 10)
    await forget_requests(world.certflow)
    assert kept(world) == with_acts(world) == {last}
    assert world.retention.keys == [(f"key-{old}", ("main", "web", old))]


async def test_nothing_goes_while_the_setting_is_wrong() -> None:
    world = World()
    ended(world, "web", 9000), ended(world, "web", 10)
    world.options = replace(world.options, keep_requests=None)
    await forget_requests(world.certflow)
    assert len(kept(world)) == len(with_acts(world)) == 2


async def test_how_long_is_what_the_setting_says() -> None:
    world = World()
    old, last = ended(world, "web", 31), ended(world, "web", 10)
    await forget_requests(world.certflow)
    assert kept(world) == {old, last}
    world.options = replace(world.options, keep_requests=timedelta(days=30))
    await forget_requests(world.certflow)
    assert kept(world) == {last}


async def test_acts_without_a_request_go_by_their_own_age() -> None:
    world = World()
    gone = [ended(world, "web", days) for days in (401, 399)]
    world.ledger.tracked.clear()
    await forget_requests(world.certflow)
    assert with_acts(world) == {gone[1]}


async def test_acts_of_older_versions_are_added_to_the_list_of_all_also_where_nothing_goes() -> None:
    world = World()
    world.retention.unlisted.add(ended(world, "Web", 10))
    world.options = replace(world.options, keep_requests=None)
    await forget_requests(world.certflow)
    assert (world.retention.unlisted, world.retention.spelled) == (set(), {"Web"})


async def test_a_name_that_cannot_be_handled_keeps_no_other_from_going(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    for name in ("api", "bad", "web"):
        ended(world, name, 900), ended(world, name, 10)
    world.retention.failing.add("bad")
    await forget_requests(world.certflow)
    assert sorted(one.name for one in world.ledger.tracked.values()) == ["api", "bad", "bad", "web"]
    assert '"event": "not-forgotten"' in caplog.text.replace('":"', '": "')


def places(world: World) -> list[str]:
    """The vaults of the pieces that were read, with … for a piece that is not the first one."""
    return [vault if place is None else f"{vault}…" for vault, place in world.retention.pieces]


def vaults(world: World, *aliases: str) -> Certflow:
    return replace(world.certflow, vaults={alias: FakeVault() for alias in aliases})


async def test_a_run_goes_once_through_all_vaults_and_the_next_one_begins_anew() -> None:
    world = World()
    for vault in ("a", "b"):
        for number in range(2):
            ended(world, f"web{number}", 10, vault)
    app = vaults(world, "b", "a")
    await forget_requests(app)
    assert places(world) == ["a", "a…", "b", "b…"]
    world.retention.pieces.clear()
    await forget_requests(app)
    assert places(world) == ["a", "a…", "b", "b…"]


async def test_a_run_goes_once_through_a_single_vault() -> None:
    world = World()
    for number in range(2):
        ended(world, f"web{number}", 10, "a")
    for _ in range(2):
        await forget_requests(vaults(world, "a"))
    assert places(world) == ["a", "a…"] * 2


async def test_a_run_stops_after_so_many_pieces_and_the_next_one_goes_on_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forget, "PIECES_A_RUN", 3)
    world = World()
    for number in range(4):
        ended(world, f"web{number}", 10, "a")
    app = vaults(world, "a", "b")
    await forget_requests(app)
    await forget_requests(app)
    assert places(world)[:4] == ["a", "a…", "a…", "b"]


async def test_a_run_stops_after_some_time() -> None:
    world = World()
    for number in range(4):
        ended(world, f"web{number}", 10, "a")
    app, moments = vaults(world, "a"), iter(NOW + timedelta(minutes=number) for number in range(1000))
    await forget_requests(replace(app, now=lambda: next(moments)))
    assert len(world.retention.pieces) < 3
    await forget_requests(app)
    assert places(world)[:3] == ["a", "a…", "a…"]


async def test_after_a_vault_is_gone_from_the_settings_a_run_goes_on_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forget, "PIECES_A_RUN", 1)
    world = World()
    for number in range(4):
        ended(world, f"web{number}", 10, "b")
    await forget_requests(vaults(world, "b", "c"))
    await forget_requests(vaults(world, "a", "c"))
    await forget_requests(vaults(world, "a"))
    assert places(world) == ["b", "c", "a"]
    await forget_requests(vaults(world))
    assert len(world.retention.pieces) == 3


async def test_a_run_that_the_storage_cuts_off_is_gone_on_with_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for number in range(4):
        ended(world, f"web{number}", 900), ended(world, f"web{number}", 10)
    answer, calls = world.retention.acts, list[str]()

    async def acts(vault: str, name: str) -> object:
        calls.append(name)
        if name == "web2":
            raise Unavailable("The table storage", "down")
        return await answer(vault, name)

    with monkeypatch.context() as patched:
        patched.setattr(world.retention, "acts", acts)
        with pytest.raises(Unavailable):
            await forget_requests(world.certflow)
    assert calls[0] == "web0"
    assert world.retention.places["history"] != '["main", null]'
    for _ in range(2):  # to the end, and then what it had begun with
        await forget_requests(world.certflow)
    assert len(kept(world)) == 4
