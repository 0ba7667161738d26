"""Which mail addresses that callers and tags name for owners and signers get mail: those in the
operator's domains, and those that a setting names (notifications/recipients.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from functions.app.contexts import PeopleContext
from functions.model.people.addresses import ADDRESS, MAX_ADDRESSES, Addresses, read_addresses
from functions.model.people.readers import OWNER
from functions.model.people.signers import SignerRow, row_listing
from functions.x509.describe import printed

MAX_ADDRESS_LETTERS = 100  # characters of a text that is no mail address


def owner_domains(certflow: PeopleContext) -> tuple[str, ...]:
    """The domains that mail addresses of owners and signers may have: those that are set, or else
    those of the default mailboxes and all domains below them.
    """
    own = dict.fromkeys(_domain(address) for address in certflow.mailboxes)
    return certflow.options.owner_domains or tuple(
        one for domain in own for one in (domain, f"*.{domain}")
    )


def is_inside(address: str, domains: Sequence[str]) -> bool:
    """Whether a mail address is in one of the domains: `example.com`, `*.example.com` (all below
    it), or `*`.
    """
    domain = _domain(address)
    return any(
        one in {"*", domain} or (one[:2] == "*." and domain.endswith(one[1:])) for one in domains
    )


def not_mailed(certflow: PeopleContext, role: str, text: str | None) -> str | None:
    """A sentence for whoever names an owner or a signer (`role`) in a text of which not all get
    mail: why, and who is told instead. None if all of them do, and for an empty text.
    """
    if not (text or "").strip():
        return None
    read = read_addresses(text)
    inside = addresses_inside(certflow, read.found)
    why = _unread(read)
    if certflow.mailboxes:  # without them no mail is sent at all, whatever the domains are
        outside = (one for one in read.found if one not in inside)
        why += [f"'{one}' is in none of CERTFLOW_OWNER_DOMAINS" for one in outside]
    if not why:
        return None
    default = "the default mailboxes (CERTFLOW_MAIL_TO)"
    instead = default if role == OWNER else f"whom CERTFLOW_SIGNERS names, or else {default}"
    others = "The other addresses get mail." if inside else f"Mail goes to {instead} instead."
    return f"{role}: {', '.join(why)}. {others}"


def _unread(read: Addresses) -> list[str]:
    """Why parts of a text get no mail: they are no addresses, or there are too many."""
    no_addresses = [one for one in read.unread if not ADDRESS.fullmatch(one)]
    why = [f"'{printed(one, MAX_ADDRESS_LETTERS)}' is no mail address" for one in no_addresses]
    if len(no_addresses) < len(read.unread):
        why.append(f"of more than {MAX_ADDRESSES} addresses the first count")
    return why


def list_of(
    certflow: PeopleContext,
    signer: str | None,
    vault: str | None,
    name: str | None,
    names: Sequence[str],
) -> SignerRow | None:
    """The row in whose work lists a request is listed; None if its signer is told at once."""
    named = addresses_inside(certflow, read_addresses(signer).found)
    return row_listing(certflow.options.signers, named, vault, name, names)


def addresses_inside(certflow: PeopleContext, addresses: Iterable[str]) -> tuple[str, ...]:
    """The mail addresses that are in one of the domains, or that a setting names."""
    domains, own = owner_domains(certflow), own_addresses(certflow)
    return tuple(one for one in addresses if one.lower() in own or is_inside(one, domains))


def own_addresses(certflow: PeopleContext) -> set[str]:
    """The addresses that settings name, lower-case. They get mail whatever their domain is."""
    choices = certflow.options
    rows = [one for row in choices.signers for one in row.to]
    return {one.lower() for one in (*certflow.mailboxes, *choices.operators, *rows)}


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
