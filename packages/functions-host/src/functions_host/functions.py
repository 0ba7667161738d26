"""What the host knows about a function: its name, its bindings, its trigger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

Binding = dict[str, Any]

HTTP, TIMER, QUEUE, BLOB, EVENT_GRID = "httptrigger", "timertrigger", "queuetrigger", "blobtrigger", "eventgridtrigger"
TRIGGERS = (HTTP, TIMER, QUEUE, BLOB, EVENT_GRID)


class StartRefused(Exception):
    """The app cannot run as it stands: one sentence for each problem, each saying what to change."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Retry:
    """A function's retry policy (`@app.retry`); the platform honours it for timers only."""

    strategy: str
    max_count: int  # -1: for ever
    delay: timedelta
    longest: timedelta

    def wait(self, attempt: int) -> float:
        """Seconds before retry number `attempt` (from 1)."""
        if self.strategy == "fixed_delay":
            return self.delay.total_seconds()
        # The platform adds jitter to the doubling; one host alone needs none.
        shortest = max(self.delay.total_seconds(), 1.0)
        return float(min(shortest * 2.0 ** min(attempt - 1, 30), self.longest.total_seconds()))


@dataclass(frozen=True)
class Function:
    """One indexed function."""

    name: str
    id: str
    bindings: tuple[Binding, ...]
    retry: Retry | None = None
    disabled: bool = False

    @property
    def trigger(self) -> Binding:
        """The trigger's binding; indexing guarantees exactly one."""
        return next(b for b in self.bindings if kind(b).endswith("trigger"))

    @property
    def kind(self) -> str:
        """The trigger's type in lower case, as in TRIGGERS."""
        return kind(self.trigger)

    @property
    def others(self) -> tuple[Binding, ...]:
        """Every binding but the trigger."""
        return tuple(b for b in self.bindings if b is not self.trigger)

    def with_bindings(self, bindings: tuple[Binding, ...]) -> Function:
        """The same function with its settings put in (or `disabled` decided)."""
        return replace(self, bindings=bindings)


def kind(binding: Binding) -> str:
    """A binding's type; the host compares it without regard to case."""
    return str(binding.get("type", "")).lower()


def connection_of(binding: Binding) -> str:
    """The setting a storage binding connects through; none given means the host's own account."""
    return str(binding.get("connection") or "AzureWebJobsStorage")
