"""Requests that were started elsewhere (portal, CLI, AutoRenew) and meet a condition: no chain is
merged into them before others have said yes, and none at all where a row denies them. They are
judged by what their CSR asks for, whatever the stored policy has become since; what no CSR says
might be anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from functions.access.decide import Asked, Need, decide
from functions.access.matching.subject import read_subject
from functions.access.policy import KINDS_OF_NAMES, EffectivePolicy, effective_policy
from functions.access.verbs import Verb
from functions.app.access import access_read_now, access_rules
from functions.app.contexts import GateContext
from functions.approvals.changes import asked, failed, started
from functions.approvals.digest import digest_of
from functions.approvals.errors import BECAME
from functions.approvals.expire import expire_if_over
from functions.approvals.judge import need_of, policy_fields
from functions.approvals.save import add_approval
from functions.model.approval.ids import new_approval_id
from functions.model.approval.record import (
    APPROVAL_TTL,
    Approval,
    ApprovalOf,
    ApprovalState,
)
from functions.model.caller import Caller
from functions.model.errors import ConcurrentChange, Refused, Unavailable, UnknownVault
from functions.model.findings import AWAITING_APPROVAL, Finding
from functions.model.request.actor import SCAN, Actor, Origin
from functions.model.request.operation import Operation
from functions.model.request.tracked import TrackedRequest
from functions.ports.approvals.store import ApprovalChange
from functions.ports.vault import get_pending_or_none, stored_policy
from functions.requests.policy_diff import CURVES, key_type
from functions.x509.certificate import extension_of
from functions.x509.key_usages import ekus_of, usages_of
from functions.x509.san import asked_names, names_of
from functions.x509.usages import eku_words

NAMES_OF_CURVES = {ours: name for name, ours in CURVES.items()}
# What no CSR says, so that nobody knows it: the stored policy can be another by now.
NOT_IN_A_CSR = frozenset({"key_props.exportable", "x509_props.validity_months"})
SAID_YES = frozenset({ApprovalState.APPROVED, ApprovalState.STARTED})
GONE = "The request is not pending in Key Vault any more."
OTHERS_NOW = (
    "The access file asks for other approvals now than when this was asked for. The next chain for "
    "the request asks for them."
)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the access file says of a request that was started elsewhere. `sha256` is its hash."""

    policy: EffectivePolicy
    denied: str | None
    needs: tuple[Need, ...]
    sha256: str


async def approval_finding(
    certflow: GateContext, request: TrackedRequest, pending: Operation
) -> Finding | None:
    """What keeps a chain from its request, until that is approved or for good; None if nothing
    does. Asks nobody. Raises Refused, Unavailable.
    """
    judged = await _judged(certflow, request, pending)
    if judged is None:
        return None
    if judged.denied:
        return _denied(request, judged.denied)
    if not judged.needs:
        return None
    known = await _known(certflow, request)
    if known is not None and known.state in SAID_YES and _covers(known, judged.needs):
        return None
    if known is None or known.is_open or _is_asked_again(known, judged.needs):
        return _waits(request)
    return _ended(known)


async def ask_for_request(
    certflow: GateContext, request: TrackedRequest, pending: Operation, by: Actor
) -> None:
    """Asks for the approval of a request that was started elsewhere: once, and again where the
    access file has come to ask for others than have said yes. `by` is who sent the chain. Raises
    Refused, Unavailable.
    """
    judged = await _judged(certflow, request, pending)
    if judged is None or judged.denied or not judged.needs:
        return
    known = await _known(certflow, request)
    if known is not None and not _is_asked_again(known, judged.needs):
        return
    try:
        wanted = replace(
            _approval(certflow, request, pending, judged), caused_by=_who_caused(request, by)
        )
        await add_approval(certflow, asked(wanted))
    except ConcurrentChange:
        return  # another run has asked


async def change_at_yes(certflow: GateContext, approval: Approval) -> ApprovalChange | None:
    """What the last yes makes of the approval of a request that was started elsewhere, by the
    access file as it is now: `started`, or `failed`. None if something does not answer at the
    moment.
    """
    try:
        error = await _error_now(certflow, approval)
    except (Refused, Unavailable):
        return None
    except UnknownVault as unknown:
        error = str(unknown)
    if error:
        return failed(approval, error, certflow.now())
    return started(approval, approval.request_id or "", certflow.now())


async def _error_now(certflow: GateContext, approval: Approval) -> str | None:
    """Why an approval that all have given counts for nothing; None if it counts. Raises
    UnknownVault, Refused, Unavailable.
    """
    vault, name = approval.vault, approval.name
    request = await certflow.ledger.get(vault, name, approval.request_id or "")
    pending = await get_pending_or_none(certflow.vault(vault), name)
    if request is None or pending is None:
        return GONE
    if pending.operation.request_id != request.request_id:
        return GONE
    await access_read_now(certflow)
    judged = await _judged(certflow, request, pending.operation)
    if judged is None:
        return None
    if judged.denied:
        return f"This is denied now: {judged.denied}"
    return None if _covers(approval, judged.needs) else OTHERS_NOW


def _covers(approval: Approval, needs: tuple[Need, ...]) -> bool:
    """Whether all that the access file asks for now was asked of those who approved."""
    given = [(one.by, one.approvals) for one in approval.needs]
    return all(
        any(by == wanted.by and count >= wanted.approvals for by, count in given)
        for wanted in map(need_of, needs)
    )


def _is_asked_again(known: Approval, needs: tuple[Need, ...]) -> bool:
    """Whether the next chain asks anew after this approval: nobody has said no, and the yes of
    others is wanted now.
    """
    if known.state is ApprovalState.FAILED:
        return True
    return known.state is ApprovalState.STARTED and not _covers(known, needs)


async def _known(certflow: GateContext, request: TrackedRequest) -> Approval | None:
    """The newest approval of this request, whether it was asked for here or with its start."""
    named = await certflow.approvals.of_name(request.vault, request.name)
    found = next((one for one in named if one.request_id == request.request_id), None)
    return await expire_if_over(certflow, found) if found else None


async def _judged(
    certflow: GateContext, request: TrackedRequest, pending: Operation
) -> _Judged | None:
    """What the access file says of a request; None if it has no say in it."""
    if certflow.access_files is None or not is_from_elsewhere(request):
        return None
    stored = await stored_policy(certflow.vault(request.vault), request.name)
    policy = policy_of_request(effective_policy(None, stored), pending)
    rules = await access_rules(certflow)
    decisions = [
        decide(
            rules,
            Caller(SCAN),
            Asked(Verb.REQUEST, request.vault, request.name, one, request.owner),
        )
        for one in _either(policy)
    ]
    denied = dict.fromkeys(one.denied for one in decisions if one.denied)
    needs = {need for one in decisions for need in one.approvals}
    return _Judged(policy, "; ".join(denied) or None, tuple(sorted(needs)), rules.sha256)


def is_from_elsewhere(request: TrackedRequest) -> bool:
    """Whether nobody has started a request through Certflow. Rows of an older version have no
    origin, and name nobody of such a request.
    """
    if request.origin is None:
        return request.requested_by is None
    return request.origin is Origin.FOUND


def policy_of_request(policy: EffectivePolicy, pending: Operation) -> EffectivePolicy:
    """The stored policy with the issuer of a request, and with all that its CSR asks for."""
    policy = replace(policy, issuer=pending.issuer)
    try:
        return _as_asked(policy, x509.load_der_x509_csr(pending.csr))
    except (ValueError, UnsupportedAlgorithm):
        return replace(policy, unread=policy.unread | {"csr"})


def _as_asked(policy: EffectivePolicy, csr: x509.CertificateSigningRequest) -> EffectivePolicy:
    """A policy with all that a CSR asks for. Key Vault writes key usage, EKUs and basic constraints
    into each of its CSRs. Raises ValueError, UnsupportedAlgorithm.
    """
    found, ekus, usages = names_of(csr), ekus_of(csr), usages_of(csr)
    constraints = extension_of(csr, x509.BasicConstraints)
    return replace(
        policy,
        names={field: tuple(sorted(found[kind])) for kind, field in KINDS_OF_NAMES.items()},
        subject=read_subject(csr.subject.rfc4514_string()),
        key=_key_of(csr),
        ekus=policy.ekus if ekus is None else eku_words(ekus),
        key_usage=policy.key_usage if usages is None else usages,
        ca=policy.ca if constraints is None else constraints.ca,
    )


def _key_of(csr: x509.CertificateSigningRequest) -> str:
    """The key of a CSR as policies have it: `RSA:2048`, `EC:P-256`. It does not say whether that is
    in an HSM.
    """
    kind, _, size = key_type(csr).partition(" ")
    return f"{kind}:{NAMES_OF_CURVES.get(size, size)}"


def _either(policy: EffectivePolicy) -> tuple[EffectivePolicy, EffectivePolicy]:
    """What a request can be for whose CSR does not say whether its key may be exported. The stored
    policy says that of the next one.
    """
    return replace(policy, exportable=False), replace(policy, exportable=True)


def _approval(
    certflow: GateContext, request: TrackedRequest, pending: Operation, judged: _Judged
) -> Approval:
    shown = replace(judged.policy, unread=judged.policy.unread | NOT_IN_A_CSR)
    now, fields = certflow.now(), policy_fields(shown)
    vault, name, request_id = request.vault, request.name, request.request_id
    return Approval(
        id=new_approval_id(now),
        vault=vault,
        name=name,
        of=ApprovalOf.ELSEWHERE,
        digest=digest_of(vault, name, {}, fields, SCAN, request_id),
        body={},
        policy=fields,
        needs=tuple(map(need_of, judged.needs)),
        asked=now,
        asked_by=SCAN,
        expires=now + APPROVAL_TTL,
        owner=request.owner,
        names=tuple(asked_names(pending.csr).split()),
        sha256=judged.sha256,
        request_id=request_id,
    )


def _who_caused(request: TrackedRequest, by: Actor) -> tuple[Actor, ...]:
    """Who is signed in of those because of whom an approval is asked for: who took the request
    over, and who sent the chain.
    """
    return tuple(dict.fromkeys(one for one in (request.requested_by, by) if one and one.oid))


def _denied(request: TrackedRequest, say: str) -> Finding:
    return Finding(
        "not-approved",
        f"The request {request.request_id} for {request.name} in vault {request.vault} was started "
        f"outside Certflow, and the access file denies it: {say.rstrip('.')}.",
        "Ask whoever may write the access file. Once it is not denied any more, drop or send the "
        "file again.",
    )


def _waits(request: TrackedRequest) -> Finding:
    return Finding(
        AWAITING_APPROVAL,
        f"The request {request.request_id} for {request.name} in vault {request.vault} was started "
        "outside Certflow, and the access file wants it approved before a chain is merged.",
        "Have it approved by those who may: they get a message. Once it is approved, Certflow "
        "merges a dropped file by itself.",
    )


def _ended(known: Approval) -> Finding:
    return Finding(
        "not-approved",
        f"The request {known.request_id} for {known.name} in vault {known.vault} was started "
        f"outside Certflow, and the approval that the access file wants {BECAME[known.state]}.",
        "Start it with Certflow (a create with if_pending replace): that asks again.",
    )
