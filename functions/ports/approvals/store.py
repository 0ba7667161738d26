"""The port to the store of approvals. All methods raise `Unavailable` when the storage does not
answer; what else they raise is said at each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.model.approval.record import Approval, ApprovalState
from functions.model.events.event import Event
from functions.model.request.actor import Actor
from functions.model.request.history import HistoryEntry


@dataclass(frozen=True, slots=True)
class ApprovalFilter:
    """Which approvals a list shows: in these states and vaults (aliases; none given: all), `limit`
    on a page, those that `may_see` shows by the alias of their vault, their name, and the tenant
    and object id of who asked.
    """

    states: frozenset[ApprovalState]
    vaults: frozenset[str]
    limit: int
    may_see: Callable[[str, str, str | None, str | None], bool]


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """One page of a list, the newest first, and the token of the next one."""

    approvals: tuple[Approval, ...]
    token: str | None


@dataclass(frozen=True, slots=True)
class ApprovalChange:
    """An approval as it is then, with the events and the lines of the history that come with it."""

    approval: Approval
    events: tuple[Event, ...] = ()
    history: tuple[HistoryEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class AskerLoad:
    """How many approvals of somebody are open, and how many they have asked for lately."""

    open: int
    lately: int


@dataclass(frozen=True, slots=True)
class OldApprovals:
    """Some approvals that were asked for long ago, the youngest first; `place` is behind the last
    of them, None if that is the end.
    """

    approvals: tuple[Approval, ...]
    place: str | None


class Approvals(Protocol):
    """The store. Each change is one transaction with its events and its lines of the history."""

    async def add(self, change: ApprovalChange) -> Approval:
        """Adds an approval and returns it with its ETag. Raises ConcurrentChange if another one
        that is open has its slot.
        """
        ...

    async def get(self, approval_id: str) -> Approval | None:
        """An approval with its ETag; None if there is none with this id, whatever it is."""
        ...

    async def of_name(self, vault: str, name: str) -> list[Approval]:
        """All approvals of a certificate name, regardless of case, the newest first."""
        ...

    async def save(self, change: ApprovalChange) -> Approval:
        """Writes a changed approval, and returns it with its new ETag. Raises ConcurrentChange if
        it has changed since it was read.
        """
        ...

    async def unsettled(self, now: datetime) -> Sequence[Approval]:
        """The approvals that are open, in no order. Clears up what a crash has left of others.
        `now` is UTC.
        """
        ...

    async def page(self, wanted: ApprovalFilter, token: str | None) -> ApprovalPage:
        """One page of a list. Raises InvalidRequest if the token is not one of ours."""
        ...

    async def load_of(self, asker: Actor, since: datetime) -> AskerLoad:
        """How much somebody, by tenant and object id, has asked for; `lately` is since a moment
        (UTC), whatever became of it.
        """
        ...

    async def old(self, before: datetime, place: str | None) -> OldApprovals:
        """Some of those that were asked for before a moment (UTC), from a place on."""
        ...

    async def forget(self, approval: Approval) -> None:
        """Deletes an approval that is not open, unless it has changed since it was read."""
        ...
