"""Our own storage queues, through which the app's instances share work; `triggers/work.py` takes from them."""

from __future__ import annotations

VAULTS = "certflow-vaults"  # a message names a vault whose shift is to be worked
LOOKS = "certflow-looks"  # a message names a request to be looked at
CHANNELS = "certflow-channels"  # a message names a channel on which notices wait
