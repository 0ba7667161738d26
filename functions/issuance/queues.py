"""Our own storage queues, through which the app's instances share work.

`triggers/work.py` takes from the first three, `triggers/queued.py` from those of what the platform has told us, and
from their poison queues.
"""

from __future__ import annotations

VAULTS = "certflow-vaults"  # a message names a vault whose shift is to be worked
LOOKS = "certflow-looks"  # a message names a request to be looked at
CHANNELS = "certflow-channels"  # a message names a channel on which notices wait

VAULT_EVENTS = "certflow-vault-events"  # a message is an event of a vault
EVENTS = "certflow-events"  # a message is an event of our own topic
DROPS = "certflow-drops"  # a message names a dropped file
# A message is an event that could not be handled for a day. No function reads it: it is for people.
GIVEN_UP = "certflow-given-up"


def poison_of(queue: str) -> str:
    """Where the host puts a message of a queue after five tries that failed, or ended without a word."""
    return f"{queue}-poison"


STUCK_DROPS = poison_of(DROPS)  # names a file that people are to hear of
