"""Does a file hold a private key? Told without reading any of it, so that damaged and encrypted ones are told, too.

A key counts wherever it stands and whatever it is written in. Prose that names the lines around one is no key: there
has to be something between them.
"""

from __future__ import annotations

import itertools
import re

from functions.issuance.armour import MARK
from functions.issuance.encodings import (
    LONG_WORD,
    NO_WORD,
    ONLY_BASE64,
    begins_as_certificate,
    four_ways,
    from_loose_base64,
    is_random,
)
from functions.issuance.findings import ChainProblem, Finding, too_large

# Keys in DER, wherever they stand in data. PKCS#8 (RFC 5958 §2): a version, the algorithm, an OCTET STRING. One with
# parameters is one of those below: a revocation list begins like PKCS#8, with the algorithm of a signature.
LENGTH = (rb"[\x00-\x80]", rb"\x81.", rb"\x82..", rb"\x83...")
ALGORITHMS = (
    rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01",  # RSA
    rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x03\x01",  # DH
    rb"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01",  # EC
    rb"\x06\x07\x2a\x86\x48\xce\x38\x04\x01",  # DSA
    rb"\x06[\x06-\x08]\x2a\x85\x03",  # GOST
)
WITHOUT_PARAMETERS = (rb"\x05\x06\x03...", rb"\x0a\x06\x08.{8}", rb"\x0b\x06\x09.{9}", rb"\x0d\x06\x0b.{11}")
PKCS8 = rb"[\x00\x01]\x30(?:(?:[\x00-\x7f]|\x81.|\x82..)(?:%b)|(?:%b)\x04)" % (
    b"|".join(ALGORITHMS),
    b"|".join(WITHOUT_PARAMETERS),
)
PKCS1 = rb"\x00\x02(?:\x82..|\x81.|\x41)\x00"  # RSA (RFC 8017 §A.1.2) and DSA: 0, and a long number
SEC1 = rb"\x01\x04[\x10-\x42]"  # EC (RFC 5915 §3): 1, and an OCTET STRING
KEY = re.compile(
    rb"\x02\x01(?:%b)(?:%b|%b|%b)" % (b"|".join(rb"(?<=\x30%b\x02\x01)" % one for one in LENGTH), PKCS8, PKCS1, SEC1),
    re.DOTALL,
)
# EncryptedPrivateKeyInfo (RFC 5958 §3) begins with a cipher of PKCS#5 or PKCS#12.
ENCRYPTED = re.compile(
    rb"\x06(?:%b)(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05[\x01\x03\x04\x06\x0a\x0b\x0d]"
    rb"|\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01)"
    % b"|".join(rb"(?<=\x30%b\x30%b\x06)" % two for two in itertools.product(LENGTH[:3], LENGTH[:2])),
    re.DOTALL,
)
# One DER item that begins as a key does, even if little of it is there. PKCS#7 goes on with a SET (0x31), PFX has a 3.
BEGINNING = re.compile(
    rb"\x30(?:%b)\x02\x01[\x00\x01](?:[\x02\x04]|\x30(?!(?:%b)\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07))"
    % (b"|".join(LENGTH), b"|".join(LENGTH)),  # EncryptedData of PKCS#7 is none
    re.DOTALL,
)
# OpenSSH, SSH 1, and what Windows calls PRIVATEKEYBLOB; PVK.
MAGIC = (
    b"openssh-key-v1\0",
    b"SSH PRIVATE KEY FILE FORMAT 1.1",
    b"\x07\x02\0\0\0\xa4\0\0RSA2",
    b'\x07\x02\0\0\0"\0\0DSS2',
)
PVK = b"\x1e\xf1\xb5\xb0"

# The lines around a key (RFC 7468 §10, §11, RFC 5915, RFC 4716, OpenSSH, PGP); either may be lost.
ARMOUR = re.compile(
    r"(BEGIN|END)[^A-Za-z0-9\n]{1,8}+(?:(?!PRIVATE)[A-Z0-9]{1,16}+[^A-Za-z0-9\n]{1,4}+){0,4}+"
    r"PRIVATE[^A-Za-z0-9\n]{1,4}+KEY(?:[ \t]BLOCK)?+[- \t]*+",
    re.IGNORECASE,
)
HEADER = re.compile(r"^[A-Za-z][A-Za-z0-9-]{0,30}: |Proc-Type: |DEK-Info: ")  # RFC 1421 §4.6
LINE_END = re.compile(r"\\[rnt]")
WORDS = re.compile(r"[A-Za-z0-9]")
ADORNMENT = " \t\"'`|<>[](){}*#,;:.…!?\\=~_-"  # around a line, and instead of a key
NEAR = 700  # letters that are looked at before and after such a line: headers, and one line of the key
MOST_ARMOUR = 1000  # no guide names a key as often
# Other texts that are a key, and words without which none of them is one: PuTTY, RSA of .NET, `openssl rsa -text`,
# DNSSEC, `openssl ec -text`, JWK (RFC 7518 §6), DSA of .NET.
TEXTS = (
    ("PuTTY-User-Key-File-", re.compile(r"PuTTY-User-Key-File-[0-9]{1,3}+: ?\S")),
    ("InverseQ>", re.compile(r"<InverseQ>\s{0,80}+[A-Za-z0-9+/]{16}")),
    ("<RSAKeyValue>", re.compile(r"<D>\s{0,80}+[A-Za-z0-9+/]{16}")),
    ("privateExponent", re.compile(r"privateExponent\b[^A-Za-z0-9+/]{1,40}+(?:[0-9A-Fa-f]{2}:){4}")),
    ("PrivateExponent", re.compile(r"PrivateExponent: ?[A-Za-z0-9+/]{16}")),
    ("priv:", re.compile(r"priv:\s{0,40}+(?:[0-9A-Fa-f]{2}:){4}")),
    ("kty", re.compile(r"(?:\b|_)[dk][\"']?[ \t]{0,8}+[:=][ \t\"']{0,8}+[A-Za-z0-9_+/-]{20}")),
    ("<DSAKeyValue>", re.compile(r"<X>\s{0,80}+[A-Za-z0-9+/]{16}")),
)


def refuse_private_key(data: bytes) -> None:
    """Raises ChainProblem if the data is or holds a private key, in DER or in a format of its own."""
    if BEGINNING.match(data) or data.startswith(PVK) or _holds_key(data):
        raise private_key()


def refuse_private_key_in(text: str) -> None:
    """Raises ChainProblem if a private key is written in the text, as PEM, base64, or in a format of its own."""
    if (
        _armoured(text)
        or any(word in text and pattern.search(text) for word, pattern in TEXTS)
        or any(_holds_key(data) or _holds_armoured(data) for data in four_ways(text))
    ):
        raise private_key()


def private_key() -> ChainProblem:
    """What is said of a file with a private key. Holds no byte of it."""
    return ChainProblem(
        "contains-private-key",
        "The file holds a private key, in clear or encrypted, or is a key store (PFX, JKS) with one. Key Vault made "
        "the key of this certificate itself, and no other is wanted.",
        "That key counts as exposed: replace it wherever it is used. Delete every copy of the file: the one in "
        "chains-quarantine, soft-deleted ones and earlier versions of the blob too (az storage blob list --include dv; "
        "az storage blob delete --version-id VERSION). Then drop the certificates alone.",
    )


def may_hold_key(what: str, step: str) -> Finding:
    """What is said of something in a file that cannot be looked into. `what` is the beginning of a sentence."""
    return Finding(
        "may-hold-private-key",
        f"{what}; whether it holds a private key, nobody can tell here.",
        f"{step} If a private key is in it, others may have read that meanwhile: replace it.",
    )


def _holds_key(data: bytes) -> bool:
    return bool(KEY.search(data) or ENCRYPTED.search(data)) or any(one in data for one in MAGIC)


def _holds_armoured(data: bytes) -> bool:
    """Whether base64 stood for a text that holds a key, in ASCII or UTF-16."""
    text = data.replace(b"\0", b"") if b"P\0R\0I\0V\0" in data else data
    return b"PRIVATE KEY" in text and _armoured(text.decode("latin-1"))


def _armoured(text: str) -> bool:
    if "PRIVATE" not in text.upper():
        return False
    for count, armour in enumerate(ARMOUR.finditer(text)):
        if count == MOST_ARMOUR:
            raise too_large(f"The file speaks of private keys more than {MOST_ARMOUR:,} times")
        if _follows(text, armour.end()) if armour[1].upper() == "BEGIN" else _precedes(text, armour.start()):
            return True
    return False


def _follows(text: str, end: int) -> bool:
    """Whether what comes next is a line of a key: headers and blank lines may stand before it."""
    for line in LINE_END.sub("\n", text[end : end + NEAR]).split("\n"):
        next_mark = MARK.search(line)
        part = line[: next_mark.start() if next_mark else None].strip(ADORNMENT)
        if WORDS.search(part) and not HEADER.search(part):
            return _is_material(part)
        if next_mark:
            return False
    return False


def _precedes(text: str, start: int) -> bool:
    """Whether what comes before is a line of a key; the last one may be short."""
    short = False
    for line in reversed(LINE_END.sub("\n", text[max(0, start - NEAR) : start]).split("\n")):
        marks = list(MARK.finditer(line))
        part = line[marks[-1].end() if marks else 0 :].strip(ADORNMENT)
        if WORDS.search(part):
            if short or _is_material(part) or len(part) >= NO_WORD or not ONLY_BASE64.fullmatch(part):
                return _is_material(part)
            short = True
        if marks:
            return False
    return False


def _is_material(line: str) -> bool:
    """Whether a line is one of base64 such as keys have, and no word, no path, no place holder, no certificate."""
    words = LONG_WORD.findall(line)
    return (
        3 * sum(map(len, words)) >= 2 * len(line)
        and any(is_random(word) for word in words)
        and not begins_as_certificate(from_loose_base64(line))
    )
