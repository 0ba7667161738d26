"""What the service never rules out, made frequent: an event twice, and an event after later ones (platform §4)."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

LONGEST = 2.0  # seconds that an event is held back at most: enough for many others to overtake it


@dataclass
class Faults:
    """How often it happens, 0 to 1. The same seed and the same events in the same order: the same faults."""

    duplicate_rate: float = 0.0
    reorder_rate: float = 0.0
    seed: int | None = None
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for rate in (self.duplicate_rate, self.reorder_rate):
            if not 0 <= rate <= 1:
                raise ValueError(f"{rate} is no rate: use a number from 0 to 1")
        self._random = random.Random(self.seed)  # noqa: S311  decides which events come twice; nothing secret

    def copies(self) -> list[float]:
        """For each time that one event is delivered, the seconds that it is held back before."""
        return [self._held_back() for _ in range(2 if self._happens(self.duplicate_rate) else 1)]

    def _held_back(self) -> float:
        return self._random.uniform(0, LONGEST) if self._happens(self.reorder_rate) else 0.0

    def _happens(self, rate: float) -> bool:
        return self._random.random() < rate
