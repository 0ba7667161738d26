"""Which mail addresses a notice goes to, and what of callers' words goes with it.

A caller names an owner, a subject, a reason, itself: with any address that would be mail to anybody, in the caller's
words and from the company's sender. So owners are in the operator's domains, and those words stay in there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from functions.issuance.certflow import Certflow
from functions.issuance.rules import OWNER, recipients
from functions.issuance.telling import Notice

OF_CALLERS = frozenset({"Subject", "Owner", "Requested by", "Done by", "Acknowledged by", "Why", "Error message"})
CHANGED = "Changed: "  # the beginning of what a caller changes of somebody's certificate


def owner_domains(certflow: Certflow) -> tuple[str, ...]:
    """The domains that owners' mail addresses may have: those of the default mailboxes and all below, unless others are
    set.
    """
    own = dict.fromkeys(_domain(address) for address in certflow.mailboxes)
    return certflow.choices.owner_domains or tuple(one for domain in own for one in (domain, f"*.{domain}"))


def is_inside(address: str, domains: Sequence[str]) -> bool:
    """Whether a mail address is in one of the domains: `example.com`, `*.example.com` (all below it), or `*`."""
    domain = _domain(address)
    return any(one in {"*", domain} or (one[:2] == "*." and domain.endswith(one[1:])) for one in domains)


def addressed(certflow: Certflow, to: Sequence[str], notice: Notice) -> tuple[tuple[str, ...], Notice]:
    """The mail addresses of a notice, and the notice: it says so if its owner's address is in none of the domains. What
    would go there goes to the default mailboxes.
    """
    domains, owner = owner_domains(certflow), notice.owner
    if owner is None or "@" not in owner or is_inside(owner, domains):
        return recipients(to, owner, certflow.mailboxes), notice
    why = ("Not told", "the owner, whose address is in none of CERTFLOW_OWNER_DOMAINS")
    told = replace(notice, facts=(*notice.facts, why)) if OWNER in to else notice
    return recipients(to, None, certflow.mailboxes), told


def as_mailed(certflow: Certflow, notice: Notice, mails: Sequence[str]) -> Notice:
    """A notice as it is mailed: without callers' words where an address that a rule names is in none of the domains."""
    domains = owner_domains(certflow)
    if all(mail in certflow.mailboxes or is_inside(mail, domains) for mail in mails):
        return notice
    kept = (fact for fact in notice.facts if fact[0] not in OF_CALLERS and not fact[0].startswith(CHANGED))
    return replace(notice, facts=tuple(kept))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
