"""A topic of fakes that takes long and does not answer."""

from __future__ import annotations

from dataclasses import dataclass

from functions.model.events.event import Event
from tests.unit.fakes import FakeTopic, World


@dataclass
class Silent(FakeTopic):
    """A topic that does not answer, which takes five seconds to be known."""

    world: World | None = None

    async def publish(self, event: Event) -> None:
        assert self.world
        self.world.later(seconds=5)
        await super().publish(event)
