"""A vault's snapshot for tests of the plan: a case at each side of each threshold, and many of each kind by chance."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from functions.model.inventory.record import AskedFor, CertificateRecord, IssuedCertificate, VaultSnapshot
from tests.clock import NOW

OWNERS = ("pay@example.com", "hr@example.com", None)


def certificate(
    name: str,
    days: float | None = 199,
    age: float = 0,
    owner: str | None = None,
    renew: str | None = None,
    policy: AskedFor | None = None,
    *,
    enabled: bool = True,
    public: bool = True,
) -> CertificateRecord:
    """A certificate of a public CA, of `days`, that is `age` days old; without `days` it has no version yet."""
    tags = {"certflow-owner": owner, "certflow-renew": renew}
    began = NOW - timedelta(days=age)
    ends = began + timedelta(days=days or 0)
    issued = IssuedCertificate("v1", "a1", not_before=began, not_after=ends, public=public) if days else None
    return CertificateRecord(
        name, enabled, {key: text for key, text in tags.items() if text}, current=issued, policy=policy
    )


def auto(days_before: int | None = None, percentage: int | None = None, months: int = 12) -> AskedFor:
    """A policy by which Key Vault renews at DigiCert."""
    return AskedFor("DigiCert", months=months, action="AutoRenew", days_before=days_before, percentage=percentage)


def by_hand(months: int = 12, issuer: str = "Unknown", action: str = "EmailContacts") -> AskedFor:
    """A policy by which Key Vault renews nothing."""
    return AskedFor(issuer, months=months, action=action, percentage=80)


def edges() -> Iterator[CertificateRecord]:
    """A case at each side of each threshold, under some limit."""
    for days_before in (42, 43, 89, 90, 179, 180):
        yield certificate(f"before-{days_before}", policy=auto(days_before))
    for percentage in (10, 11, 80):
        yield certificate(f"at-{percentage}", policy=auto(percentage=percentage))
    for months in (1, 2, 3, 4, 6, 7):
        yield certificate(f"months-{months}", policy=auto(percentage=80, months=months))
    yield certificate("no-trigger", policy=auto())
    yield certificate("no-policy", days=90)
    yield certificate("no-version", days=None, policy=by_hand())
    yield certificate("nothing-known", days=None)
    yield certificate("off", renew="off", policy=by_hand(issuer="DigiCert"))
    yield certificate("off-but-auto", renew="off", policy=auto(percentage=80))
    yield certificate("off-at-unknown", renew="off", policy=by_hand(action="AutoRenew"))
    yield certificate("disabled", policy=auto(percentage=80), enabled=False)
    yield certificate("at-unknown", policy=by_hand(action="AutoRenew"))
    yield certificate("by-certflow", renew="auto", policy=by_hand(issuer="DigiCert"))
    yield certificate("by-certflow-and-hand", renew="auto", policy=by_hand())


def some(count: int, seed: int) -> Iterator[CertificateRecord]:
    """Certificates of every kind, by chance."""
    by = random.Random(seed)  # noqa: S311  nothing secret
    for number in range(count):
        days = by.choice((30, 47, 90, 199, 365, 397))
        policies = (
            None,
            auto(by.choice((1, 7, 30, 60, 276)), months=by.choice((1, 3, 6, 12))),
            auto(percentage=by.randint(1, 99)),
            by_hand(by.choice((0, 3, 12))),
            by_hand(issuer="DigiCert"),
        )
        policy, renew = by.choice(policies), by.choice((None, None, "auto", "off"))
        yield certificate(f"c{number:04}", days, by.uniform(0, days), by.choice(OWNERS), renew, policy)


def snapshot(*certificates: CertificateRecord, vault: str = "main") -> VaultSnapshot:
    """The snapshot of a vault."""
    ordered = tuple(sorted(certificates, key=lambda one: one.name))
    return VaultSnapshot(vault, NOW, NOW, ordered)
