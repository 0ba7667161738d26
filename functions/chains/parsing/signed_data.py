"""Extracts the certificates from PKCS#7 (RFC 2315 §9) and CMS (RFC 5652 §5): `.p7b`, `.p7c`,
`.p7m`, `.p7s`.

Each certificate is copied byte by byte, so one that cannot be read does not affect the others.
OpenSSL, Sectigo and AD CS write sets in the order of the file, and some CAs use indefinite lengths;
neither is DER.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions.x509.der import INTEGER, OID, SEQUENCE, SET, Item, items_until_broken, octets, oid

SIGNED_DATA = oid("1.2.840.113549.1.7.2")
# Content that only its recipient can read, or that is compressed (RFC 5652 §6 and §8, RFC 5083,
# RFC 3274), and how the sentence about it calls that.
CLOSED = {
    oid("1.2.840.113549.1.7.3"): "encrypted",
    oid("1.2.840.113549.1.7.4"): "encrypted",
    oid("1.2.840.113549.1.7.6"): "encrypted",
    oid("1.2.840.113549.1.9.16.1.23"): "encrypted",
    oid("1.2.840.113549.1.9.16.1.9"): "compressed",
}
# Among certificates: those of PKCS#6, attribute certificates, other kinds (RFC 5652 §10.2.2).
OTHER_TAGS = {0xA0, 0xA1, 0xA2, 0xA3}
WRAPPED = 0xA0  # [0] EXPLICIT: the content of a ContentInfo; [0] IMPLICIT: the certificates


@dataclass(frozen=True, slots=True)
class SignedData:
    """The parts of a PKCS#7: certificates (DER), and the signed content, if it is included.

    `whole`: nothing is cut off. `closed` is "encrypted" or "compressed" if the PKCS#7 is no
    SignedData, or else empty.
    """

    certificates: tuple[bytes, ...] = ()
    content: bytes = b""
    whole: bool = True
    closed: str = ""


def read_signed_data(data: bytes) -> SignedData | None:
    """Reads PKCS#7 with or without its outer ContentInfo, which some programs omit; None if the
    data is something else.
    """
    outer, whole = items_until_broken(data)
    if len(outer) != 1 or outer[0].tag != SEQUENCE:
        return None
    fields, fields_whole = items_until_broken(outer[0].content)
    whole = whole and fields_whole
    tags = [one.tag for one in fields[:2]]
    if tags == [INTEGER, SET]:
        return _signed(fields, whole=whole)
    return _content_info(fields, whole=whole) if tags == [OID, WRAPPED] else None


def _content_info(fields: Sequence[Item], *, whole: bool) -> SignedData | None:
    """Reads a ContentInfo (RFC 5652 §3): the type of the content, and the content."""
    kind = fields[0].whole
    if kind in CLOSED:
        return SignedData(closed=CLOSED[kind])
    inner, inner_whole = items_until_broken(fields[1].content)
    if kind != SIGNED_DATA or not inner or inner[0].tag != SEQUENCE:
        return None
    inside, inside_whole = items_until_broken(inner[0].content)
    return _signed(inside, whole=whole and inner_whole and inside_whole)


def _signed(fields: Sequence[Item], *, whole: bool) -> SignedData | None:
    """Reads a SignedData: version, digest algorithms, content, certificates, revocation lists,
    signers (RFC 5652 §5.1).
    """
    if [one.tag for one in fields[:3]] != [INTEGER, SET, SEQUENCE]:
        return None
    certificates: list[bytes] = []
    for one in fields[3:]:
        if one.tag == WRAPPED:
            found, found_whole = items_until_broken(one.content)
            certificates += [item.whole for item in found if item.tag not in OTHER_TAGS]
            whole = whole and found_whole
    return SignedData(tuple(certificates), _content(fields[2]), whole)


def _content(encapsulated: Item) -> bytes:
    for one in items_until_broken(encapsulated.content)[0][1:]:
        if one.tag == WRAPPED:
            found = items_until_broken(one.content)[0]
            try:
                return octets(found[0]) if found else b""
            except ValueError:  # Authenticode signs something that is no OCTET STRING
                return b""
    return b""
