"""Files that wait for a fault of our own: told once for all, to those who can mend it, and again if it goes on."""

from __future__ import annotations

from typing import Any

import pytest

from functions.chains.handle_upload import handle_stuck, handle_upload, sweep_files
from functions.chains.own_faults import WAIT
from functions.chains.trust_changes import watch_trust
from functions.model.errors import BadSettings, Refused, Unavailable
from functions.model.options import Options, Takes
from functions.model.people.signers import SignerRow
from functions.requests.create import CreateCommand, create_request
from tests.certificates import pem
from tests.unit.fakes import FakeChannel, World
from tests.unit.request_and_chain import ROOT, chain_for

OPS, PKI, ANN = "ops@example.com", "signers@example.com", "ann@example.com"
NAMES = ("a", "b", "c")


def a_world(takes: Takes) -> World:
    choices = Options(trusted={"main": takes}, signers=(SignerRow((PKI,)),), operators=(OPS,))
    return World(options=choices, channels=(FakeChannel("email"),))


async def three_files(world: World) -> None:
    for name in NAMES:
        await create_request(world.certflow, CreateCommand("main", name, {"policy": {}}, ANN))
        world.chain_files.put(f"{name}.pem", chain_for(world.vault.operations[name]))


def told(world: World, what: str) -> list[Any]:
    return [event for event in world.topic.published if event.type == f"Certflow.{what}"]


async def heard(world: World, *events: Any) -> dict[str, list[str]]:
    """The titles of what becomes of events, by who is mailed."""
    for event in events:
        await world.tell(event.id, event.type, event.data)
    world.later(minutes=2)
    await world.send()
    found: dict[str, list[str]] = {}
    for notices, to in world.channels[0].messages:
        for address in to:
            found.setdefault(address, []).extend(notice.title for notice in notices)
    return found


@pytest.mark.parametrize(
    "fault",
    [
        Refused(403, "Forbidden", "The app has no access.", inner="AccessDenied"),
        Refused(401, "Unauthorized", "No token."),
        BadSettings("CERTFLOW_X: it is not set."),
        Unavailable("The blob storage", "the app's managed identity has no access", of_access=True),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_files_that_our_own_access_or_settings_keep_are_told_once_and_once_a_day(fault: Exception) -> None:
    world = a_world(Takes.ANY)
    await three_files(world)
    pending = world.vault.pending

    async def refuse(name: str, request_id: str | None = None) -> Any:
        raise fault

    world.vault.pending = refuse  # type: ignore[method-assign]
    world.later(minutes=11)
    for name in NAMES:
        await handle_stuck(world.certflow, f"{name}.pem")
    await sweep_files(world.certflow)
    assert told(world, "Chain.Stuck") == []
    (held_up,) = told(world, "Chain.HeldUp")
    assert (held_up.data["count"], held_up.data["files"]) == (3, [f"{name}.pem" for name in NAMES])
    assert str(fault) in held_up.data["sentence"]
    waiting = told(world, "Chain.Waiting")
    assert len(waiting) == 3
    assert all(one.data["next_step"].startswith("Nothing to do: ") for one in waiting)
    found = await heard(world, held_up, *waiting)
    assert found[OPS] == ["Dropped files are held up"]
    assert len(found[PKI]) == 3
    assert ANN not in found
    world.later(hours=23)
    await sweep_files(world.certflow)
    assert len(told(world, "Chain.HeldUp")) == 1
    world.later(hours=2)
    for _ in range(2):
        await sweep_files(world.certflow)
    assert len({one.id for one in told(world, "Chain.HeldUp")}) == 2
    world.vault.pending = pending  # type: ignore[method-assign]  # mended
    await sweep_files(world.certflow)
    assert world.chain_files.files == {}
    assert len(told(world, "Issuance.Completed")) == 3


@pytest.mark.parametrize("bad", [{}, {"notes.txt": b"ask Bob"}], ids=["none", "unreadable"])
async def test_files_that_wait_for_trust_are_told_as_its_change_and_once_a_day_when_it_lasts(
    bad: dict[str, bytes],
) -> None:
    world = a_world(Takes.FILES)
    await three_files(world)
    world.trusted.given["main"] = bad
    await watch_trust(world.certflow)
    for name in NAMES:
        await handle_upload(world.certflow, f"{name}.pem")
    world.later(hours=23)
    await sweep_files(world.certflow)
    assert told(world, "Chain.HeldUp") == []
    found = await heard(world, *told(world, "Trust.Changed"), *told(world, "Chain.Waiting"))
    assert found[OPS] == ["Nothing is merged yet: vault main"]
    assert len(found[PKI]) == 3
    assert {one.data["next_step"] for one in told(world, "Chain.Waiting")} == {WAIT}
    assert ANN not in found
    for days in (1, 2):
        world.later(hours=2 if days == 1 else 24)
        for _ in range(2):
            await watch_trust(world.certflow)
            await sweep_files(world.certflow)
        assert len(told(world, "Chain.HeldUp")) == days
    last = told(world, "Chain.HeldUp")[-1]
    assert "trusted-cas/main/" in last.data["next_step"]
    assert (last.data["vault"], last.data["count"]) == ("main", 3)
    world.trusted.given["main"] = {"root.pem": pem(ROOT.certificate)}
    world.later(days=2)
    await sweep_files(world.certflow)
    assert world.chain_files.files == {}
    assert len(told(world, "Chain.HeldUp")) == 2


async def test_what_could_not_be_told_is_told_at_the_next_try() -> None:
    world = a_world(Takes.ANY)
    await three_files(world)
    world.vault.faults = [Refused(401, "Unauthorized", "No token.")] * 9
    world.later(minutes=11)
    world.ledger.down = True
    add = world.ledger.add_event

    async def fail(event: Any) -> None:
        raise Unavailable("The table storage", "down")

    world.ledger.add_event = fail  # type: ignore[method-assign]
    await sweep_files(world.certflow)
    assert told(world, "Chain.HeldUp") == []
    world.ledger.add_event, world.ledger.down = add, False  # type: ignore[method-assign]
    await sweep_files(world.certflow)
    assert len(told(world, "Chain.HeldUp")) == 1
