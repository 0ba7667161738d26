"""PFX files whose certificates stand in a given order: cryptography writes the leaf first, Key Vault last."""

from __future__ import annotations

import hashlib
import hmac

from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from keyvault_emulator.issuing_ca import Chain
from keyvault_emulator.keys_and_csrs import PrivateKey

SEQUENCE, OCTET_STRING = 0x30, 0x04
CERT_BAG = bytes.fromhex("060b2a864886f70d010c0a0103")  # the object identifier 1.2.840.113549.1.12.10.1.3
MAC_ID, BLOCK = 3, 64  # RFC 7292, appendix B.3; SHA-256's block

type Element = tuple[int, bytes]


def write_pfx(key: PrivateKey | None, leaf: x509.Certificate, certificates: Chain) -> bytes:
    """Writes certificates in their order, and the key of one of them (`leaf`); the password is empty."""
    others = [certificate for certificate in certificates if certificate != leaf]
    written = pkcs12.serialize_key_and_certificates(None, key, leaf, others, NoEncryption())
    return _move_leaf(written, certificates.index(leaf))


def _move_leaf(pfx: bytes, place: int) -> bytes:
    """Moves the first certificate bag (RFC 7292, section 4) and seals the file anew."""
    version, auth_safe, mac_data = _children(_children(pfx)[0][1])
    safes = _children(_octets(auth_safe[1]))[0][1]
    moved = b"".join(_encode(safe[0], _reorder(safe[1], place)) for safe in _children(safes))
    content = _encode(SEQUENCE, moved)
    parts = [_encode(*version), _encode(SEQUENCE, _data(content)), _encode(SEQUENCE, _seal(mac_data[1], content))]
    return _encode(SEQUENCE, b"".join(parts))


def _reorder(safe: bytes, place: int) -> bytes:
    bags = _children(_children(_octets(safe))[0][1])
    if not bags[0][1].startswith(CERT_BAG):
        return safe
    bags.insert(place, bags.pop(0))
    return _data(_encode(SEQUENCE, b"".join(_encode(*bag) for bag in bags)))


def _seal(mac_data: bytes, content: bytes) -> bytes:
    """MacData for other content: same salt, same iterations, SHA-256, empty password."""
    info, salt, iterations = _children(mac_data)
    algorithm, _digest = _children(info[1])
    # The password is its two-byte terminator; password and salt are repeated to fill a block each.
    hashed = bytes([MAC_ID]) * BLOCK + (salt[1] * BLOCK)[:BLOCK] + bytes(BLOCK)
    for _round in range(int.from_bytes(iterations[1])):
        hashed = hashlib.sha256(hashed).digest()
    digest = hmac.digest(hashed, content, hashlib.sha256)
    sealed = _encode(SEQUENCE, _encode(*algorithm) + _encode(OCTET_STRING, digest))
    return sealed + _encode(*salt) + _encode(*iterations)


def _data(content: bytes) -> bytes:
    """The inside of a ContentInfo of type `data` (1.2.840.113549.1.7.1)."""
    return bytes.fromhex("06092a864886f70d010701") + _encode(0xA0, _encode(OCTET_STRING, content))


def _octets(content_info: bytes) -> bytes:
    _type, explicit = _children(content_info)
    return _children(explicit[1])[0][1]


def _children(der: bytes) -> list[Element]:
    found, at = [], 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size]), at + size
        found.append((tag, der[at : at + length]))
        at += length
    return found


def _encode(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content
