"""How long the SDK's clients wait for answers, told apart by the service that they ask."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from azure.core.pipeline.transport import AioHttpTransport


@dataclass(frozen=True, slots=True)
class Wait:
    """One request, from when it is handed to the HTTP client until its answer is there. In seconds of one clock."""

    url: str
    start: float
    end: float
    answer: Any = None
    method: str = ""


@dataclass
class Waits:
    """The requests since the start, or since `clear`."""

    all: list[Wait] = field(default_factory=list)

    def clear(self) -> None:
        """Forgets them."""
        self.all.clear()

    def count(self, *starts: str) -> int:
        """How many went to an address with one of these beginnings."""
        return sum(one.url.startswith(starts) for one in self.all)

    def seconds(self, *starts: str) -> float:
        """Time in which at least one request to an address with one of these beginnings was waiting (none: any)."""
        total, until = 0.0, 0.0
        for one in sorted(self.all, key=lambda wait: wait.start):
            if not starts or one.url.startswith(starts):
                total += max(0.0, one.end - max(one.start, until))
                until = max(until, one.end)
        return total


@contextmanager
def waits() -> Iterator[Waits]:
    """Notes every request of the SDK's async clients in this process while the block runs."""
    noted, send = Waits(), AioHttpTransport.send

    async def timed(self: Any, request: Any, **options: Any) -> Any:
        start, answer = time.perf_counter(), None
        try:
            answer = await send(self, request, **options)
        finally:
            noted.all.append(Wait(request.url, start, time.perf_counter(), answer, request.method))
        return answer

    with mock.patch.object(AioHttpTransport, "send", timed):
        yield noted


@contextmanager
def answered_by(earlier: Waits) -> Iterator[None]:
    """Gives the answers of earlier requests once more, in their order and at once, while the block runs."""
    answers = iter([one.answer for one in earlier.all])

    async def answer(_self: Any, _request: Any, **_options: Any) -> Any:
        return next(answers)

    with mock.patch.object(AioHttpTransport, "send", answer):
        yield
