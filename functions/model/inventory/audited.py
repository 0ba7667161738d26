"""A certificate as the rules of the audit see it: its record, and what is known beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from functions.model.inventory.lifetimes import days_of, limit_at
from functions.model.inventory.record import AskedFor, CertificateRecord, IssuedCertificate
from functions.model.inventory.who_renews import EMAIL_CONTACTS, Renewer, who_renews
from functions.model.issuers import is_manual
from functions.model.tags import Renewal, renewal_of

A_DAY = timedelta(days=1)
SELF = "self"  # the issuer by which Key Vault signs with the key itself (protocol §3)
# Providers of public CAs that Key Vault has (protocol §4.14): https://learn.microsoft.com/azure/
# key-vault/certificates/certificate-scenarios; Microsoft's own teams use OneCert.
PUBLIC_PROVIDERS = frozenset({"digicert", "globalsign", "onecertv2-publicca"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of a vault beside its certificates, at `now` (UTC).

    - `issuers`: the names of its issuers, in lower case; None if they are not known. `providers`:
      the provider of each, where that is known; without one its name counts as it.
    - `public_issuers`: the names of more issuers that are public CAs; `broken`: of those that
      refuse requests because of their account. Both in lower case.
    - `not_live`: by name in lower case, the servers that do not show the current version.
    - `trusted`: by key identifier (hex) of a CA that is known, whether one that the vault trusts is
      above it, or it is one.
    - `parents`: by key identifier of a CA that is known, that of the CA above.
    """

    now: datetime
    issuers: frozenset[str] | None = None
    providers: Mapping[str, str] = field(default_factory=dict)
    public_issuers: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    not_live: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trusted: Mapping[str, bool] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Audited:
    """A certificate among its surroundings."""

    record: CertificateRecord
    around: Surroundings

    @property
    def policy(self) -> AskedFor:
        """The policy; an empty one if it was not read."""
        return self.record.policy or AskedFor()

    @property
    def current(self) -> IssuedCertificate | None:
        """The current version, if it is enabled: a disabled one is nothing that anybody uses."""
        return self.record.current if self.record.enabled else None

    @property
    def valid(self) -> IssuedCertificate | None:
        """The current version, if it is enabled and has not ended."""
        return None if self.has_ended else self.current

    @property
    def has_ended(self) -> bool:
        """Whether the current version has ended."""
        return self.record.has_ended(self.around.now)

    @property
    def lifetime(self) -> float | None:
        """The life of the current version in days, from its first to its last second (RFC 5280
        §4.1.2.5); None if there is none.
        """
        current = self.current
        if current is None or current.not_before is None or current.not_after is None:
            return None
        return (current.not_after - current.not_before) / A_DAY

    @property
    def next_lifetime(self) -> float | None:
        """How long the next version will live, in days: as long as this one, or what the policy
        asks for where there is none yet; a public one no longer than it may now.
        """
        days = self.lifetime or (days_of(self.policy.months) if self.policy.months else None)
        return min(days, limit_at(self.around.now)) if days and self.is_public else days

    @property
    def issuer(self) -> str:
        """The name of the policy's issuer, in lower case; "" if no issuer is to sign."""
        name = self.policy.issuer.lower()
        return "" if is_manual(name) else name

    @cached_property
    def is_public(self) -> bool:
        """Whether a public CA will issue the next version: its issuer in the vault is one, or,
        where nothing is known of that, the current version says so.
        """
        issuer, around = self.issuer, self.around
        if issuer == SELF:
            return False
        provider = around.providers.get(issuer, issuer).lower()
        if provider in PUBLIC_PROVIDERS or issuer in around.public_issuers:
            return True
        current = self.record.current
        return issuer not in around.providers and current is not None and current.public

    @cached_property
    def renewer(self) -> Renewer:
        """Who renews it."""
        return who_renews(self.record)

    @property
    def auto_renews(self) -> bool:
        """Whether Key Vault starts the next version by itself."""
        return self.renewer is Renewer.KEY_VAULT

    @property
    def mails(self) -> bool:
        """Whether the policy's mail is all by which somebody hears of the end."""
        mails = self.policy.action.lower() == EMAIL_CONTACTS.lower()
        return mails and self.renewer is Renewer.PERSON and not self.record.owner

    @property
    def is_made_by_policy(self) -> bool:
        """Whether the next version will be made as the policy says; the first, where only a request
        is pending. That of an import which no issuer signs will be imported as well: Key Vault made
        its policy of the certificate (protocol §4.7).
        """
        current, pending = self.record.current, self.record.pending
        if self.record.policy is None:
            return False
        if current is None:
            return pending is not None
        if self.record.is_disabled:
            return False
        imported = current.imported and not self.issuer
        return not imported or renewal_of(self.record.tags) is Renewal.AUTO

    def left_at_renewal(self, days: float) -> float | None:
        """How many days of a life of `days` are left when the policy acts; None if nothing is
        said.
        """
        if self.policy.days_before is not None:
            return float(self.policy.days_before)
        if self.policy.percentage is not None:
            return days * (100 - self.policy.percentage) / 100
        return None
