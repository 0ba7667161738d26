"""The port to the event topic. Raises `Unavailable` when it does not answer."""

from __future__ import annotations

from typing import Protocol

from functions.model.events.event import Event


class Topic(Protocol):
    """The event topic, from which subscribers get our events."""

    async def publish(self, event: Event) -> None:
        """Sends one event. Safe to repeat, since subscribers recognise it by its id."""
        ...
