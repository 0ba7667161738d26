"""The patterns of `ips`, `emails`, `upns` and `uris`, and the names that they grant."""

from __future__ import annotations

import ipaddress
from urllib.parse import unquote

from functions.access.matching.patterns import matches
from functions.model.people.addresses import ADDRESS

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_network(text: str) -> Network:
    """Reads `10.1.0.0/16` or one address. Raises ValueError."""
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"'{text}' is no IP address and no network such as 10.1.0.0/16: {error}."
        ) from None


def ip_granted(pattern: str, name: str) -> bool:
    """Whether a network has an address, which has no zone (RFC 4007 §11)."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return "%" not in name and address in ipaddress.ip_network(pattern)


def read_mail_pattern(text: str) -> str:
    """Reads a pattern of mail addresses or user principal names, such as `*@example.com`; `*` is
    any of them. Raises ValueError.
    """
    # The first part of an address may have a * anyhow.
    if text != "*" and not ADDRESS.fullmatch(text.replace("@*.", "@x.")):
        raise ValueError(f"'{text}' is no pattern of addresses, such as *@example.com.")
    return text


def mail_granted(pattern: str, name: str) -> bool:
    """Whether a pattern grants a mail address or user principal name, in any case."""
    return ADDRESS.fullmatch(name) is not None and matches(pattern, name)


def read_uri_pattern(text: str) -> str:
    """Reads a URI, or the beginning of one and `*`. Raises ValueError.

    A `*` comes after the slash that ends the host, so that it never stands for another host.
    """
    begin = text.removesuffix("*")
    scheme, _, rest = begin.partition("://")
    host, slash, _path = rest.partition("/")
    whole = scheme.isalnum() and host and (slash or begin == text)
    if not whole or not _is_plain_uri(begin):
        raise ValueError(
            f"'{text}' is no pattern of URIs. Allowed: a URI, such as spiffe://example.com/web, "
            "and the beginning of one, to a slash after its host at least, with a * at the end: "
            "spiffe://example.com/pay/*."
        )
    return text


def uri_granted(pattern: str, name: str) -> bool:
    """Whether a pattern grants a URI, letter by letter. None with a way upwards (`..`) is."""
    if not _is_plain_uri(name):
        return False
    if not pattern.endswith("*"):
        return name == pattern
    begin = pattern.removesuffix("*")
    return name.startswith(begin) and len(name) > len(begin)


def _is_plain_uri(text: str) -> bool:
    """Whether all readers see the same path in a URI: visible ASCII, and no part of it that means
    another folder, written openly or by percent signs.
    """
    visible = text.isascii() and text.isprintable() and not {" ", "*"} & set(text)
    parts = [unquote(part) for part in text.split("/")]
    return visible and not any(part in (".", "..") or {"/", "\\"} & set(part) for part in parts)
