"""Finds private keys in data and text by patterns, without parsing, so that damaged and encrypted
keys are found, too.

A key counts in any place and in any format. Text that only mentions the lines around a key is no
key: there must be something between them.
"""

from __future__ import annotations

import itertools
import re

from functions.chains.parsing.encodings import (
    LONG_WORD,
    NO_WORD,
    ONLY_BASE64,
    begins_as_certificate,
    four_ways,
    from_loose_base64,
    is_random,
)
from functions.chains.parsing.pem_blocks import MARK
from functions.model.findings import Finding, private_key_error, too_large_error

# Keys in DER, anywhere in data. PKCS#8 (RFC 5958 §2): a version, the algorithm, an OCTET STRING. An
# algorithm with parameters must be one of these, because a revocation list begins like PKCS#8, with
# the algorithm of a signature.
DER_LENGTHS = (rb"[\x00-\x80]", rb"\x81.", rb"\x82..", rb"\x83...")
ALGORITHMS = (
    rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01",  # RSA
    rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x03\x01",  # DH
    rb"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01",  # EC
    rb"\x06\x07\x2a\x86\x48\xce\x38\x04\x01",  # DSA
    rb"\x06[\x06-\x08]\x2a\x85\x03",  # GOST
)
WITHOUT_PARAMETERS = (
    rb"\x05\x06\x03...",
    rb"\x0a\x06\x08.{8}",
    rb"\x0b\x06\x09.{9}",
    rb"\x0d\x06\x0b.{11}",
)
PKCS8 = rb"[\x00\x01]\x30(?:(?:[\x00-\x7f]|\x81.|\x82..)(?:%b)|(?:%b)\x04)" % (
    b"|".join(ALGORITHMS),
    b"|".join(WITHOUT_PARAMETERS),
)
PKCS1 = rb"\x00\x02(?:\x82..|\x81.|\x41)\x00"  # RSA (RFC 8017 §A.1.2) and DSA: 0, and a long number
SEC1 = rb"\x01\x04[\x10-\x42]"  # EC (RFC 5915 §3): 1, and an OCTET STRING
PRIVATE_KEY_DER = re.compile(
    rb"\x02\x01(?:%b)(?:%b|%b|%b)"
    % (b"|".join(rb"(?<=\x30%b\x02\x01)" % one for one in DER_LENGTHS), PKCS8, PKCS1, SEC1),
    re.DOTALL,
)
# EncryptedPrivateKeyInfo (RFC 5958 §3) begins with a cipher of PKCS#5 or PKCS#12.
ENCRYPTED = re.compile(
    rb"\x06(?:%b)(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05[\x01\x03\x04\x06\x0a\x0b\x0d]"
    rb"|\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01)"
    % b"|".join(
        rb"(?<=\x30%b\x30%b\x06)" % two
        for two in itertools.product(DER_LENGTHS[:3], DER_LENGTHS[:2])
    ),
    re.DOTALL,
)
# DER that begins as a key does, even if little of it is there. PKCS#7 continues with a SET (0x31),
# and the version of a PFX is 3. The last alternative excludes EncryptedData of PKCS#7.
KEY_START = re.compile(
    rb"\x30(?:%b)\x02\x01[\x00\x01](?:[\x02\x04]|\x30(?!(?:%b)\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07))"
    % (b"|".join(DER_LENGTHS), b"|".join(DER_LENGTHS)),
    re.DOTALL,
)
# OpenSSH, SSH 1, and Windows' PRIVATEKEYBLOB for RSA and DSS.
MAGIC = (
    b"openssh-key-v1\0",
    b"SSH PRIVATE KEY FILE FORMAT 1.1",
    b"\x07\x02\0\0\0\xa4\0\0RSA2",
    b'\x07\x02\0\0\0"\0\0DSS2',
)
PVK = b"\x1e\xf1\xb5\xb0"  # the first bytes of a Windows PVK file

# The lines around a key (RFC 7468 §10, §11, RFC 5915, RFC 4716, OpenSSH, PGP); one may be missing.
ARMOUR = re.compile(
    r"(BEGIN|END)[^A-Za-z0-9\n]{1,8}+(?:(?!PRIVATE)[A-Z0-9]{1,16}+[^A-Za-z0-9\n]{1,4}+){0,4}+"
    r"PRIVATE[^A-Za-z0-9\n]{1,4}+KEY(?:[ \t]BLOCK)?+[- \t]*+",
    re.IGNORECASE,
)
HEADER = re.compile(r"^[A-Za-z][A-Za-z0-9-]{0,30}: |Proc-Type: |DEK-Info: ")  # RFC 1421 §4.6
ESCAPED_LINE_END = re.compile(r"\\[rnt]")
WORD_LETTERS = re.compile(r"[A-Za-z0-9]")
ADORNMENT = " \t\"'`|<>[](){}*#,;:.…!?\\=~_-"  # signs around a line, or in place of a key
# Characters before and after such a line that are searched: headers, and one line of the key.
KEY_DISTANCE = 700
MAX_MARKS_OF_KEYS = 1000  # lines around keys; no guide about keys has as many
# Other text formats of keys, each with a word that it always contains: PuTTY, RSA of .NET (two
# patterns), `openssl rsa -text`, DNSSEC, `openssl ec -text`, JWK (RFC 7518 §6), DSA of .NET.
TEXTS = (
    ("PuTTY-User-Key-File-", re.compile(r"PuTTY-User-Key-File-[0-9]{1,3}+: ?\S")),
    ("InverseQ>", re.compile(r"<InverseQ>\s{0,80}+[A-Za-z0-9+/]{16}")),
    ("<RSAKeyValue>", re.compile(r"<D>\s{0,80}+[A-Za-z0-9+/]{16}")),
    (
        "privateExponent",
        re.compile(r"privateExponent\b[^A-Za-z0-9+/]{1,40}+(?:[0-9A-Fa-f]{2}:){4}"),
    ),
    ("PrivateExponent", re.compile(r"PrivateExponent: ?[A-Za-z0-9+/]{16}")),
    ("priv:", re.compile(r"priv:\s{0,40}+(?:[0-9A-Fa-f]{2}:){4}")),
    ("kty", re.compile(r"(?:\b|_)[dk][\"']?[ \t]{0,8}+[:=][ \t\"']{0,8}+[A-Za-z0-9_+/-]{20}")),
    ("<DSAKeyValue>", re.compile(r"<X>\s{0,80}+[A-Za-z0-9+/]{16}")),
)


def refuse_private_key(data: bytes) -> None:
    """Raises ChainProblem if the data is or contains a private key, in DER or in another binary
    format.
    """
    if KEY_START.match(data) or data.startswith(PVK) or _holds_key(data):
        raise private_key_error()


def refuse_private_key_in(text: str) -> None:
    """Raises ChainProblem if the text contains a private key, as PEM, as base64 or in another text
    format.
    """
    if (
        _armoured(text)
        or any(word in text and pattern.search(text) for word, pattern in TEXTS)
        or any(_holds_key(data) or _holds_armoured(data) for data in four_ways(text))
    ):
        raise private_key_error()


def may_hold_key(what: str, step: str) -> Finding:
    """Returns the finding about a part of a file that cannot be opened. `what` is the beginning of
    its sentence, which says what the part is.
    """
    return Finding(
        "may-hold-private-key",
        f"{what}; whether it holds a private key cannot be determined.",
        f"{step} If a private key is in it, others may have read that meanwhile: replace it.",
    )


def _holds_key(data: bytes) -> bool:
    return bool(PRIVATE_KEY_DER.search(data) or ENCRYPTED.search(data)) or any(
        one in data for one in MAGIC
    )


def _holds_armoured(data: bytes) -> bool:
    """Whether decoded base64 is a text with a key, in ASCII or UTF-16."""
    text = data.replace(b"\0", b"") if b"P\0R\0I\0V\0" in data else data
    return b"PRIVATE KEY" in text and _armoured(text.decode("latin-1"))


def _armoured(text: str) -> bool:
    """Whether a line of a key stands next to one of the lines around keys."""
    if "PRIVATE" not in text.upper():
        return False
    for count, armour in enumerate(ARMOUR.finditer(text)):
        if count == MAX_MARKS_OF_KEYS:
            raise too_large_error(
                f"The file mentions private keys more than {MAX_MARKS_OF_KEYS:,} times"
            )
        if armour[1].upper() == "BEGIN":
            has_key = _follows(text, armour.end())
        else:
            has_key = _precedes(text, armour.start())
        if has_key:
            return True
    return False


def _follows(text: str, end: int) -> bool:
    """Whether the next line is one of a key; headers and blank lines are skipped."""
    for line in ESCAPED_LINE_END.sub("\n", text[end : end + KEY_DISTANCE]).split("\n"):
        next_mark = MARK.search(line)
        part = line[: next_mark.start() if next_mark else None].strip(ADORNMENT)
        if WORD_LETTERS.search(part) and not HEADER.search(part):
            return _is_material(part)
        if next_mark:
            return False
    return False


def _precedes(text: str, start: int) -> bool:
    """Whether the line before is one of a key; a short one, which can be the key's last line, is
    skipped once.
    """
    short = False
    for line in reversed(
        ESCAPED_LINE_END.sub("\n", text[max(0, start - KEY_DISTANCE) : start]).split("\n")
    ):
        marks = list(MARK.finditer(line))
        part = line[marks[-1].end() if marks else 0 :].strip(ADORNMENT)
        if WORD_LETTERS.search(part):
            is_key = _is_material(part)
            may_be_last_line = len(part) < NO_WORD and ONLY_BASE64.fullmatch(part)
            if short or is_key or not may_be_last_line:
                return is_key
            short = True
        if marks:
            return False
    return False


def _is_material(line: str) -> bool:
    """Whether a line is base64 as in keys, and not words, a path, a placeholder or the beginning of
    a certificate.
    """
    words = LONG_WORD.findall(line)
    return (
        3 * sum(map(len, words)) >= 2 * len(line)
        and any(is_random(word) for word in words)
        and not begins_as_certificate(from_loose_base64(line))
    )
