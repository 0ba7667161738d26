"""A world of fakes that sends mail: with a budget, and gathered."""

from __future__ import annotations

from typing import Any

from functions.notifications.tell import queue_event
from functions.ports.notifications import GATHERING, USUAL_LIMITS, Limits
from tests.unit.fakes import FakeChannel, World
from tests.unit.sample_events import DATA

CANCELLED = "Certflow.Issuance.Cancelled"  # a warning; FAILED is critical


def mailing(limits: Limits, **more: Any) -> tuple[World, FakeChannel]:
    mail = FakeChannel("email", limits=limits, **more)
    return World(channels=(mail,)), mail


async def put(world: World, event_id: str, type_: str = CANCELLED, **data: Any) -> None:
    """Has a notice wait, for an owner of its own unless there is another."""
    await queue_event(
        world.certflow, event_id, type_, DATA | {"name": event_id, "owner": f"{event_id}@example.com"} | data
    )


ANN, BOB = "ann@example.com", "bob@example.com"
DELETED = "Certflow.Issuance.Deleted"


def mails(mail: FakeChannel) -> list[tuple[str, list[str]]]:
    """The addresses of each mail, and the events that it tells."""
    return [(to[0], [notice.event_id for notice in notices]) for notices, to in mail.messages]


def gathering(limits: Limits = USUAL_LIMITS) -> tuple[World, FakeChannel]:
    return mailing(limits, max_notices=50)


def ripen(world: World) -> None:
    world.now += GATHERING


async def caused(world: World, count: int, by: str, **more: Any) -> None:
    for number in range(count):
        await put(world, f"{by}{number:03}", caused_by=by, **more)


async def minutes(world: World, count: int) -> None:
    """The timer, once a minute."""
    for _ in range(count):
        await world.send()
        world.later(minutes=1)
