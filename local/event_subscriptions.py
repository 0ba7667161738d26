"""How the stack's events reach the app: its event subscriptions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Literal

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue.aio import QueueServiceClient

from eventgrid_emulator import EventGrid, QueueSubscription, Subscription
from local.azurite import Azurite
from local.functions_host import Keys

# How events reach the app: pushed, or in queues, as in a private network. By topic: the function, and the queue.
type EventDelivery = Literal["webhook", "queue"]
WAYS_IN = {
    "certflow": ("notify", "certflow-events"),
    "vaults": ("vault_events", "certflow-vault-events"),
    "storage": ("dropped_chain", "certflow-drops"),
}


def subscribe(event_grid: EventGrid, hosts: Sequence[str], keys: Keys) -> None:
    """The event subscriptions, as the second phase of a deployment makes them; the hosts take turns."""
    for topic, (function, _) in WAYS_IN.items():
        webhook, named = ("blobs", f"Host.Functions.{function}") if topic == "storage" else ("eventgrid", function)
        urls = [f"{host}/runtime/webhooks/{webhook}?functionName={named}&code={keys.system}" for host in hosts]
        event_grid.subscribe(topic, Subscription(function.replace("_", "-"), *urls))


@asynccontextmanager
async def subscribed_to_queues(event_grid: EventGrid, azurite: Azurite, ca_file: Path) -> AsyncIterator[None]:
    """The same for a private network, where Event Grid delivers to queues of the host's storage."""
    service = QueueServiceClient.from_connection_string(
        azurite.connection_string, connection_verify=str(ca_file), retry_total=0
    )
    async with service:
        for topic, (_, queue) in WAYS_IN.items():
            client = service.get_queue_client(queue)
            with suppress(ResourceExistsError):  # kept from the last run
                await client.create_queue()
            event_grid.subscribe(topic, QueueSubscription(queue, client))
        yield
