"""Sends events to the custom Event Grid topic, as CloudEvents 1.0."""

from __future__ import annotations

import json

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.messaging import CloudEvent
from azure.eventgrid.aio import EventGridPublisherClient

from functions.adapters.faults import faults_of
from functions.model.errors import Unavailable
from functions.model.events.event import Event

EVENT_TOPIC = "The event topic"


class EventTopic:
    """Implements the port `Topic`."""

    def __init__(self, endpoint: str, credential: AsyncTokenCredential, source: str) -> None:
        """`source` is the `source` of the CloudEvents."""
        self._source = source
        self._client = EventGridPublisherClient(
            endpoint,
            credential,
            retry_total=2,
            retry_backoff_factor=0.3,
            connection_timeout=5,
            read_timeout=10,
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def publish(self, event: Event) -> None:
        """Sends one event under its own id, so that subscribers recognise an event that is sent
        twice. Raises Unavailable, also for an event that the topic refuses.
        """
        # The client would send a tuple as one text, "('a', 'b')"; JSON makes it a list.
        data = json.loads(json.dumps(event.data))
        message = CloudEvent(
            source=self._source,
            type=event.type,
            subject=event.subject,
            id=event.id,
            time=event.time,
            data=data,
        )
        try:
            with faults_of(EVENT_TOPIC):
                await self._client.send([message])
        except HttpResponseError as error:
            # The operators can fix a refusal (a topic with another schema answers 400), so it
            # counts as passing: until then the event waits in the outbox, and the use case that
            # wrote the event goes on.
            raise Unavailable(EVENT_TOPIC, _reason(error)) from error


def _reason(error: HttpResponseError) -> str:
    if isinstance(error, ResourceNotFoundError):
        return "there is no topic at its address"
    return f"it refuses the event: HTTP {error.status_code}"
