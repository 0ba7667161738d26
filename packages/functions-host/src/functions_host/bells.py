"""Bells of queues: an emulator may say when a queue may have something, so that nobody asks an idle one in vain.

The setting FUNCTIONS_HOST_QUEUE_BELLS names a folder with a file for each queue, and `queues` for the list of them. The
emulator writes a byte to the file after each change: after a message has come, and after one has become visible. This
decides no more than whether a question is left out whose answer would be empty: when one is due, the host says as ever.
"""

from __future__ import annotations

import time
from pathlib import Path

from functions_host.settings import Settings

SETTING = "FUNCTIONS_HOST_QUEUE_BELLS"
QUEUES = "queues"
ANYWAY = 10.0  # seconds after which it asks all the same, and so sees that storage is away


class Bell:
    """The bell of one queue. Without a file it never says that a question can be left out."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._length = 0
        self._silent_at: int | None = None
        self._until = 0.0

    def worth_asking(self) -> bool:
        """Whether a question may find something. Whoever asks, and finds nothing, says so by `nothing`."""
        if self._file is None:
            return True
        try:
            self._length = self._file.stat().st_size
        except FileNotFoundError:
            self._length = 0
        if self._length == self._silent_at and time.monotonic() < self._until:
            return False
        self._silent_at = None
        return True

    def nothing(self) -> None:
        """The question has found nothing that was there when `worth_asking` was called."""
        self._silent_at, self._until = self._length, time.monotonic() + ANYWAY


def bell_of(settings: Settings, queue: str) -> Bell:
    """The bell of a queue, by the app's settings."""
    folder = settings.get(SETTING)
    return Bell(Path(folder, queue) if folder else None)
