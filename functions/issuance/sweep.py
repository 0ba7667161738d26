"""A sweep: every look that is due in one vault. One that finds nothing new reads no row, and moves a mark."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from functions.issuance.certflow import Certflow
from functions.issuance.errors import CertflowError, Refused, Unavailable
from functions.issuance.journal import record
from functions.issuance.looks import Look
from functions.issuance.requests import Operation, Status, is_manual
from functions.issuance.timing import next_look, pause_after, soonest
from functions.issuance.watch import look, put_off_intent, record_seen, settle_intent

AT_ONCE = 64  # looks under way in one vault; the pace says how many a second
ROUND = 4000  # marks in memory at a time, however many are due
TOGETHER = 33 * 16  # marks that are moved together: full transactions (three rows each, of 100) in 16 partitions
# After so many faults in a row, with no answer between them, the vault is left alone until the next shift.
HOPELESS = 20
TRIES = 2  # to move marks: a connection may break


@dataclass
class Sweep:
    """What a sweep has seen so far."""

    vault: str
    ends: datetime
    seen: set[tuple[str, str | None, str | None]] = field(default_factory=set)
    moves: list[tuple[Look, Look]] = field(default_factory=list)
    faults: int = 0
    looked: int = 0
    unmoved: int = 0  # tries in a row that moved nothing; without the tables there is nothing to do

    def is_over(self, now: datetime) -> bool:
        """Whether it does not go on."""
        return self.unmoved >= TRIES or now >= self.ends or self.faults >= HOPELESS


async def sweep(certflow: Certflow, alias: str, ends: datetime) -> bool:
    """Looks at everything that is due in a vault, until `ends`. True if it went through: nothing due is left, and the
    vault answers. Raises Unavailable if the tables do not.
    """
    run = Sweep(alias, ends)
    while not run.is_over(certflow.now()):
        due = [one for one in await certflow.ledger.due(alias, certflow.now(), ROUND) if _key(one) not in run.seen]
        if not due and not run.moves:
            break
        run.seen.update(map(_key, due))
        await _round(certflow, run, due)
        if len(due) < TOGETHER:  # otherwise they wait for more: a vault's time should not pass in moving a few
            await _move(certflow, run)
    await _move(certflow, run)
    if run.looked:
        record("swept", vault=alias, looked=run.looked)
    return certflow.now() < ends and run.faults == 0 and run.unmoved == 0


async def _round(certflow: Certflow, run: Sweep, due: Sequence[Look]) -> None:
    """Some looks, by so many workers as may be under way at once."""
    marks = iter(due)

    async def worker() -> None:
        for mark in marks:
            if run.is_over(certflow.now()):
                return
            run.looked += 1
            await _one(certflow, run, mark)
            if len(run.moves) >= TOGETHER:
                await _move(certflow, run)

    async with asyncio.TaskGroup() as workers:
        for _ in range(min(AT_ONCE, len(due))):
            workers.create_task(worker())


async def _move(certflow: Certflow, run: Sweep) -> None:
    moves, run.moves = run.moves, []
    try:
        if moves:
            await certflow.ledger.move(moves)
        run.unmoved = 0
    except Unavailable as error:  # some of the marks stand where they stood; those that do not do no harm
        run.moves, run.unmoved = [*moves, *run.moves], run.unmoved + 1
        record("marks-left", level=logging.WARNING, vault=run.vault, reason=str(error))


async def _one(certflow: Certflow, run: Sweep, mark: Look) -> None:
    """One look. What goes wrong with one request does not end the sweep for the others."""
    reason = ""
    try:
        if mark.intent_id is not None:
            await settle_intent(certflow, mark.vault, mark.name, mark.intent_id)
        else:
            await _look(certflow, run, mark)
    except Unavailable as error:
        run.faults += 1
        reason = str(error)
        record("look-failed", level=logging.WARNING, vault=mark.vault, name=mark.name, reason=reason)
    except Exception as error:  # noqa: BLE001  as said above
        reason = str(error) if isinstance(error, CertflowError) else type(error).__name__
        record("look-failed", level=logging.ERROR, vault=mark.vault, name=mark.name, reason=repr(error))
    else:
        return
    if mark.request_id is not None:
        run.moves.append((mark, replace(mark, at=certflow.now() + pause_after(1, 0))))
    elif mark.intent_id is not None:
        await _put_off(certflow, mark, reason)


async def _put_off(certflow: Certflow, mark: Look, reason: str) -> None:
    """An intent goes on later. With the tables down it stays where it stands, and whatever else is wrong with it: one
    intent must not end the sweep for the others.
    """
    try:
        await put_off_intent(certflow, mark.vault, mark.name, mark.intent_id or "", reason)
    except Exception as error:  # noqa: BLE001  as said above
        level = logging.WARNING if isinstance(error, Unavailable) else logging.ERROR
        record("intent-left", level=level, vault=mark.vault, name=mark.name, reason=repr(error))


async def _look(certflow: Certflow, run: Sweep, mark: Look) -> None:
    request_id = mark.request_id or ""
    try:
        seen = await look(certflow, mark.vault, mark.name, request_id)
    except (Unavailable, Refused) as error:
        # Refused here is not an answer about the request (that is a 404): the vault forbids us, say. It may pass.
        run.faults += 1
        run.moves.append((mark, _later(mark, error, certflow.now())))
        return
    run.faults = 0
    now = certflow.now()
    in_progress = isinstance(seen, Operation) and seen.status is Status.IN_PROGRESS
    if in_progress and not (mark.remind_at and mark.remind_at <= now):
        again = next_look(mark.created or now, request_id, now, manual=is_manual(mark.issuer))
        run.moves.append((mark, replace(mark, at=soonest(again, mark.remind_at), attempts=0, error=None)))
        return
    request = await certflow.ledger.get(mark.vault, mark.name, request_id)
    if request is None or request.next_check is None:
        await certflow.ledger.drop(mark)
    else:
        await record_seen(certflow, request, seen)


def _later(mark: Look, error: Unavailable | Refused, now: datetime) -> Look:
    record("look-put-off", level=logging.WARNING, vault=mark.vault, name=mark.name, reason=str(error))
    attempts = mark.attempts + 1
    pause = pause_after(attempts, error.retry_after if isinstance(error, Unavailable) else 0)
    return replace(mark, at=now + pause, attempts=attempts, error=str(error))


def _key(mark: Look) -> tuple[str, str | None, str | None]:
    return mark.name, mark.request_id, mark.intent_id
