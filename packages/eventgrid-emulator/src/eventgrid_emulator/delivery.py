"""One subscription: its handshake, the events on their way to its webhook, and how they ended.

At least once, unordered, one CloudEvent a request, as the service delivers with `CloudEventSchemaV1_0` (platform §4).
The endpoint's `code=` is a credential: no log line and no error here contains the endpoint.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

import aiohttp
import msgspec

from eventgrid_emulator.cloud_events import SINGLE, Event
from eventgrid_emulator.dead_letters import Attempts, DeadLetters
from eventgrid_emulator.retry import NO_RETRY, SUCCESS, Probation, RetryPolicy

ORIGIN = "eventgrid.azure.net"
HANDSHAKE_INTERVAL = 0.5
CONCURRENT = 20

_OUTCOMES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    408: "TimedOut",
    413: "PayloadTooLarge",
    429: "Busy",
    503: "Busy",
}
log = logging.getLogger(__name__)


class Subscription:
    """Who is told: a webhook that takes CloudEvents.

    Several endpoints are the instances of one app, which take turns, as behind a load balancer that asks for nobody's
    health. An endpoint holds its key, so it is kept out of `repr`.
    """

    def __init__(self, name: str, endpoint: str, *others: str) -> None:
        self.name = name
        self._turns = itertools.cycle((endpoint, *others))

    def __repr__(self) -> str:
        return f"Subscription({self.name!r})"

    def next_endpoint(self) -> str:
        """Whose turn it is."""
        return next(self._turns)


@dataclass(frozen=True)
class SubscriptionState:
    """How one subscription stands. `failed_attempts` counts answers (or silences) that led to a retry or an end;
    `delays`, how often its endpoint failed so often in a row that all deliveries to it were delayed.
    """

    topic: str
    name: str
    validated: bool
    delivered: int
    pending: int
    dead_lettered: int
    failed_attempts: int
    delays: int


class Delivery:
    """Carries every event given to it to the subscription's webhook, or to the dead letters."""

    def __init__(
        self,
        topic: str,
        subscription: Subscription,
        session: aiohttp.ClientSession,
        policy: RetryPolicy,
        dead_letters: DeadLetters,
    ) -> None:
        self._topic, self._subscription = topic, subscription
        self._session, self._policy, self._dead_letters = session, policy, dead_letters
        self._tasks: set[asyncio.Task[None]] = set()
        self._validated = asyncio.Event()
        self._slots = asyncio.Semaphore(CONCURRENT)
        self._probation = Probation(policy)
        self._delivered = self._pending = self._dead_lettered = self._failed_attempts = 0
        self._spawn(self._validate())

    def accept(self, event: Event, held_back: float = 0.0) -> None:
        """Takes responsibility for an event and returns at once; its way begins after so many seconds."""
        self._pending += 1
        self._spawn(self._carry(event, Attempts(published=datetime.now(UTC)), held_back))

    def state(self) -> SubscriptionState:
        """How it stands now."""
        return SubscriptionState(
            topic=self._topic,
            name=self._subscription.name,
            validated=self._validated.is_set(),
            delivered=self._delivered,
            pending=self._pending,
            dead_lettered=self._dead_lettered,
            failed_attempts=self._failed_attempts,
            delays=self._probation.delays,
        )

    async def stop(self) -> None:
        """Ends every delivery where it stands; what was pending is lost with the process."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _validate(self) -> None:
        """Asks until the webhook agrees to be told (CloudEvents HTTP WebHook, section 4): it may still be starting."""
        tries = 0
        while not await self._agrees():
            tries += 1
            if tries == 1:
                log.info("webhook not validated yet: topic=%s subscription=%s", self._topic, self._subscription.name)
            await asyncio.sleep(HANDSHAKE_INTERVAL)
        self._validated.set()

    async def _agrees(self) -> bool:
        headers = {"WebHook-Request-Origin": ORIGIN, "WebHook-Request-Rate": "120"}
        try:
            async with self._session.options(self._subscription.next_endpoint(), headers=headers) as answer:
                allowed = {
                    origin.strip().lower() for origin in answer.headers.get("WebHook-Allowed-Origin", "").split(",")
                }
                return answer.status == HTTPStatus.OK and not allowed.isdisjoint({ORIGIN, "*"})
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def _carry(self, event: Event, attempts: Attempts, held_back: float) -> None:
        await asyncio.sleep(held_back)
        try:
            async with asyncio.timeout(self._policy.time_to_live):
                reason = await self._deliver(event, attempts)
        except TimeoutError:
            reason = "TimeToLiveExceeded"
        self._pending -= 1
        if reason is None:
            self._delivered += 1
            return
        self._dead_lettered += 1
        self._dead_letters.append(self._topic, self._subscription.name, event, reason, attempts)
        log.warning(
            "event dead-lettered: topic=%s subscription=%s event=%s reason=%s attempts=%d outcome=%s",
            *(self._topic, self._subscription.name, event["id"], reason, attempts.count, attempts.last_outcome),
        )

    async def _deliver(self, event: Event, attempts: Attempts) -> str | None:
        """Tries until the webhook takes the event (None), or returns why it is given up."""
        await self._validated.wait()
        clock = asyncio.get_running_loop().time
        while True:
            while delay := self._probation.left(clock()):  # noqa: ASYNC110  a failure may make it longer meanwhile
                await asyncio.sleep(delay)
            async with self._slots:
                began = clock()
                await self._attempt(event, attempts)
            if attempts.last_status in SUCCESS:
                self._probation.succeeded()
                return None
            self._failed_attempts += 1
            self._probation.failed(began, clock())
            if attempts.last_status in NO_RETRY:
                return "UndeliverableDueToClientError"
            if attempts.count >= self._policy.max_attempts:
                return "MaxDeliveryAttemptsExceeded"
            await asyncio.sleep(self._policy.wait_after(attempts.count))

    async def _attempt(self, event: Event, attempts: Attempts) -> None:
        headers = {
            "Content-Type": f"{SINGLE}; charset=utf-8",
            "aeg-event-type": "Notification",
            # As seen in requests of the real service: counted from 0, and the subscription's name in upper case.
            "aeg-delivery-count": str(attempts.count),
            "aeg-subscription-name": self._subscription.name.upper(),
        }
        attempts.count += 1
        attempts.last, attempts.last_status, attempts.last_outcome = datetime.now(UTC), None, "GenericError"
        try:
            async with self._session.post(
                self._subscription.next_endpoint(),
                data=msgspec.json.encode(event),
                headers=headers,
                allow_redirects=False,
            ) as answer:
                attempts.last_status = answer.status
                attempts.last_outcome = _OUTCOMES.get(answer.status, attempts.last_outcome)
        except TimeoutError:
            attempts.last_outcome = "TimedOut"
        except (aiohttp.ClientError, OSError):
            attempts.last_outcome = "Unreachable"
