"""A world in which people and signers get gathered messages, and what each was told."""

from __future__ import annotations

from datetime import datetime

from functions.notifications.send_waiting import send_queued
from functions.notifications.tell import queue_event
from functions.ports.notifications import Limits
from functions.ports.rules import Rule
from functions.requests.create import CreateCommand, create_request
from tests.unit.fakes import FakeChannel, World

PKI = "pki-team@example.com"
TO_SIGNERS = (
    Rule(events=("Issuance.Started", "Issuance.Stalled", "Chain.*"), to=("teams", PKI)),
    Rule(to=("teams", "owner")),
)


def told_to_people() -> tuple[World, FakeChannel, FakeChannel]:
    """Mail and Teams, where signers have CSRs and files, and owners everything else."""
    mail, teams = FakeChannel("email", max_notices=50, limits=Limits(address=100)), FakeChannel("teams", max_notices=50)
    world = World(channels=(mail, teams))
    world.rules.rules = TO_SIGNERS
    return world, mail, teams


async def asked(world: World, name: str, owner: str) -> None:
    await create_request(world.certflow, CreateCommand("main", name, {}, owner))
    await heard(world)


async def heard(world: World) -> None:
    """The topic brings what was published; the calls for a channel come when they are to."""
    events, world.topic.published = world.topic.published, []
    for event in events:
        await queue_event(world.certflow, event.id, event.type, dict(event.data), event.time)


async def until(world: World, end: datetime) -> None:
    """Channels are called when the queue's messages come, each counted from when it was put there."""
    calls = list[tuple[datetime, str]]()
    while True:
        calls += [(world.now + after, message["channel"]) for _, message, after in world.work_queue.put_in]
        world.work_queue.put_in.clear()
        calls += LATER.pop(id(world), [])
        if not calls or min(calls)[0] > end:
            break
        at, channel = min(calls)
        calls.remove((at, channel))
        world.now = max(world.now, at)
        await send_queued(world.certflow, channel)
        await heard(world)
    LATER[id(world)] = calls
    world.now = max(world.now, end)


LATER: dict[int, list[tuple[datetime, str]]] = {}  # the calls that are still to come, by world
