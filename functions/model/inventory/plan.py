"""The plan of a certificate: how often it will be renewed in a year, when, and whether by a person,
once no certificate lives longer than a limit.

The limits are those of public CAs (CA/Browser Forum, ballot SC-081v3): 200 days since 2026-03-15,
of which CAs issue 199; 100 days from 2027-03-15; 47 days from 2029-03-15. A plan applies its limit
to every certificate; `public` says for which it will count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from functions.model.inventory.record import AskedFor, CertificateRecord, IssuedCertificate
from functions.model.inventory.who_renews import Renewer, needs_person, who_renews
from functions.model.tags import Renewal, renewal_of

# From when on public CAs issue no certificate for longer than these days.
PLANNED_LIMITS = {199: date(2026, 3, 15), 100: date(2027, 3, 15), 47: date(2029, 3, 15)}
# A certificate of which so large a share of its life is left at its renewal is renewed again and
# again: what is new is nearly due itself.
MAX_SHARE_LEFT = 0.9
DEFAULT_SHARE_LEFT = 0.2  # Key Vault renews at 80 percent of the lifetime (protocol §3)
A_YEAR, MONTHS_A_YEAR = 365, 12  # days; months
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a certificate of a vault (alias) will be renewed.

    `days` is how long each new version lives, `share_left` the share of its life that is left when
    the next one is started. `public`: its version is of a public CA. `a_year` is how many renewals
    that makes; None if the policy is broken. `first` is when the version that is there is due, and
    `pause` the time between two renewals; both None for a broken one. `by_hand`: each renewal takes
    a person's time.
    """

    vault: str
    name: str
    owner: str | None
    issuer: str
    renewer: Renewer
    by_hand: bool
    days: int
    share_left: float
    public: bool = False
    a_year: float | None = None
    first: datetime | None = None
    pause: timedelta | None = None

    @property
    def is_broken(self) -> bool:
        """Whether each version is due again as soon as it is there."""
        return self.a_year is None

    def renewals(self, now: datetime, end: datetime) -> Iterator[datetime]:
        """When the renewals between two times fall: the first when it is due, at once if it is
        overdue, and the others a pause apart, which counts as a day where it is shorter.
        """
        if self.first is None or self.pause is None:
            return
        at = max(self.first, now)
        while at < end:
            yield at
            at += max(self.pause, A_DAY)


def plan_of(
    vault: str, record: CertificateRecord, limit: int, ladder: tuple[float, ...], now: datetime
) -> Plan | None:
    """The plan of a certificate under a limit in days. `ladder` has the shares of a lifetime that
    are left when owners are reminded (options): at the first of them Certflow or a person renews.

    None for one that is not to be renewed (disabled, or a tag says so and Key Vault does not renew
    it all the same), and for one whose lifetime is not known, because it has neither a version nor
    a policy that was read.
    """
    asked, renewer = asked_days(record), who_renews(record)
    by_key_vault = renewer is Renewer.KEY_VAULT
    is_left = renewal_of(record.tags) is Renewal.OFF and not by_key_vault
    if record.is_disabled or is_left or not asked:
        return None
    days = min(asked, limit)
    share = share_left(record.policy, days) if record.policy and by_key_vault else ladder[0]
    planned = Plan(
        vault=vault,
        name=record.name,
        owner=record.owner,
        issuer=record.policy.issuer if record.policy else "",
        renewer=renewer,
        by_hand=needs_person(record),
        days=days,
        share_left=share,
        public=bool(record.current and record.current.public),
    )
    return planned if share >= MAX_SHARE_LEFT else _scheduled(planned, record, ladder, now)


def asked_days(record: CertificateRecord) -> int:
    """The lifetime in days that is asked for: the months of the policy, of which twelve are 365
    days; without these the real one of the current version. 0 if neither is known.
    """
    if record.policy and record.policy.months:
        return record.policy.months * A_YEAR // MONTHS_A_YEAR
    lifetime = _lifetime(record.current) if record.current else None
    return max(1, round(lifetime / A_DAY)) if lifetime else 0


def share_left(policy: AskedFor, days: float) -> float:
    """The share of a life of so many days that is left when Key Vault renews by this policy."""
    if policy.days_before is not None:
        return policy.days_before / days
    if policy.percentage is not None:
        return 1 - policy.percentage / 100
    return DEFAULT_SHARE_LEFT


def _scheduled(
    plan: Plan, record: CertificateRecord, ladder: tuple[float, ...], now: datetime
) -> Plan:
    """A plan with its number and its times."""
    days = plan.days * (1 - plan.share_left)
    pause = timedelta(days=days)
    first = _due(plan, record, ladder) or now + pause
    return replace(plan, a_year=A_YEAR / days, first=first, pause=pause)


def _due(plan: Plan, record: CertificateRecord, ladder: tuple[float, ...]) -> datetime | None:
    """When the current version is renewed, by its real lifetime; None if there is none."""
    lifetime = _lifetime(record.current) if record.current else None
    if not record.current or not record.current.not_after or not lifetime:
        return None
    share = ladder[0]
    if record.policy and plan.renewer is Renewer.KEY_VAULT:
        share = share_left(record.policy, lifetime / A_DAY)
    return record.current.not_after - lifetime * min(share, 1)


def _lifetime(current: IssuedCertificate) -> timedelta | None:
    """How long a version lives; None if that is not known."""
    if not current.not_before or not current.not_after:
        return None
    lifetime = current.not_after - current.not_before
    return lifetime if lifetime > timedelta(0) else None
