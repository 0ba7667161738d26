"""What a renewal has to meet at the last yes: the guards of every renewal as they are then, for
days may have passed since a scan has asked for the approval, and room in the count of the day.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial

from functions.app.contexts import ApprovedContext
from functions.approvals.renewing.renewal_guards import (
    key_vault_renews,
    recent_renewals,
    renewed_note,
    stopped_by,
)
from functions.model.approval.record import Approval
from functions.model.errors import Forbidden, Unavailable
from functions.model.log import record
from functions.model.tags import Renewal, renewal_of
from functions.ports.judge import GiveBack
from functions.ports.key_vault_objects import Policy
from functions.ports.monitoring_store import CertificateNote


class TooManyToday(Forbidden):
    """As many renewals as are allowed in a day were started in the vault today."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} renewals were started in this vault today, as many as are allowed.", "cap"
        )


async def refuse_renewal(
    certflow: ApprovedContext,
    approval: Approval,
    thumbprint: str,
    policy: Policy,
    tags: Mapping[str, str],
) -> None:
    """Raises Forbidden if a scan would not start the renewal of this version now. Raises Refused,
    Unavailable.
    """
    options, now = certflow.options, certflow.now()
    if not options.renews_in(approval.vault) or renewal_of(tags) is not Renewal.AUTO:
        raise Forbidden("Neither a tag nor a setting asks for this renewal any more.", "changed")
    if key_vault_renews(policy):
        raise Forbidden("By its policy Key Vault itself renews it now (AutoRenew).", "changed")
    note = await _note_of(certflow, approval, thumbprint)
    vault, recent = certflow.vault(approval.vault), recent_renewals(note, now)
    if stops := await stopped_by(options, vault, approval.name, policy, recent):
        reason, sentence = stops
        raise Forbidden(f"The renewal is stopped: {sentence}.", reason)


async def count_renewal(certflow: ApprovedContext, alias: str) -> GiveBack:
    """Counts a renewal of today, and returns what takes it out of the count again. Raises
    TooManyToday, Unavailable.
    """
    today, most = certflow.now().date(), certflow.options.max_renewals
    if not await certflow.monitoring_store.count_renewal(alias, today, most):
        raise TooManyToday(most)
    return partial(certflow.monitoring_store.uncount_renewal, alias, today)


async def note_renewal(certflow: ApprovedContext, approval: Approval, thumbprint: str) -> None:
    """Notes that a version was renewed, for the scans. Where the storage does not answer, the next
    scan does that: it finds the request.
    """
    now = certflow.now()
    try:
        note = await _note_of(certflow, approval, thumbprint)
        if note.renewed != thumbprint:
            noted = renewed_note(note, recent_renewals(note, now), now)
            await certflow.monitoring_store.save_note(noted)
    except Unavailable as error:
        vault, name, reason = approval.vault, approval.name, str(error)
        record("renewal-not-noted", level=logging.WARNING, vault=vault, name=name, reason=reason)


async def _note_of(
    certflow: ApprovedContext, approval: Approval, thumbprint: str
) -> CertificateNote:
    """The note on the certificate; a new one if there is none of this version."""
    known = await certflow.monitoring_store.note(approval.vault, approval.name)
    if known is None:
        return CertificateNote(approval.vault, approval.name, thumbprint)
    if known.thumbprint == thumbprint:
        return known
    return CertificateNote(known.vault, known.name, thumbprint, renewals=known.renewals)
