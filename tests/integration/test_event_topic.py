"""The topic against Event Grid's stand-in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from functions.adapters.event_topic import EventTopic
from functions.issuance.errors import Unavailable
from functions.issuance.events import Event
from local.eventgrid import running_event_grid
from local.tls import LocalCa
from tests.integration.tokens import AnyToken


async def test_an_event_is_published_with_our_own_id(trusted_ca: LocalCa, tmp_path: Path) -> None:
    event = Event("main:web:abc:failed", "Certflow.Issuance.Failed", "vaults/main/certificates/web", datetime.now(UTC))
    async with running_event_grid(trusted_ca, dead_letters=tmp_path) as grid:
        topic = EventTopic(grid.endpoint, AnyToken())
        await topic.publish(event)
        await topic.publish(event)
        await topic.close()
    gone = EventTopic("https://127.0.0.1:9/api/events", AnyToken())
    with pytest.raises(Unavailable, match="event topic"):
        await gone.publish(event)
    await gone.close()
