"""Watching: ask Key Vault about a request, apply what it says, tell what changed."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from functions.issuance.certflow import Certflow
from functions.issuance.errors import ConcurrentChange, Refused, Unavailable
from functions.issuance.journal import record
from functions.issuance.keys import read_csr
from functions.issuance.outbox import publish
from functions.issuance.ports import Due, Intent
from functions.issuance.requests import Change, Gone, Operation, Status, TrackedRequest, observe, put_off, track

AT_ONCE = 16  # looks under way in one vault; far below Key Vault's 4,000 transactions per 10 s (protocol §6)
SWEEP = timedelta(seconds=50)  # the timer comes every minute; what is left then is still due for the next one
NOT_FOUND = 404
TRIES = 5


async def begin_to_watch(certflow: Certflow, intent: Intent, operation: Operation) -> None:
    """Tracks a pending operation that came of an intent. One that is tracked already stays as it is."""
    subject, key = read_csr(operation.csr)
    change = track(intent.vault, intent.name, operation, subject, key, intent.owner, certflow.now())
    added = await certflow.ledger.add(change, intent)
    if added:
        record("request-tracked", vault=intent.vault, name=intent.name, request_id=operation.request_id, key=key)
        await publish(certflow, change.events)


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
    try:
        return (await vault.pending(request.name, request.request_id)).operation
    except Refused as error:
        if error.status != NOT_FOUND:
            raise
    try:
        return Gone((await vault.pending(request.name)).operation.request_id)
    except Refused as error:
        if error.status != NOT_FOUND:
            raise
        return Gone(None)


async def record_seen(certflow: Certflow, request: TrackedRequest, seen: Operation | Gone) -> TrackedRequest:
    """Applies what was seen, in one transaction with its events, and publishes them. The only way a request moves.

    Two that saw the same end at once write it once: the second finds the request ended already.
    """
    certificate = None
    if isinstance(seen, Operation) and seen.status is Status.COMPLETED:
        certificate = await certflow.vault(request.vault).certificate(request.name)
    for _ in range(TRIES):
        change = observe(request, seen, certflow.now(), certificate)
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
    except Unavailable as error:
        record("sweep-failed", level=logging.ERROR, vault=alias, reason=str(error))
        return 0
    await asyncio.gather(*(one(due) for due in all_due))
    return len(all_due)


async def _check_one(certflow: Certflow, due: Due) -> None:
    if due.intent is not None:
        await _settle_intent(certflow, due.intent)
    elif due.request_id is not None:
        request = await certflow.ledger.get(due.vault, due.name, due.request_id)
        if request is not None:
            await check(certflow, request)


async def _settle_intent(certflow: Certflow, intent: Intent) -> None:
    """A start that never told us how it ended: a request in progress under that name is watched from here on.

    An ended one may be older than the intent, so it is not taken for ours.
    """
    try:
        answer = await certflow.vault(intent.vault).pending(intent.name)
    except Refused:
        await certflow.ledger.forget(intent)
        return
    if answer.operation.status is Status.IN_PROGRESS:
        await begin_to_watch(certflow, intent, answer.operation)
    else:
        await certflow.ledger.forget(intent)
