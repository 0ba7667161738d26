"""Delivery to a storage queue: one message an event, base64 of the CloudEvent (platform §3.5); tried like a webhook."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.queue.aio import QueueClient

from eventgrid_emulator.cloud_events import Event
from eventgrid_emulator.dead_letters import Attempts
from eventgrid_emulator.delivery import Delivery, Subscription


@dataclass(frozen=True)
class QueueSubscription(Subscription):
    """Who is told: a queue, which must be there; the client must not retry, since that is done here."""

    name: str
    queue: QueueClient


class QueueDelivery(Delivery):
    """Puts every event given to it into the subscription's queue, or among the dead letters."""

    _subscription: QueueSubscription

    async def _agrees(self) -> bool:
        """A queue is not asked."""
        return True

    async def _attempt(self, event: Event, attempts: Attempts) -> None:
        attempts.count += 1
        attempts.last, attempts.last_status, attempts.last_outcome = datetime.now(UTC), None, "GenericError"
        try:
            # -1: it never expires; the service's own default is a week.
            text = base64.b64encode(msgspec.json.encode(event)).decode()
            await self._subscription.queue.send_message(text, time_to_live=-1)
        except HttpResponseError as error:
            attempts.last_status = error.status_code
        except AzureError:
            attempts.last_outcome = "Unreachable"
        else:
            attempts.last_status = 201
