"""A stack in this process whose event deliveries a test can count."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from eventgrid_emulator import SubscriptionState
from local.api import Client, client_of, until
from local.event_subscriptions import EventDelivery
from local.stack import Stack, running_stack
from tests.e2e.telling import MUCH_MAIL, NO_SERVERS, SELDOM_CHECKED

HURRY = 30  # so that what a killed host had taken comes back after 20 seconds, not 10 minutes
SELDOM = MUCH_MAIL | NO_SERVERS | SELDOM_CHECKED
SHAPES: tuple[EventDelivery, ...] = ("webhook", "queue")


@asynccontextmanager
async def running(directory: Path, *, hurry: float = HURRY, **more: Any) -> AsyncIterator[tuple[Stack, Client]]:
    async with (
        running_stack(directory, issuing_delay=3600, hurry=hurry, settings=SELDOM, **more) as stack,
        client_of(stack.describe()) as client,
    ):
        yield stack, client


def endpoint(stack: Stack, topic: str) -> SubscriptionState:
    return next(one for one in stack.event_grid.stats() if one.topic == topic)


async def delivered(stack: Stack, topic: str, count: int) -> None:
    async def all_of_them() -> bool:
        return endpoint(stack, topic).delivered >= count

    await until(f"{count} events to be answered", all_of_them)


def was_healthy(stack: Stack, topic: str) -> bool:
    state = endpoint(stack, topic)
    return (state.failed_attempts, state.delays, state.pending, state.dead_lettered) == (0, 0, 0, 0)
