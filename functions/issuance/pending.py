"""What can be asked of, and done to, a pending request: look, cancel, delete, merge, take its CSR."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.issuance.adoption import adopt, people_of
from functions.issuance.certflow import Certflow
from functions.issuance.certificate import Certificate
from functions.issuance.chains import Chain, Signatures, by_key
from functions.issuance.errors import ConcurrentChange, InvalidRequest, Refused, Unavailable
from functions.issuance.events import Event
from functions.issuance.examine import diagnosed
from functions.issuance.findings import ChainProblem, Finding, once_merged, warnings_of
from functions.issuance.matching import another_key, unmerged
from functions.issuance.merge import merge_once
from functions.issuance.outbox import publish
from functions.issuance.ports import Answer, Bundle
from functions.issuance.requests import Actor, Doing, Gone, Status, TrackedRequest, acknowledged
from functions.issuance.tags import MOST_TAGS, OWNER, SIGNER
from functions.issuance.takeover import changed_by_merge, taken_over
from functions.issuance.trusting import trust_for
from functions.issuance.watch import NOT_FOUND, TRIES, call_first_looks, check, record_seen, standing

NOT_FOUND_CODE = "PendingCertificateNotFound"
BAD_REQUEST, FORBIDDEN = 400, 403


@dataclass(frozen=True, slots=True)
class Address:
    """Which pending request is meant. `request_id` None: whichever stands there."""

    vault: str
    name: str
    request_id: str | None = None

    @property
    def alias(self) -> str:
        """The vault's alias as the ledger has it."""
        return self.vault.lower()


@dataclass(frozen=True, slots=True)
class Seen:
    """What Key Vault says, what we know of it, and the request whose place it took without our doing, if it did."""

    answer: Answer
    request: TrackedRequest | None
    took_place_of: str | None = None
    note: str | None = None


async def status(certflow: Certflow, address: Address) -> Seen:
    """What Key Vault says of a pending request now; records what was seen, and so can discover its end.

    Raises UnknownVault, Refused (404 says which: deleted, overwritten, another request, or none), Unavailable.
    """
    answer = await _pending(certflow, address)
    operation, named = answer.operation, await certflow.ledger.named(address.alias, address.name)
    here = operation.request_id

    def is_news(one: TrackedRequest) -> bool:
        return operation.status is not one.status if one.request_id == here else one.status is Status.IN_PROGRESS

    named = [await record_seen(certflow, one, operation) if is_news(one) else one for one in named]
    request = next((one for one in named if one.request_id == here), None)
    displaced = next((one.request_id for one in named if one.replaced_by == here), None)
    return Seen(answer, request, displaced)


async def csr(certflow: Certflow, address: Address) -> bytes:
    """The CSR of a pending request as PEM (RFC 7468 §7), ready for a CA."""
    answer = await _pending(certflow, address)
    return x509.load_der_x509_csr(answer.operation.csr).public_bytes(Encoding.PEM)


async def cancel(certflow: Certflow, address: Address, by: Actor) -> Seen:
    """Asks for cancellation; whether the issuer cancels is seen later.

    Raises Refused: 404; 400 if the request is not in progress, whatever code Key Vault uses for that.
    """
    try:
        answer = await certflow.vault(address.vault).cancel(address.name, address.request_id)
    except Refused as error:
        if error.status == NOT_FOUND:
            raise await _explained(certflow, address, error) from error
        raise await _not_in_progress(certflow, address, error) from error
    request = await _tracked(certflow, address, answer, by)
    request = await record_seen(certflow, request, answer.operation, Doing("cancelled", by))
    await call_first_looks(certflow, request, after_an_act=True)
    return Seen(answer, request)


async def delete(certflow: Certflow, address: Address, by: Actor) -> Seen:
    """Deletes the pending object; returns it as it stood. Raises Refused (404, also a second time).

    It is tracked before that: whatever becomes of this call, its owner hears of the end.
    """
    await _tracked(certflow, address, await _pending(certflow, address), by)
    try:
        answer = await certflow.vault(address.vault).delete_pending(address.name, address.request_id)
    except Refused as error:
        raise await _explained(certflow, address, error) from error
    operation = answer.operation
    request = await _tracked(certflow, address, answer, by)
    deleted = await record_seen(certflow, request, Gone(None), Doing("deleted", by))
    goes_on = operation.status is Status.IN_PROGRESS and not operation.manual
    note = f"{operation.issuer} may or may not go on with this request." if goes_on else None
    return Seen(answer, deleted, note=note)


async def acknowledge(certflow: Certflow, address: Address, until: datetime, why: str, by: Actor) -> TrackedRequest:
    """Somebody knows of a request: no reminders until then, and its owner hears of that; its end is told all the same.

    Raises Refused (404; 400 if it is not in progress).
    """
    answer = await _pending(certflow, address)
    request = await _tracked(certflow, address, answer, by)
    for _ in range(TRIES):
        if request.status is not Status.IN_PROGRESS:
            message = f"The request is {request.status}; only one that is inProgress has reminders."
            raise Refused(BAD_REQUEST, "BadParameter", message, reason="not-in-progress", request_id=request.request_id)
        change = acknowledged(request, until, why, by, certflow.now())
        try:
            saved = await certflow.ledger.save(request, change)
        except ConcurrentChange:
            request = await certflow.ledger.get(request.vault, request.name, request.request_id) or request
            continue
        await publish(certflow, change.events)
        return saved
    raise Unavailable("The request table", f"{request.name} keeps changing", retry_after=1)


async def merge(
    certflow: Certflow,
    address: Address,
    certificates: Sequence[Certificate],
    more: Mapping[str, Any],
    by: Actor,
) -> tuple[Bundle, tuple[Finding, ...]]:
    """Merges a chain given in any order; returns the version and what there is to say of the chain.

    The chain is judged as a dropped one is. What `more` changes (tags, attributes) is told to the certificate's owner.
    Raises Refused (404; 403 while an issuer works on it), ChainProblem, InvalidRequest (`more` would give the
    certificate another owner), and BadSettings in a vault that takes nobody's certificates.
    """
    answer = await _pending(certflow, address)
    request = await _tracked(certflow, address, answer, by)
    tags = await certflow.vault(request.vault).tags(request.name) if more else {}
    owner, signer = await people_of(certflow, request.vault, request.name, tags) if more else (None, None)
    more = _with_signer(_with_owner(more, request.owner or owner), request.signer or signer)
    leaves = by_key(certificates).get(request.key_sha256)
    if not leaves:
        raise another_key("the body", f"the request {request.request_id}")
    leaf, _version = unmerged(await certflow.vault(request.vault).versions(request.name), leaves)
    trust = await trust_for(certflow, request.vault)
    judged = await diagnosed(
        certflow, request.vault, request.name, leaf, certificates, answer.operation, trust, Signatures()
    )
    if judged.errors:
        raise ChainProblem.of(judged.findings)
    told = taken_over(changed_by_merge(owner, tags, more), request, "merged", by, certflow.now())
    bundle, findings = await _merged(
        certflow, request, judged.chain, Doing("merged", by, warnings_of(judged.findings)), more, told
    )
    return bundle, (*findings, *once_merged(judged.findings))


async def _merged(
    certflow: Certflow,
    request: TrackedRequest,
    chain: Chain,
    doing: Doing,
    more: Mapping[str, Any],
    told: tuple[Event, ...],
) -> tuple[Bundle, tuple[Finding, ...]]:
    """Merges, and tells what that changes. It is written first, so that a cut in between loses nothing: whoever hears
    of a change that did not come about after all is better off than one who does not hear of it.
    """
    for event in told:
        await certflow.ledger.add_event(event)
    try:
        bundle, findings = await merge_once(certflow, f"api:{secrets.token_hex(8)}", request, chain, doing, more)
    except (ChainProblem, Refused):
        await _withdraw(certflow, told)
        raise
    if findings and not _came_about(bundle, more):  # merged already, by another call with fields of its own
        await _withdraw(certflow, told)
    else:
        await publish(certflow, told)
    return bundle, findings


def _came_about(bundle: Bundle, more: Mapping[str, Any]) -> bool:
    """Whether a certificate is as the fields of a merge would have it. The call that made it so may have been cut off:
    then its event, which has the same id, still has to be sent.
    """
    attributes, tags = bundle.fields.get("attributes") or {}, bundle.fields.get("tags") or {}
    same = all(attributes.get(name) == value for name, value in (more.get("attributes") or {}).items())
    return same and more.get("tags", tags) == tags


async def _withdraw(certflow: Certflow, told: tuple[Event, ...]) -> None:
    """Takes events back that did not happen."""
    with suppress(Unavailable):
        for event in told:
            await certflow.ledger.sent(event)


def _with_owner(more: Mapping[str, Any], owner: str | None) -> Mapping[str, Any]:
    """The fields of a merge with the owner's tag: a merge completes what was started, and gives it nobody else."""
    if "tags" not in more or owner is None:
        return more
    if more["tags"].get(OWNER, owner).lower() != owner.lower():
        raise InvalidRequest(f"tags.{OWNER}", f"A merge does not change the owner, {owner}. Leave this tag out.")
    if len(more["tags"]) == MOST_TAGS and OWNER not in more["tags"]:
        raise InvalidRequest("tags", f"At most {MOST_TAGS - 1} beside the owner, who is kept as the tag {OWNER}.")
    return {**more, "tags": {**more["tags"], OWNER: owner}}


def _with_signer(more: Mapping[str, Any], signer: str | None) -> Mapping[str, Any]:
    """The fields of a merge with the signer's tag, unless they name another or have no room for it: that of a next
    version is as well told to whom CERTFLOW_SIGNERS names.
    """
    tags = more.get("tags")
    if tags is None or signer is None or SIGNER in tags or len(tags) >= MOST_TAGS:
        return more
    return {**more, "tags": {**tags, SIGNER: signer}}


async def _pending(certflow: Certflow, address: Address) -> Answer:
    try:
        return await certflow.vault(address.vault).pending(address.name, address.request_id)
    except Refused as error:
        raise await _explained(certflow, address, error) from error


async def _tracked(certflow: Certflow, address: Address, answer: Answer, by: Actor) -> TrackedRequest:
    """The tracked request of an operation; one that was started elsewhere is adopted."""
    request = await certflow.ledger.get(address.alias, address.name, answer.operation.request_id)
    if request is not None:
        return request
    return await adopt(certflow, address.alias, address.name, answer.operation, by)


async def _not_in_progress(certflow: Certflow, address: Address, error: Refused) -> Refused:
    """400 if that is why Key Vault refused; otherwise its own refusal (no permission, say)."""
    if error.status not in {BAD_REQUEST, FORBIDDEN}:
        return error
    operation = (await _pending(certflow, address)).operation
    if operation.status is Status.IN_PROGRESS:
        return error
    message = f"The request is {operation.status}; only one that is inProgress can be cancelled."
    return Refused(BAD_REQUEST, "BadParameter", message, reason="not-in-progress", request_id=operation.request_id)


async def _explained(certflow: Certflow, address: Address, error: Refused) -> Refused:
    """Key Vault's 404, and which it is: deleted, overwritten, another request is pending, or there never was one."""
    if error.status != NOT_FOUND or error.code != NOT_FOUND_CODE:
        return error
    named = await certflow.ledger.named(address.alias, address.name)
    meant = [one for one in named if address.request_id in {None, one.request_id}]
    meant = [await check(certflow, one) if one.status is Status.IN_PROGRESS else one for one in meant]
    # Asked for whichever stands there, and none does; or for one, and another may.
    stands = await standing(certflow.vault(address.vault), address.name) if address.request_id else None
    other = stands.operation.request_id if stands else None
    if other and meant:
        reason, sentence = "overwritten", f"It was overwritten: the request {other} stands in its place."
    elif other:
        reason, sentence = "another-request", f"Another request is pending: {other}."
    elif meant:
        reason, sentence = "deleted", "Its pending object was deleted."
    else:
        reason, sentence = "none", "There is no such request."
    return Refused(error.status, error.code, f"{error}. {sentence}", reason=reason, request_id=other)
