"""Merges what a caller sends: a chain for one pending request, or a file as it could be dropped. It
is validated as a dropped one is, and merged once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress

from functions.app.context_parts import HasLedger
from functions.app.contexts import ChainsContext, ManageContext, MergeContext
from functions.app.outbox import publish
from functions.approvals.elsewhere import approval_finding, ask_for_request
from functions.chains.handle_upload import Sender, outcome_of
from functions.chains.inspect import inspect_contents, validate_for
from functions.chains.match import unmerged
from functions.chains.merge import merge_once
from functions.chains.parsing.parse import parse
from functions.chains.report import Report, report_of
from functions.chains.trust_changes import trust_for
from functions.chains.unmatched import other_key_error
from functions.chains.validation.build import Chain, Signatures, by_key
from functions.chains.validation.validate import Validation
from functions.model.blob_names import MAX_LENGTH
from functions.model.errors import InvalidRequest, Refused, Unavailable
from functions.model.events.event import Event
from functions.model.findings import ChainProblem, Finding, once_merged, warnings_of
from functions.model.request.actor import Actor
from functions.model.request.certificate_changes import Takeover
from functions.model.request.history import Action
from functions.model.request.operation import Operation
from functions.model.request.tracked import TrackedRequest
from functions.model.tags import MAX_TAGS, OWNER_TAG, SIGNER_TAG
from functions.ports.key_vault_objects import MergeFields
from functions.ports.vault import Bundle
from functions.requests.adoption import people_of
from functions.requests.manage import Address, get_pending, tracked_request
from functions.requests.takeover import changed_by_merge, takeover_events
from functions.x509.certificate import Certificate
from functions.x509.describe import printed


async def merge(
    certflow: ManageContext,
    address: Address,
    certificates: Sequence[Certificate],
    more: MergeFields,
    by: Actor,
) -> tuple[Bundle, tuple[Finding, ...]]:
    """Merges a chain, given in any order; returns the certificate version and the findings.

    The chain is validated as a dropped one is. The owner of the certificate is told what `more`
    changes (tags, attributes). Raises Refused (404; 403 while an issuer works on the request),
    ChainProblem, InvalidRequest (`more` would give the certificate another owner), Unavailable, and
    BadSettings in a vault that accepts nobody's certificates.
    """
    answer = await get_pending(certflow, address)
    request = await tracked_request(certflow, address, answer, by)
    more, takeover = await _with_people(certflow, request, more)
    judged = await _validated(certflow, request, certificates, answer.operation)
    await _require_approved(certflow, request, answer.operation, by)
    told = takeover_events(takeover, request, "merged", by, certflow.now())
    doing = Action("merged", by, warnings_of(judged.findings))
    bundle, findings = await _merge_and_tell(certflow, request, judged.chain, doing, more, told)
    return bundle, (*findings, *once_merged(judged.findings))


async def _require_approved(
    certflow: ManageContext, request: TrackedRequest, pending: Operation, by: Actor
) -> None:
    """Raises ChainProblem for a request that was started elsewhere and has to be approved first,
    and asks for that.
    """
    if held := await approval_finding(certflow, request, pending):
        await ask_for_request(certflow, request, pending, by)
        raise ChainProblem(held.code, held.sentence, held.next_step)


async def return_file(certflow: ChainsContext, content: bytes, name: str, by: Actor) -> Report:
    """Merges what is in a file from the CA, as if it had been dropped, and returns its report; the
    history names the caller. Requests that the context does not show count as none.

    Nothing of the file is kept, so what would make a dropped one wait is an error here: the caller
    sends it again. Safe to repeat. Raises Unavailable, and Refused where the app has no access.
    """
    try:
        examined = await inspect_contents(certflow, parse(content))
    except ChainProblem as problem:
        return _nothing_kept(report_of(problem.findings, ()))
    file = {"name": printed(name, MAX_LENGTH), "sha256": hashlib.sha256(content).hexdigest()}
    sender = Sender(f"api:{secrets.token_hex(8)}", file, by)
    outcomes = [await outcome_of(certflow, sender, case) for case in examined.cases]
    findings = examined.findings
    if all(one.word == "merged" for one in outcomes):
        findings = once_merged(findings)
    return _nothing_kept(report_of(findings, outcomes))


def _nothing_kept(report: Report) -> Report:
    """The report of a file that was sent: it neither waits nor goes to quarantine."""
    if report["outcome"] == "quarantined":
        return report | {"outcome": "rejected"}
    if report["outcome"] != "waiting":
        return report
    leaves = [
        one | {"outcome": "rejected"} if one["outcome"] == "waiting" else one
        for one in report["leaves"]
    ]
    step = f"Nothing of this file was kept: send it again afterwards. {report['next_step']}"
    return report | {"outcome": "rejected", "leaves": leaves, "next_step": step}


async def _with_people(
    certflow: ManageContext, request: TrackedRequest, more: MergeFields
) -> tuple[MergeFields, Takeover | None]:
    """The fields of a merge with the tags of owner and signer, and what they change in the
    certificate.
    """
    if not more:
        return more, changed_by_merge(None, {}, more)
    tags = await certflow.vault(request.vault).tags(request.name)
    owner, signer = await people_of(certflow, request.vault, request.name, tags)
    more = _with_signer(_with_owner(more, request.owner or owner), request.signer or signer)
    return more, changed_by_merge(owner, tags, more)


async def _validated(
    certflow: ManageContext,
    request: TrackedRequest,
    certificates: Sequence[Certificate],
    pending: Operation,
) -> Validation:
    """Finds the leaf of a request and validates its chain. Raises ChainProblem for one that cannot
    be merged.
    """
    leaves = by_key(certificates).get(request.key_sha256)
    if not leaves:
        raise other_key_error("the body", f"the request {request.request_id}")
    vault, name = request.vault, request.name
    leaf, _version = unmerged(await certflow.vault(vault).versions(name), leaves)
    trust = await trust_for(certflow, vault)
    judged = await validate_for(
        certflow, vault, name, leaf, certificates, pending, trust, Signatures()
    )
    if judged.errors:
        raise ChainProblem.of(judged.findings)
    return judged


async def _merge_and_tell(
    certflow: MergeContext,
    request: TrackedRequest,
    chain: Chain,
    action: Action,
    more: MergeFields,
    told: tuple[Event, ...],
) -> tuple[Bundle, tuple[Finding, ...]]:
    """Merges, and publishes the events (`told`) of what that changes. They are stored before the
    merge, so that none is lost if the run is cut off: to be told of a change that was not made does
    less harm than not to be told of one that was.
    """
    for event in told:
        await certflow.ledger.add_event(event)
    try:
        bundle, findings = await merge_once(
            certflow, f"api:{secrets.token_hex(8)}", request, chain, action, more
        )
    except (ChainProblem, Refused):
        await _withdraw(certflow, told)
        raise
    if findings and not _came_about(bundle, more):
        # The leaf was merged already, by another call with fields of its own.
        await _withdraw(certflow, told)
    else:
        await publish(certflow, told)
    return bundle, findings


def _came_about(bundle: Bundle, more: MergeFields) -> bool:
    """Whether a certificate has the attributes and tags of a merge. The call that set them may have
    been cut off: then its event, which has the same id, still has to be published.
    """
    attributes, tags = bundle.fields.get("attributes") or {}, bundle.fields.get("tags") or {}
    wanted = more.get("attributes") or {}
    same = all(attributes.get(name) == value for name, value in wanted.items())
    return same and more.get("tags", tags) == tags


async def _withdraw(certflow: HasLedger, told: tuple[Event, ...]) -> None:
    """Removes the events of changes that were not made from the outbox."""
    with suppress(Unavailable):
        for event in told:
            await certflow.ledger.mark_sent(event)


def _with_owner(more: MergeFields, owner: str | None) -> MergeFields:
    """The fields of a merge with the owner's tag. Raises InvalidRequest if they name another owner,
    which only a start can set, or if they have no room for the tag.
    """
    if "tags" not in more or owner is None:
        return more
    if more["tags"].get(OWNER_TAG, owner).lower() != owner.lower():
        raise InvalidRequest(
            f"tags.{OWNER_TAG}", f"A merge does not change the owner, {owner}. Leave this tag out."
        )
    if len(more["tags"]) == MAX_TAGS and OWNER_TAG not in more["tags"]:
        raise InvalidRequest(
            "tags", f"At most {MAX_TAGS - 1} beside the owner, who is kept as the tag {OWNER_TAG}."
        )
    return {**more, "tags": {**more["tags"], OWNER_TAG: owner}}


def _with_signer(more: MergeFields, signer: str | None) -> MergeFields:
    """The fields of a merge with the signer's tag, unless they name another signer or have no room
    for it: then CERTFLOW_SIGNERS names who is told of the next version.
    """
    tags = more.get("tags")
    if tags is None or signer is None or SIGNER_TAG in tags or len(tags) >= MAX_TAGS:
        return more
    return {**more, "tags": {**tags, SIGNER_TAG: signer}}
