"""Starting a request: once, whatever the network does, and never in place of another that nobody looked at."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from functions.issuance.adoption import adopt, people_by
from functions.issuance.certflow import Certflow
from functions.issuance.choices import ANY, SELF
from functions.issuance.errors import InvalidRequest, KeyReused, Refused, Unavailable, WayOut
from functions.issuance.journal import record
from functions.issuance.ports import Answer, Intent, Vault
from functions.issuance.recipients import not_mailed
from functions.issuance.requests import NOBODY, Actor, Doing, Gone, Operation, Origin, Status, is_manual
from functions.issuance.roles import OWNER, SIGNER
from functions.issuance.sameness import differences
from functions.issuance.tags import MOST_TAGS
from functions.issuance.tags import OWNER as OWNERS_TAG
from functions.issuance.tags import SIGNER as SIGNERS_TAG
from functions.issuance.takeover import DEFAULTS, takeover_of
from functions.issuance.usage_checks import CLIENT, SERVER
from functions.issuance.watch import NOT_FOUND, begin_to_watch, keep_answer, record_seen, standing, stored_policy, told

# Longer than a start can take; then the sweep asks Key Vault what became of it.
INTENT_PATIENCE = timedelta(minutes=2)
WAIT_FOR_ANSWER = 5  # seconds, a second a try: a repetition writes down at once what it was told
BAD_REQUEST, FORBIDDEN, CONFLICT = 400, 403, 409

IfPending = Literal["reject", "adopt", "replace"]


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. `body` is Key Vault's own create body, checked already; the rest is ours.

    `renews` is the thumbprint of the version that a renewal of ours replaces; no caller's order has one.
    """

    vault: str
    name: str
    body: Mapping[str, Any]
    owner: str | None = None
    if_pending: IfPending = "reject"
    key: str | None = None
    by: Actor = NOBODY
    renews: str | None = None
    signer: str | None = None

    @property
    def origin(self) -> Origin:
        """Whose start it is: a caller's, or a renewal of ours."""
        return Origin.RENEWAL if self.renews else Origin.CALLER

    @property
    def intent_id(self) -> str:
        """The id of its intent. That of a caller is always of hexadecimal digits, so no Idempotency-Key makes that of a
        renewal.
        """
        if self.renews:
            return f"renewal-{self.renews}"
        return hashlib.sha256(self.key.encode()).hexdigest() if self.key else secrets.token_hex(16)

    def fingerprint(self) -> str:
        """The same for the same order, but for the key."""
        asked = [self.vault.lower(), self.name.lower(), self.body, self.owner, self.if_pending]
        asked += [self.signer] if self.signer else []  # older versions knew none
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Started:
    """What the caller is told: Key Vault's operation, how it came to be, and a note if there is something to know."""

    fields: Mapping[str, Any]
    request_id: str
    owner: str | None
    how: str
    note: str | None = None
    signer: str | None = None


async def start(certflow: Certflow, order: Order) -> Started:
    """Starts a request in Key Vault and begins to watch it; or adopts or replaces a pending one, if asked to.

    An intent is written first: with the storage down nothing is started, a crash after Key Vault's answer loses
    nothing, and a call repeated with its Idempotency-Key gets the first answer. Whoever owned the certificate before
    hears of it; where nobody did, whoever gets what is nobody else's hears of changes.

    Raises UnknownVault, InvalidRequest (no room for the owner's tag), Refused (an issuer that is not allowed; Key
    Vault's 4xx, with the ways out), KeyReused, Unavailable.
    """
    vault, asked = certflow.vault(order.vault), order.fingerprint()
    stands, before = await asyncio.gather(standing(vault, order.name), _before(certflow, vault, order))
    order = _tagged(order, before)
    _refuse_issuer(certflow, order, before)
    intent = Intent(
        vault=order.vault.lower(),
        name=order.name,
        id=order.intent_id,
        due=certflow.now() + INTENT_PATIENCE,
        asked=asked,
        before=stands.operation.request_id if stands else None,
        owner=order.owner,
        signer=order.signer,
        by=order.by,
        keep=order.key is not None or order.renews is not None,
        origin=order.origin,
        renews=order.renews,
        takeover=None if order.renews else takeover_of(before.owner, before.tags, before.policy, order.body),
        began=certflow.now(),
    )
    earlier = await certflow.ledger.intend(intent)
    if earlier is None:
        started = await _first(certflow, order, intent, stands)
    elif earlier.asked != intent.asked:
        raise KeyReused("This Idempotency-Key was used with another request before. Use a new key for a new request.")
    elif earlier.answer is not None:
        started = Started(**earlier.answer)
    else:
        started = await _take_up(certflow, order, earlier, stands)
    people = (not_mailed(certflow, role, text) for role, text in ((OWNER, started.owner), (SIGNER, started.signer)))
    notes = (started.note, *_hints(order, before), *people)
    return replace(started, note=" ".join(note for note in notes if note) or None)


@dataclass(frozen=True, slots=True)
class Before:
    """A certificate as it is before a start. `policy` is None if there is none, or if nobody needs to know it."""

    tags: Mapping[str, str]
    owner: str | None = None
    policy: Mapping[str, Any] | None = None
    signer: str | None = None


async def _before(certflow: Certflow, vault: Vault, order: Order) -> Before:
    """What stands there now: whoever owns it hears of a start, and the stored policy counts where none is given.

    The owner is the tag's, or that of the last request: one that was adopted has no tag. A renewal of ours knows all
    of that already, and changes nothing that anybody has to hear of.
    """
    if order.renews:
        return Before(order.body["tags"])
    tags, policy, named = await asyncio.gather(
        vault.tags(order.name),
        stored_policy(vault, order.name),
        certflow.ledger.named(order.vault.lower(), order.name),
    )
    owner, signer = people_by(tags, named)
    return Before(tags, owner, policy, signer)


def _tagged(order: Order, before: Before) -> Order:
    """The order with the tags that its version will have, and the owner and the signer that they name.

    Tags are a version's own, and a next one would have none (protocol §4.1): it gets those of the last, unless others
    are asked for. The owner is one of them: whoever is told of the certificate's end finds only those. So is the
    signer: whoever has the CSR of a next version signed.
    """
    tags = dict(order.body.get("tags", before.tags))
    owner = order.owner or tags.get(OWNERS_TAG) or (None if "tags" in order.body else before.owner)
    signer = order.signer or tags.get(SIGNERS_TAG) or (None if "tags" in order.body else before.signer)
    people = {tag: one for tag, one in ((OWNERS_TAG, owner), (SIGNERS_TAG, signer)) if one}
    tags |= people
    if len(tags) > MOST_TAGS:
        who = " and ".join(f"the {tag.rpartition('-')[2]}, who is kept as the tag {tag}" for tag in people)
        most = f"At most {MOST_TAGS - len(people)}{f' beside {who}' if who else ''}"
        raise InvalidRequest("tags", f"{most}; where none are given, those of the version before count.")
    return replace(order, owner=owner, signer=signer, body={**order.body, "tags": tags} if tags else order.body)


def _hints(order: Order, before: Before) -> Iterator[str]:
    """What will be wrong with the certificate, though Key Vault takes the policy: said while it costs nothing yet."""
    given = order.body.get("policy")
    asked = (given or before.policy or {}).get("x509_props") or {}
    if not any((asked.get("sans") or {}).values()):
        yield (
            "The policy asks for no alternative name, and browsers look nowhere else. Unless the CA adds one, delete "
            "this request and start it again with x509_props.sans.dns_names."
        )
    if given and CLIENT in asked.get("ekus", DEFAULTS["x509_props.ekus"]):
        yield (
            "The policy asks for client authentication, as Key Vault's default does. Public CAs do not grant that any "
            f'more. If one of them signs this, write "ekus": ["{SERVER}"] into x509_props.'
        )


def _refuse_issuer(certflow: Certflow, order: Order, before: Before) -> None:
    """Raises Refused (403) for an issuer that the operator does not allow. A renewal looks at that itself."""
    policy = order.body.get("policy") or before.policy or {}
    issuer = str((policy.get("issuer") or {}).get("name") or "Unknown")
    if order.renews or certflow.choices.may_issue(issuer):
        return
    whose = "asked for" if order.body.get("policy") else "in the stored policy"
    allowed = ", ".join(certflow.choices.issuers).replace(ANY, f"any but {SELF}")
    message = f"The issuer {issuer}, {whose}, may not be used here. CERTFLOW_ISSUERS allows: {allowed}."
    raise Refused(FORBIDDEN, "Forbidden", message, reason="issuer-not-allowed")


async def _first(certflow: Certflow, order: Order, intent: Intent, stands: Answer | None) -> Started:
    """The call that wrote the intent. It alone forgets it: a repetition is refused where the first call was faster.

    It may be the other way round: then what the repetition has started is the answer to both.
    """
    try:
        return await _begin(certflow, order, intent, stands)
    except Refused as error:
        answer = await _of_a_repetition(certflow, order, intent) if error.status == CONFLICT else None
        if answer is None:
            await _forget(certflow, intent)
            raise
        return Started(**answer)
    except Unavailable as error:
        if not error.maybe_done:
            await _forget(certflow, intent)
        raise


async def _of_a_repetition(certflow: Certflow, order: Order, intent: Intent) -> Mapping[str, Any] | None:
    """What a repetition of this call was told that was faster. None if what stands there came of no repetition."""
    if order.key is None or not _came_of(intent, order, await standing(certflow.vault(order.vault), order.name)):
        return None
    for _ in range(WAIT_FOR_ANSWER):
        written = await certflow.ledger.intent(intent.vault, intent.name, intent.id)
        if written is None or written.answer is not None:
            return written.answer if written else None
        await certflow.sleep(1)
    return None


async def _begin(certflow: Certflow, order: Order, intent: Intent, stands: Answer | None) -> Started:
    vault = certflow.vault(order.vault)
    pending = stands if stands and stands.operation.status is Status.IN_PROGRESS else None
    try:
        if pending and order.if_pending == "adopt":
            await _refuse_unless_same(vault, order, pending.operation)
            takeover = intent.takeover.of_owner() if intent.takeover else None
            adopted = replace(intent, what="adopted", origin=Origin.FOUND, takeover=takeover)
            return await _watched(certflow, adopted, pending)
        if pending and order.if_pending == "replace":
            return await _replace(certflow, order, intent, pending)
        return await _watched(certflow, intent, await vault.create(order.name, order.body))
    except Refused as error:
        raise await _explained(vault, order, error) from error


async def _take_up(certflow: Certflow, order: Order, earlier: Intent, stands: Answer | None) -> Started:
    """The first call with this key is still under way, or was cut off: never start a second request."""
    if found := _came_of(earlier, order, stands):
        return await _watched(certflow, earlier, found)
    try:
        return await _begin(certflow, order, earlier, stands)
    except Refused:
        # The first call may have got there between our look and our try.
        found = _came_of(earlier, order, await standing(certflow.vault(order.vault), order.name))
        if found is None:
            raise
        return await _watched(certflow, earlier, found)


def _came_of(earlier: Intent, order: Order, stands: Answer | None) -> Answer | None:
    """What stands in Key Vault, if it is the request that the first call made: newer, and for what is asked."""
    if stands is None or stands.operation.request_id == earlier.before:
        return None
    policy = order.body.get("policy")
    return None if policy and differences(policy, stands.operation.csr) else stands


async def _replace(certflow: Certflow, order: Order, intent: Intent, pending: Answer) -> Started:
    """Deletes the pending object that was looked at, and no other, and starts anew. Its owner hears of its end, also
    where it was started elsewhere.
    """
    vault, old = certflow.vault(order.vault), pending.operation
    tracked = await certflow.ledger.get(intent.vault, order.name, old.request_id)
    tracked = tracked or await adopt(certflow, intent.vault, order.name, old, order.by)
    try:
        await vault.delete_pending(order.name, old.request_id)
    except Refused as error:
        if error.status != NOT_FOUND:
            raise  # gone meanwhile is fine (create says what stands there now); forbidden is the answer
    try:
        answer = await vault.create(order.name, order.body)
    except (Refused, Unavailable):
        await record_seen(certflow, tracked, Gone(None), Doing("deleted", order.by))
        raise
    await record_seen(certflow, tracked, Gone(answer.operation.request_id), Doing("replaced", order.by))
    note = None if old.manual else f"The request at {old.issuer} that was replaced may go on there."
    return await _watched(certflow, intent, answer, "replaced", note)


async def _watched(
    certflow: Certflow, intent: Intent, answer: Answer, how: str | None = None, note: str | None = None
) -> Started:
    try:
        request, added = await begin_to_watch(certflow, intent, answer.operation, csr_out=True)
        # What is tracked already keeps its own, whoever adopts it.
        intent = replace(intent, owner=request.owner, signer=request.signer)
        if intent.what == "adopted" and not added:  # an act all the same, and a line of the history
            await record_seen(certflow, request, answer.operation, Doing(intent.what, intent.by))
    except Unavailable as error:
        # Key Vault has started it, so the caller must hear so; the intent brings it under watch.
        record("watch-delayed", level=logging.ERROR, vault=intent.vault, name=intent.name, reason=str(error))
        return Started(**told(intent, answer, how, note))
    return await _answered(certflow, intent, told(intent, answer, how, note))


async def _answered(certflow: Certflow, intent: Intent, answer: Mapping[str, Any]) -> Started:
    try:
        await keep_answer(certflow, intent, answer)
    except Exception as error:  # noqa: BLE001  Key Vault has started it, so the caller must hear so; the sweep settles it
        record("intent-left", level=logging.WARNING, vault=intent.vault, name=intent.name, reason=repr(error))
    return Started(**answer)


async def _refuse_unless_same(vault: Vault, order: Order, pending: Operation) -> None:
    policy = order.body.get("policy") or await vault.policy(order.name)
    issuer = str((policy.get("issuer") or {}).get("name") or "Unknown")
    differs = differences(policy, pending.csr)
    if issuer.lower() != pending.issuer.lower():
        differs = (*differs, f"issuer: asked {issuer}, pending {pending.issuer}")
    if differs:
        message = f"The pending request is for something else. {'; '.join(differs)}."
        raise Refused(CONFLICT, "Conflict", message, reason="pending-differs")


async def _explained(vault: Vault, order: Order, error: Refused) -> Refused:
    """Key Vault's refusal, with the ways out that apply."""
    if error.status == CONFLICT and error.inner == "ObjectIsDeletedButRecoverable":
        return _with(error, "soft-deleted", SOFT_DELETED)
    if error.status == CONFLICT:
        with suppress(Refused, Unavailable):
            stands = await standing(vault, order.name)
            if stands and stands.operation.status is Status.IN_PROGRESS:
                pending = stands.operation
                ways = MANUAL if pending.manual else ISSUERS
                return _with(error, error.reason or "pending", ways, request_id=pending.request_id)
            return _with(error, "name-taken", NAME_TAKEN)
    if error.status == BAD_REQUEST and not order.body.get("policy"):
        with suppress(Refused, Unavailable):
            if await stored_policy(vault, order.name) is None:
                return _policy_needed(order, error)
        return error
    return await _with_issuers(vault, order, error)


def _policy_needed(order: Order, error: Refused) -> Refused:
    """What Key Vault calls an invalid policy, where none was given and none is stored."""
    name = f"{order.name}.example.com"
    example = {"issuer": {"name": "Unknown"}, "x509_props": {"subject": f"CN={name}", "sans": {"dns_names": [name]}}}
    message = f"A new certificate needs a policy; only a next version can do without. Such as {json.dumps(example)}"
    return Refused(error.status, error.code, message, reason="policy-needed")


async def _with_issuers(vault: Vault, order: Order, error: Refused) -> Refused:
    """If the issuer asked for is none of the vault's: those that it has, where we may read them."""
    asked = str(((order.body.get("policy") or {}).get("issuer") or {}).get("name") or "Unknown")
    if error.status not in {400, NOT_FOUND} or is_manual(asked) or asked.lower() == "self":
        return error
    with suppress(Refused, Unavailable):
        issuers = await vault.issuers()
        if asked.lower() not in {name.lower() for name in issuers}:
            return _with(error, "issuer-unknown", (), issuers=tuple(sorted(issuers)))
    return error


MANUAL = (
    WayOut("merge", "Merge the signed chain: this completes the pending request."),
    WayOut("delete", "Delete the pending request, then create again."),
)
ISSUERS = (
    WayOut("wait", "Wait until the issuer has completed, failed or cancelled it."),
    WayOut("cancel", "Ask the issuer to cancel it."),
    WayOut("delete", "Delete the pending request, then create again; the issuer may go on with it."),
)
SOFT_DELETED = (
    WayOut("recover", "Recover the deleted certificate in Key Vault; a create then makes its next version."),
    WayOut("purge", "Purge the deleted certificate in Key Vault, if the vault allows it, then create again."),
    WayOut("rename", "Use another name."),
)
NAME_TAKEN = (
    WayOut("rename", "A key or a secret has this name; use another, or delete and purge that key or secret."),
)


def _with(error: Refused, reason: str, ways_out: tuple[WayOut, ...], **more: Any) -> Refused:
    return Refused(error.status, error.code, str(error), inner=error.inner, reason=reason, ways_out=ways_out, **more)


async def _forget(certflow: Certflow, intent: Intent) -> None:
    try:
        await certflow.ledger.forget(intent)
    except Unavailable as error:  # the sweep will ask Key Vault, find nothing of ours, and forget it then
        record("intent-left", level=logging.WARNING, vault=intent.vault, name=intent.name, reason=str(error))
