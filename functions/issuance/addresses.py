"""Mail addresses as people write them: several, with commas or semicolons between them, and with names."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A mail address as SMTP takes it without extensions: a dot-atom (RFC 5322 §3.2.3) at a host's name (RFC 1123 §2.1), and
# not at an IP address, in brackets (RFC 5321 §4.1.3) or not, which could be any machine.
ADDRESS = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    re.ASCII | re.IGNORECASE,
)
MOST_ADDRESSES = 10  # of one text: an owner is some people, and no mailing list


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a text names: the mail addresses, each once in any case; and the parts of it that are none, or too many."""

    found: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def read_addresses(text: str | None) -> Addresses:
    """The mail addresses in `a@example.com, Doe, Ann <ann@example.com>; b@example.com`.

    Not by the standard library's reader: it makes one address of what people write as two, and two of what mail
    servers read as one (python/cpython#102988). Whatever is not sure to be an address here is none.
    """
    found, unread = dict[str, str](), list[str]()
    for some in (text or "").split(";"):
        name = list[str]()  # so far, of one with commas in it
        for part in (part.strip() for part in some.split(",")):
            address = _of_named(part) or part
            if ADDRESS.fullmatch(address):
                unread += name if address == part else ()
                name.clear()
                found.setdefault(address.lower(), address)
            elif "@" in part:
                unread.append(part)
            elif part:
                name.append(part)
        unread += name
    first, rest = list(found.values())[:MOST_ADDRESSES], list(found.values())[MOST_ADDRESSES:]
    return Addresses(tuple(first), (*unread, *rest))


def spelled(text: str | None) -> set[str]:
    """What a text about people is found by, lower-case: itself, and each address in it."""
    return {(text or "").lower(), *(one.lower() for one in read_addresses(text).found)}


def _of_named(part: str) -> str | None:
    """The address in `Ann <ann@example.com>`."""
    _name, bracket, rest = part.partition("<")
    return rest[:-1].strip() if bracket and rest.endswith(">") else None
