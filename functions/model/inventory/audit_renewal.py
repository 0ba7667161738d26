"""The rules of the audit about renewals and lifetimes. Each returns a sentence, or None."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.model.humanize import join_limited
from functions.model.inventory.audited import A_DAY, SELF, Audited
from functions.model.inventory.lifetimes import days_of, limit_at
from functions.model.inventory.record import CertificateRecord
from functions.model.inventory.who_renews import Renewer
from functions.model.request.operation import Status
from functions.model.tags import Renewal, renewal_of

SWALLOWED = 0.9  # of the life, left when it is renewed
TOO_LATE, FEW_DAYS, OF_A_SHORT_LIFE = 0.1, 7, 1 / 3  # of the life; days; of a life below 21 days
SHORTER = 0.9  # of what is asked for
OF_ROUNDING = 1 / 86400  # a second, in days: products of shares and days are not exact
FORGOTTEN = timedelta(days=14)
MAX_HOSTS = 5


def swallowed(one: Audited) -> str | None:
    """Whether renewal follows upon renewal."""
    days = one.next_lifetime
    left = one.left_at_renewal(days) if days and one.auto_renews else None
    if days is None or left is None or left < SWALLOWED * days - OF_ROUNDING:
        return None
    return (
        f"Key Vault renews it with {left:.0f} days left, and it lives {days:.0f}: each version is "
        "renewed as soon as it is there."
    )


def too_late(one: Audited) -> str | None:
    """Whether little time is left when something happens."""
    days = one.next_lifetime
    acts = one.valid is not None and (one.auto_renews or one.mails)
    left = one.left_at_renewal(days) if days and acts else None
    if days is None or left is None or left >= max(TOO_LATE * days, _few(days)) - OF_ROUNDING:
        return None
    what = "is renewed" if one.auto_renews else "is mailed about"
    return f"It {what} with {left:.1f} of its {days:.0f} days left."


def _few(days: float) -> float:
    return min(FEW_DAYS, OF_A_SHORT_LIFE * days)


def becomes_self_signed(one: Audited) -> str | None:
    """Whether the next version has no CA any more."""
    current = one.current
    if current is None or current.self_signed or current.unread:
        return None
    if not one.auto_renews or one.issuer != SELF:
        return None
    return f"Key Vault will replace this certificate of {current.ca} by a self-signed one."


def issuer_broken(one: Audited) -> str | None:
    """Whether the issuer of the next version cannot sign."""
    starts = one.renewer in {Renewer.KEY_VAULT, Renewer.CERTFLOW}
    if not starts or not one.issuer or one.issuer == SELF:
        return None
    name, around = one.policy.issuer, one.around
    if one.issuer in around.broken:
        return f"The issuer {name} refuses requests because of its account or credentials."
    if around.issuers is not None and one.issuer not in around.issuers:
        return f"The vault has no issuer {name}."
    return None


def expired(one: Audited) -> str | None:
    """Whether the current version is enabled although it has ended."""
    ends = one.record.not_after
    if one.current is None or ends is None or not one.has_ended:
        return None
    return f"It ended on {ends:%Y-%m-%d}, and is enabled."


def not_live(one: Audited) -> str | None:
    """Whether a server does not show it."""
    hosts = one.around.not_live.get(one.record.name.lower(), ()) if one.current else ()
    if not hosts:
        return None
    return f"These do not show the current version: {join_limited(hosts, MAX_HOSTS)}."


def nobody_renews(one: Audited) -> str | None:
    """Whether nobody renews it, without anybody having said that it is not to be renewed."""
    if one.valid is None or one.renewer is not Renewer.NOBODY:
        return None
    if renewal_of(one.record.tags) is Renewal.OFF:
        return None
    ends = one.record.not_after
    return f"It ends on {ends:%Y-%m-%d}, and nobody hears of that." if ends else "It has no end."


def forgotten(one: Audited) -> str | None:
    """Whether a request has been pending for long."""
    waits = waits_of(one.record, one.around.now)
    if waits <= FORGOTTEN:
        return None
    since = one.around.now - waits
    return f"A request has been pending since {since:%Y-%m-%d}, for {waits // A_DAY} days."


def waits_of(record: CertificateRecord, now: datetime) -> timedelta:
    """For how long a request has been in progress, as far as scans know; 0 if none is."""
    pending = record.pending
    if pending is None or pending.since is None or pending.status != Status.IN_PROGRESS:
        return timedelta(0)
    return now - pending.since


def disabled(one: Audited) -> str | None:
    """Whether a version that could be used is disabled."""
    if one.record.enabled or one.record.current is None or one.has_ended:
        return None
    return "Its current version is disabled."


def no_owner(one: Audited) -> str | None:
    """Whether nobody is named."""
    return "It has no owner." if one.current and not one.record.owner else None


def above_limit(one: Audited) -> str | None:
    """Whether the policy asks for more than a public CA may issue."""
    days, limit = days_of(one.policy.months), limit_at(one.around.now)
    if not one.is_made_by_policy or not one.is_public or days <= limit:
        return None
    return f"Its policy asks for {one.policy.months} months, and public CAs issue {limit} days."


def shorter(one: Audited) -> str | None:
    """Whether the CA issued less than the policy asks for."""
    days, asked = one.lifetime, days_of(one.policy.months)
    if not one.valid or not one.is_made_by_policy or days is None or days >= SHORTER * asked:
        return None
    return f"Its policy asks for {one.policy.months} months, and it lives {days:.0f} days."


def fixed_days(one: Audited) -> str | None:
    """Whether the policy counts in days. Where those swallow the life, that is said alone."""
    if not one.valid or not one.is_public or one.policy.days_before is None:
        return None
    if not one.auto_renews and not one.mails:
        return None
    if swallowed(one):
        return None
    return f"Its policy acts {one.policy.days_before} days before the end."
