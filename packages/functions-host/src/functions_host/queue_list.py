"""Which queues there are: listed once for all listeners whose queue nobody has made yet."""

from __future__ import annotations

import asyncio

from azure.storage.queue.aio import QueueServiceClient

from functions_host.bells import Bell

# Most queues are made by their first message: those of poison messages hardly ever. Asking each of them for messages
# every second was half of what an idle host did.
EVERY = 1.0


class QueueList:
    """The queues of one account, listed no more than once in EVERY seconds, and only while somebody waits. Where there
    are bells, only after a change.
    """

    def __init__(self, service: QueueServiceClient, bell: Bell | None = None) -> None:
        self._service = service
        self._bell = bell or Bell()
        self._known = set[str]()
        self._next: asyncio.Task[set[str]] | None = None

    async def has(self, queue: str, stopping: asyncio.Event) -> bool:
        """Whether the next list has the queue; False, too, when the host stops before. Raises STORAGE_FAULTS."""
        if self._next is None or self._next.done():
            self._next = asyncio.create_task(self._list_soon())
        listing, stop = self._next, asyncio.create_task(stopping.wait())
        await asyncio.wait((listing, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        return listing.done() and queue in listing.result()

    def close(self) -> None:
        """Ends a wait for the next list."""
        if self._next:
            self._next.cancel()

    async def _list_soon(self) -> set[str]:
        await asyncio.sleep(EVERY)
        if self._bell.worth_asking():
            self._known = {queue.name async for queue in self._service.list_queues()}
            self._bell.nothing()
        return self._known
