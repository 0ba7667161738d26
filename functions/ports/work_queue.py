"""The port to our storage queues, through which the instances of the app share work.

`triggers/queued_work.py` reads the first three queues, `triggers/queued_events.py` those with
events of the platform, and their poison queues.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

VAULT_QUEUE = "certflow-vaults"  # a message names a vault that is to be run
CHECK_QUEUE = "certflow-looks"  # a message names a request that is to be checked
CHANNEL_QUEUE = "certflow-channels"  # a message names a channel on which notices wait

VAULT_EVENT_QUEUE = "certflow-vault-events"  # a message is an event of a vault
EVENT_QUEUE = "certflow-events"  # a message is an event of our own topic
UPLOAD_QUEUE = "certflow-drops"  # a message names a dropped file
# A message is an event that could not be handled for a day. No function reads it: it is for people.
GIVEN_UP_QUEUE = "certflow-given-up"


def poison_of(queue: str) -> str:
    """The queue into which the host puts a message of `queue` after five tries that failed or were
    cut off.
    """
    return f"{queue}-poison"


STUCK_UPLOAD_QUEUE = poison_of(
    UPLOAD_QUEUE
)  # a message names a file of which people have to be told


class WorkQueue(Protocol):
    """The storage queues. An instance of the app gets each message as work."""

    async def put(
        self,
        queue: str,
        message: Mapping[str, object],
        delay: timedelta = timedelta(0),
        ttl: timedelta | None = None,
    ) -> None:
        """Adds a message (JSON) that is visible `delay` that time. It expires when no instance has
        taken it after `ttl` (None: the service's seven days). Raises TooLong if the message is
        too long for a queue, Unavailable.
        """
        ...
