"""Counts the requests that a caller starts in a day (UTC), for grants with `a_day`. The count is
one for all instances of the app, and changes only while nobody else has changed it, so that two
instances never let one request more than a grant has.

A start is counted before Key Vault is touched, together with the decision that allows it, and the
count is given back only if Key Vault never was. A crash between both counts a start that was none:
the other way round, one that was would not count.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Protocol

from functions.app.contexts import StartsContext
from functions.app.retry_save import save_with_retries
from functions.model.errors import Unavailable
from functions.model.log import record
from functions.model.request.actor import Actor, ActorKind
from functions.ports.start_counts import StartCount

COUNT_STORE = "The store of the counts of starts"
# Each process writes one count at a time, so as many writers meet as there are instances. Of three
# that write without a pause, one lost ten times in a row when it was tried.
MAX_COUNTS = 50
KEPT_DAYS = timedelta(days=2)  # a start before midnight may be given back after it


class Judged(Protocol):
    """A decision."""

    @property
    def allowed(self) -> bool:
        """Whether the start is allowed."""


@dataclass(frozen=True, slots=True)
class CountedStart:
    """A start that was counted, by whom (`who`) and on which day (UTC)."""

    day: date
    who: str


async def started_today(certflow: StartsContext, by: Actor) -> int:
    """Returns how many requests a caller has started today; 0 for whoever is not counted: callers
    with a function key, and Certflow itself. Raises Unavailable.
    """
    who = _who(by)
    if who is None:
        return 0
    return (await certflow.start_counts.started(certflow.now().date(), who)).count


async def count_start[J: Judged](
    certflow: StartsContext, by: Actor, judge: Callable[[int], J]
) -> tuple[J, CountedStart | None]:
    """Has a start judged with the number of those that the caller began earlier today, and counts
    it if it is allowed. Returns the decision, and what was counted; None if nothing was.

    `judge` is called again with the new number if another instance has counted one meanwhile, so it
    must be pure. Raises Unavailable.
    """
    who = _who(by)
    if who is None:
        return judge(0), None
    day = certflow.now().date()

    async def save(known: StartCount) -> tuple[J, CountedStart | None]:
        decision = judge(known.count)
        if not decision.allowed:
            return decision, None
        await certflow.start_counts.save_started(replace(known, count=known.count + 1))
        return decision, CountedStart(day, who)

    read = partial(certflow.start_counts.started, day, who)
    # One at a time in each process, so that only other instances can be in the way.
    async with certflow.counting:
        return await _save(read, save)


async def give_back(certflow: StartsContext, counted: CountedStart | None) -> None:
    """Takes a start out of the count because Key Vault was not touched. If the storage does not
    answer, it stays counted until the day ends.
    """
    if counted is None:
        return

    async def save(known: StartCount) -> None:
        await certflow.start_counts.save_started(replace(known, count=max(known.count - 1, 0)))

    read = partial(certflow.start_counts.started, counted.day, counted.who)
    try:
        async with certflow.counting:
            await _save(read, save)
    except Unavailable as error:
        record("start-not-given-back", level=logging.WARNING, reason=str(error))


async def forget_starts(certflow: StartsContext) -> None:
    """Deletes the counts of days that are over. Raises Unavailable."""
    await certflow.start_counts.forget_started((certflow.now() - KEPT_DAYS).date())


async def _save[Saved](
    read: Callable[[], Awaitable[StartCount]], save: Callable[[StartCount], Awaitable[Saved]]
) -> Saved:
    what = "the count of starts"
    return await save_with_retries(
        await read(), read, save, service=COUNT_STORE, what=what, tries=MAX_COUNTS
    )


def _who(by: Actor) -> str | None:
    """Returns the key of a caller who signed in, which no name can change; None for anybody
    else.
    """
    if by.kind not in {ActorKind.PERSON, ActorKind.APP} or not by.oid:
        return None
    return f"{by.tid}|{by.oid}"
