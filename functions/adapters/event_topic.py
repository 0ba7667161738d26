"""The custom Event Grid topic, CloudEvents 1.0."""

from __future__ import annotations

import json

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.messaging import CloudEvent
from azure.eventgrid.aio import EventGridPublisherClient

from functions.adapters.faults import faults_of
from functions.issuance.errors import Unavailable
from functions.issuance.events import Event

SERVICE = "The event topic"


class EventTopic:
    """The port `Topic`."""

    def __init__(self, endpoint: str, credential: AsyncTokenCredential, source: str) -> None:
        """`source` is what its events name as their source."""
        self._source = source
        self._client = EventGridPublisherClient(
            endpoint, credential, retry_total=2, retry_backoff_factor=0.3, connection_timeout=5, read_timeout=10
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def publish(self, event: Event) -> None:
        """Sends one event; its id is ours, so a second sending can be recognised."""
        # What JSON makes of it: the client would send a tuple as one text, "('a', 'b')".
        data = json.loads(json.dumps(event.data))
        message = CloudEvent(
            source=self._source, type=event.type, subject=event.subject, id=event.id, time=event.time, data=data
        )
        try:
            with faults_of(SERVICE):
                await self._client.send([message])
        except HttpResponseError as error:
            # Whoever runs the app mends it (a topic of another schema answers 400). Until then the event waits in the
            # outbox, and nobody who writes one is stopped by it.
            gone = isinstance(error, ResourceNotFoundError)
            reason = "there is no topic at its address" if gone else f"it refuses the event: HTTP {error.status_code}"
            raise Unavailable(SERVICE, reason) from error
