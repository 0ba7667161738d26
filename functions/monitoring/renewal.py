"""Automatic renewal: the next version of a certificate is started with the stored policy, and with
guards against too many of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from enum import Enum

from functions.app.access import access_rules
from functions.app.context_parts import HasLedger
from functions.app.contexts import ApprovedContext, EventsContext, MonitoringContext
from functions.app.outbox import publish
from functions.approvals.judge import decision_on
from functions.approvals.renewing.renewal_guards import (
    A_DAY,
    Stops,
    key_vault_renews,
    recent_renewals,
    renewed_note,
    stopped_by,
)
from functions.approvals.renewing.renewals import renewal_approval, why_not
from functions.model.caller import Caller
from functions.model.errors import KeyReused, Refused, Unavailable
from functions.model.events.certificates import Reason, RenewalStopped
from functions.model.events.event import Event
from functions.model.log import record
from functions.model.request.actor import RENEWAL, ActorKind
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from functions.model.tags import OWNER_TAG, SIGNER_TAG
from functions.ports.judge import Proposal
from functions.ports.key_vault_objects import Policy
from functions.ports.monitoring_store import CertificateNote
from functions.ports.vault import CertificateItem, get_pending_or_none
from functions.requests.create import CreateCommand, CreateResult, create_request
from functions.requests.create_refusals import CONFLICT
from functions.x509.describe import printed

# Characters that are told: Key Vault's refusals have any length, and the event has to fit into a
# table row.
MAX_REASON_SENTENCE = 2000
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
    recent = recent_renewals(note, certflow.now())
    if await _started_before(certflow, entry.name, note):
        return renewed_note(note, recent, certflow.now()), True
    vault = certflow.vault(note.vault)
    stands = await get_pending_or_none(vault, entry.name)
    if stands and stands.operation.status is Status.IN_PROGRESS:
        return note, await _is_starting(certflow, entry.name, note, stands.operation.request_id)
    policy = await vault.policy(entry.name)
    if key_vault_renews(policy):
        return note, False
    stops: Stops | Waits | None = await stopped_by(
        certflow.options, vault, entry.name, policy, recent
    )
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
            return renewed_note(note, recent, certflow.now()), True
        return note, False
    except Refused as error:
        if error.status == CONFLICT and error.reason == "pending":
            return note, False  # another start was faster
        raise
    record("renewal-started", vault=note.vault, name=entry.name, request_id=started.request_id)
    return renewed_note(note, recent, certflow.now()), True


class Waits(Enum):
    """A start that is neither made nor stopped for now."""

    FOR_APPROVAL = "approval"


async def _condition(
    certflow: ApprovedContext, entry: CertificateItem, note: CertificateNote, policy: Policy
) -> Stops | Waits | None:
    """Why a condition of the access file stops the next version, as stopped_by says it; or that it
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
    approval = await renewal_approval(certflow, proposal, note.thumbprint, decision, rules)
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
