"""Domain events: what happened, for the notifier and whoever else subscribes (CloudEvents 1.0 on the topic)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ISSUANCE = "Certflow.Issuance."
ACKNOWLEDGED = "Certflow.Issuance.Acknowledged"
UNSETTLED = "Certflow.Issuance.Unsettled"
CHAIN_MERGED = "Certflow.Chain.Merged"
CHAIN_REJECTED = "Certflow.Chain.Rejected"
CHAIN_QUARANTINED = "Certflow.Chain.Quarantined"
CHAIN_STUCK = "Certflow.Chain.Stuck"
CHAIN_HELD_UP = "Certflow.Chain.HeldUp"
CHAIN_WAITING = "Certflow.Chain.Waiting"
KEY_RECEIVED = "Certflow.Chain.KeyReceived"
NEAR_EXPIRY = "Certflow.Certificate.NearExpiry"
EXPIRED = "Certflow.Certificate.Expired"
CHANGED_BY_OTHERS = "Certflow.Certificate.ChangedByOthers"
RENEWAL_STOPPED = "Certflow.Certificate.RenewalStopped"
ISSUER_TROUBLED = "Certflow.Issuer.Troubled"
VAULT_SURVEYED = "Certflow.Vault.Surveyed"
SETTING_WRONG = "Certflow.Setting.Wrong"
DIGEST = "Certflow.Digest.Daily"
WORK_LIST = "Certflow.Signer.WorkList"
TRUST_CHANGED = "Certflow.Trust.Changed"
TRUST_MISPLACED = "Certflow.Trust.Misplaced"
NOTICE_REFUSED = "Certflow.Notice.Refused"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. The id is deterministic, so that an event told twice can be recognised.

    `vault` and `name` say whose event it is, None for a drop that belongs to no request.
    """

    id: str
    type: str
    subject: str
    time: datetime
    vault: str | None = None
    name: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
