"""Files that are made to take long, to need much memory, or to fill a report, none of more than 1 MiB when dropped."""

from __future__ import annotations

import base64
import bz2
import functools
import gzip
import io
import itertools
import json
import lzma
import struct
import tarfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.chains.parsing.parse import MAX_FILE_BYTES
from tests.certificates import DAY, Ca, Key, Wish, ec_key, pem
from tests.clock import NOW, fixed_now
from tests.robustness.formats import CSR, HOST, ISSUING, KEY, LONG, P7B, PEM
from tests.wrappings import zipped

MIB = MAX_FILE_BYTES
MANY = 99  # CAs: with the leaf the most certificates that are read
WITHOUT_IDS = Wish(start=LONG.start, end=LONG.end, key_ids=False)
OVER = Wish(start=LONG.start, end=LONG.start, key_ids=False)  # has expired: one finding more a certificate
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
VALID = tuple(f"{NOW + days * DAY:%y%m%d%H%M%SZ}".encode() for days in (-400, 4000))  # UTCTime
NO_SIGNATURE = bytes.fromhex("3006020101020101")
COMMON_NAME, BASIC_CONSTRAINTS, ALTERNATIVE_NAME = (
    bytes.fromhex(f"0603{oid}") for oid in ("550403", "551d13", "551d11")
)
NAME_CONSTRAINTS, AUTHORITY_KEY_ID = (bytes.fromhex(f"0603{oid}") for oid in ("551d1e", "551d23"))
AUTHORITY_ACCESS = bytes.fromhex("06082b06010505070101")


def tlv(tag: int, *parts: bytes) -> bytes:
    """One DER item."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 + len(length)]) + length + content


def name(*common_names: str | bytes) -> bytes:
    """A Name of as many common names."""
    texts = (one if isinstance(one, bytes) else one.encode() for one in common_names)
    return tlv(0x30, *(tlv(0x31, tlv(0x30, COMMON_NAME, tlv(0x0C, text))) for text in texts))


def spki_of(key: Key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def rsa_spki(modulus: int, exponent: int) -> bytes:
    """A public RSA key of any numbers, which `cryptography` would not make."""
    numbers = (tlv(2, one.to_bytes(one.bit_length() // 8 + 1)) for one in (modulus, exponent))
    return tlv(0x30, bytes.fromhex("300d06092a864886f70d0101010500"), tlv(3, b"\0", tlv(0x30, *numbers)))


def certificate(
    subject: bytes,
    issuer: bytes,
    spki: bytes,
    extensions: Iterable[tuple[bytes, bytes]] = (),
    serial: bytes = b"\x01",
    years: Sequence[bytes] = VALID,
    algorithm: bytes = ECDSA_SHA256,
    signature: bytes = NO_SIGNATURE,
) -> bytes:
    """A certificate (DER) of any content."""
    listed = [tlv(0x30, oid, tlv(4, value)) for oid, value in extensions]
    body = tlv(
        0x30,
        bytes.fromhex("a003020102"),
        tlv(2, serial),
        algorithm,
        issuer,
        tlv(0x30, *(tlv(0x17 if len(year) == 13 else 0x18, year) for year in years)),
        subject,
        spki,
        *([tlv(0xA3, tlv(0x30, *listed))] if listed else []),
    )
    return tlv(0x30, body, algorithm, tlv(3, b"\0", signature))


def ca_extensions(*more: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return [(BASIC_CONSTRAINTS, bytes.fromhex("30030101ff")), *more]


def filled(piece: bytes, size: int = MIB) -> bytes:
    return (piece * (size // len(piece) + 1))[: size - size % len(piece)]


def _hosts(count: int) -> list[str]:
    letters = itertools.product("abcdefghijklmnopqrstuvwxyz0123456789", repeat=3)
    return ["".join(one) for one in itertools.islice(letters, count)]


def names_extension(names: Iterable[str | bytes], tag: int = 0x82) -> bytes:
    texts = (one if isinstance(one, bytes) else one.encode() for one in names)
    return tlv(0x30, *(tlv(tag, text) for text in texts))


def leaf(
    extensions: Iterable[tuple[bytes, bytes]] = (),
    *,
    subject: bytes | None = None,
    issuer: bytes | None = None,
    serial: bytes = b"\x01",
    years: Sequence[bytes] = VALID,
) -> bytes:
    """A certificate with the key of the pending request."""
    return certificate(subject or name(HOST), issuer or name("CA"), spki_of(KEY), extensions, serial, years)


# Zips


def bomb() -> bytes:
    """One member that deflates a thousand to one."""
    return zipped({"chain.pem": b"\0" * (200 * MIB)})


def bomb_of_many() -> bytes:
    return zipped({f"{index}.pem": b" " * (4 * MIB) for index in range(40)})


def overlapping() -> bytes:
    """All entries of the directory are the same member, so that each is expanded again (a flat bomb)."""
    inner = zipped({"a": filled(b"A" * 64 + b"\n", 1000 * 1000)})
    end = inner.rindex(b"PK\x05\x06")
    start = inner.rindex(b"PK\x01\x02", 0, end)
    entry = inner[start:end]
    count = 1000
    trailer = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, start, 0)
    return inner[:start] + entry * count + trailer


def directory() -> bytes:
    """A directory of as many entries as fit."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    count = min(65535, (MIB - 100) // len(entry))
    trailer = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, 4, 0)
    return b"PK\x03\x04" + entry * count + trailer


def zip_of(piece: bytes) -> Callable[[], bytes]:
    """A zip that expands to just less than what is read."""
    return lambda: zipped({"chain": filled(piece, 4 * MIB - 1024)})


def nested() -> bytes:
    content = PEM
    for _ in range(20):
        content = zipped({"chain.zip": content})
    return content


def flat_layers(content: bytes, compress: Callable[[bytes], bytes]) -> Callable[[], bytes]:
    """Compressed again and again."""

    def make() -> bytes:
        layers = content
        for _ in range(20):
            layers = compress(layers)
        return layers

    return make


def tar_of(count: int) -> bytes:
    """A tar of as many empty files."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for index in range(count):
            archive.addfile(tarfile.TarInfo(f"{index}"))
    return content.getvalue()


def endless_tar() -> bytes:
    """A file of so many bytes that a program which adds them up may come round again."""
    header = bytearray(tar_of(1)[:512])
    header[124:136] = b"\x80" + b"\xff" * 11
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) * 2000


# Text


def json_of(piece: str, size: int = MIB) -> bytes:
    return ("[" + ",".join([piece] * ((size - 2) // (len(piece) + 1))) + "]").encode()


def base64_layers() -> bytes:
    content = P7B
    while len(content) * 4 // 3 + 4 < MIB:
        content = base64.b64encode(content)
    return content


def json_layers() -> bytes:
    """JSON in JSON, as long as it fits: each layer doubles the backslashes."""
    content = json.dumps([PEM.decode()[:100]] * 100)
    while len(again := json.dumps([content])) < MIB:
        content = again
    return content.encode()


def mail(parts: int) -> bytes:
    """A mail of as many attachments."""
    part = b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJDREVGR0hJSktMTU5PUA==\r\n"
    head = b"From: a\r\nTo: b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return (head + part * parts)[:MIB]


def nested_mail() -> bytes:
    """A mail in a mail in a mail."""
    head = "Content-Type: multipart/mixed; boundary=b{0}\r\n\r\n--b{0}\r\n"
    return "".join(head.format(index) for index in range(MIB)[: MIB // 80]).encode()[:MIB]


def text_of(line: str, size: int = MIB) -> Callable[[], bytes]:
    return lambda: filled(line.encode(), size)


def wrapped_five_times() -> bytes:
    """Quoted-printable, percent signs, HTML, backslashes and numbered lines, with marks of blocks in between."""
    return filled(b"12: <br>&#43;=3D%2B\\n\\u002b-----BEGIN CERTIFICATE-----<b>MII</b>\n")


# DER in a text, or with another length


def starts_of_der() -> bytes:
    """Words each of which might begin a certificate."""
    return filled(b"MIIBIjANBgkqhkiG9w0B ", MIB)


def open_items() -> bytes:
    """Items of indefinite length in one another, that do not end (X.690 §8.1.3.6)."""
    return filled(b"\x30\x80")


def small_items() -> bytes:
    """As many items as fit in one of indefinite length."""
    return b"\x30\x80" + filled(b"\x05\x00", MIB - 8) + b"\0\0"


def key_store(bags: bytes, encrypted: bytes = b"") -> bytes:
    """A PFX (RFC 7292 §4) of any content."""
    data = bytes.fromhex("06092a864886f70d010701")
    safe = tlv(0x30, tlv(0x30, data, tlv(0xA0, tlv(4, tlv(0x30, bags)))), encrypted)
    return tlv(0x30, bytes.fromhex("020103"), tlv(0x30, data, tlv(0xA0, tlv(4, safe))))


def slow_key_store() -> bytes:
    """As many encrypted parts as fit, each with as many iterations as are tried (RFC 8018 §A.2)."""
    derivation = tlv(
        0x30, bytes.fromhex("06092a864886f70d01050c"), tlv(0x30, tlv(4, b"salt"), bytes.fromhex("02024e20"))
    )
    cipher = tlv(0x30, bytes.fromhex("060960864801650304012a"), tlv(4, bytes(16)))
    algorithm = tlv(0x30, bytes.fromhex("06092a864886f70d01050d"), tlv(0x30, derivation, cipher))
    content = tlv(0x30, bytes.fromhex("06092a864886f70d010701"), algorithm, tlv(0x80, bytes(16)))
    part = tlv(0x30, bytes.fromhex("06092a864886f70d010706"), tlv(0xA0, tlv(0x30, b"\x02\x01\0", content)))
    return key_store(b"", filled(part, MIB - 200))


def java_key_store() -> bytes:
    """A JKS of as many empty certificates as fit."""
    entry = struct.pack(">IHQHI", 2, 0, 0, 0, 0)
    count = (MIB - 12) // len(entry)
    return struct.pack(">III", 0xFEEDFEED, 2, count) + entry * count


def odd_extensions() -> bytes:
    """Certificates of long names with a hundred extensions each, none of which can be read."""
    odd = [(tlv(6, bytes([0x55, 0x1D, 15 + index % 40, index])), b"\x30\x05\x01") for index in range(99)]
    subject = name(*("x" for _ in range(2000)))
    return b"".join(leaf(odd, subject=subject, serial=bytes([index + 1])) for index in range(12))[:MIB]


# CAs


@functools.cache
def ec_keys(curve: ec.EllipticCurve) -> list[ec.EllipticCurvePrivateKey]:
    return [ec.generate_private_key(curve) for _ in range(MANY)]


def loop() -> bytes:
    """A hundred CAs in a ring, each cross-signed by the next; the leaf is by the first."""
    keys = ec_keys(ec.SECP256R1())
    rings = [
        Ca.root(f"CA {(index + 1) % MANY}", WITHOUT_IDS, keys[(index + 1) % MANY], at=fixed_now).ca(
            f"CA {index}", WITHOUT_IDS, keys[index]
        )
        for index in range(MANY)
    ]
    return pem(rings[0].signs(CSR), *(one.certificate for one in rings))


def expired_path(length: int = MANY) -> bytes:
    """A path of CAs with long names, of whom each has something wrong."""
    ca = Ca.root("0" * 64, OVER, at=fixed_now)
    path = []
    for index in range(length):
        wish = replace(OVER, path_length=0)
        ca = ca.ca(f"{index:02} {'x' * 61}", wish)
        path.append(ca.certificate)
    return pem(ca.signs(CSR), *path)


def many_leaves() -> bytes:
    """A hundred certificates of one key, each with something wrong."""
    return pem(*(ISSUING.signs(CSR, Wish(names=[f"{n}.{'x' * 60}.example.com" for n in range(9)])) for _ in range(100)))


def one_name(keys: Sequence[Key], *, each_signs: bool = True) -> bytes:
    """CAs of one name without key identifiers: which signed which, only trying can tell."""
    wish = WITHOUT_IDS
    ca = Ca.root("CA", wish, keys[0], at=fixed_now)
    path = [ca]
    for key in keys[1:]:
        ca = ca.ca("CA", wish, key) if each_signs else Ca.root("CA", wish, key, at=fixed_now)
        path.append(ca)
    return pem(ca.signs(CSR, wish), *(one.certificate for one in path))


def rsa_keys(bits: int, exponent: int) -> Callable[[], bytes]:
    """CAs of one name, with keys that take long to verify with; no signature is one, but each has to be tried."""

    def make() -> bytes:
        ca, signature = name("CA"), b"\x7f" * (bits // 8)
        spki = [rsa_spki((1 << bits) - 2 * index - 1, exponent) for index in range(MANY)]
        made = [
            certificate(ca, ca, key, ca_extensions(), bytes([n + 1]), algorithm=RSA_SHA256, signature=signature)
            for n, key in enumerate(spki)
        ]
        asked = certificate(name(HOST), ca, spki_of(KEY), algorithm=RSA_SHA256, signature=signature)
        return b"".join([asked, *made])[:MIB]

    return make


def long_names(parts: int, limit: int = MIB) -> bytes:
    """CAs of one name of many parts; no signature is one."""
    ca = name(*("x" for _ in range(parts)))
    keys = ec_keys(ec.SECP256R1())
    cas = [certificate(ca, ca, spki_of(key), ca_extensions(), serial=bytes([n + 1])) for n, key in enumerate(keys)]
    return b"".join([leaf(issuer=ca), *cas])[:limit]


def constrained(tag: int, names: Sequence[bytes], limits: Sequence[bytes]) -> bytes:
    """A leaf of thousands of names below a CA of thousands of name constraints."""
    key, ca = ec_key(), name("CA")
    permitted = tlv(0x30, tlv(0xA0, *(tlv(0x30, tlv(tag, limit)) for limit in limits)))
    asked = certificate(name(HOST), ca, spki_of(KEY), [(ALTERNATIVE_NAME, names_extension(names, tag))])
    issuer = certificate(ca, name("Root"), spki_of(key), ca_extensions((NAME_CONSTRAINTS, permitted)))
    return _signed(asked, key) + _signed(issuer, key)


def hosts_constrained(count: int) -> bytes:
    hosts = [host.encode() for host in _hosts(2 * count)]
    return constrained(0x82, hosts[:count], hosts[count:])


def addresses_constrained(count: int) -> bytes:
    addresses = [index.to_bytes(4) for index in range(2 * count)]
    return constrained(0x87, addresses[:count], [one + b"\xff" * 4 for one in addresses[count:]])


def _signed(unsigned: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    body = x509.load_der_x509_certificate(unsigned).tbs_certificate_bytes
    return tlv(0x30, body, ECDSA_SHA256, tlv(3, b"\0", key.sign(body, ec.ECDSA(hashes.SHA256()))))


# Single certificates


def many_names() -> bytes:
    return leaf([(ALTERNATIVE_NAME, names_extension(_hosts(46000) * 4))])


def evil_text() -> bytes:
    """Names that would do something to a terminal, a mail or a log: control characters, newlines, bidi marks."""
    text = "a\x1b[31m\r\nB: c\x07\u202e\u200b\u2028\x9b1m\x00"
    evil = text.encode()
    ascii_evil = b"x\x1b[2J\r\nBcc: y\x00.example.com"
    access = tlv(
        0x30, tlv(0x30, bytes.fromhex("06082b06010505073002"), tlv(0x86, b"http://x/\x1b[2J\r\n" + ascii_evil))
    )
    names = tlv(0x30, *(tlv(tag, ascii_evil) for tag in (0x82, 0x81, 0x86)))
    return leaf([(ALTERNATIVE_NAME, names), (AUTHORITY_ACCESS, access)], subject=name(evil), issuer=name(evil * 2))


def long_hints() -> bytes:
    """A key identifier and an address of the issuer that are as long as the file may be."""
    access = tlv(0x30, tlv(0x30, bytes.fromhex("06082b06010505073002"), tlv(0x86, b"http://" + b"x" * 500_000)))
    return leaf([(AUTHORITY_KEY_ID, tlv(0x30, tlv(0x80, b"\1" * 400_000))), (AUTHORITY_ACCESS, access)])


def nested_der() -> bytes:
    content = b""
    for _ in range(50_000):
        content = tlv(0x30, content)
    return content[:MIB]


def p7b_of_thousands() -> bytes:
    small = certificate(name("a"), name("a"), spki_of(KEY))
    count = MIB // (len(small) + 10)
    certificates = b"".join(
        certificate(name("a"), name("a"), spki_of(KEY), serial=b"\x01" + index.to_bytes(4)) for index in range(count)
    )
    signed = tlv(
        0x30,
        bytes.fromhex("020101"),
        tlv(0x31),
        tlv(0x30, bytes.fromhex("06092a864886f70d010701")),
        tlv(0xA0, certificates),
        tlv(0x31),
    )
    return tlv(0x30, bytes.fromhex("06092a864886f70d010702"), tlv(0xA0, signed))


def small_csrs() -> bytes:
    """As many items as fit that are read one after another, and are no certificates."""
    key = tlv(0x30, tlv(0x30, COMMON_NAME), tlv(3, b"\0"))
    body = tlv(0x30, bytes.fromhex("020100"), tlv(0x30), key, tlv(0xA0))
    return filled(tlv(0x30, body, tlv(0x30, COMMON_NAME), tlv(3, b"\0")))


def broken_certificates() -> bytes:
    """As many as fit of certificates that are read in part: the extension is none."""
    return filled(
        certificate(tlv(0x30), tlv(0x30), tlv(0x30, tlv(0x30, COMMON_NAME), tlv(3, b"\0")), [(BASIC_CONSTRAINTS, b"")])
    )


def again(content: bytes) -> Callable[[], bytes]:
    return lambda: filled(content)


FILES: dict[str, Callable[[], bytes]] = {
    "zip bomb": bomb,
    "zip bomb of many members": bomb_of_many,
    "zip, overlapping members": overlapping,
    "zip, long directory": directory,
    "zip in zip, 20 layers": nested,
    "zip of BEGIN lines": zip_of(b"-----BEGIN CERTIFICATE-----\n"),
    "zip of empty blocks": zip_of(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
    "zip of empty lists": lambda: zipped({"chain": json_of("[]", 4 * MIB - 1024)}),
    "zip of texts in JSON": lambda: zipped({"chain": json_of('"QUJD"', 4 * MIB - 1024)}),
    "zip of JSON files": lambda: zipped({f"{n}": json_of('"QUJD"', MIB - 1024) for n in range(4)}),
    "zip of small CSRs": lambda: zipped({f"{n}": small_csrs()[: MIB - 1024] for n in range(4)}),
    "zip of one certificate again and again": lambda: zipped({f"{n}": filled(PEM, MIB - 1024) for n in range(4)}),
    "zip of 0xFF": zip_of(b"\xff"),
    "zip of base64": zip_of(b"QUJDREVG" * 8 + b"\n"),
    "BEGIN lines": again(b"-----BEGIN CERTIFICATE-----\n"),
    "BEGIN lines of keys, almost": again(b"BEGIN AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA PRIVATE KE "),
    "BEGIN BEGIN BEGIN": again(b"BEGIN "),
    "empty blocks": again(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
    "small blocks": again(b"-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n"),
    "labels with control characters": again(
        b"-----BEGIN \x1b[2J\x07\x00\xe2\x80\xae-----\nMAA=\n-----END \x1b[2J\x07\x00\xe2\x80\xae-----\n"
    ),
    "JSON of empty lists": lambda: json_of("[]"),
    "JSON of objects": lambda: json_of('{"":0}'),
    "JSON of nested lists": lambda: filled(b"["),
    "JSON of texts": lambda: json_of('"AB"'),
    "JSON of texts in base64": lambda: json_of('"MAAwADAA"'),
    "JSON in JSON": json_layers,
    "base64": again(b"QUJDREVG" * 8 + b"\n"),
    "base64 of base64 of base64": base64_layers,
    "zeros": again(b"0"),
    "NULs and a 1": lambda: b"1" + b"\0" * (MIB - 1),
    "items of no length": again(b"\x30\x00"),
    "item of endless length": lambda: b"\x30\xff" + b"\xff" * (MIB - 2),
    "nested DER": nested_der,
    "small CSRs": small_csrs,
    "broken certificates": broken_certificates,
    "one certificate again and again": again(PEM),
    "one small certificate again and again": lambda: filled(certificate(name(), name(), spki_of(KEY))),
    "PKCS#7 of thousands": p7b_of_thousands,
    "PKCS#7 again and again": again(P7B),
    "loop of 100 CAs": loop,
    "path of 100 CAs": expired_path,
    "100 leaves": many_leaves,
    "100 CAs of one name, P-256": lambda: one_name(ec_keys(ec.SECP256R1())),
    "100 CAs of one name, P-521": lambda: one_name(ec_keys(ec.SECP521R1())),
    "100 CAs of one name, Brainpool": lambda: one_name(ec_keys(ec.BrainpoolP512R1())),
    "100 CAs of one name, RSA 4096": rsa_keys(4096, 65537),
    "100 CAs of one name, RSA 8192": rsa_keys(8192, 2**32 - 1),
    "100 CAs of one name, RSA 16384": rsa_keys(16384, 2**64 - 1),
    "100 CAs of one long name": lambda: long_names(130),
    "100 CAs of one longer name": lambda: long_names(350),
    "zip of 100 CAs of one very long name": lambda: zipped({"chain": long_names(1500, 4 * MIB - 1024)}),
    "names in a certificate": lambda: leaf([(ALTERNATIVE_NAME, names_extension(_hosts(9000)))]),
    "10 certificates of 40 KB": lambda: b"".join(
        leaf([(ALTERNATIVE_NAME, names_extension(_hosts(8000)))], serial=bytes([n + 1])) for n in range(9)
    ),
    "499 names and constraints": lambda: hosts_constrained(499),
    "8,000 names and constraints": lambda: hosts_constrained(8000),
    "499 addresses and constraints": lambda: addresses_constrained(499),
    "4,000 addresses and constraints": lambda: addresses_constrained(4000),
    "180,000 names": many_names,
    "extension of 1 MiB": lambda: leaf([(bytes.fromhex("06032a0304"), b"\0" * (MIB - 1000))]),
    "name of 500 KB": lambda: leaf(subject=name("x" * 500_000), issuer=name("y" * 500_000)),
    "name of 50,000 parts": lambda: leaf(subject=name(*"x" * 40_000), issuer=name(*"y" * 30_000)),
    "serial of 1 MiB": lambda: leaf(subject=name(), serial=b"\x01" * (MIB - 1000)),
    "evil text": evil_text,
    "long hints": long_hints,
    "last day of the calendar": lambda: leaf(years=(b"99991231000000Z", b"99991231235959Z")),
    "gzip bomb": lambda: gzip.compress(bytes(400 * MIB)),
    "gzip of twenty gzip": flat_layers(PEM, gzip.compress),
    "gzip, as many streams as fit": again(gzip.compress(b"x")),
    "bzip2 bomb": lambda: bz2.compress(bytes(40 * MIB)),
    "bzip2 of 4 MiB": lambda: bz2.compress(filled(PEM, 4 * MIB - 1024)),
    "xz bomb": lambda: lzma.compress(bytes(40 * MIB)),
    "xz of 4 MiB": lambda: lzma.compress(filled(PEM, 4 * MIB - 1024), preset=9),
    "tar of 1,000 files": lambda: tar_of(1000),
    "tar of 1,001 files": lambda: tar_of(1001),
    "tar, endless file": endless_tar,
    "zip of zips": lambda: zipped({f"{n}": zipped({f"{m}": PEM for m in range(9)}) for n in range(90)}),
    "mail of thousands of parts": lambda: mail(MIB // 80),
    "mail in mail in mail": nested_mail,
    "HTML of a million tags": text_of("<b>"),
    "HTML of broken tags": text_of("<b "),
    "HTML of references": text_of("&#43;"),
    "HTML of references that are none": text_of("&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    "percent signs": text_of("%2B"),
    "backslashes": text_of("\\"),
    "backslashes and letters": text_of("\\n\\u002b"),
    "quoted-printable": text_of("=3D=\n"),
    "wrapped five times": wrapped_five_times,
    "zip of what is wrapped five times": lambda: zipped({f"{n}": wrapped_five_times() for n in range(3)}),
    "numbered lines": text_of("12: a\n"),
    "lines of a log": text_of("Nov 28 22:02:11 host QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGk=\n"),
    "lines of strings": text_of('  "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGk=" +\n'),
    "lines without a dash": text_of("BEGIN CERTIFICATE\n"),
    "words BEGIN CERTIFICATE": text_of("begin: certificate; "),
    "BEGIN and END of a key": text_of("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n", 40_000),
    "hexadecimal digits": text_of("30:82:"),
    "hexadecimal digits, almost": text_of("30 82 " * 19 + "zz "),
    "lines of a dump": text_of("00000000  30 82 03 27 30 82 02 0f  a0 03 02 01 02 02 14 08  |0..'0...........|\n"),
    "words of base64": text_of("QUJDREVGR0hJSktMTU5PUFFSU1RV."),
    "words that begin like DER": starts_of_der,
    "UTF-16": lambda: filled("-----BEGIN CERTIFICATE-----\u2014\n".encode("utf-16-le")),
    "dashes of word processors": text_of("\u2014\u00a0"),
    "items that do not end": open_items,
    "small items in one": small_items,
    "key store of bags": lambda: key_store(filled(tlv(0x30, bytes.fromhex("060b2a864886f70d010c0a0103")), MIB - 200)),
    "key store, encrypted parts": slow_key_store,
    "key store of Java": java_key_store,
    "odd extensions": odd_extensions,
}
# Not all of these is looked at, or can be: they may hold a private key, and go to quarantine.
UNSEEN = {
    "zip bomb",
    "zip bomb of many members",
    "zip, overlapping members",
    "zip, long directory",
    "zip in zip, 20 layers",
    "zip of BEGIN lines",
    "zip of empty blocks",
    "zip of small CSRs",
    "BEGIN lines",
    "empty blocks",
    "small blocks",
    "labels with control characters",
    "base64 of base64 of base64",
    "small CSRs",
    "gzip bomb",
    "gzip of twenty gzip",
    "gzip, as many streams as fit",
    "bzip2 bomb",
    "bzip2 of 4 MiB",
    "xz bomb",
    "xz of 4 MiB",
    "tar of 1,001 files",
    "tar, endless file",
    "mail of thousands of parts",
    "HTML of references that are none",
    "wrapped five times",
    "zip of what is wrapped five times",
    "lines of a log",
    "lines of strings",
    "lines without a dash",
    "BEGIN and END of a key",
    "words of base64",
    "UTF-16",
    "key store of bags",
    "key store, encrypted parts",
    "key store of Java",
}
