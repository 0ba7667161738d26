"""The certificates in PKCS#7 (RFC 2315 §9) and CMS (RFC 5652 §5): `.p7b`, `.p7c`, `.p7m`, `.p7s`.

Each is taken as it stands, byte by byte, so that one that cannot be read does not take the others with it. OpenSSL,
Sectigo and AD CS write sets in the order of the file, and some CAs indefinite lengths, neither of which is DER.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions.issuance.der import INTEGER, OID, SEQUENCE, SET, Item, items_until_broken, octets, oid

SIGNED_DATA = oid("1.2.840.113549.1.7.2")
# Content that only its recipient can read, or that is compressed (RFC 5652 §6, RFC 5083, RFC 3274).
CLOSED = {
    oid("1.2.840.113549.1.7.3"): "encrypted",
    oid("1.2.840.113549.1.7.4"): "encrypted",
    oid("1.2.840.113549.1.7.6"): "encrypted",
    oid("1.2.840.113549.1.9.16.1.23"): "encrypted",
    oid("1.2.840.113549.1.9.16.1.9"): "compressed",
}
OTHERS = {0xA0, 0xA1, 0xA2, 0xA3}  # among certificates: those of PKCS#6, attribute certificates, other kinds
WRAPPED = 0xA0  # [0] EXPLICIT: the content of a ContentInfo; [0] IMPLICIT: the certificates


@dataclass(frozen=True, slots=True)
class SignedData:
    """What a PKCS#7 holds: certificates (DER), and what is signed, if that is there. `whole`: nothing is cut off.

    `closed` says how its content is made unreadable, if it is no SignedData.
    """

    certificates: tuple[bytes, ...] = ()
    content: bytes = b""
    whole: bool = True
    closed: str = ""


def read_signed_data(data: bytes) -> SignedData | None:
    """PKCS#7 with or without its outer ContentInfo, which some programs leave out; None if it is something else."""
    outer, whole = items_until_broken(data)
    if len(outer) != 1 or outer[0].tag != SEQUENCE:
        return None
    fields, fields_whole = items_until_broken(outer[0].content)
    whole = whole and fields_whole
    if [one.tag for one in fields[:2]] == [INTEGER, SET]:
        return _signed(fields, whole=whole)
    if [one.tag for one in fields[:2]] != [OID, WRAPPED]:
        return None
    if fields[0].whole in CLOSED:
        return SignedData(closed=CLOSED[fields[0].whole])
    inner, inner_whole = items_until_broken(fields[1].content)
    if fields[0].whole != SIGNED_DATA or not inner or inner[0].tag != SEQUENCE:
        return None
    fields, fields_whole = items_until_broken(inner[0].content)
    return _signed(fields, whole=whole and inner_whole and fields_whole)


def _signed(fields: Sequence[Item], *, whole: bool) -> SignedData | None:
    """Version, digest algorithms, content, certificates, revocation lists, signers (RFC 5652 §5.1)."""
    if [one.tag for one in fields[:3]] != [INTEGER, SET, SEQUENCE]:
        return None
    certificates: list[bytes] = []
    for one in fields[3:]:
        if one.tag == WRAPPED:
            found, found_whole = items_until_broken(one.content)
            certificates += [item.whole for item in found if item.tag not in OTHERS]
            whole = whole and found_whole
    return SignedData(tuple(certificates), _content(fields[2]), whole)


def _content(encapsulated: Item) -> bytes:
    for one in items_until_broken(encapsulated.content)[0][1:]:
        if one.tag == WRAPPED:
            found = items_until_broken(one.content)[0]
            try:
                return octets(found[0]) if found else b""
            except ValueError:  # Authenticode and its like sign something that is no string
                return b""
    return b""
