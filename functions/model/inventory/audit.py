"""The audit: what is wrong, or will be, with a certificate of the inventory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from functions.model.inventory import audit_contents as contents
from functions.model.inventory import audit_renewal as renewal
from functions.model.inventory.audit_codes import AUDIT_CODES, AuditSeverity
from functions.model.inventory.audited import Audited, Surroundings
from functions.model.inventory.lifetimes import limit_at
from functions.model.inventory.record import CertificateRecord

AUDIT_RULES: Mapping[str, Callable[[Audited], str | None]] = {
    "renew-window-swallows-life": renewal.swallowed,
    "auto-renew-becomes-self-signed": renewal.becomes_self_signed,
    "issuer-broken": renewal.issuer_broken,
    "expired-in-use": renewal.expired,
    "not-live": renewal.not_live,
    "renews-too-late": renewal.too_late,
    "nobody-renews": renewal.nobody_renews,
    "pending-and-forgotten": renewal.forgotten,
    "disabled-but-current": renewal.disabled,
    "no-owner": renewal.no_owner,
    "months-above-limit": renewal.above_limit,
    "shorter-than-asked": renewal.shorter,
    "fixed-days": renewal.fixed_days,
    "distrusted-ca": contents.distrusted_ca,
    "untrusted-ca": contents.untrusted_ca,
    "self-signed": contents.self_signed,
    "weak-key": contents.weak_key,
    "key-reused": contents.key_reused,
    "client-auth-asked": contents.client_auth,
    "names-differ-from-policy": contents.other_names,
    "wildcard": contents.wildcard,
    "exportable": contents.exportable,
}


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One finding about a certificate: its code, and a sentence of this certificate."""

    code: str
    sentence: str

    @property
    def severity(self) -> AuditSeverity:
        """How much it matters."""
        return AUDIT_CODES[self.code].severity

    @property
    def next_step(self) -> str:
        """What to do about it."""
        return AUDIT_CODES[self.code].next_step


def audit(record: CertificateRecord, around: Surroundings) -> tuple[AuditFinding, ...]:
    """The findings about a certificate, each code once, in the order of the table."""
    one = Audited(record, around)
    found = ((code, rule(one)) for code, rule in AUDIT_RULES.items())
    return tuple(AuditFinding(code, sentence) for code, sentence in found if sentence)


def time_marks(records: Collection[CertificateRecord], now: datetime) -> tuple[int, int, int]:
    """What of the time the codes of the findings depend on: the limit of public lives, how many
    certificates have ended, and how many requests are forgotten. Each goes one way only while the
    records stay the same, so equal numbers are of the same certificates.
    """
    ended = sum(one.has_ended(now) for one in records)
    forgotten = sum(renewal.waits_of(one, now) > renewal.FORGOTTEN for one in records)
    return limit_at(now), ended, forgotten
