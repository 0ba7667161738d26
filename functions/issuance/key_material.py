"""Does a file hold a private key? Told without reading any of it, so that damaged and encrypted ones are told, too."""

from __future__ import annotations

import re

from functions.issuance.findings import ChainProblem

# PEM of any kind (RFC 7468 §10, §11, RFC 5915, OpenSSH, PGP), RFC 4716, PuTTY; either line may be lost.
ARMOUR = re.compile(rb"(?:BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY")
PUTTY = b"PuTTY-User-Key-File"
# After the outer SEQUENCE: the version with which PKCS#8 (0, 1), PKCS#1 (0), SEC 1 (1) and PFX (3; RFC 7292 §4) begin.
# Certificates, CSRs, CRLs and PKCS#7 begin with a SEQUENCE or an OID there.
VERSION = re.compile(rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)\x02\x01[\x00\x01\x03]", re.DOTALL)
# EncryptedPrivateKeyInfo (RFC 5958 §3) begins with the OID of a cipher of PKCS#5 or PKCS#12.
ENCRYPTED = re.compile(
    rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83...)\x30(?:[\x00-\x80]|\x81.|\x82..)"
    rb"\x06.\x2a\x86\x48\x86\xf7\x0d\x01(?:\x05|\x0c\x01)",
    re.DOTALL,
)
# JKS and JCEKS (like a PFX, they can hold a key), and what is within the armour of OpenSSH.
STARTS = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce", b"openssh-key-v1\0")


def refuse_private_key(content: bytes) -> None:
    """Raises ChainProblem if content (text, or one DER item at its beginning) is or holds a private key."""
    if _is_armoured(content) or VERSION.match(content) or ENCRYPTED.match(content) or content.startswith(STARTS):
        raise private_key()


def _is_armoured(content: bytes) -> bool:
    text = content.replace(b"\0", b"") if b"\0" in content else content  # UTF-16, if only a part of it is
    return PUTTY in text or (b"PRIVATE KEY" in text and ARMOUR.search(text) is not None)


def private_key() -> ChainProblem:
    """What is said of a file with a private key. Holds no byte of it."""
    return ChainProblem(
        "contains-private-key",
        "The file holds a private key, or is a key store (PFX, JKS) that can hold one. Key Vault made the key of this "
        "certificate itself, and no other is wanted.",
        "That key counts as exposed: replace it wherever it is used. Delete every copy of the file: the one in "
        "chains-quarantine, soft-deleted ones and earlier versions of the blob too (az storage blob list --include dv; "
        "az storage blob delete --version-id …). Then drop the certificates alone.",
    )
