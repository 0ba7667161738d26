"""Event Grid on this machine: one custom topic, system topics, delivery to webhooks and queues. State is lost at exit.

What it does not do: filters (subjectBeginsWith and the like), batching, the Event Grid schema, the role that delivery
to a queue needs, management over HTTP, SAS tokens, the longer waits that the service keeps after 404, 408 and 503.
An endpoint that fails again and again has all its deliveries delayed, as the service does; `probation=False` (of
`local.up`: --no-endpoint-probation) switches that off.
"""

from eventgrid_emulator.blob_watcher import watch_blobs
from eventgrid_emulator.delivery import Subscription, SubscriptionState
from eventgrid_emulator.grid import CUSTOM_TOPIC, EventGrid, running_event_grid
from eventgrid_emulator.queue_delivery import QueueSubscription

__all__ = [
    "CUSTOM_TOPIC",
    "EventGrid",
    "QueueSubscription",
    "Subscription",
    "SubscriptionState",
    "running_event_grid",
    "watch_blobs",
]
