"""Checking what is due in one vault: its requests, and the intents of starts that were cut off.

A check that finds nothing new reads no row of the request, and only moves its due mark.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from functions.app.context_parts import HasLedger
from functions.app.contexts import CheckContext, Outbox, RequestsContext
from functions.model.due_mark import DueCheck
from functions.model.errors import CertflowError, Refused, Unavailable
from functions.model.issuers import is_manual
from functions.model.log import record
from functions.model.request.operation import Operation, Status
from functions.model.timing import next_check_at, pause_after, soonest
from functions.requests.apply_and_save import apply_and_save
from functions.requests.fetch_state import fetch_state
from functions.requests.intents import postpone_intent, settle_intent

MAX_PARALLEL_CHECKS = 64  # checks under way in one vault; the rate limiter says how many a second
MAX_ROUND_MARKS = 4000  # due marks in memory at a time, however many are due
# Due marks that are moved together: full transactions (100 rows, three of each mark) in 16
# partitions.
MAX_MOVES = 33 * 16
# After so many faults in a row, with no answer between them, the vault is not asked again before
# its next run.
MAX_FAULTS = 20
MAX_MOVE_TRIES = 2  # to move marks: a connection may break


@dataclass
class CheckRun:
    """The state of one check of what is due in a vault, until `ends`: the marks that were handled,
    those to be moved (from, to), and the faults in a row.
    """

    vault: str
    ends: datetime
    seen: set[tuple[str, str | None, str | None]] = field(default_factory=set)
    moves: list[tuple[DueCheck, DueCheck]] = field(default_factory=list)
    faults: int = 0
    checked: int = 0
    unmoved: int = 0  # tries in a row that moved nothing; without the tables there is nothing to do

    def is_over(self, now: datetime) -> bool:
        """Whether no more is to be checked."""
        return self.unmoved >= MAX_MOVE_TRIES or now >= self.ends or self.faults >= MAX_FAULTS


async def check_due(certflow: RequestsContext, alias: str, ends: datetime) -> bool:
    """Checks everything that is due in a vault, until `ends`. Returns True if nothing due is left
    and the vault answers. Raises Unavailable if the tables do not answer.
    """
    run = CheckRun(alias, ends)
    while not run.is_over(certflow.now()):
        marks = await certflow.ledger.due(alias, certflow.now(), MAX_ROUND_MARKS)
        due = [mark for mark in marks if _key(mark) not in run.seen]
        if not due and not run.moves:
            break
        run.seen.update(map(_key, due))
        await _round(certflow, run, due)
        if len(due) < MAX_MOVES:  # else more marks are likely to come, and are moved together
            await _move(certflow, run)
    await _move(certflow, run)
    if run.checked:
        record("swept", vault=alias, looked=run.checked)
    return certflow.now() < ends and run.faults == 0 and run.unmoved == 0


async def _round(certflow: RequestsContext, run: CheckRun, due: Sequence[DueCheck]) -> None:
    """Checks these marks, MAX_PARALLEL_CHECKS of them concurrently."""
    marks = iter(due)

    async def worker() -> None:
        for mark in marks:
            if run.is_over(certflow.now()):
                return
            run.checked += 1
            await _check_one(certflow, run, mark)
            if len(run.moves) >= MAX_MOVES:
                await _move(certflow, run)

    async with asyncio.TaskGroup() as workers:
        for _ in range(min(MAX_PARALLEL_CHECKS, len(due))):
            workers.create_task(worker())


async def _move(certflow: HasLedger, run: CheckRun) -> None:
    """Moves the due marks that were checked. After a fault they are tried again."""
    moves, run.moves = run.moves, []
    try:
        if moves:
            await certflow.ledger.move_marks(moves)
        run.unmoved = 0
    except Unavailable as error:  # some marks may have been moved; moving them again does no harm
        run.moves, run.unmoved = [*moves, *run.moves], run.unmoved + 1
        record("marks-left", level=logging.WARNING, vault=run.vault, reason=str(error))


async def _check_one(certflow: RequestsContext, run: CheckRun, due_check: DueCheck) -> None:
    """Checks one mark. A fault of one request does not end the check of the others."""
    reason = ""
    try:
        if due_check.intent_id is not None:
            await settle_intent(certflow, due_check.vault, due_check.name, due_check.intent_id)
        else:
            await _check(certflow, run, due_check)
    except Unavailable as error:
        run.faults += 1
        reason = str(error)
        _log_failure(due_check, logging.WARNING, reason)
    except Exception as error:  # noqa: BLE001  as said above
        reason = str(error) if isinstance(error, CertflowError) else type(error).__name__
        _log_failure(due_check, logging.ERROR, repr(error))
    else:
        return
    if due_check.request_id is not None:
        run.moves.append((due_check, replace(due_check, at=certflow.now() + pause_after(1, 0))))
    elif due_check.intent_id is not None:
        await _postpone(certflow, due_check, reason)


def _log_failure(due_check: DueCheck, level: int, reason: str) -> None:
    where = {"vault": due_check.vault, "name": due_check.name}
    record("look-failed", level=level, reason=reason, **where)


async def _postpone(certflow: Outbox, due_check: DueCheck, reason: str) -> None:
    """Puts an intent off. It stays as it is if the tables do not answer, or if anything else fails:
    one intent must not end the check of the others.
    """
    try:
        await postpone_intent(
            certflow, due_check.vault, due_check.name, due_check.intent_id or "", reason
        )
    except Exception as error:  # noqa: BLE001  as said above
        level = logging.WARNING if isinstance(error, Unavailable) else logging.ERROR
        record(
            "intent-left",
            level=level,
            vault=due_check.vault,
            name=due_check.name,
            reason=repr(error),
        )


async def _check(certflow: CheckContext, run: CheckRun, due_check: DueCheck) -> None:
    """Checks one request. A fault puts the next check off, for longer after each fault in a row."""
    try:
        await _fetch_and_apply(certflow, run, due_check)
    except (Unavailable, Refused) as error:
        # An answer about the request would be a 404. Any other refusal is about our access to it or
        # to its version, say, and may pass.
        run.faults += 1
        run.moves.append((due_check, _later(due_check, error, certflow.now())))


async def _fetch_and_apply(certflow: CheckContext, run: CheckRun, due_check: DueCheck) -> None:
    """Asks Key Vault about one request. If it goes on and no reminder is due, only its mark is
    moved. Raises Refused, Unavailable.
    """
    request_id = due_check.request_id or ""
    seen = await fetch_state(certflow, due_check.vault, due_check.name, request_id)
    run.faults = 0
    now = certflow.now()
    in_progress = isinstance(seen, Operation) and seen.status is Status.IN_PROGRESS
    if in_progress and not (due_check.remind_at and due_check.remind_at <= now):
        again = next_check_at(
            due_check.created or now, request_id, now, manual=is_manual(due_check.issuer)
        )
        run.moves.append(
            (
                due_check,
                replace(due_check, at=soonest(again, due_check.remind_at), attempts=0, error=None),
            )
        )
        return
    request = await certflow.ledger.get(due_check.vault, due_check.name, request_id)
    if request is None or request.next_check is None:
        await certflow.ledger.remove_mark(due_check)
    else:
        await apply_and_save(certflow, request, seen)


def _later(due_check: DueCheck, error: Unavailable | Refused, now: datetime) -> DueCheck:
    """The mark after a fault, with a pause that grows with each fault in a row."""
    record(
        "look-put-off",
        level=logging.WARNING,
        vault=due_check.vault,
        name=due_check.name,
        reason=str(error),
    )
    attempts = due_check.attempts + 1
    pause = pause_after(attempts, error.retry_after if isinstance(error, Unavailable) else 0)
    return replace(due_check, at=now + pause, attempts=attempts, error=str(error))


def _key(due_check: DueCheck) -> tuple[str, str | None, str | None]:
    return due_check.name, due_check.request_id, due_check.intent_id
