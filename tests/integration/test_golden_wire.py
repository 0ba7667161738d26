"""An event as the topic is sent it: the envelope and the bytes of its data are those of the golden files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from aiohttp import web

from functions.adapters.event_topic import EventTopic
from functions.model.events.event import Event
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving
from testkit.tokens import AnyToken
from tests.golden_files import differences, golden

TOLD: Any = golden("events_told.json")


@pytest.mark.parametrize("day", TOLD)
async def test_an_event_goes_over_the_wire_as_it_did(trusted_ca: LocalCa, day: str) -> None:
    received: list[Any] = []

    async def take(request: web.Request) -> web.Response:
        assert request.content_type == "application/cloudevents-batch+json"
        received.extend(await request.json())
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/api/events", take)
    async with serving(app, tls=trusted_ca.server_context()) as port:
        topic = EventTopic(f"https://localhost:{port}/api/events", AnyToken(), TOLD[day][0]["source"])
        for one in TOLD[day]:
            told = {key: value for key, value in one.items() if key in {"id", "type", "subject", "data"}}
            await topic.publish(Event(**told, time=datetime.fromisoformat(one["time"])))
        await topic.close()
    assert all(one["time"].endswith("Z") for one in received)
    assert differences(TOLD[day], [one | {"time": _instant(one["time"])} for one in received]) == []


def _instant(time: str) -> str:
    """A time as the golden file has it: the SDK writes three digits of a second, or more where there are more."""
    return datetime.fromisoformat(time).isoformat()
