"""Automatic renewal: the next version of a certificate is started with the stored policy, and with
guards against too many of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import Enum

from functions.app.access import access_rules
from functions.app.context_parts import HasLedger, HasNow
from functions.app.contexts import ApprovedContext, EventsContext, MonitoringContext
from functions.app.outbox import publish
from functions.approvals.judge import decision_on
from functions.approvals.renewals import renewal_approval, why_not
from functions.model.caller import Caller
from functions.model.errors import KeyReused, Refused, Unavailable
from functions.model.events.certificates import Reason, RenewalStopped
from functions.model.events.event import Event
from functions.model.humanize import join_limited
from functions.model.issuers import is_manual
from functions.model.log import record
from functions.model.options import Options
from functions.model.request.actor import RENEWAL, ActorKind
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from functions.model.tags import OWNER_TAG, SIGNER_TAG
from functions.ports.judge import Proposal
from functions.ports.key_vault_objects import Policy
from functions.ports.monitoring_store import CertificateNote
from functions.ports.vault import CertificateItem, Vault, get_pending_or_none
from functions.requests.create import CreateCommand, CreateResult, create_request
from functions.requests.create_refusals import CONFLICT
from functions.requests.policy_diff import issuer_of
from functions.x509.certificate import load
from functions.x509.describe import printed
from functions.x509.san import names_of

MAX_A_DAY = 2  # new versions of one name
# Names and characters that are told. A certificate may have hundreds of names, Key Vault's refusals
# have any length, and the event must fit into a table row.
MAX_LOST_NAMES, MAX_REASON_SENTENCE = 10, 2000
A_DAY = timedelta(days=1)
OLD_NAME = "certflow-renew"  # of renewals in rows that had no origin


async def renew(
    certflow: ApprovedContext, entry: CertificateItem, note: CertificateNote
) -> tuple[CertificateNote, bool]:
    """Starts the next version of a certificate, once for each version that comes to its end.
    Returns the note as it then is, for the caller to write, and whether a version was started now.
    The caller has seen that a tag asks for it, and that it was not done yet.

    None is started where the policy's own AutoRenew does it, or while a request is pending or an
    approval of it is: that starts it at the last yes. What
    Key Vault refuses, or a guard stops, is told and not tried again for this version. Raises
    Unavailable, and Refused where the app has no access; the next inventory scan tries again.
    """
    try:
        return await _renew(certflow, entry, note)
    except Refused as error:
        if error.of_access:
            raise
        return await _stop(certflow, entry, note, "refused", f"{error.code}: {error}"), False


async def _renew(
    certflow: ApprovedContext, entry: CertificateItem, note: CertificateNote
) -> tuple[CertificateNote, bool]:
    """Does as renew does. Raises Refused for whatever Key Vault refuses, Unavailable."""
    since = certflow.now() - A_DAY
    recent = tuple(at for at in note.renewals if at > since)
    if await _started_before(certflow, entry.name, note):
        return _noted(certflow, note, recent), True
    vault = certflow.vault(note.vault)
    stands = await get_pending_or_none(vault, entry.name)
    if stands and stands.operation.status is Status.IN_PROGRESS:
        return note, await _is_starting(certflow, entry.name, note, stands.operation.request_id)
    policy = await vault.policy(entry.name)
    if _key_vault_renews(policy):
        return note, False
    stops = await _guard(certflow.options, vault, entry.name, policy, recent)
    stops = stops or await _condition(certflow, entry, note, policy)
    if isinstance(stops, Waits):
        return note, False
    if stops:
        return await _stop(certflow, entry, note, *stops), False
    return await _start_within_cap(certflow, entry, note, recent)


async def _is_starting(
    certflow: HasLedger, name: str, note: CertificateNote, request_id: str
) -> bool:
    """Whether the pending request comes of a start of ours that has not tracked it yet."""
    known = await certflow.ledger.get(note.vault, name, request_id)
    return known is None and await certflow.ledger.is_starting(note.vault, name)


async def _start_within_cap(
    certflow: ApprovedContext,
    entry: CertificateItem,
    note: CertificateNote,
    recent: tuple[datetime, ...],
) -> tuple[CertificateNote, bool]:
    """Starts the next version if the day's cap has room for it; returns as renew does. Raises
    Refused, Unavailable.
    """
    today, limit = certflow.now().date(), certflow.options.max_renewals
    if not await certflow.monitoring_store.count_renewal(note.vault, today, limit):
        return note, False
    # A start would ask for the last version's tags (requests/create.py); here they are known.
    order = CreateCommand(
        note.vault, entry.name, {"tags": dict(entry.tags)}, by=RENEWAL, renews=note.thumbprint
    )
    try:
        started = await _start(certflow, order, today)
    except KeyReused:
        # A run that was cut off has begun it with other tags. That counts as a renewal only once
        # there is a request.
        if await _started_before(certflow, entry.name, note):
            return _noted(certflow, note, recent), True
        return note, False
    except Refused as error:
        if error.status == CONFLICT and error.reason == "pending":
            return note, False  # another start was faster
        raise
    record("renewal-started", vault=note.vault, name=entry.name, request_id=started.request_id)
    return _noted(certflow, note, recent), True


class Waits(Enum):
    """A start that is neither made nor stopped for now."""

    FOR_APPROVAL = "approval"


type Stops = tuple[Reason, str]  # a word for programs, and a sentence


async def _guard(
    choices: Options, vault: Vault, name: str, policy: Policy, recent: tuple[datetime, ...]
) -> Stops | Waits | None:
    """Why the next version must not be started automatically: the reason as a word for programs,
    and in a sentence; None if it may be started.
    """
    if len(recent) >= MAX_A_DAY:
        return (
            "too-many-versions",
            f"{MAX_A_DAY} versions of it were started within a day, and it is near its end again",
        )
    issuer = issuer_of(policy)
    if not choices.may_issue(issuer):
        return (
            "issuer-not-allowed",
            f"CERTFLOW_ISSUERS does not allow its policy's issuer, {issuer}",
        )
    bundle = await vault.certificate(name)
    if lost := _lost(policy, bundle.version.der) if bundle else ():
        return (
            "names-would-be-lost",
            (
                "the stored policy lacks names that the certificate has: "
                f"{join_limited(lost, MAX_LOST_NAMES)}"
            ),
        )
    return None


async def _condition(
    certflow: ApprovedContext, entry: CertificateItem, note: CertificateNote, policy: Policy
) -> Stops | Waits | None:
    """Why a condition of the access file stops the next version, as _guard says it; or that it
    waits for an approval; None if it may be started. A renewal needs no grant: a tag asks for it,
    and it asks for nothing new. Raises Unavailable.
    """
    if certflow.access_files is None:
        return None
    rules, owner = await access_rules(certflow), entry.tags.get(OWNER_TAG)
    proposal = Proposal(note.vault, entry.name, None, policy, owner, owner, entry.tags)
    decision = decision_on(rules, Caller(RENEWAL), proposal, 0)
    if decision.denied:
        return "denied", f"a condition of the access file denies it: {decision.denied.rstrip('.')}"
    if not decision.approvals:
        return None
    approval = await renewal_approval(certflow, proposal, note.thumbprint, decision, rules.sha256)
    if approval is None:
        return None
    if approval.is_open:
        return Waits.FOR_APPROVAL
    return "approval-needed", why_not(approval)


async def _start(certflow: ApprovedContext, command: CreateCommand, counted: date) -> CreateResult:
    """Starts a next version. A start that failed is taken out of the day's count. If Key Vault did
    start it and only its answer was lost, it is counted when its request is found, by
    _started_before.
    """
    try:
        return await create_request(certflow, command)
    except (KeyReused, Refused, Unavailable):
        await certflow.monitoring_store.uncount_renewal(command.vault, counted)
        raise


async def _started_before(certflow: MonitoringContext, name: str, note: CertificateNote) -> bool:
    """Whether the renewal of this version is tracked already: a run was cut off before it noted
    that it had started it.
    """
    now = certflow.now()
    named = await certflow.ledger.by_name(note.vault, name)
    ours = [
        one
        for one in named
        if one.renews == note.thumbprint or _is_of_an_older_version(one, now - A_DAY)
    ]
    if any(one.status is Status.IN_PROGRESS for one in ours):
        # It was not counted, or was taken out of the count (_start). A run that was killed in
        # between has counted one too many, which does no harm.
        limit = certflow.options.max_renewals
        await certflow.monitoring_store.count_renewal(note.vault, now.date(), limit)
    return bool(ours)


def _is_of_an_older_version(request: TrackedRequest, since: datetime) -> bool:
    """Whether a request is a renewal in a row of an older version of Certflow, which had no origin
    but shows who asked. No such row can be written any more.
    """
    by = request.requested_by
    named = (
        request.origin is None
        and by is not None
        and (by.kind, by.shown) == (ActorKind.KEY, OLD_NAME)
    )
    recent = request.status is not Status.COMPLETED and request.created > since
    return named and (recent or request.status is Status.IN_PROGRESS)


def _noted(
    certflow: HasNow, note: CertificateNote, recent: tuple[datetime, ...]
) -> CertificateNote:
    """The note of a version that has been renewed. The caller writes it together with the rung: if
    a run were cut off in between, the owner would be told both of the renewal and of the end.
    """
    return replace(note, renewed=note.thumbprint, renewals=(*recent, certflow.now()))


def _key_vault_renews(policy: Policy) -> bool:
    """Whether Key Vault renews by itself, which it can only at an issuer that it has (protocol
    §3).
    """
    if is_manual(issuer_of(policy)):
        return False
    actions = (one.get("action") or {} for one in policy.get("lifetime_actions") or ())
    return any(one.get("action_type") == "AutoRenew" for one in actions)


def _lost(policy: Policy, der: bytes) -> tuple[str, ...]:
    """The names of a certificate (DER) that its policy does not ask for, regardless of case."""
    asked = (policy.get("x509_props") or {}).get("sans") or {}
    has = names_of(load(der))
    kept = {kind: {str(name).lower() for name in asked.get(kind) or ()} for kind in has}
    kept["dns_names"] |= _common_names(policy)  # a CA adds the common name to the DNS names
    lost = (name for kind, names in has.items() for name in names if name.lower() not in kept[kind])
    return tuple(sorted(lost))


def _common_names(policy: Policy) -> set[str]:
    """The common names in a policy's subject, in lower case."""
    subject = str((policy.get("x509_props") or {}).get("subject") or "")
    parts = (part.strip().lower() for part in subject.split(","))
    return {part.removeprefix("cn=") for part in parts if part.startswith("cn=")}


async def _stop(
    certflow: EventsContext,
    entry: CertificateItem,
    note: CertificateNote,
    reason: Reason,
    sentence: str,
) -> CertificateNote:
    """Stops renewing this version: the event and the note of that are one transaction."""
    told = RenewalStopped(
        vault=note.vault,
        name=entry.name,
        reason=reason,
        sentence=printed(sentence, MAX_REASON_SENTENCE),
        owner=entry.tags.get(OWNER_TAG),
        signer=entry.tags.get(SIGNER_TAG),
        not_after=entry.not_after.isoformat() if entry.not_after else None,
    )
    event = told.event(
        f"{note.vault}:{entry.name.lower()}:{note.thumbprint}:renewal-stopped",
        f"vaults/{note.vault}/certificates/{entry.name}",
        certflow.now(),
        vault=note.vault,
        name=entry.name,
    )
    stopped = replace(note, stopped=note.thumbprint)
    await certflow.monitoring_store.save_note(stopped, (event,))
    await publish(certflow, (event,))
    return stopped


def cap_reached(certflow: MonitoringContext, alias: str) -> Event:
    """The event that no more renewals are started in a vault today."""
    now, most = certflow.now(), certflow.options.max_renewals
    sentence = f"{most} renewals were started in it today, as many as are allowed"
    told = RenewalStopped(vault=alias, reason="cap", sentence=sentence)
    return told.event(f"{alias}:renewals:{now.date()}", f"vaults/{alias}", now, vault=alias)
