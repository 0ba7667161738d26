"""Another system that subscribes to our topic: it keeps every event as it came over the wire."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from eventgrid_emulator import EventGrid, Subscription
from eventgrid_emulator.grid import CUSTOM_TOPIC
from functions.model.events.digest import Digest
from keyvault_emulator.web import LOOPBACK, serving
from tests.event_schemas import check_event

MADE_UP = "made-up:"  # how the id begins of an event that a test has published itself, with what it needs alone


@asynccontextmanager
async def subscriber(event_grid: EventGrid) -> AsyncIterator[list[dict[str, Any]]]:
    """Subscribes, and yields the list that its events come into, in the order of their arrival.

    At the end it checks all that the app has published, whichever tests of a file ran.
    """
    events: list[dict[str, Any]] = []

    async def agree(_request: web.Request) -> web.Response:
        return web.Response(headers={"WebHook-Allowed-Origin": "*"})

    async def take(request: web.Request) -> web.Response:
        events.append(json.loads(await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_options("/events", agree)
    app.router.add_post("/events", take)
    async with serving(app) as port:
        event_grid.subscribe(CUSTOM_TOPIC, Subscription("another-system", f"http://{LOOPBACK}:{port}/events"))
        yield events
    check_events([one for one in events if not one["id"].startswith(MADE_UP)])


def check_events(events: list[dict[str, Any]]) -> None:
    """Every event is as docs/events says, and one that came twice is the same."""
    by_id: dict[str, dict[str, Any]] = {}
    for event in events:
        check_event(event)
        first = by_id.setdefault(event["id"], event)
        assert event["type"] == first["type"], (first, event)
        # A second digest of a day, of which nobody is told, says how long something has waited by then.
        if event["type"] != Digest.type:
            assert {**event, "time": None} == {**first, "time": None}, (first, event)
