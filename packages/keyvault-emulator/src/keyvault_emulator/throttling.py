"""Throttling by Key Vault's own limits (protocol §6): so many calls of a kind for each vault in a sliding window."""

from __future__ import annotations

import re
import time
from collections import defaultdict, deque

from keyvault_emulator.errors import throttled
from keyvault_emulator.unkindness import Unkindness

# A certificate create makes a key, so it counts as the creation of one.
_CREATE = re.compile(r"/+(?:certificates|keys)/+[^/]+/+create/*", re.IGNORECASE)


class Throttle:
    """Counts the calls that were let through. One that is refused does not count itself (protocol §6)."""

    def __init__(self) -> None:
        self._calls: defaultdict[tuple[str, bool], deque[float]] = defaultdict(deque)

    def count(self, host: str, method: str, path: str, limits: Unkindness) -> None:
        """Counts a call; raises KeyVaultError (429) if its kind has no room left."""
        if not limits.throttle:
            return
        makes_key = method == "POST" and _CREATE.fullmatch(path) is not None
        now, calls = time.monotonic(), self._calls[host, makes_key]
        while calls and calls[0] <= now - limits.throttle_window:
            calls.popleft()
        if len(calls) >= (limits.key_creations if makes_key else limits.other_calls):
            raise throttled()
        calls.append(now)
