"""The status of the app: for each vault whether it is watched, what is overdue and what its last
scan found; and the files that are still in the container for chains.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.app.contexts import MonitoringContext, StatusContext
from functions.model.blob_names import MAX_LENGTH
from functions.model.options import Takes
from functions.ports.chain_files import UnprocessedFile
from functions.ports.monitoring_store import InventoryScan, TrustNote, TrustState
from functions.x509.describe import printed

MAX_BACKLOG = 1000  # overdue checks that are counted
A_DAY = timedelta(days=1)
LATE = timedelta(minutes=15)  # without a heartbeat for so long, a vault counts as not watched
MAX_LISTED_FILES = 20  # files that the status names
MAX_PARALLEL_VAULTS = 8  # vaults whose rows are read concurrently
# What is taken in a vault where nothing is merged.
NOT_MERGING = {TrustState.NONE, TrustState.UNREADABLE}


@dataclass(frozen=True, slots=True)
class VaultStatus:
    """The status of a vault. `observed`: it is only read. `last_check`: when its due requests were
    last checked without a fault (UTC). `backlog`: its overdue checks, MAX_BACKLOG at most.

    `trust` is None from a change of the setting `takes` until the timer has read the vault's CAs
    again, within a minute.
    """

    vault: str
    takes: Takes
    trust: TrustNote | None
    read_only: bool
    last_check: datetime | None
    backlog: int
    survey: InventoryScan

    @property
    def merges(self) -> bool:
        """Whether chains are merged in this vault now."""
        if self.trust is None:
            return self.takes is not Takes.FILES
        return self.trust.state not in NOT_MERGING


@dataclass(frozen=True, slots=True)
class FileStatus:
    """A file that is still in the container for chains, since when (UTC), and its state:
    `unhandled` (not handled yet, perhaps because of an outage), `waiting` (for trusted CAs, or for
    a search), `set-aside` (until it is dropped again, or POST chains/retry asks for it).
    """

    name: str
    since: datetime
    state: str


@dataclass(frozen=True, slots=True)
class FilesStatus:
    """How many files there are, how many of them are set aside, and the oldest MAX_LISTED_FILES."""

    count: int
    set_aside: int
    oldest: tuple[FileStatus, ...]


async def status_of_vaults(certflow: MonitoringContext) -> list[VaultStatus]:
    """The status of each vault. Raises Unavailable."""
    beats = await certflow.monitoring_store.heartbeats()
    return list(
        await asyncio.gather(
            *(_status(certflow, alias, beats.get(alias)) for alias in certflow.vaults)
        )
    )


async def status_of_files(certflow: StatusContext) -> FilesStatus:
    """The files that are still in the container for chains. Raises Unavailable."""
    lying, aside = await asyncio.gather(
        certflow.chain_files.unprocessed(certflow.now()), certflow.ledger.parked()
    )

    def standing(one: UnprocessedFile) -> str:
        mark = aside.get(one.name)
        if mark is None or mark.etag != one.etag:
            return "unhandled"
        return "set-aside" if mark.for_good else "waiting"

    oldest = (
        FileStatus(printed(one.name, MAX_LENGTH), one.modified, standing(one))
        for one in lying[:MAX_LISTED_FILES]
    )
    return FilesStatus(
        len(lying), sum(standing(one) == "set-aside" for one in lying), tuple(oldest)
    )


async def refused_events(certflow: MonitoringContext) -> int:
    """How many events of other senders were refused today and yesterday (UTC). Raises
    Unavailable.
    """
    today = certflow.now().date()
    days = (today - A_DAY, today)
    return sum(await asyncio.gather(*map(certflow.monitoring_store.refused, days)))


async def _status(certflow: MonitoringContext, alias: str, beat: datetime | None) -> VaultStatus:
    backlog, survey, trust = await asyncio.gather(
        certflow.ledger.backlog(alias, certflow.now(), MAX_BACKLOG),
        certflow.monitoring_store.scan(alias),
        certflow.monitoring_store.trust(alias),
    )
    takes = certflow.options.takes(alias)
    known = trust if trust and trust.takes == takes else None
    return VaultStatus(
        alias, takes, known, alias in certflow.options.read_only_vaults, beat, backlog, survey
    )
