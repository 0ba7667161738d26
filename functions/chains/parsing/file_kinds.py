"""Names the kinds of files that hold no certificate, and the next step for each."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

ELSE = "Drop the certificate and its chain as PEM, DER, PKCS#7 (.p7b) or a zip of these."
ATTACHMENT = "Drop the attachment that is in it, saved as a file."
COPY_BLOCK = (
    f"{ATTACHMENT[:-1]}; or the lines from BEGIN CERTIFICATE to END CERTIFICATE, copied into a "
    "text file."
)
UNPACK = "Unpack it, and drop the certificates in it alone."
WHOLE = "Get the file again from where the CA gave it, and drop the certificates in it alone."
DECRYPT = "Drop the certificates in it alone, decrypted."
BYTES = "Drop the bytes that it stands for: xxd -r -p makes a file of them."
ASK = "Ask the CA for the certificate as a file (PEM, DER or .p7b), and drop that."


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file, in words, and the next step. `closed`: Certflow cannot read what is in it."""

    name: str
    step: str = ELSE
    closed: bool = False


BY_FIRST_BYTES: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF", Kind("a PDF", ASK)),
    (b"\x89PNG", Kind("a picture (PNG)", ASK)),
    (b"\xff\xd8\xff", Kind("a picture (JPEG)", ASK)),
    (b"GIF8", Kind("a picture (GIF)", ASK)),
    (b"MZ", Kind("a program", ASK)),
    (b"\x7fELF", Kind("a program", ASK)),
    (b"7z\xbc\xaf", Kind("a 7-Zip archive", UNPACK, closed=True)),
    (b"Rar!\x1a\x07", Kind("a RAR archive", UNPACK, closed=True)),
    (b"MSCF\0", Kind("a cabinet archive", UNPACK, closed=True)),
    (b"\x28\xb5\x2f\xfd", Kind("a Zstandard file", UNPACK, closed=True)),
    (b"\x04\x22\x4d\x18", Kind("an LZ4 file", UNPACK, closed=True)),
    (b"LZIP\x01", Kind("an lzip file", UNPACK, closed=True)),
    (b"\x1f\x9d", Kind("a compressed file (.Z)", UNPACK, closed=True)),
    (b"Salted__", Kind("something that OpenSSL has encrypted", DECRYPT, closed=True)),
    (b"\x03\xd9\xa2\x9a", Kind("a KeePass database", UNPACK, closed=True)),
    (b"SQLite format 3\0", Kind("a database (SQLite)", UNPACK, closed=True)),
    (
        b"\x78\x9f\x3e\x22",
        Kind("an attachment that Outlook has packed (winmail.dat)", ATTACHMENT, closed=True),
    ),
)
CSR = Kind(
    "a certificate request (CSR)",
    "Send the CSR to the CA, and drop the certificate that the CA returns.",
)
CRL = Kind("a revocation list (CRL)")
EMPTY_PKCS7 = Kind("a PKCS#7 without certificates", ASK)
# The first bytes of zip, gzip, bzip2, xz, and of Java's key stores.
ARCHIVE_STARTS = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\xfe\xed\xfe\xed",
    b"\xce\xce\xce\xce",
)
MAIL = Kind("a mail", COPY_BLOCK)
TEXT = Kind("text")
MESSAGE = Kind("a message that PGP has encrypted", DECRYPT)
OUTLOOK_MAIL = Kind("a mail of Outlook (.msg)", ATTACHMENT, closed=True)
OFFICE = Kind("an Office document", ATTACHMENT, closed=True)
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # first bytes of Office and Outlook files ([MS-CFB])
OF_OUTLOOK = "__substg1.0_".encode("utf-16-le")  # the name of a stream in a mail ([MS-OXMSG] §2.2)
MAIL_HEADER = re.compile(
    r"(?:From |(?:Received|Return-Path|Delivered-To|MIME-Version|Message-ID|From|To|Cc|Subject|"
    r"Date|Reply-To"
    r"|Content-[A-Za-z-]{1,30}|X-[A-Za-z-]{1,40}|DKIM-Signature|ARC-[A-Za-z-]{1,40}|Authentication-Results):)",
    re.IGNORECASE,
)
BY_FIRST_LETTERS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"\$ANSIBLE_VAULT;"), Kind("an Ansible Vault", DECRYPT, closed=True)),
    (
        re.compile(r"age-encryption\.org/"),
        Kind("something that age has encrypted", DECRYPT, closed=True),
    ),
    (re.compile(r"\{\\rtf"), Kind("a rich text (RTF)", COPY_BLOCK)),
    (re.compile(r"%PDF"), Kind("a PDF", ASK)),
    (re.compile(r"HTTP/[0-9.]{1,3} "), Kind("the answer of a web server", ASK)),
    (re.compile(r"<!doctype html|<html", re.IGNORECASE), Kind("a web page (HTML)", COPY_BLOCK)),
    (re.compile(r"<"), Kind("HTML or XML", COPY_BLOCK)),
    (re.compile(r"[{\[]"), Kind("JSON", ASK)),
    (re.compile(r"(?:ssh-|ecdsa-sha2-)[a-z0-9@.-]{1,40} AAAA"), Kind("a public key of SSH", ASK)),
    (re.compile(r"begin [0-7]{3} "), Kind("an attachment in uuencode", ATTACHMENT)),
    (re.compile(r"(?:[0-9A-Fa-f]{2}[\s:]?){16}"), Kind("a hex dump", BYTES)),
)
COMPRESSED = 0.95  # the part of its size that compressed data keeps when it is compressed again
KIND_SAMPLE, MIN_SAMPLE = 64 * 1024, 32  # bytes


def kind_of_text(text: str) -> Kind:
    """Returns the kind of a text that holds no certificate."""
    start = text[:4000].lstrip()
    headers = [line for line in start.partition("\n\n")[0].split("\n") if MAIL_HEADER.match(line)]
    if len(headers) > 1:
        return MAIL
    return next((kind for pattern, kind in BY_FIRST_LETTERS if pattern.match(start)), TEXT)


def known_kind(data: bytes) -> Kind | None:
    """Returns the kind of data that is no text; None if it is unknown."""
    if data.startswith(COMPOUND):
        return OUTLOOK_MAIL if OF_OUTLOOK in data else OFFICE
    return next((kind for start, kind in BY_FIRST_BYTES if data.startswith(start)), None)


def unfolds(data: bytes) -> bool:
    """Whether data begins as an archive, a key store or a file of a `closed` kind."""
    kind = known_kind(data)
    return data.startswith(ARCHIVE_STARTS) or (kind is not None and kind.closed)


def is_dense(data: bytes) -> bool:
    """Whether data can hardly be compressed: it probably is compressed or encrypted already."""
    sample = data[:KIND_SAMPLE]
    return len(sample) >= MIN_SAMPLE and len(zlib.compress(sample, 1)) >= COMPRESSED * len(sample)
