"""One instance at a time: the blob lease that keeps a timer on one of several hosts with the same storage and host id.

Who holds the lease listens, the others look again and again whether it has become free. A host that is stopped gives it
back; that of a host that was killed ends by itself. A run that outlasts its lease is not ended: the lease keeps nothing
but the listener to one instance, as on the platform.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobClient, BlobLeaseClient, BlobServiceClient

from functions_host.connections import STORAGE_FAULTS
from functions_host.timers import CONTAINER, TimerTrigger
from functions_host.waiting import Outage, pause

LASTS = 15  # seconds, the shortest that storage allows; the platform takes 60
RENEWAL, ANSWER = 4.0, 3.0  # two renewals may fail before it is over
LOOK = 1.0  # how often another instance looks; the platform once a minute
CONFLICT = 409


class Lease:
    """On `azure-webjobs-hosts/locks/{hostId}/Host.Functions.{function}.Listener` in AzureWebJobsStorage."""

    def __init__(self, blobs: BlobServiceClient, host_id: str, function: str, instance: str) -> None:
        """`instance` says who takes it. One that was killed and is there again has its lease back at once."""
        self._container = blobs.get_container_client(CONTAINER)
        self._blob: BlobClient = self._container.get_blob_client(f"locks/{host_id}/Host.Functions.{function}.Listener")
        self._lease = BlobLeaseClient(self._blob, lease_id=str(uuid.uuid5(uuid.NAMESPACE_URL, instance)))

    async def acquire(self) -> bool:
        """Whether it is ours now; makes the blob if it is missing. Raises STORAGE_FAULTS."""
        try:
            return await self._acquired()
        except ResourceNotFoundError:
            with contextlib.suppress(ResourceExistsError):
                await self._container.create_container()
            with contextlib.suppress(ResourceExistsError):
                await self._blob.upload_blob(b"")
            return await self._acquired()

    async def renew(self) -> bool:
        """Whether it is still ours. Raises STORAGE_FAULTS."""
        try:
            await self._lease.renew()
        except ResourceNotFoundError:
            return False
        except HttpResponseError as error:
            return _unless_conflict(error)
        return True

    async def release(self) -> None:
        """Gives it back, if it is ours and storage answers."""
        with contextlib.suppress(*STORAGE_FAULTS):
            async with asyncio.timeout(LOOK / 2):
                await self._lease.release()

    async def _acquired(self) -> bool:
        try:
            await self._lease.acquire(lease_duration=LASTS)
        except HttpResponseError as error:
            return _unless_conflict(error)
        return True


class OnOneInstance:
    """A timer that follows its schedule only while this instance holds its lease."""

    def __init__(self, timer: TimerTrigger, lease: Lease) -> None:
        self._timer, self._lease = timer, lease
        self._outage = Outage(f"The lease of timer {timer.function.name}")

    async def run(self, stopping: asyncio.Event) -> None:
        """Takes the lease and listens, again and again, until the host stops."""
        while await self._taken(stopping):
            ending = asyncio.Event()
            beside = [asyncio.create_task(self._keep(ending)), asyncio.create_task(_pass_on(stopping, ending))]
            try:
                await self._timer.run(ending)
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
                await self._lease.release()

    async def _taken(self, stopping: asyncio.Event) -> bool:
        """Waits until the lease is ours; False when the host stops first."""
        while not stopping.is_set():
            try:
                if await self._lease.acquire():
                    self._outage.over()
                    return True
                wait = LOOK
            except STORAGE_FAULTS as error:
                wait = self._outage.failed(error)
            await pause(stopping, wait)
        return False

    async def _keep(self, ending: asyncio.Event) -> None:
        """Renews the lease; sets `ending` when it is, or may be, another's."""
        ends, held = time.monotonic() + LASTS, True
        while held:
            await asyncio.sleep(RENEWAL)
            asked = time.monotonic()
            try:
                async with asyncio.timeout(ANSWER):
                    held = await self._lease.renew()
                ends = asked + LASTS
                self._outage.over()
            except STORAGE_FAULTS as error:
                self._outage.failed(error)
                held = time.monotonic() + RENEWAL < ends
        ending.set()


def _unless_conflict(error: HttpResponseError) -> bool:
    """False where storage says that it is another's; any other error is one."""
    if error.status_code == CONFLICT:
        return False
    raise error


async def _pass_on(stopping: asyncio.Event, ending: asyncio.Event) -> None:
    await stopping.wait()
    ending.set()
