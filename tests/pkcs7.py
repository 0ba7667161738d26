"""PKCS#7 in encodings that `cryptography` does not write."""

from __future__ import annotations

from tests.robustness.hostile import tlv

SIGNED_DATA, DATA = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a864886f70d010701")


def indefinite(tag: int, *parts: bytes) -> bytes:
    """An item of indefinite length (X.690 §8.1.3.6)."""
    return bytes([tag, 0x80]) + b"".join(parts) + b"\0\0"


def ber(*ders: bytes) -> bytes:
    """PKCS#7 as Java and old Windows write it: of indefinite lengths, the content in pieces."""
    content = indefinite(0x30, DATA, indefinite(0xA0, indefinite(0x24, tlv(4, b"PKCS"), tlv(4, b"7"))))
    signed = indefinite(0x30, b"\x02\x01\x01", indefinite(0x31), content, indefinite(0xA0, *ders), indefinite(0x31))
    return indefinite(0x30, SIGNED_DATA, indefinite(0xA0, signed))
