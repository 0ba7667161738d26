"""Which certificate's issuer decides next, without looking at all of them: a vault may have thousands."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator

from keyvault_emulator.certificate import Certificate


class Dues:
    """Certificates by the time their operation is due. Nothing is taken out before its time: whoever is told of a
    certificate looks whether its operation is still the same, and still due.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Certificate]] = []
        self._numbers = itertools.count()  # among equals the first comes first

    def add(self, certificate: Certificate) -> None:
        """Notes when its operation is due, if it ever is; to be called whenever that has changed."""
        operation = certificate.operation
        if operation and operation.due is not None:
            heapq.heappush(self._heap, (operation.due, next(self._numbers), certificate))

    def next(self) -> float | None:
        """The earliest time that was noted."""
        return self._heap[0][0] if self._heap else None

    def take(self, now: float) -> Iterator[Certificate]:
        """Those whose time has come, each as often as it was noted."""
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)[2]
