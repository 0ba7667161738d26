"""Tracking a pending operation, and keeping the answer that its caller got."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.app.context_parts import HasAccessHash, HasOptions
from functions.app.contexts import Outbox, RequestsContext
from functions.app.outbox import publish, send
from functions.model.log import record
from functions.model.request.act_facts import POLICY, facts_before_start, with_facts
from functions.model.request.act_log import log_acts
from functions.model.request.apply_state import apply_state
from functions.model.request.history import Action
from functions.model.request.new_request import track
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.ports.ledger import Intent
from functions.ports.vault import PendingOperation
from functions.requests.apply_and_save import apply_if_shown
from functions.requests.first_checks import queue_first_checks
from functions.requests.publish_csr import put_csr
from functions.requests.takeover import takeover_events
from functions.x509.public_keys import read_csr
from functions.x509.san import asked_names

ANSWER_KEPT = timedelta(hours=24)  # how long a call with an Idempotency-Key may be repeated


async def track_request(
    certflow: RequestsContext,
    intent: Intent,
    operation: Operation,
    *,
    csr_out: bool = False,
    quietly: bool = False,
) -> tuple[TrackedRequest, bool]:
    """Tracks a pending operation that came of an intent, and records its end if it has ended
    already. Raises Unavailable.

    Returns the tracked request, and whether it is new: one that is tracked already stays as it is.
    With `csr_out` the CSR of a request in progress is published first, if a person is to have it
    signed. `quietly`: there is no event, not even of its end.
    """
    now, in_progress = certflow.now(), operation.status is Status.IN_PROGRESS
    csr_url = await put_csr(certflow, intent, operation) if csr_out and in_progress else None
    change = _tracked(certflow, intent, operation, csr_url, now)
    if quietly:
        ended = apply_state(change.request, operation, now)
        change = Change(ended.request, history=(*change.history, *ended.history))
    for_owner_before = takeover_events(intent.takeover, change.request, intent.what, intent.by, now)
    change = replace(change, events=(*change.events, *for_owner_before))
    change = _with_facts(certflow, intent, change)
    request, added = await certflow.ledger.add(change)
    if added:
        await _announce(certflow, request, change)
    elif intent.what != "adopted":  # somebody else has adopted what this start has made
        await send(certflow, *for_owner_before)
    if not quietly and not in_progress:
        request = await apply_if_shown(certflow, request, operation)
    return request, added


def _tracked(
    certflow: HasOptions, intent: Intent, operation: Operation, csr_url: str | None, now: datetime
) -> Change:
    """The new request as it is to be written, with the event of its start."""
    subject, key = read_csr(operation.csr)
    return track(
        intent.vault,
        intent.name,
        operation,
        subject,
        key,
        intent.owner,
        now,
        Action(intent.what, intent.by),
        csr_url=csr_url,
        reminder_delays=certflow.options.reminder_delays,
        origin=intent.origin,
        renews=intent.renews,
        names=asked_names(operation.csr),
        signer=intent.signer,
        approval=intent.approval,
    )


def _with_facts(certflow: HasAccessHash, intent: Intent, change: Change) -> Change:
    """The change with what its act was about: the certificate before, and what is asked for."""
    owner = intent.takeover.owner if intent.takeover else None
    before = facts_before_start(owner, intent.policy_before, intent.renews)
    policy = {POLICY: intent.policy} if intent.policy else {}
    return with_facts(change, before, certflow.access_sha256, policy)


async def _announce(certflow: RequestsContext, request: TrackedRequest, change: Change) -> None:
    """Publishes the events of a request that was added, and calls for its first checks."""
    log_acts(change)
    record(
        "request-tracked",
        vault=request.vault,
        name=request.name,
        request_id=request.request_id,
        key=request.key_sha256,
    )
    await publish(certflow, change.events)
    await queue_first_checks(certflow, request)


async def save_answer(certflow: Outbox, intent: Intent, answer: Mapping[str, Any]) -> None:
    """Ends a start: keeps its answer for repetitions of the call, or forgets the intent. Raises
    Unavailable.
    """
    if intent.keep:
        await certflow.ledger.save_intent(
            replace(intent, answer=answer, due=certflow.now() + ANSWER_KEPT)
        )
    else:
        await certflow.ledger.remove_intent(intent)


def answer_of(
    intent: Intent, answer: PendingOperation, how: str | None = None, note: str | None = None
) -> dict[str, Any]:
    """What the caller of a start is told, as it is kept: the fields of create.Started. `how` is the
    intent's unless given.
    """
    return {
        "fields": answer.fields,
        "request_id": answer.operation.request_id,
        "owner": intent.owner,
        "how": how or intent.what,
        "note": note,
        **({"signer": intent.signer} if intent.signer else {}),
    }
