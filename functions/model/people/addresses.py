"""Reads mail addresses as people write them: several, separated by commas or semicolons, with or
without names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# A mail address as SMTP takes it without extensions: a dot-atom (RFC 5322 §3.2.3) at a host's name
# (RFC 1123 §2.1), and not at an IP address, in brackets (RFC 5321 §4.1.3) or not, which could be
# any machine.
ADDRESS = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    re.ASCII | re.IGNORECASE,
)
MAX_ADDRESSES = 10  # in one text: an owner is a few people, not a mailing list


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a text names: `found` are the mail addresses, each once in any case; `unread` are the
    parts that are no address, and the addresses beyond MAX_ADDRESSES.
    """

    found: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def read_addresses(text: str | None) -> Addresses:
    """Reads the mail addresses in `a@example.com, Doe, Ann <ann@example.com>; b@example.com`.

    It does not use the standard library's parser, which makes one address of what people write as
    two, and two of what mail servers read as one (python/cpython#102988). What is not certainly an
    address counts as none.
    """
    found, unread = dict[str, str](), list[str]()
    for some in (text or "").split(";"):
        name = list[str]()  # the parts so far of a name with commas in it
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
    first, rest = list(found.values())[:MAX_ADDRESSES], list(found.values())[MAX_ADDRESSES:]
    return Addresses(tuple(first), (*unread, *rest))


def spelled(text: str | None) -> set[str]:
    """The words by which a text about people is found, lower-case: the text itself, and each
    address in it.
    """
    return {(text or "").lower(), *(one.lower() for one in read_addresses(text).found)}


def _of_named(part: str) -> str | None:
    """The address in `Ann <ann@example.com>`."""
    _name, bracket, rest = part.partition("<")
    return rest[:-1].strip() if bracket and rest.endswith(">") else None
