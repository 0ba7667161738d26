"""Starting a request: only once, whatever the network does, and never in place of another by
mistake.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from functions.app.context_parts import HasLedger, HasNow
from functions.app.contexts import CreateContext, Outbox, PeopleContext, RequestsContext
from functions.app.mail_domains import not_mailed
from functions.model.errors import Forbidden, KeyReused, Refused, Unavailable
from functions.model.log import record
from functions.model.people.readers import OWNER, SIGNER
from functions.model.request.act_facts import policy_sha256
from functions.model.request.actor import UNNAMED, Actor, Origin
from functions.model.request.history import Action
from functions.model.request.operation import NotPending, Status
from functions.model.request.tracked import TrackedRequest
from functions.ports.judge import AdmitAll, Judge, Proposal
from functions.ports.key_vault_objects import CreateFields
from functions.ports.ledger import Intent
from functions.ports.vault import (
    NOT_FOUND,
    PendingOperation,
    Vault,
    get_pending_or_none,
    stored_policy,
)
from functions.record.export import refuse_unrecorded
from functions.requests.adoption import adopt
from functions.requests.apply_and_save import apply_and_save
from functions.requests.create_refusals import (
    CONFLICT,
    explained,
    refuse_issuer,
    refuse_unless_same,
)
from functions.requests.intents import may_come_of
from functions.requests.last_version import LastVersion, hints, last_version, next_tags
from functions.requests.takeover import takeover_of
from functions.requests.track import answer_of, save_answer, track_request

# Longer than a start can take. Then the check of what is due asks Key Vault what became of it.
INTENT_TIMEOUT = timedelta(minutes=2)
WAIT_FOR_ANSWER = 5  # seconds, a second a try: a repetition stores its answer at once

IfPending = Literal["reject", "adopt", "replace"]
# How a request comes about where another one is in progress.
HOW_BY_CHOICE: dict[IfPending, str] = {
    "reject": "created",
    "adopt": "adopted",
    "replace": "replaced",
}


@dataclass(frozen=True, slots=True)
class CreateCommand:
    """What a start asks for. `body` is Key Vault's own create body, validated already; the rest is
    ours: `key` is the Idempotency-Key, `by` the caller.

    `renews` is the thumbprint of the version that an automatic renewal replaces; no caller's order
    has one. `approval` is the id of the approval after which this is started. `judge` says whether
    the caller may start what this turns out to be.
    """

    vault: str
    name: str
    body: CreateFields
    owner: str | None = None
    if_pending: IfPending = "reject"
    key: str | None = None
    by: Actor = UNNAMED
    renews: str | None = None
    approval: str | None = None
    signer: str | None = None
    judge: Judge = field(default=AdmitAll(), compare=False)

    @property
    def origin(self) -> Origin:
        """Where the request comes from: a caller, or an automatic renewal."""
        return Origin.RENEWAL if self.renews else Origin.CALLER

    @property
    def intent_id(self) -> str:
        """The id of its intent. A caller's consists of hexadecimal digits, so no Idempotency-Key
        can make the id of a renewal, or of what was approved. The key of a caller who signed in is
        that caller's own: nobody else gets the answer, or starts again in their name.
        """
        if self.renews:
            return f"renewal-{self.renews}"
        if self.approval:
            return f"approval-{self.approval}"
        if not self.key:
            return secrets.token_hex(16)
        whose = f"{self.by.tid}|{self.by.oid}|" if self.by.oid else ""
        return hashlib.sha256(f"{whose}{self.key}".encode()).hexdigest()

    @property
    def is_repeatable(self) -> bool:
        """Whether the same command may come again, and then gets the answer of the first."""
        return bool(self.key or self.renews or self.approval)

    def fingerprint(self) -> str:
        """A hash of what is asked for: the same for the same order, whatever its key."""
        asked = [self.vault.lower(), self.name.lower(), self.body, self.owner, self.if_pending]
        asked += [self.signer] if self.signer else []  # older versions knew none
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CreateResult:
    """What the caller is told: Key Vault's operation as it sent it (`fields`), how it came to be
    (`created`, `adopted`, `replaced`), and a note if there is something to know.
    """

    fields: Mapping[str, Any]
    request_id: str
    owner: str | None
    how: str
    note: str | None = None
    signer: str | None = None


async def create_request(certflow: CreateContext, command: CreateCommand) -> CreateResult:
    """Starts a request in Key Vault and tracks it; adopts or replaces a pending one, if asked to.

    An intent is written first. So nothing is started while the storage is down, a crash after Key
    Vault's answer loses nothing, and a call repeated with its Idempotency-Key gets the first
    answer. The owner before is told; where there was none, the default recipients are told of
    changes.

    Raises UnknownVault, InvalidRequest (no room for the owner's tag), Forbidden (by the judge,
    before anything is written), Refused (an issuer that is not allowed; Key Vault's 4xx, with the
    ways out), KeyReused, Unavailable.
    """
    vault, asked = certflow.vault(command.vault), command.fingerprint()
    await refuse_unrecorded(certflow)
    stands, last = await asyncio.gather(
        get_pending_or_none(vault, command.name), _last_version(certflow, vault, command)
    )
    command = with_tags_of(command, last)
    try:
        give_back = await command.judge.admit(proposal_of(command, last, stands))
    except Forbidden as error:
        if error.for_today and (first := await _first_answer(certflow, command, asked)):
            return _with_notes(certflow, command, last, first)
        raise
    intent = _intent_of(certflow, command, asked, last, stands)
    try:
        if not command.renews:  # a renewal has checked its issuer itself
            refuse_issuer(certflow, command.body.get("policy"), last.policy)
        started, is_new = await _start(certflow, command, intent, stands)
    except (Refused, KeyReused, Unavailable) as error:
        if not (isinstance(error, Unavailable) and error.maybe_done):
            await give_back()
        raise
    if not is_new:
        await give_back()
    return _with_notes(certflow, command, last, started)


async def _start(
    certflow: CreateContext, command: CreateCommand, intent: Intent, stands: PendingOperation | None
) -> tuple[CreateResult, bool]:
    """Writes the intent and starts what it is for. Returns the answer, and whether this call has
    started a request.
    """
    earlier = await certflow.ledger.add_intent(intent)
    if earlier is not None:
        return await _repeated(certflow, command, intent.asked, earlier, stands), False
    started = await _first(certflow, command, intent, stands)
    return started, started.how != "adopted"


async def _first_answer(
    certflow: HasLedger, command: CreateCommand, asked: str
) -> CreateResult | None:
    """What a repetition gets though its caller may start nothing more today: the answer of the
    first call, which was counted. None if there was none.
    """
    if command.key is None:
        return None
    vault = command.vault.lower()
    earlier = await certflow.ledger.intent(vault, command.name, command.intent_id)
    if earlier is None or earlier.answer is None or earlier.asked != asked:
        return None
    return CreateResult(**earlier.answer)


def proposal_of(
    command: CreateCommand, last: LastVersion, stands: PendingOperation | None
) -> Proposal:
    """What a command that has its tags already would start. What is adopted was started with the
    stored policy, so that counts; and the one that is sent, too, which it has to be the same as
    (refuse_unless_same), for the stored one may have changed since.
    """
    pending = stands.operation if stands else None
    in_progress = pending if pending and pending.status is Status.IN_PROGRESS else None
    how = HOW_BY_CHOICE[command.if_pending] if in_progress else HOW_BY_CHOICE["reject"]
    adopts = how == HOW_BY_CHOICE["adopt"] and last.policy is not None
    sent = command.body.get("policy")
    return Proposal(
        command.vault.lower(),
        command.name,
        None if adopts else sent,
        last.policy,
        command.owner,
        last.owner,
        command.body.get("tags", {}),
        sent if adopts else None,
        how,
        in_progress.request_id if in_progress else None,
    )


async def _last_version(certflow: HasLedger, vault: Vault, command: CreateCommand) -> LastVersion:
    """The certificate before the start. A renewal of ours knows its tags already, and changes
    nothing of which anybody has to be told; the policy says what may come of it.
    """
    if command.renews:
        policy = await stored_policy(vault, command.name)
        return LastVersion(command.body["tags"], policy=policy)
    return await last_version(certflow, vault, command.vault.lower(), command.name)


def with_tags_of(command: CreateCommand, last: LastVersion) -> CreateCommand:
    """The order with the tags that its version will have, and the people whom they name."""
    tags, (owner, signer) = next_tags(command.body, command.owner, command.signer, last)
    body: CreateFields = {**command.body, "tags": tags} if tags else command.body
    return replace(command, owner=owner, signer=signer, body=body)


def _intent_of(
    certflow: HasNow,
    command: CreateCommand,
    asked: str,
    last: LastVersion,
    pending_now: PendingOperation | None,
) -> Intent:
    """The intent of a start. `asked` is the fingerprint of the order as the caller gave it."""
    takeover, policy = None, command.body.get("policy") or last.policy
    if not command.renews:
        takeover = takeover_of(last.owner, last.tags, last.policy, command.body)
    return Intent(
        vault=command.vault.lower(),
        name=command.name,
        id=command.intent_id,
        due=certflow.now() + INTENT_TIMEOUT,
        asked=asked,
        before=pending_now.operation.request_id if pending_now else None,
        owner=command.owner,
        signer=command.signer,
        by=command.by,
        keep=command.is_repeatable,
        origin=command.origin,
        renews=command.renews,
        approval=command.approval,
        takeover=takeover,
        began=certflow.now(),
        policy_before=policy_sha256(last.policy),
        policy=policy_sha256(policy),
        effective=policy,
    )


async def _repeated(
    certflow: RequestsContext,
    command: CreateCommand,
    asked: str,
    earlier: Intent,
    pending_now: PendingOperation | None,
) -> CreateResult:
    """A call whose intent was written before: it gets the answer of the first call."""
    if earlier.asked != asked:
        raise KeyReused(
            "This Idempotency-Key was used with another request before. Use a new key for a new "
            "request."
        )
    if earlier.answer is not None:
        return CreateResult(**earlier.answer)
    return await _take_up(certflow, command, earlier, pending_now)


def _with_notes(
    certflow: PeopleContext, command: CreateCommand, last: LastVersion, started: CreateResult
) -> CreateResult:
    """The answer with a note of all that the caller should know."""
    notes = (
        started.note,
        *hints(command.body.get("policy"), last.policy),
        not_mailed(certflow, OWNER, started.owner),
        not_mailed(certflow, SIGNER, started.signer),
    )
    return replace(started, note=" ".join(note for note in notes if note) or None)


async def _first(
    certflow: CreateContext,
    command: CreateCommand,
    intent: Intent,
    pending_now: PendingOperation | None,
) -> CreateResult:
    """The start of the call that wrote the intent, which it alone may forget.

    A repetition of the call may have been faster: then what that has started is the answer to both.
    """
    try:
        return await _begin(certflow, command, intent, pending_now)
    except Refused as error:
        answer = None
        if error.status == CONFLICT:
            answer = await _answer_of_a_repetition(certflow, command, intent)
        if answer is None:
            await _forget(certflow, intent)
            raise
        return CreateResult(**answer)
    except Unavailable as error:
        if not error.maybe_done:
            await _forget(certflow, intent)
        raise


async def _answer_of_a_repetition(
    certflow: CreateContext, command: CreateCommand, intent: Intent
) -> Mapping[str, Any] | None:
    """What a faster repetition of this call was told; None if no repetition has started what stands
    in Key Vault.
    """
    if not (command.key or command.approval):
        return None
    if not _came_of(
        intent, command, await get_pending_or_none(certflow.vault(command.vault), command.name)
    ):
        return None
    for _ in range(WAIT_FOR_ANSWER):
        written = await certflow.ledger.intent(intent.vault, intent.name, intent.id)
        if written is None or written.answer is not None:
            return written.answer if written else None
        await certflow.sleep(1)
    return None


async def _begin(
    certflow: RequestsContext,
    command: CreateCommand,
    intent: Intent,
    pending_now: PendingOperation | None,
) -> CreateResult:
    """Creates, adopts or replaces, as the order says. Raises Refused with the ways out."""
    vault, policy = certflow.vault(command.vault), command.body.get("policy")
    pending = (
        pending_now if pending_now and pending_now.operation.status is Status.IN_PROGRESS else None
    )
    try:
        if pending and command.if_pending == "adopt":
            await refuse_unless_same(vault, command.name, policy, pending.operation)
            takeover = intent.takeover.of_owner() if intent.takeover else None
            adopted = replace(intent, what="adopted", origin=Origin.FOUND, takeover=takeover)
            return await _watched(certflow, adopted, pending)
        if pending and command.if_pending == "replace":
            return await _replace(certflow, command, intent, pending)
        return await _watched(certflow, intent, await vault.create(command.name, command.body))
    except Refused as error:
        raise await explained(vault, command.name, policy, error) from error


async def _take_up(
    certflow: RequestsContext,
    command: CreateCommand,
    earlier: Intent,
    pending_now: PendingOperation | None,
) -> CreateResult:
    """A repetition while the first call is still under way, or after it was cut off: it must not
    start a second request.
    """
    if found := _came_of(earlier, command, pending_now):
        return await _watched(certflow, earlier, found)
    try:
        return await _begin(certflow, command, earlier, pending_now)
    except Refused:
        # The first call may have created its request after we looked and before we tried.
        found = _came_of(
            earlier, command, await get_pending_or_none(certflow.vault(command.vault), command.name)
        )
        if found is None:
            raise
        return await _watched(certflow, earlier, found)


def _came_of(
    earlier: Intent, command: CreateCommand, pending_now: PendingOperation | None
) -> PendingOperation | None:
    """What stands in Key Vault, if the first call may have made it: it was not there before, and is
    for what is asked.
    """
    if earlier.effective is None:  # a row of an older version
        earlier = replace(earlier, effective=command.body.get("policy"))
    return pending_now if pending_now and may_come_of(earlier, pending_now.operation) else None


async def _replace(
    certflow: RequestsContext, command: CreateCommand, intent: Intent, pending: PendingOperation
) -> CreateResult:
    """Deletes the pending request that was seen, and no other, and starts a new one. The owner of
    the old one is told that it ended, also if it was started elsewhere.
    """
    vault, old = certflow.vault(command.vault), pending.operation
    tracked = await certflow.ledger.get(intent.vault, command.name, old.request_id)
    tracked = tracked or await adopt(certflow, intent.vault, command.name, old, command.by)
    try:
        await vault.delete_pending(command.name, old.request_id)
    except Refused as error:
        if error.status != NOT_FOUND:
            # 404: it is gone meanwhile, and create says what stands there now. Anything else (no
            # permission, say) is the answer.
            raise
    try:
        answer = await vault.create(command.name, command.body)
    except (Refused, Unavailable):
        await _record_end(certflow, tracked, NotPending(None), Action("deleted", command.by))
        raise
    await _record_end(
        certflow, tracked, NotPending(answer.operation.request_id), Action("replaced", command.by)
    )
    note = None if old.manual else f"The request at {old.issuer} that was replaced may go on there."
    return await _watched(certflow, intent, answer, "replaced", note)


async def _record_end(
    certflow: RequestsContext, ended: TrackedRequest, seen: NotPending, action: Action
) -> None:
    """Records the end of a request that is being replaced. Without the storage, the check of what
    is due finds that end: a fault here must not hide what has become of the new request.
    """
    try:
        await apply_and_save(certflow, ended, seen, action)
    except Unavailable as error:
        vault, name, reason = ended.vault, ended.name, str(error)
        record("end-not-recorded", level=logging.WARNING, vault=vault, name=name, reason=reason)


async def _watched(
    certflow: RequestsContext,
    intent: Intent,
    answer: PendingOperation,
    how: str | None = None,
    note: str | None = None,
) -> CreateResult:
    """Tracks what Key Vault has started, and makes the caller's answer. `how` is as in Started;
    None: as the intent says.
    """
    try:
        request, added = await track_request(certflow, intent, answer.operation, csr_out=True)
        # A request that is tracked already keeps its owner and signer, whoever adopts it.
        intent = replace(intent, owner=request.owner, signer=request.signer)
        if intent.what == "adopted" and not added:  # the history shows this adoption, too
            await apply_and_save(
                certflow, request, answer.operation, Action(intent.what, intent.by)
            )
    except Unavailable as error:
        # Key Vault has started it, so the caller must be told so; the intent has it tracked later.
        vault, name, reason = intent.vault, intent.name, str(error)
        record("watch-delayed", level=logging.ERROR, vault=vault, name=name, reason=reason)
        return CreateResult(**answer_of(intent, answer, how, note))
    return await _answered(certflow, intent, answer_of(intent, answer, how, note))


async def _answered(certflow: Outbox, intent: Intent, answer: Mapping[str, Any]) -> CreateResult:
    """Keeps the answer for repetitions, and returns it."""
    try:
        await save_answer(certflow, intent, answer)
    except Exception as error:  # noqa: BLE001  Key Vault has started it, so the caller must be told so
        # The check of what is due settles the intent.
        vault, name, reason = intent.vault, intent.name, repr(error)
        record("intent-left", level=logging.WARNING, vault=vault, name=name, reason=reason)
    return CreateResult(**answer)


async def _forget(certflow: HasLedger, intent: Intent) -> None:
    """Forgets an intent. If it stays, the check of what is due asks Key Vault, finds nothing that
    came of it, and forgets it then.
    """
    try:
        await certflow.ledger.remove_intent(intent)
    except Unavailable as error:
        vault, name, reason = intent.vault, intent.name, str(error)
        record("intent-left", level=logging.WARNING, vault=vault, name=name, reason=reason)
