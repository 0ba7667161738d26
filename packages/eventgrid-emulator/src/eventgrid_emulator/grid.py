"""Event Grid itself: topics, who subscribes to them, and the HTTPS endpoint of the custom topic."""

from __future__ import annotations

import asyncio
import re
import secrets
import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from eventgrid_emulator.cloud_events import Event, parse_event
from eventgrid_emulator.dead_letters import DeadLetters
from eventgrid_emulator.delivery import Delivery, Subscription, SubscriptionState
from eventgrid_emulator.faults import Faults
from eventgrid_emulator.publishing import publishing_app
from eventgrid_emulator.queue_delivery import QueueDelivery, QueueSubscription
from eventgrid_emulator.retry import RetryPolicy
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving

CUSTOM_TOPIC = "certflow"
_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")


class EventGrid:
    """The topics of one run: `certflow` is open to publishers over HTTPS, any other name is a system topic.

    A subscription hears what is published after it was made; a topic without subscriptions drops its events, as the
    service does.
    """

    def __init__(
        self, key: str, session: aiohttp.ClientSession, policy: RetryPolicy, dead_letters: DeadLetters
    ) -> None:
        self.key = key
        self.endpoint = ""
        self._session, self._policy, self._dead_letters = session, policy, dead_letters
        self._topics: dict[str, dict[str, Delivery]] = {}
        self._faults = Faults()

    def subscribe(self, topic: str, subscription: Subscription) -> None:
        """Adds a subscription and starts its handshake; events wait until the webhook has answered that.

        A queue needs no handshake.
        """
        for name in (topic, subscription.name):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name: letters, digits and '-', at most 64 of them")
        subscriptions = self._topics.setdefault(topic, {})
        if subscription.name in subscriptions:
            raise ValueError(f"topic {topic} already has a subscription {subscription.name}")
        kind = QueueDelivery if isinstance(subscription, QueueSubscription) else Delivery
        subscriptions[subscription.name] = kind(topic, subscription, self._session, self._policy, self._dead_letters)

    async def publish(self, topic: str, event: dict[str, Any]) -> None:
        """Hands a CloudEvent to every subscription of the topic; raises InvalidEventError (a ValueError) for others."""
        self._hand_out(topic, parse_event(event))

    def faults(self, duplicate_rate: float = 0.0, reorder_rate: float = 0.0, seed: int | None = None) -> None:
        """From now on so many events are delivered twice, and so many held back so that later ones overtake them.

        Rates are 0 to 1, for each subscription. Raises ValueError for others.
        """
        self._faults = Faults(duplicate_rate, reorder_rate, seed)

    def stats(self) -> list[SubscriptionState]:
        """How every subscription stands."""
        return [delivery.state() for topic in self._topics.values() for delivery in topic.values()]

    async def stop(self) -> None:
        """Ends all deliveries."""
        await asyncio.gather(*(delivery.stop() for topic in self._topics.values() for delivery in topic.values()))

    def _hand_out(self, topic: str, event: Event) -> None:
        for delivery in self._topics.get(topic, {}).values():
            for held_back in self._faults.copies():
                delivery.accept(event, held_back)


@asynccontextmanager
async def running_event_grid(
    ca: LocalCa,
    *,
    port: int = 0,
    key: str | None = None,
    dead_letters: Path,
    time_factor: float = 0.1,
    max_attempts: int = 30,
    time_to_live: float = 24 * 3600.0,
    answer_within: float = 30.0,
    probation: bool = True,
) -> AsyncIterator[EventGrid]:
    """Serves the custom topic on `https://localhost:{port}/api/events` and delivers while the block runs.

    `time_factor` shortens the service's waits between attempts (10 s, 30 s, 1 min, 5 min …): 0.1 makes 1 s, 3 s, 6 s.
    `probation`: an endpoint that failed ten times in a row has all its deliveries delayed, new ones too.
    `dead_letters` is the directory for what was given up. Webhooks with a certificate of `ca` are trusted.
    """
    policy = RetryPolicy(time_factor, max_attempts, time_to_live, answer_within, probation)
    async with _session(ca, policy) as session:
        grid = EventGrid(key or secrets.token_urlsafe(32), session, policy, DeadLetters(dead_letters))

        async def publish(event: Event) -> None:
            await grid.publish(CUSTOM_TOPIC, event)

        app = publishing_app(grid.key, publish, grid.stats)
        async with serving(app, port=port, tls=ca.server_context()) as bound:
            grid.endpoint = f"https://localhost:{bound}/api/events"
            try:
                yield grid
            finally:
                await grid.stop()


def _session(ca: LocalCa, policy: RetryPolicy) -> aiohttp.ClientSession:
    # No common limit of connections: a slow webhook must not take those of another subscription.
    connector = aiohttp.TCPConnector(limit=0, ssl=_trust_in(ca))
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=policy.answer_within))


def _trust_in(ca: LocalCa) -> ssl.SSLContext:
    with tempfile.TemporaryDirectory() as directory:
        return ssl.create_default_context(cafile=ca.write_ca(Path(directory) / "ca.pem"))
