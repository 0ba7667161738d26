"""Settling starts that were cut off: the intent written before a start tells what to look for in
Key Vault. After a day without an answer it is given up.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from datetime import datetime
from typing import cast

from functions.app.contexts import Outbox, RequestsContext
from functions.app.outbox import publish, send
from functions.model.events.event import Event
from functions.model.events.requests import Unsettled
from functions.model.log import record
from functions.model.request.actor import SCAN
from functions.model.request.operation import Operation
from functions.model.request.request_event import who
from functions.model.timing import pause_after
from functions.ports.key_vault_objects import Policy
from functions.ports.ledger import Intent
from functions.ports.vault import get_pending_or_none
from functions.requests.adoption import adopt
from functions.requests.policy_diff import is_for
from functions.requests.takeover import takeover_events
from functions.requests.track import answer_of, save_answer, track_request
from functions.x509.describe import printed

MAX_REASON_LETTERS = 500  # characters of why a start could not be followed up
MAX_SETTLING = 32  # tries to settle an intent; with their pauses, about a day


async def settle_intent(certflow: RequestsContext, vault: str, name: str, intent_id: str) -> None:
    """Tracks what a start that was cut off has made; forgets an intent that has its answer, which
    was then kept long enough. Raises Refused, Unavailable.

    What stood in Key Vault before the start did not come of it, nor did what is for something else
    than the start: that was started elsewhere, and is tracked as such.
    """
    intent = await certflow.ledger.intent(vault, name, intent_id)
    if intent is None:
        return
    answer = (
        None
        if intent.answer
        else await get_pending_or_none(certflow.vault(intent.vault), intent.name)
    )
    if answer is None or not may_come_of(intent, answer.operation):
        await _tell_of_changes_that_stay(certflow, intent)
        if answer and answer.operation.request_id != intent.before:
            await adopt(certflow, vault, intent.name, answer.operation, SCAN, csr_out=True)
        await certflow.ledger.remove_intent(intent)
        return
    await track_request(certflow, intent, answer.operation, csr_out=True)
    await save_answer(certflow, intent, answer_of(intent, answer))


def may_come_of(intent: Intent, pending: Operation) -> bool:
    """Whether a start may have made what is pending: it was not there before, and is for the policy
    that the start was judged by, as far as that is known.
    """
    if pending.request_id == intent.before:
        return False
    return intent.effective is None or is_for(cast("Policy", intent.effective), pending)


async def _tell_of_changes_that_stay(certflow: Outbox, intent: Intent) -> None:
    """Tells the owner before what a start has changed whose request was deleted before it was
    looked for: its policy stays. A request that was deleted through us was tracked before that, so
    the ledger shows it.
    """
    if intent.answer or intent.began is None or not (intent.takeover and intent.takeover.changes):
        return
    named = await certflow.ledger.by_name(intent.vault, intent.name)
    since = [
        one for one in named if one.request_id != intent.before and one.created >= intent.began
    ]
    if since:
        first = min(since, key=lambda one: one.created)
        await send(
            certflow,
            *takeover_events(intent.takeover, first, intent.what, intent.by, certflow.now()),
        )


async def postpone_intent(
    certflow: Outbox, vault: str, name: str, intent_id: str, reason: str
) -> None:
    """Puts off an intent that could not be settled now, each time for longer. After a day it is
    given up, and the owner before is told, or else the owner that the start named.

    Raises Unavailable; the intent then stays as it is.
    """
    intent = await certflow.ledger.intent(vault, name, intent_id)
    if intent is None:
        return
    now, tries = certflow.now(), intent.tries + 1
    if tries < MAX_SETTLING:
        await certflow.ledger.save_intent(
            replace(intent, tries=tries, due=now + pause_after(tries, 0))
        )
        return
    record("intent-given-up", level=logging.ERROR, vault=vault, name=name, reason=reason)
    event = _unsettled(intent, vault, reason, now)
    await certflow.ledger.add_event(event)
    await certflow.ledger.remove_intent(intent)
    await publish(certflow, (event,))


def _unsettled(intent: Intent, vault: str, reason: str, now: datetime) -> Event:
    told = Unsettled(
        vault=vault,
        name=intent.name,
        owner=(intent.takeover and intent.takeover.owner) or intent.owner,
        signer=intent.signer,
        requested_by=intent.by.shown,
        requester=who(intent.by),
        reason=printed(reason, MAX_REASON_LETTERS),
    )
    which = hashlib.sha256(intent.id.encode()).hexdigest()[:32]
    id_ = f"{vault}:{intent.name.lower()}:{which}:unsettled:{int(intent.due.timestamp())}"
    subject = f"vaults/{vault}/certificates/{intent.name}"
    return told.event(id_, subject, now, vault=vault, name=intent.name)
