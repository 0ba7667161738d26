"""Timer triggers: a schedule that never overlaps itself, remembers its runs, and makes up for a missed one.

The host keeps `{Last, Next, LastUpdated}` in a status blob. An occurrence missed while it was down gives one run at
start with IsPastDue, several missed ones still one. An error does not stop the schedule. What keeps a timer on one of
several hosts is in `leases.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient

from functions_host.connections import STORAGE_FAULTS
from functions_host.functions import Function
from functions_host.invoker import Invoker
from functions_host.ncrontab import Schedule
from functions_host.protos import TypedData
from functions_host.waiting import Outage, pause
from functions_host.worker import InvocationFailed

log = logging.getLogger("functions_host")

CONTAINER = "azure-webjobs-hosts"
SHORTEST_MONITORED = timedelta(minutes=1)  # the host keeps no status for a schedule quicker than this
LONGEST_SLEEP = 60.0  # then the clock is read again: a laptop may have slept


@dataclass(frozen=True)
class Status:
    """A timer's memory, as in its blob."""

    last: datetime | None
    next: datetime
    updated: datetime

    def as_json(self) -> dict[str, str]:
        """The blob's content, which the function also gets; a timer that never ran has .NET's smallest date."""
        last = self.last.isoformat() if self.last else "0001-01-01T00:00:00"
        return {"Last": last, "Next": self.next.isoformat(), "LastUpdated": self.updated.isoformat()}


class StatusBlob:
    """`azure-webjobs-hosts/timers/{hostId}/{function}/status` in AzureWebJobsStorage."""

    def __init__(self, blobs: BlobServiceClient, host_id: str, function: str) -> None:
        self._blobs = blobs
        self._name = f"timers/{host_id}/{function}/status"

    async def load(self) -> Status | None:
        """What was kept, or None if nothing readable was."""
        try:
            download = await self._blobs.get_blob_client(CONTAINER, self._name).download_blob()
            content = await download.readall()
        except ResourceNotFoundError:
            return None
        try:
            kept = json.loads(content)
            last = _moment(kept["Last"])
            return Status(last if last.year > 1 else None, _moment(kept["Next"]), _moment(kept["LastUpdated"]))
        except (ValueError, KeyError, TypeError):
            log.warning("The timer status %s cannot be read; it starts anew", self._name)
            return None

    async def save(self, status: Status) -> None:
        """Keeps the status; makes the container if it is missing."""
        content = json.dumps(status.as_json())
        try:
            await self._blobs.get_blob_client(CONTAINER, self._name).upload_blob(content, overwrite=True)
        except ResourceNotFoundError:
            with contextlib.suppress(ResourceExistsError):
                await self._blobs.create_container(CONTAINER)
            await self._blobs.get_blob_client(CONTAINER, self._name).upload_blob(content, overwrite=True)


class TimerTrigger:
    """A function with a timer trigger."""

    def __init__(self, function: Function, invoker: Invoker, blobs: BlobServiceClient, host_id: str) -> None:
        self.function = function
        self.schedule = Schedule(str(function.trigger["schedule"]))
        self._invoker = invoker
        self._status: Status | None = None
        self._outage = Outage(f"The status of timer {function.name}")
        wanted = function.trigger.get("useMonitor", True)
        slow = self.schedule.interval(_now()) >= SHORTEST_MONITORED
        self._kept = StatusBlob(blobs, host_id, function.name) if wanted and slow else None

    async def run(self, stopping: asyncio.Event) -> None:
        """Follows the schedule until the host stops."""
        missed = await self._missed(stopping)
        due = self.schedule.next(_now())
        if missed or self.function.trigger.get("runOnStartup"):
            due = await self._occurrence(past_due=missed)
        while await self._wait_until(due, stopping):
            due = await self._occurrence(past_due=False)

    async def run_once(self, *, past_due: bool = False, reason: str = "admin call") -> None:
        """Runs the function now, with its retry policy. Raises InvocationFailed after the last try."""
        policy = self.function.retry
        attempt, most = 0, policy.max_count if policy else 0
        while True:
            try:
                await self._invoker.invoke(
                    self.function, self._request(past_due=past_due), reason=reason, retry=(attempt, most)
                )
            except InvocationFailed:
                if policy is None or attempt == most:  # -1 is never reached: it retries for ever
                    raise
                attempt += 1
                await asyncio.sleep(policy.wait(attempt))
            else:
                return

    async def _missed(self, stopping: asyncio.Event) -> bool:
        """Whether an occurrence came while no host was running; waits for storage to answer."""
        if self._kept is None:
            return False
        while not stopping.is_set():
            try:
                self._status = await self._kept.load()
                self._outage.over()
                break
            except STORAGE_FAULTS as error:
                await pause(stopping, self._outage.failed(error))
        if stopping.is_set():
            return False
        now = _now()
        if self._status is not None:
            # Counted from the last update, not read from Next: the schedule may have been changed since.
            return self.schedule.next(self._status.updated) <= now
        await self._keep(Status(None, self.schedule.next(now), now))
        return False

    async def _wait_until(self, due: datetime, stopping: asyncio.Event) -> bool:
        """Waits for an occurrence; False when the host stops first."""
        while not stopping.is_set():
            left = (due - _now()).total_seconds()
            if left <= 0:
                return True
            await pause(stopping, min(left, LONGEST_SLEEP))
        return False

    async def _occurrence(self, *, past_due: bool) -> datetime:
        """Runs the function and returns the next occurrence.

        It is counted from the beginning, as the host does: what came due during a long run follows at once, and only
        once.
        """
        began = _now()
        with contextlib.suppress(InvocationFailed):  # logged; the schedule goes on
            await self.run_once(past_due=past_due, reason="timer, past due" if past_due else "timer")
        due = self.schedule.next(began)
        await self._keep(Status(began, due, began))
        return due

    async def _keep(self, status: Status) -> None:
        self._status = status
        if self._kept is None:
            return
        try:
            await self._kept.save(status)
            self._outage.over()
        except STORAGE_FAULTS as error:
            self._outage.failed(error)

    def _request(self, *, past_due: bool) -> TypedData:
        status = self._status.as_json() if self._kept and self._status else None
        return TypedData(
            json=json.dumps({"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due})
        )


def _now() -> datetime:
    return datetime.now(UTC)


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
