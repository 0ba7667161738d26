"""Which channels and mail addresses a notice goes to, and what of callers' words goes with it.

A caller names an owner, a signer, a subject, a reason, itself: with any address that would be mail to anybody, in the
caller's words and from the company's sender. So their addresses are in the operator's domains, and those words stay in
there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from functions.issuance.addresses import ADDRESS, MOST_ADDRESSES, read_addresses
from functions.issuance.certflow import Certflow
from functions.issuance.describe import printed
from functions.issuance.roles import OPERATORS, OWNER, SIGNER
from functions.issuance.rules import EMAIL, ROLES
from functions.issuance.signers import SignerRow, row_for, row_listing
from functions.issuance.telling import Notice

OF_CALLERS = frozenset(
    {"Subject", "Owner", "Signer", "Requested by", "Done by", "Acknowledged by", "Why", "Error message"}
)
MOST_SHOWN = 100  # characters of what is no address
CHANGED = "Changed: "  # the beginning of what a caller changes of somebody's certificate


def owner_domains(certflow: Certflow) -> tuple[str, ...]:
    """The domains that owners' and signers' mail addresses may have: those of the default mailboxes and all below,
    unless others are set.
    """
    own = dict.fromkeys(_domain(address) for address in certflow.mailboxes)
    return certflow.choices.owner_domains or tuple(one for domain in own for one in (domain, f"*.{domain}"))


def is_inside(address: str, domains: Sequence[str]) -> bool:
    """Whether a mail address is in one of the domains: `example.com`, `*.example.com` (all below it), or `*`."""
    domain = _domain(address)
    return any(one in {"*", domain} or (one[:2] == "*." and domain.endswith(one[1:])) for one in domains)


def default_to(certflow: Certflow, notice: Notice) -> tuple[str, ...]:
    """Where a notice goes that no rule takes: to Teams, to those whom it is for, and to the notification URLs. Not to
    the general channel in Teams if all of them have channels of their own; and nowhere if a work list tells it.
    """
    if notice.listed and _list_of(certflow, notice):
        return ()
    have_own = all(any(map(_is_channel, _told_at(certflow, role, notice))) for role in notice.roles)
    return (*(() if have_own else ("teams",)), *notice.roles, "urls")


def addressed(certflow: Certflow, to: Sequence[str], notice: Notice) -> tuple[tuple[str, ...], Notice]:
    """`to` with channels and mail addresses in place of roles, and the notice: it says so if an address of its owner
    or signer is in none of the domains. What could go to nobody else goes to the default mailboxes.
    """
    found, facts = list[str](), list[tuple[str, str]]()
    for one in to:
        if one not in ROLES:
            found.append(one)
            continue
        if one == SIGNER and notice.listed and _list_of(certflow, notice):
            continue
        found += _told_at(certflow, one, notice)
        named, inside = _named(one, notice), _named_inside(certflow, one, notice)
        if left := len(named) - len(inside):
            who = f"{left} of the addresses of the {one}," if inside else f"the {one}, whose address is"
            facts.append(("Not told", f"{who} in none of CERTFLOW_OWNER_DOMAINS"))
    return tuple(dict.fromkeys(found)), replace(notice, facts=(*notice.facts, *facts)) if facts else notice


def list_of(
    certflow: Certflow, signer: str | None, vault: str | None, name: str | None, names: Sequence[str]
) -> SignerRow | None:
    """The row in whose work lists a request stands; None for one whose signer is told at once."""
    named = _inside(certflow, read_addresses(signer).found)
    return row_listing(certflow.choices.signers, named, vault, name, names)


def not_mailed(certflow: Certflow, role: str, text: str | None) -> str | None:
    """A sentence for whoever names an owner or a signer to whom no mail will go, in whole or in part: why, and who is
    told instead. None if all of them are told.
    """
    if not (text or "").strip():
        return None
    read = read_addresses(text)
    inside = _inside(certflow, read.found)
    outside = [one for one in read.found if one not in inside]
    why = [f"'{printed(one, MOST_SHOWN)}' is no mail address" for one in read.unread if not ADDRESS.fullmatch(one)]
    why += (
        [f"of more than {MOST_ADDRESSES} addresses the first count"] if any(map(ADDRESS.fullmatch, read.unread)) else []
    )
    # Without any way to mail, nothing is said of domains.
    why += [f"'{one}' is in none of CERTFLOW_OWNER_DOMAINS" for one in outside if certflow.mailboxes]
    if not why:
        return None
    default = "the default mailboxes (CERTFLOW_MAIL_TO)"
    instead = default if role == OWNER else f"whom CERTFLOW_SIGNERS names, or else {default}"
    others = "The other addresses are told." if inside else f"Mail goes to {instead} instead."
    return f"{role}: {', '.join(why)}. {others}"


def mails_of(to: Iterable[str], mailboxes: Sequence[str]) -> tuple[str, ...]:
    """The mail addresses among channels and addresses, each once in any case. `mailboxes` are those that `email`
    means.
    """
    found = dict[str, str]()
    for one in to:
        for address in mailboxes if one == EMAIL else (one,) if "@" in one else ():
            found.setdefault(address.lower(), address)
    return tuple(found.values())


def as_mailed(certflow: Certflow, notice: Notice, mails: Sequence[str]) -> Notice:
    """A notice as it is mailed: without callers' words where an address that a rule names is in none of the domains."""
    domains, own = owner_domains(certflow), _own(certflow)
    if all(mail.lower() in own or is_inside(mail, domains) for mail in mails):
        return notice
    kept = (fact for fact in notice.facts if fact[0] not in OF_CALLERS and not fact[0].startswith(CHANGED))
    lines = (replace(line, owner=None) for line in notice.lines)
    return replace(notice, facts=tuple(kept), owner=None, signer=None, lines=tuple(lines))


def _told_at(certflow: Certflow, role: str, notice: Notice) -> tuple[str, ...]:
    """Channels and mail addresses of a role; `email` for the default mailboxes."""
    if role == OPERATORS:
        return certflow.choices.operators or (EMAIL,)
    if role == SIGNER and notice.to:
        return notice.to
    if inside := _named_inside(certflow, role, notice):
        return inside
    row = row_for(certflow.choices.signers, notice.vault, notice.name, notice.names) if role == SIGNER else None
    return row.to if row else (EMAIL,)


def _named(role: str, notice: Notice) -> tuple[str, ...]:
    """The mail addresses of whom a caller, or a tag, names."""
    return read_addresses({OWNER: notice.owner, SIGNER: notice.signer}.get(role)).found


def _named_inside(certflow: Certflow, role: str, notice: Notice) -> tuple[str, ...]:
    return _inside(certflow, _named(role, notice))


def _inside(certflow: Certflow, addresses: Iterable[str]) -> tuple[str, ...]:
    domains, own = owner_domains(certflow), _own(certflow)
    return tuple(one for one in addresses if one.lower() in own or is_inside(one, domains))


def _list_of(certflow: Certflow, notice: Notice) -> SignerRow | None:
    return list_of(certflow, notice.signer, notice.vault, notice.name, notice.names)


def _own(certflow: Certflow) -> set[str]:
    """The addresses that the settings name, lower-case: the operator's own, in whatever domain."""
    choices = certflow.choices
    rows = [one for row in choices.signers for one in row.to]
    return {one.lower() for one in (*certflow.mailboxes, *choices.operators, *rows)}


def _is_channel(one: str) -> bool:
    return one != EMAIL and "@" not in one


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
