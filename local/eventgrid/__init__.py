"""Event Grid on this machine: one custom topic, system topics, and delivery to webhooks. State is lost at exit.

What it does not do: filters (subjectBeginsWith and the like), batching, the Event Grid schema, delivery to queues,
management over HTTP, SAS tokens, the longer waits that the service keeps after 404, 408 and 503.
"""

from local.eventgrid.blob_watcher import watch_blobs
from local.eventgrid.delivery import Subscription, SubscriptionState
from local.eventgrid.grid import CUSTOM_TOPIC, EventGrid, running_event_grid

__all__ = ["CUSTOM_TOPIC", "EventGrid", "Subscription", "SubscriptionState", "running_event_grid", "watch_blobs"]
