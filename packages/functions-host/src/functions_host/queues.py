"""Storage queues: polling, visibility, tries and poison, as the queue and blob triggers of the host do it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from functions_host.bells import Bell
from functions_host.connections import STORAGE_FAULTS
from functions_host.functions import Function
from functions_host.host_json import QueueOptions
from functions_host.invoker import Invoker
from functions_host.outputs import send_creating
from functions_host.protos import TypedData
from functions_host.queue_list import QueueList
from functions_host.waiting import Outage, pause, whole_seconds
from functions_host.worker import InvocationFailed

log = logging.getLogger("functions_host")

# After a message the next often follows at once; the platform backs off from a tenth of a second to a minute, and about
# doubles each wait (azure-webjobs-sdk, RandomizedExponentialBackoffStrategy). In a hurry the machine is no faster: the
# first wait stays as it is.
FASTEST_POLL, SLOWEST_POLL, POLL_GROWTH = 0.1, 60.0, 2.0
# An idle queue is asked once a second all the same: nobody pays for requests to an emulator, and a person is watching.
# Where there are bells (bells.py), only if it may have something.
SLOWEST_POLL_HERE = 1.0

# While a message is handled it is invisible for ten minutes, renewed at half time: a killed host gives it back then.
INVISIBLE = 600


class Undecodable(ValueError):
    """The message cannot be read at all: no further try would help."""


class Fate(Enum):
    """What becomes of a message after a try."""

    DONE, AGAIN, POISON, HIDDEN = range(4)


Handler = Callable[[QueueMessage], Awaitable[None]]


@dataclass(frozen=True)
class QueueListener:
    """Polls one queue and hands each message to `handle`, which raises InvocationFailed to have it again.

    All its waits but the first of a poll are the platform's, `hurry` times shorter. While the queue does not exist, it
    waits for it to be in `there`. `poison` is the poison queue for a message's content; None
    for a queue that is one itself (azure-sdk-for-net, QueueListenerFactory): what fails there stays hidden for ten
    minutes, and is left alone after `max_tries` (so before 5.3.8 of the queue extension, and host.json names a range).
    """

    queue: QueueClient
    there: QueueList
    handle: Handler
    poison: Callable[[str], QueueClient] | None
    options: QueueOptions
    max_tries: int
    hurry: float
    bell: Bell = field(default_factory=Bell)

    @property
    def invisible(self) -> int:
        """Seconds that a message is hidden from others while it is handled."""
        return whole_seconds(INVISIBLE, self.hurry)

    async def run(self, stopping: asyncio.Event) -> None:
        """Polls until the host stops, then finishes what it has begun."""
        running: set[asyncio.Task[None]] = set()
        outage = Outage(f"Queue {self.queue.queue_name}")
        slowest = max(FASTEST_POLL, min(SLOWEST_POLL / self.hurry, SLOWEST_POLL_HERE))
        idle = FASTEST_POLL
        async with asyncio.TaskGroup() as tasks:
            while not stopping.is_set():
                if len(running) > self.options.new_batch_threshold:
                    await pause(stopping, FASTEST_POLL)
                    continue
                if not self.bell.worth_asking():
                    idle = min(idle * POLL_GROWTH, slowest)
                    await pause(stopping, idle)
                    continue
                try:
                    messages = await self._receive()
                    if messages is None:
                        await self._made(stopping)
                        continue
                except STORAGE_FAULTS as error:
                    await pause(stopping, outage.failed(error))
                    continue
                outage.over()
                if not messages:
                    self.bell.nothing()
                for message in messages:
                    task = tasks.create_task(self._process(message))
                    running.add(task)
                    task.add_done_callback(running.discard)
                idle = FASTEST_POLL if messages else min(idle * POLL_GROWTH, slowest)
                await pause(stopping, idle)

    async def _made(self, stopping: asyncio.Event) -> None:
        """Waits until there is the queue, or the host stops."""
        while not (stopping.is_set() or await self.there.has(self.queue.queue_name, stopping)):
            pass

    async def _receive(self) -> list[QueueMessage] | None:
        """The next messages; None while nobody has made the queue."""
        batch = self.options.batch_size
        try:
            received = self.queue.receive_messages(
                max_messages=batch, messages_per_page=batch, visibility_timeout=self.invisible
            )
            return [message async for message in received]
        except ResourceNotFoundError:
            return None

    async def _process(self, message: QueueMessage) -> None:
        try:
            async with self._kept_invisible(message):
                fate = await self._attempt(message)
            await self._settle(message, fate)
        except ResourceNotFoundError:
            log.warning("A message of %s was gone before it was finished", self.queue.queue_name)
        except STORAGE_FAULTS as error:
            log.error(  # noqa: TRY400 - the SDK's trace says nothing more
                "A message of %s could not be finished (%s); it comes back by itself",
                self.queue.queue_name,
                type(error).__name__,
            )
        except Exception:
            log.exception("Finishing a message of %s failed in the host", self.queue.queue_name)

    async def _attempt(self, message: QueueMessage) -> Fate:
        tries = message.dequeue_count or 1
        last = Fate.POISON if self.poison else Fate.HIDDEN
        if tries > self.max_tries:
            return last  # earlier tries ended without a word: the host was killed
        try:
            await self.handle(message)
        except Undecodable as error:
            log.error("A message of %s cannot be decoded: %s", self.queue.queue_name, error)  # noqa: TRY400 - no bug of ours
            return last
        except InvocationFailed:
            pass  # logged where it failed
        except Exception:
            log.exception("Handling a message of %s failed in the host", self.queue.queue_name)
        else:
            return Fate.DONE
        return last if tries >= self.max_tries or not self.poison else Fate.AGAIN

    async def _settle(self, message: QueueMessage, fate: Fate) -> None:
        if fate is Fate.HIDDEN:
            return
        if fate is Fate.AGAIN:
            hidden = whole_seconds(self.options.visibility_timeout, self.hurry)
            await self.queue.update_message(message.id, message.pop_receipt, visibility_timeout=hidden)
            return
        if fate is Fate.POISON and self.poison:
            await self._to_poison(message, self.poison(str(message.content)))
        await self.queue.delete_message(message.id, message.pop_receipt)

    async def _to_poison(self, message: QueueMessage, target: QueueClient) -> None:
        log.error("A message of %s goes to %s", self.queue.queue_name, target.queue_name)
        await send_creating(
            target, str(message.content)
        )  # gone after seven days, the service's default (StorageQueueExtensions)

    @asynccontextmanager
    async def _kept_invisible(self, message: QueueMessage) -> AsyncIterator[None]:
        renewal = asyncio.create_task(self._renew(message))
        try:
            yield
        finally:
            renewal.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewal

    async def _renew(self, message: QueueMessage) -> None:
        while True:
            await asyncio.sleep(self.invisible / 2)
            try:
                renewed = await self.queue.update_message(
                    message.id, message.pop_receipt, visibility_timeout=self.invisible
                )
            except STORAGE_FAULTS:
                return  # it becomes visible again; whoever sees it next tries again
            message.pop_receipt = renewed.pop_receipt


@dataclass(frozen=True)
class QueueTrigger:
    """A function with a queue trigger."""

    function: Function
    invoker: Invoker
    encoding: str

    async def __call__(self, message: QueueMessage) -> None:
        """Runs the function for one message; raises InvocationFailed or Undecodable."""
        body = decoded(str(message.content), self.encoding)
        metadata = {
            "Id": TypedData(string=message.id),
            "PopReceipt": TypedData(string=message.pop_receipt),
            "DequeueCount": TypedData(json=json.dumps(message.dequeue_count)),
            "InsertionTime": _time(message.inserted_on),
            "ExpirationTime": _time(message.expires_on),
            "NextVisibleTime": _time(message.next_visible_on),
        }
        await self.run(body, metadata, reason=f"new message in {self.function.trigger['queueName']}")

    async def run(self, body: bytes, metadata: dict[str, TypedData], *, reason: str) -> None:
        """Runs the function with a message's body."""
        try:
            data = TypedData(string=body.decode())
        except UnicodeDecodeError:
            data = TypedData(bytes=body)  # binary is passed on as it is
        await self.invoker.invoke(self.function, data, {"QueueTrigger": data, **metadata}, reason=reason)


def decoded(content: str, encoding: str) -> bytes:
    """A message's body; the host expects base64 unless host.json says otherwise."""
    if encoding == "none":
        return content.encode()
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise Undecodable("it is not base64; send it so, or set extensions.queues.messageEncoding to none") from None


def _time(moment: datetime | None) -> TypedData:
    return TypedData(json=json.dumps(moment.isoformat() if moment else None))
