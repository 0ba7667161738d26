"""The topic against Event Grid's stand-in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from eventgrid_emulator import running_event_grid
from functions.adapters.event_topic import EventTopic
from functions.model.errors import Unavailable
from functions.model.events.event import Event
from keyvault_emulator.tls import LocalCa
from testkit.tokens import AnyToken
from tests.clock import real_now
from tests.event_schemas import SOURCE


async def test_an_event_is_published_with_our_own_id(trusted_ca: LocalCa, tmp_path: Path) -> None:
    event = Event("main:web:abc:failed", "Certflow.Issuance.Failed", "vaults/main/certificates/web", real_now())
    async with running_event_grid(trusted_ca, dead_letters=tmp_path) as grid:
        topic = EventTopic(grid.endpoint, AnyToken(), SOURCE)
        await topic.publish(event)
        await topic.publish(event)
        await topic.close()
    gone = EventTopic("https://127.0.0.1:9/api/events", AnyToken(), SOURCE)
    with pytest.raises(Unavailable, match="event topic"):
        await gone.publish(event)
    await gone.close()


async def test_a_topic_that_is_not_there_is_unavailable_and_said_to_be_that(
    trusted_ca: LocalCa, tmp_path: Path
) -> None:
    event = Event("main:web:abc:failed", "Certflow.Issuance.Failed", "vaults/main/certificates/web", real_now())
    async with running_event_grid(trusted_ca, dead_letters=tmp_path) as grid:
        topic = EventTopic(f"{grid.endpoint.rpartition('/')[0]}/gone", AnyToken(), SOURCE)
        with pytest.raises(Unavailable, match="there is no topic at its address"):
            await topic.publish(event)
        await topic.close()


async def test_an_identity_that_gets_no_token_is_said_to_be_that(trusted_ca: LocalCa, tmp_path: Path) -> None:
    class NoToken(AnyToken):
        async def get_token(self, *scopes: str, **more: Any) -> AccessToken:
            raise ClientAuthenticationError("no identity")

    event = Event("main:web:abc:failed", "Certflow.Issuance.Failed", "vaults/main/certificates/web", real_now())
    async with running_event_grid(trusted_ca, dead_letters=tmp_path) as grid:
        topic = EventTopic(grid.endpoint, NoToken(), SOURCE)
        with pytest.raises(Unavailable, match="got no token"):
            await topic.publish(event)
        await topic.close()
