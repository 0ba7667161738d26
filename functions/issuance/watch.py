"""Watching: ask Key Vault about a request, apply what it says, tell what changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.csr_out import hand_out
from functions.issuance.errors import ConcurrentChange, Refused, Unavailable
from functions.issuance.journal import record
from functions.issuance.keys import read_csr
from functions.issuance.outbox import publish
from functions.issuance.ports import Answer, Due, Intent, Vault
from functions.issuance.requests import (
    Change,
    Doing,
    Gone,
    Operation,
    Status,
    TrackedRequest,
    observe,
    put_off,
    track,
)

AT_ONCE = 16  # looks under way in one vault; far below Key Vault's 4,000 transactions per 10 s (protocol §6)
SWEEP = timedelta(seconds=50)  # the timer comes every minute; what is left then is still due for the next one
ANSWER_KEPT = timedelta(hours=24)  # how long a call with an Idempotency-Key may be repeated
NOT_FOUND = 404
TRIES = 5


async def begin_to_watch(
    certflow: Certflow, intent: Intent, operation: Operation, *, csr_out: bool = False
) -> tuple[TrackedRequest, bool]:
    """Tracks a pending operation that came of an intent, and records its end if it has ended already.

    Returns the tracked request, and whether it is new: one that is tracked already stays as it is. With `csr_out` the
    CSR is handed out first, if a person is to have it signed.
    """
    subject, key = read_csr(operation.csr)
    doing = Doing(intent.what, intent.by)
    csr_url = await hand_out(certflow, intent, operation) if csr_out else None
    change = track(intent.vault, intent.name, operation, subject, key, intent.owner, certflow.now(), doing, csr_url)
    request, added = await certflow.ledger.add(change)
    if added:
        record("request-tracked", vault=intent.vault, name=intent.name, request_id=operation.request_id, key=key)
        await publish(certflow, change.events)
    if operation.status is not Status.IN_PROGRESS:
        request = await record_seen(certflow, request, operation)
    return request, added


async def keep_answer(certflow: Certflow, intent: Intent, answer: Mapping[str, Any]) -> None:
    """The start is through: its answer is kept for repetitions of the call, or the intent forgotten."""
    if intent.keep:
        await certflow.ledger.finish(replace(intent, answer=answer, due=certflow.now() + ANSWER_KEPT))
    else:
        await certflow.ledger.forget(intent)


def told(intent: Intent, answer: Answer, how: str | None = None, note: str | None = None) -> dict[str, Any]:
    """What the caller of a start is told, as it is kept: Key Vault's operation, how it came to be, and a note."""
    return {
        "fields": answer.fields,
        "request_id": answer.operation.request_id,
        "owner": intent.owner,
        "how": how or intent.what,
        "note": note,
    }


async def standing(vault: Vault, name: str, request_id: str | None = None) -> Answer | None:
    """The pending operation that stands in Key Vault (this request's, if one is named), or None."""
    try:
        return await vault.pending(name, request_id)
    except Refused as error:
        if error.status != NOT_FOUND:
            raise
        return None


async def check_due(certflow: Certflow) -> int:
    """Looks at every request that is due, in all vaults; returns how many. A vault that is down delays only itself."""
    sweeps = [_check_vault(certflow, alias) for alias in certflow.vaults]
    return sum(await asyncio.gather(*sweeps))


async def check_named(certflow: Certflow, vault: str, name: str) -> None:
    """Looks at every unfinished request for a certificate name, due or not."""
    for request in await certflow.ledger.named(vault, name):
        if request.status is Status.IN_PROGRESS:
            await check(certflow, request)


async def check(certflow: Certflow, request: TrackedRequest) -> TrackedRequest:
    """Looks at one request and records what Key Vault says. A passing fault puts the next look off."""
    try:
        return await record_seen(certflow, request, await look(certflow, request))
    except (Unavailable, Refused) as error:
        # Refused here is not an answer about the request (that is a 404): the vault forbids us, say. It may pass.
        pause = error.retry_after if isinstance(error, Unavailable) else 0
        record("check-put-off", level=logging.WARNING, vault=request.vault, name=request.name, reason=str(error))
        later = put_off(request, certflow.now(), str(error), pause)
        try:
            return await certflow.ledger.save(request, Change(later))
        except ConcurrentChange:
            return request  # somebody else has looked meanwhile


async def look(certflow: Certflow, request: TrackedRequest) -> Operation | Gone:
    """What stands in Key Vault in place of a request: its operation, another one's, or none."""
    vault = certflow.vault(request.vault)
    if answer := await standing(vault, request.name, request.request_id):
        return answer.operation
    other = await standing(vault, request.name)
    return Gone(other.operation.request_id if other else None)


async def record_seen(
    certflow: Certflow, request: TrackedRequest, seen: Operation | Gone, doing: Doing | None = None
) -> TrackedRequest:
    """Applies what was seen, in one transaction with its events, and publishes them. The only way a request moves.

    `doing` is the act of ours after which it was seen. Two that saw the same end at once write it once: the second
    finds the request ended already.
    """
    bundle = None
    if isinstance(seen, Operation) and seen.status is Status.COMPLETED:
        bundle = await certflow.vault(request.vault).certificate(request.name)
    certificate = bundle.version if bundle else None
    for _ in range(TRIES):
        change = observe(request, seen, certflow.now(), certificate, doing)
        try:
            saved = await certflow.ledger.save(request, change)
        except ConcurrentChange:
            newest = await certflow.ledger.get(request.vault, request.name, request.request_id)
            if newest is None:
                return request
            request = newest
            continue
        if change.events:
            record(
                "request-moved", vault=saved.vault, name=saved.name, request_id=saved.request_id, status=saved.status
            )
        await publish(certflow, change.events)
        return saved
    raise Unavailable("The request table", f"{request.name} keeps changing", retry_after=1)


async def _check_vault(certflow: Certflow, alias: str) -> int:
    gate, ends = asyncio.Semaphore(AT_ONCE), certflow.now() + SWEEP

    async def one(due: Due) -> None:
        async with gate:
            if certflow.now() > ends:
                return
            try:
                await _check_one(certflow, due)
            except Exception as error:  # noqa: BLE001  one request's trouble must not end the sweep for the others
                record("check-failed", level=logging.ERROR, vault=alias, name=due.name, reason=repr(error))

    try:
        all_due = await certflow.ledger.due(alias, certflow.now())
        await asyncio.gather(*(one(due) for due in all_due))
        if certflow.now() <= ends:
            await certflow.ledger.beat(alias, certflow.now())
    except Unavailable as error:
        record("sweep-failed", level=logging.ERROR, vault=alias, reason=str(error))
        return 0
    return len(all_due)


async def _check_one(certflow: Certflow, due: Due) -> None:
    if due.intent_id is not None:
        await _check_intent(certflow, due, due.intent_id)
    elif due.request_id is not None:
        request = await certflow.ledger.get(due.vault, due.name, due.request_id)
        if request is not None:
            await check(certflow, request)


async def _check_intent(certflow: Certflow, due: Due, intent_id: str) -> None:
    """A start that was cut off is brought under watch; an answer that was kept long enough is forgotten.

    What stood in Key Vault before the start did not come of it.
    """
    intent = await certflow.ledger.intent(due.vault, due.name, intent_id)
    if intent is None:
        return
    answer = None if intent.answer else await standing(certflow.vault(intent.vault), intent.name)
    if answer is None or answer.operation.request_id == intent.before:
        await certflow.ledger.forget(intent)
        return
    await begin_to_watch(certflow, intent, answer.operation, csr_out=True)
    await keep_answer(certflow, intent, told(intent, answer))
