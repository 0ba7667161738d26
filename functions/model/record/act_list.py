"""An act as the list of all acts has it, and the filter of that list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from functions.model.request.history import HistoryEntry


@dataclass(frozen=True, slots=True)
class ListedAct:
    """A line of the history with the certificate that it is about. `vault` is the alias."""

    vault: str
    name: str
    entry: HistoryEntry


@dataclass(frozen=True, slots=True)
class ActFilter:
    """A filter of acts. `vaults` are the aliases of all vaults that are listed; any other field
    that is empty or None matches all. `limit` is the size of a page.

    `since` and `until` are the first moment that is listed and the first after it that is not
    (UTC). `by` matches, in any case, the name for show or the object id of who acted. `verbs` are
    acts (`created`).

    `may_see` (alias, name) says which certificates exist for the reader; None: all. No token names
    others; that of a page that has ended early is a moment, which may be one of theirs.
    `beginnings` (lower case) are those of the names of all of these, so that not all acts have to
    be read; none: they may begin in any way.
    """

    vaults: frozenset[str]
    since: datetime | None = None
    until: datetime | None = None
    by: str | None = None
    verbs: frozenset[str] = frozenset()
    limit: int = 25
    may_see: Callable[[str, str], bool] | None = None
    beginnings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ActPage:
    """A page of acts, and the token of the next page, None for the last one. It may have fewer acts
    than there is room for, even none, and yet not be the last one.
    """

    acts: tuple[ListedAct, ...]
    token: str | None


def is_wanted(act: ListedAct, wanted: ActFilter) -> bool:
    """Whether an act matches the filter."""
    entry = act.entry
    return (
        act.vault in wanted.vaults
        and _is_within(entry.at, wanted)
        and (not wanted.verbs or entry.what in wanted.verbs)
        and (wanted.by is None or wanted.by.lower() in names_of(entry))
        and (wanted.may_see is None or wanted.may_see(act.vault, act.name))
    )


def _is_within(at: datetime, wanted: ActFilter) -> bool:
    return (wanted.since is None or at >= wanted.since) and (
        wanted.until is None or at < wanted.until
    )


def names_of(entry: HistoryEntry) -> tuple[str, str]:
    """The name for show and the object id of who acted, in lower case; each may be empty."""
    by = entry.by
    return ((by.shown or "").lower(), (by.oid or "").lower()) if by else ("", "")
