"""Our own storage queues, through which the app's instances share work.

`triggers/work.py` takes from the first three, `triggers/queued.py` from those of what the platform has told us.
"""

from __future__ import annotations

VAULTS = "certflow-vaults"  # a message names a vault whose shift is to be worked
LOOKS = "certflow-looks"  # a message names a request to be looked at
CHANNELS = "certflow-channels"  # a message names a channel on which notices wait

VAULT_EVENTS = "certflow-vault-events"  # a message is an event of a vault
EVENTS = "certflow-events"  # a message is an event of our own topic
DROPS = "certflow-drops"  # a message names a dropped file
STUCK_DROPS = f"{DROPS}-poison"  # one that people are to hear of; the host, too, puts here what failed five times
