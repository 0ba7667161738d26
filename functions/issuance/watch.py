"""Watching: ask Key Vault about a request, apply what it says, tell what changed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.csr_out import hand_out, take_back
from functions.issuance.describe import printed
from functions.issuance.errors import ConcurrentChange, Refused, Unavailable
from functions.issuance.events import UNSETTLED, Event
from functions.issuance.journal import record
from functions.issuance.keys import read_csr
from functions.issuance.names import asked_names
from functions.issuance.outbox import publish, send
from functions.issuance.pace import at_pace
from functions.issuance.ports import Answer, Bundle, Intent, Vault
from functions.issuance.queues import LOOKS
from functions.issuance.requests import (
    MERGEABLE,
    Change,
    Doing,
    Gone,
    Operation,
    Origin,
    Status,
    TrackedRequest,
    is_manual,
    is_reminder_due,
    observe,
    put_off,
    track,
)
from functions.issuance.tags import muted_until
from functions.issuance.takeover import taken_over
from functions.issuance.timing import first_looks, pause_after

AT_ONCE = 16  # looks under way in one vault; far below Key Vault's 4,000 transactions per 10 s (protocol §6)
ANSWER_KEPT = timedelta(hours=24)  # how long a call with an Idempotency-Key may be repeated
MOST_REASON = 500  # characters of why a start could not be followed up
MOST_SETTLING = 32  # tries to find out what came of a start: with their pauses, about a day
NOT_FOUND = 404
TRIES = 5


async def begin_to_watch(
    certflow: Certflow, intent: Intent, operation: Operation, *, csr_out: bool = False, quietly: bool = False
) -> tuple[TrackedRequest, bool]:
    """Tracks a pending operation that came of an intent, and records its end if it has ended already.

    Returns the tracked request, and whether it is new: one that is tracked already stays as it is. With `csr_out` the
    CSR of a request that has not ended is handed out first, if a person is to have it signed. `quietly`: no event, not
    even of its end.
    """
    subject, key = read_csr(operation.csr)
    doing, now, patience = Doing(intent.what, intent.by), certflow.now(), certflow.choices.patience
    csr_out = csr_out and operation.status is Status.IN_PROGRESS
    csr_url = await hand_out(certflow, intent, operation) if csr_out else None
    change = track(
        intent.vault,
        intent.name,
        operation,
        subject,
        key,
        intent.owner,
        now,
        doing,
        csr_url,
        patience,
        intent.origin,
        intent.renews,
        asked_names(operation.csr),
        intent.signer,
    )
    if quietly:
        ended = observe(change.request, operation, now)
        change = Change(ended.request, acts=(*change.acts, *ended.acts))
    known_to_others = taken_over(intent.takeover, change.request, intent.what, intent.by, now)
    change = replace(change, events=(*change.events, *known_to_others))
    request, added = await certflow.ledger.add(change)
    if not added and intent.what != "adopted":  # somebody has adopted what this start has made
        await send(certflow, *known_to_others)
    if added:
        record("request-tracked", vault=intent.vault, name=intent.name, request_id=operation.request_id, key=key)
        await publish(certflow, change.events)
        await call_first_looks(certflow, request)
    if quietly:
        return request, added
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
        **({"signer": intent.signer} if intent.signer else {}),
    }


async def standing(vault: Vault, name: str, request_id: str | None = None) -> Answer | None:
    """The pending operation that stands in Key Vault (this request's, if one is named), or None."""
    try:
        return await vault.pending(name, request_id)
    except Refused as error:
        if error.status != NOT_FOUND:
            raise
        return None


async def stored_policy(vault: Vault, name: str) -> Mapping[str, Any] | None:
    """The policy that is stored for a name, or None."""
    try:
        return await vault.policy(name)
    except Refused as error:
        if error.status != NOT_FOUND:
            raise
        return None


async def check_named(certflow: Certflow, vault: str, name: str) -> None:
    """Looks at every unfinished request for a certificate name, due or not, and at the newest if it failed or was
    cancelled: a chain got out of band completes that, in the portal too.
    """
    named = sorted(await certflow.ledger.named(vault, name), key=lambda one: one.created)
    for request in named:
        if request.status is Status.IN_PROGRESS or (request is named[-1] and request.status in MERGEABLE):
            await check(certflow, request)


async def look_first(certflow: Certflow, vault: str, name: str, request_id: str) -> None:
    """A look seconds after an act that an issuer answers, within the vault's budget."""
    if vault in certflow.vaults:  # otherwise renamed since the message was written
        await check_one(at_pace(certflow, vault), vault, name, request_id)


async def check_one(certflow: Certflow, vault: str, name: str, request_id: str) -> None:
    """Looks at a request, due or not, unless it has ended."""
    request = await certflow.ledger.get(vault, name, request_id)
    if request is not None and request.status is Status.IN_PROGRESS:
        await check(certflow, request)


async def check(certflow: Certflow, request: TrackedRequest) -> TrackedRequest:
    """Looks at one request and records what Key Vault says. A passing fault puts the next look off."""
    try:
        seen = await look(certflow, request.vault, request.name, request.request_id)
        return await record_seen(certflow, request, seen)
    except (Unavailable, Refused) as error:
        # Refused here is not an answer about the request (that is a 404): the vault forbids us, say. It may pass.
        pause = error.retry_after if isinstance(error, Unavailable) else 0
        record("check-put-off", level=logging.WARNING, vault=request.vault, name=request.name, reason=str(error))
        later = put_off(request, certflow.now(), str(error), pause)
        try:
            return await certflow.ledger.save(request, Change(later))
        except ConcurrentChange:
            return request  # somebody else has looked meanwhile


async def look(certflow: Certflow, alias: str, name: str, request_id: str) -> Operation | Gone:
    """What stands in Key Vault in place of a request: its operation, another one's, or none."""
    vault = certflow.vault(alias)
    if answer := await standing(vault, name, request_id):
        return answer.operation
    other = await standing(vault, name)
    return Gone(other.operation.request_id if other else None)


async def record_seen(
    certflow: Certflow, request: TrackedRequest, seen: Operation | Gone, doing: Doing | None = None
) -> TrackedRequest:
    """Applies what was seen, in one transaction with its events, and publishes them. The only way a request moves.

    `doing` is the act of ours after which it was seen. Two that saw the same end at once write it once: the second
    finds the request ended already.
    """
    stands = isinstance(seen, Operation) and seen.request_id == request.request_id
    bundle = None
    if isinstance(seen, Operation) and stands and seen.status is Status.COMPLETED:
        bundle = await certflow.vault(request.vault).certificate(request.name)
    elif not stands and doing is None and request.status is Status.IN_PROGRESS:
        bundle = await _completed_before(certflow, request)
        if bundle:
            seen = Operation(request.request_id, Status.COMPLETED, request.issuer, b"")
    certificate = bundle.version if bundle else None
    patience = certflow.choices.patience
    for _ in range(TRIES):
        muted = await _muted(certflow, request, seen)
        change = observe(request, seen, certflow.now(), certificate, doing, patience, muted)
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
                "request-moved",
                vault=saved.vault,
                name=saved.name,
                request_id=saved.request_id,
                status=saved.status,
                error=saved.error_code,
            )
        await publish(certflow, change.events)
        if saved.ended and not request.ended:
            await _learn(certflow, saved)
            await _uncount(certflow, saved)
            await take_back(certflow, saved)
        return saved
    raise Unavailable("The request table", f"{request.name} keeps changing", retry_after=1)


async def _completed_before(certflow: Certflow, request: TrackedRequest) -> Bundle | None:
    """The version that came of a request before it was deleted or another took its place: the current one, if it has
    the request's key. Where keys are used again that says nothing; nor does a vault that does not show it.
    """
    try:
        bundle = await certflow.vault(request.vault).certificate(request.name)
    except Refused as error:
        record("version-not-seen", level=logging.WARNING, vault=request.vault, name=request.name, reason=str(error))
        return None
    if bundle is None or bundle.version.key_sha256 != request.key_sha256:
        return None
    key = (bundle.fields.get("policy") or {}).get("key_props") or {}
    return None if key.get("reuse_key") else bundle


async def settle_intent(certflow: Certflow, vault: str, name: str, intent_id: str) -> None:
    """A start that was cut off is brought under watch; an answer that was kept long enough is forgotten.

    What stood in Key Vault before the start did not come of it.
    """
    intent = await certflow.ledger.intent(vault, name, intent_id)
    if intent is None:
        return
    answer = None if intent.answer else await standing(certflow.vault(intent.vault), intent.name)
    if answer is None or answer.operation.request_id == intent.before:
        await _tell_of_a_request_that_is_gone(certflow, intent)
        await certflow.ledger.forget(intent)
        return
    await begin_to_watch(certflow, intent, answer.operation, csr_out=True)
    await keep_answer(certflow, intent, told(intent, answer))


async def _tell_of_a_request_that_is_gone(certflow: Certflow, intent: Intent) -> None:
    """What a start that was cut off has changed stays changed when its request is deleted before it is looked for: the
    policy. Of that request there is a trace if it was deleted by us, for it was brought under watch then.
    """
    if intent.answer or intent.began is None or not (intent.takeover and intent.takeover.changes):
        return
    named = await certflow.ledger.named(intent.vault, intent.name)
    since = [one for one in named if one.request_id != intent.before and one.created >= intent.began]
    if since:
        first = min(since, key=lambda one: one.created)
        await send(certflow, *taken_over(intent.takeover, first, intent.what, intent.by, certflow.now()))


async def put_off_intent(certflow: Certflow, vault: str, name: str, intent_id: str, reason: str) -> None:
    """An intent could not be settled now: later again, ever more seldom. After a day it is given up, and whoever owned
    the certificate before hears of that, or else whoever was to own it.

    Raises Unavailable: it stays as it is.
    """
    intent = await certflow.ledger.intent(vault, name, intent_id)
    if intent is None:
        return
    now, tries = certflow.now(), intent.tries + 1
    if tries < MOST_SETTLING:
        await certflow.ledger.finish(replace(intent, tries=tries, due=now + pause_after(tries, 0)))
        return
    data = {
        "vault": vault,
        "name": intent.name,
        "owner": (intent.takeover and intent.takeover.owner) or intent.owner,
        "signer": intent.signer,
        "requested_by": intent.by.name,
        "reason": printed(reason, MOST_REASON),
    }
    event = Event(
        id=f"{vault}:{name.lower()}:{hashlib.sha256(intent.id.encode()).hexdigest()[:32]}:unsettled:{int(intent.due.timestamp())}",
        type=UNSETTLED,
        subject=f"vaults/{vault}/certificates/{intent.name}",
        time=now,
        vault=vault,
        name=intent.name,
        data={key: value for key, value in data.items() if value is not None},
    )
    record("intent-given-up", level=logging.ERROR, vault=vault, name=name, reason=reason)
    await certflow.ledger.add_event(event)
    await certflow.ledger.forget(intent)
    await publish(certflow, (event,))


async def _muted(certflow: Certflow, request: TrackedRequest, seen: Operation | Gone) -> datetime | None:
    """Until when the certificate's tag wants no reminders; asked for only where one is due."""
    in_progress = isinstance(seen, Operation) and seen.status is Status.IN_PROGRESS
    if not in_progress or not is_reminder_due(request, certflow.now()):
        return None
    return muted_until(await certflow.vault(request.vault).tags(request.name), certflow.now())


async def call_first_looks(certflow: Certflow, request: TrackedRequest, *, after_an_act: bool = False) -> None:
    """Calls for looks seconds after a start that an issuer answers, or after another act of a caller: the timer is too
    slow for the first minute. Without them it comes to the same, a little later.
    """
    if (is_manual(request.issuer) and not after_an_act) or request.status is not Status.IN_PROGRESS:
        return
    message = {"vault": request.vault, "name": request.name, "request_id": request.request_id}
    try:
        usual = await certflow.watchbook.usual(request.vault, request.issuer)
        for after in first_looks(usual):
            await certflow.work.put(LOOKS, message, after)
    except Unavailable as error:
        record("first-looks-left", level=logging.WARNING, vault=request.vault, name=request.name, reason=str(error))


async def _learn(certflow: Certflow, ended: TrackedRequest) -> None:
    """How long the issuer took. A hint for later first looks, so a fault here is nobody's trouble."""
    if ended.ended is None or is_manual(ended.issuer) or ended.status not in {Status.COMPLETED, Status.FAILED}:
        return
    try:
        await certflow.watchbook.learn(ended.vault, ended.issuer, (ended.ended - ended.created).total_seconds())
    except Unavailable as error:
        record("not-learned", level=logging.WARNING, vault=ended.vault, issuer=ended.issuer, reason=str(error))


async def _uncount(certflow: Certflow, ended: TrackedRequest) -> None:
    """A renewal that came to nothing leaves its place under the day's cap to another; each version is tried once."""
    if ended.origin is not Origin.RENEWAL or ended.status is Status.COMPLETED:
        return
    try:
        await certflow.watchbook.uncount_renewal(ended.vault, ended.created.date())
    except Unavailable as error:
        record("renewal-not-uncounted", level=logging.WARNING, vault=ended.vault, name=ended.name, reason=str(error))
