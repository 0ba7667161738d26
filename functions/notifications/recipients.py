"""The channels and mail addresses of a notice, and which words of callers are mailed.

A caller names the owner, the signer, the subject and a reason. If any address were accepted, a
caller could mail anybody, in its own words and from the company's sender. So owners and signers are
only mailed within the operator's domains, and mail to other addresses has no words of callers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from functions.app.contexts import NotificationsContext, PeopleContext
from functions.app.mail_domains import (
    addresses_inside,
    is_inside,
    list_of,
    own_addresses,
    owner_domains,
)
from functions.model.people.addresses import read_addresses
from functions.model.people.readers import OPERATORS, OWNER, SIGNER
from functions.model.people.signers import SignerRow, row_for
from functions.notifications.reached_channels import unnamed_channels
from functions.notifications.routing import ALL_URLS, EMAIL, GENERAL, ROLES
from functions.ports.notifications import Notice
from functions.ports.rules import Rule

# The labels of facts whose values are a caller's words.
OF_CALLERS = frozenset(
    {
        "Subject",
        "Owner",
        "Signer",
        "Requested by",
        "Done by",
        "Acknowledged by",
        "Why",
        "Error message",
    }
)
CHANGED = "Changed: "  # how the labels of a caller's changes to a certificate begin


def default_to(
    certflow: NotificationsContext, rules: Sequence[Rule] | None, notice: Notice
) -> tuple[str, ...]:
    """Where a notice goes that no rule takes: to the general channels (GENERAL), to its roles, to
    the channels that nothing else names, and to the notification URLs.

    It does not go to the general channels if each of its roles has a channel of its own, and goes
    nowhere if a work list tells the same. While the rules are invalid (None), the channels
    that they name are unknown, and get nothing.
    """
    if notice.listed and _list_of(certflow, notice):
        return ()
    have_own = all(any(map(_is_channel, _told_at(certflow, role, notice))) for role in notice.roles)
    unnamed = () if rules is None else unnamed_channels(certflow, rules)
    return (*(() if have_own else GENERAL), *notice.roles, *unnamed, ALL_URLS)


def addressed(
    certflow: PeopleContext, to: Sequence[str], notice: Notice
) -> tuple[tuple[str, ...], Notice]:
    """`to` with channels and mail addresses in place of roles, and the notice, which says so if an
    address of its owner or signer is in none of the operator's domains. A role without any address
    stands for the default mailboxes.
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
            who = (
                f"{left} of the addresses of the {one},"
                if inside
                else f"the {one}, whose address is"
            )
            facts.append(("Not told", f"{who} in none of CERTFLOW_OWNER_DOMAINS"))
    return tuple(dict.fromkeys(found)), replace(
        notice, facts=(*notice.facts, *facts)
    ) if facts else notice


def mails_of(to: Iterable[str], mailboxes: Sequence[str]) -> tuple[str, ...]:
    """The mail addresses in `to`, each once regardless of case. `email` stands for `mailboxes`."""
    found = dict[str, str]()
    for one in to:
        for address in mailboxes if one == EMAIL else (one,) if "@" in one else ():
            found.setdefault(address.lower(), address)
    return tuple(found.values())


def as_mailed(certflow: PeopleContext, notice: Notice, mails: Sequence[str]) -> Notice:
    """A notice as it is mailed: without words of callers if any of the addresses is neither the
    operator's own nor in the operator's domains.
    """
    domains, own = owner_domains(certflow), own_addresses(certflow)
    if all(mail.lower() in own or is_inside(mail, domains) for mail in mails):
        return notice
    kept = (
        fact
        for fact in notice.facts
        if fact[0] not in OF_CALLERS and not fact[0].startswith(CHANGED)
    )
    lines = (replace(line, owner=None) for line in notice.lines)
    return replace(notice, facts=tuple(kept), owner=None, signer=None, lines=tuple(lines))


def _told_at(certflow: PeopleContext, role: str, notice: Notice) -> tuple[str, ...]:
    """The channels and mail addresses of a role; `email` stands for the default mailboxes."""
    if role == OPERATORS:
        return notice.approvers or certflow.options.operators or (EMAIL,)
    if role == SIGNER and notice.to:
        return notice.to
    if inside := _named_inside(certflow, role, notice):
        return inside
    row = (
        row_for(certflow.options.signers, notice.vault, notice.name, notice.names)
        if role == SIGNER
        else None
    )
    return row.to if row else (EMAIL,)


def _named(role: str, notice: Notice) -> tuple[str, ...]:
    """The mail addresses of the owner or signer that a caller or a tag names; with the owner's,
    that of who asked for what has to be approved.
    """
    named = read_addresses({OWNER: notice.owner, SIGNER: notice.signer}.get(role)).found
    asker = read_addresses(notice.asker).found if role == OWNER else ()
    return tuple(dict.fromkeys((*named, *asker)))


def _named_inside(certflow: PeopleContext, role: str, notice: Notice) -> tuple[str, ...]:
    return addresses_inside(certflow, _named(role, notice))


def _list_of(certflow: PeopleContext, notice: Notice) -> SignerRow | None:
    return list_of(certflow, notice.signer, notice.vault, notice.name, notice.names)


def _is_channel(one: str) -> bool:
    return one != EMAIL and "@" not in one
