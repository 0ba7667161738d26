"""Certificates that break rules which others do not hold them to: read as they are meant, and never changed."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID, NameOID

from functions.chains.parsing.contents import MAX_CERTIFICATE_BYTES
from functions.chains.parsing.parse import parse
from functions.model.findings import ChainProblem
from functions.x509.certificate import Certificate, load
from functions.x509.der import MAX_ITEMS, MAX_OID_BYTES, after_items, dotted, items, items_until_broken, oid, size_of
from functions.x509.rewrite import Unreadable
from tests.certificates import DAY, ec_key
from tests.clock import HANG, real_now
from tests.robustness.formats import CHAIN, CSR, LEAF, der
from tests.robustness.hostile import tlv
from tests.wrappings import armoured

KEY = ec_key()
SPKI = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
ECDSA = bytes.fromhex("300a06082a8648ce3d040302")
V3 = tlv(0xA0, tlv(2, b"\x02"))
BASIC, USAGE, NAMES, LIMITS, POLICIES, AUTHORITY, PURPOSES = (
    f"2.5.29.{number}" for number in (19, 15, 17, 30, 32, 35, 37)
)


# `openssl` has the machine's clock. In UTCTime and in GeneralizedTime: a day that is past, and one that is to come.
SHORT, FULL = (real_now() - 400 * DAY).strftime("%y%m%d|%Y%m%d").encode().split(b"|")
LAST = tlv(0x18, (real_now() + 3600 * DAY).strftime("%Y%m%d").encode() + b"000000Z")


LONG = "1.2.3" + 200 * ".4"


def attribute(kind: str, text: bytes, tag: int = 0x0C) -> bytes:
    return tlv(0x30, oid(kind), tlv(tag, text))


def name(*parts: bytes) -> bytes:
    return tlv(0x30, *(tlv(0x31, part) for part in parts))


def extension(kind: str, value: bytes, critical: bytes = b"") -> bytes:
    return tlv(0x30, oid(kind), critical, tlv(4, value))


def made(
    *extensions: bytes,
    version: bytes = V3,
    serial: bytes = b"\x02\x01\x07",
    algorithm: bytes = ECDSA,
    subject: bytes | None = None,
    times: tuple[bytes, bytes] = (tlv(0x17, SHORT + b"000000Z"), LAST),
    spki: bytes = SPKI,
    more: bytes = b"",
) -> bytes:
    """A certificate (DER) of any content, signed by its own key."""
    whose = name(attribute("2.5.4.3", b"web.example.com")) if subject is None else subject
    listed = tlv(0xA3, tlv(0x30, *extensions)) if extensions else b""
    validity = tlv(0x30, *times)
    tbs = tlv(0x30, version, serial, algorithm, whose, validity, whose, spki, more, listed)
    return tlv(0x30, tbs, algorithm, tlv(3, b"\0", KEY.sign(tbs, ec.ECDSA(hashes.SHA256()))))


def is_taken_by_openssl(certificate: bytes) -> bool:
    """As its own root: read, and its signature, times and extensions verified."""
    armour = armoured("CERTIFICATE", certificate).encode()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "it.pem").write_bytes(armour)
        command = ["openssl", "verify", "-partial_chain", "-check_ss_sig", "-CAfile", "it.pem", "it.pem"]
        return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=HANG).returncode == 0


ODD: dict[str, bytes] = {
    "cA FALSE written out": made(extension(BASIC, bytes.fromhex("3003010100"))),
    "cA TRUE as 1": made(extension(BASIC, bytes.fromhex("3003010101"))),
    "a path length without cA": made(extension(BASIC, bytes.fromhex("3003020100"))),
    "critical FALSE written out": made(extension(BASIC, bytes.fromhex("30030101ff"), bytes.fromhex("010100"))),
    "critical TRUE as 1": made(extension(BASIC, bytes.fromhex("30030101ff"), bytes.fromhex("010101"))),
    "a length longer than it need be": made(extension(BASIC, bytes.fromhex("3081030101ff"))),
    "unused bits that are set": made(extension(USAGE, bytes.fromhex("03020107"))),
    "an issuer without a serial": made(
        extension(AUTHORITY, tlv(0x30, tlv(0x80, b"id"), tlv(0xA1, tlv(0xA4, name(attribute("2.5.4.3", b"CA"))))))
    ),
    "a network with bits of a host": made(
        extension(LIMITS, tlv(0x30, tlv(0xA0, tlv(0x30, tlv(0x87, bytes([10, 1, 2, 3, 255, 0, 0, 0]))))))
    ),
    "a minimum of 0": made(extension(LIMITS, tlv(0x30, tlv(0xA0, tlv(0x30, tlv(0x82, b"a.example"), b"\x80\x01\0"))))),
    "a policy text of another kind": made(
        extension(POLICIES, tlv(0x30, tlv(0x30, oid("1.2.3"), tlv(0x30, tlv(0x30, oid("1.2.4"), tlv(0x0C, b"x"))))))
    ),
    "an X.400 name": made(extension(NAMES, tlv(0x30, tlv(0x82, b"web.example.com"), tlv(0xA3, tlv(0x30))))),
    "an address among DNS names": made(
        extension(NAMES, tlv(0x30, tlv(0x82, b"web.example.com"), b"\x82\x04\xc0\xa8\0\1"))
    ),
    "a star in a PrintableString": made(subject=name(attribute("2.5.4.3", b"*.example.com", 0x13))),
    "Teletex that is Latin-1": made(subject=name(attribute("2.5.4.10", b"M\xfcller", 0x14))),
    "parts of a part in no order": made(
        subject=name(attribute("2.5.4.3", b"web.example.com") + attribute("2.5.4.10", b"A"))
    ),
    "the same part twice": made(subject=name(attribute("2.5.4.11", b"a") * 2)),
    "an empty part": made(subject=tlv(0x30, tlv(0x31), tlv(0x31, attribute("2.5.4.3", b"web.example.com")))),
    "version 4": made(extension(BASIC, b"\x30\0"), version=tlv(0xA0, tlv(2, b"\x03"))),
    "version 2 with unique identifiers": made(version=tlv(0xA0, tlv(2, b"\x01")), more=tlv(0x81, b"\0\1")),
    "version 1 written out": made(version=tlv(0xA0, tlv(2, b"\0"))),
    "a signature algorithm with NULL": made(algorithm=bytes.fromhex("300c06082a8648ce3d0403020500")),
}
# What OpenSSL does not take, nor do we.
REFUSED: dict[str, bytes] = {
    **{
        f"a time {kind}": made(times=(tlv(tag, text), LAST))
        for kind, tag, text in (
            ("without seconds", 0x17, SHORT + b"0000Z"),
            ("of another zone", 0x17, SHORT + b"020000+0200"),
            ("in month 13", 0x17, SHORT[:2] + b"13" + b"01000000Z"),
            ("with a fraction", 0x18, FULL + b"000000.5Z"),
            ("in full without seconds", 0x18, FULL + b"0000Z"),
            ("in full of another zone", 0x18, FULL + b"000000-0400"),
            ("of no zone", 0x18, FULL + b"000000"),
        )
    },
    "letters that are no UTF-8": made(subject=name(attribute("2.5.4.3", b"M\xfcller", 0x0C))),
    "a serial with zeros in front": made(serial=bytes.fromhex("0203000007")),
}


def is_refused_by_cryptography(certificate: bytes) -> bool:
    try:
        read_ = x509.load_der_x509_certificate(certificate)
        for part in ("extensions", "subject", "issuer", "not_valid_before_utc"):
            getattr(read_, part)
    except Exception:  # noqa: BLE001  it has many ways to say so
        return True
    return False


@pytest.mark.parametrize("kind", ODD)
def test_what_others_read_is_read_and_stays_as_it_is(kind: str) -> None:
    assert is_taken_by_openssl(ODD[kind])
    certificate = load(ODD[kind])
    assert certificate.der == ODD[kind]
    assert certificate.unread == ()
    assert certificate.tbs == items(items(ODD[kind])[0].content)[0].whole
    (read_one,) = parse(armoured("CERTIFICATE", ODD[kind]).encode()).certificates
    assert read_one == certificate


def test_these_are_odd_enough_that_cryptography_does_not_read_them() -> None:
    read_all_the_same = {kind for kind, certificate in ODD.items() if not is_refused_by_cryptography(certificate)}
    assert read_all_the_same <= {"version 1 written out", "unused bits that are set", "Teletex that is Latin-1"}


def test_values_are_read_as_they_are_meant() -> None:
    def value[E: x509.ExtensionType](kind: str, of: type[E]) -> E:
        found = load(ODD[kind]).extension(of)
        assert found is not None
        return found

    assert not value("cA FALSE written out", x509.BasicConstraints).ca
    assert value("cA TRUE as 1", x509.BasicConstraints).ca
    assert not value("a path length without cA", x509.BasicConstraints).ca
    assert value("a length longer than it need be", x509.BasicConstraints).ca
    assert value("an issuer without a serial", x509.AuthorityKeyIdentifier).key_identifier == b"id"
    networks = value("a network with bits of a host", x509.NameConstraints).permitted_subtrees or []
    assert [str(one.value) for one in networks] == ["10.0.0.0/8"]
    for kind in ("an X.400 name", "an address among DNS names"):
        names = value(kind, x509.SubjectAlternativeName)
        assert names.get_values_for_type(x509.DNSName) == ["web.example.com"]
    for kind, critical in (("critical FALSE written out", False), ("critical TRUE as 1", True)):
        assert [one.critical for one in load(ODD[kind]).extensions] == [critical]
    assert load(ODD["version 4"]).version is x509.Version.v3
    assert load(ODD["version 1 written out"]).version is x509.Version.v1


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("a star in a PrintableString", "CN=*.example.com"),
        ("parts of a part in no order", "O=A+CN=web.example.com"),
        ("the same part twice", "OU=a,OU=a"),
        ("an empty part", "CN=web.example.com"),
    ],
)
def test_a_name_is_read_as_it_is_meant(kind: str, said: str) -> None:
    certificate = load(ODD[kind])
    assert certificate.subject.rfc4514_string() == said
    assert certificate.self_issued


@pytest.mark.parametrize("kind", REFUSED)
def test_what_openssl_refuses_is_named(kind: str) -> None:
    assert not is_taken_by_openssl(REFUSED[kind])
    with pytest.raises(ChainProblem) as caught:
        parse(REFUSED[kind])
    assert "cannot be read" in caught.value.finding.sentence
    assert "RFC 5280" in caught.value.finding.next_step


# What cannot be read


@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        (made(times=(tlv(0x17, SHORT[:2] + b"13" + b"01000000Z"), LAST)), "whose validity cannot be read"),
        (
            made(times=(tlv(0x17, SHORT + b"000000Z"), tlv(0x18, b"1" + FULL + b"000000Z"))),
            "whose validity cannot be read",
        ),
        (made(spki=tlv(0x30, tlv(0x30, oid("1.2.840.10040.4.1")), b"\x03\x01\0")), "whose public key cannot be read"),
        (
            made(
                spki=tlv(0x30, tlv(0x30, oid("1.2.840.10040.4.1")), b"\x03\x01\0"),
                times=(tlv(0x17, b"x"), tlv(0x17, b"y")),
            ),
            "whose validity and public key cannot be read",
        ),
        (
            made(extension(NAMES, tlv(0x30, tlv(0x82, b"a"))), extension(NAMES, tlv(0x30, tlv(0x82, b"b")))),
            "which has this extension twice: subject alternative name",
        ),
        (made(tlv(0x30, oid("1.2.3.4"), tlv(0x0C, b"x"))), "whose extensions cannot be read"),
    ],
    ids=["month 13", "year 10000", "DSA without parameters", "two fields", "twice", "no extension"],
)
def test_what_cannot_be_read_is_named_with_whose_it_is(certificate: bytes, said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        load(certificate)
    assert str(caught.value) == f"the certificate of CN=web.example.com, {said}"
    contents = parse(certificate + der(LEAF))
    assert [one.der for one in contents.certificates] == [der(LEAF)]
    (finding,) = contents.lost
    assert said in finding.sentence
    assert "RFC 5280" in finding.next_step


def test_a_subject_that_cannot_be_read_is_named_without_it() -> None:
    with pytest.raises(Unreadable, match=r"^a certificate, whose issuer's name and subject cannot be read$"):
        load(made(subject=tlv(0x30, tlv(0x31, tlv(0x30, oid("2.5.4.3"), tlv(0x1E, b"\0\x61\0"))))))


@pytest.mark.parametrize(
    ("kind", "value", "critical", "said"),
    [
        (NAMES, b"\x30\x03\x82\x05a", b"", "subject alternative name"),
        (PURPOSES, b"\x30\0", b"\x01\x01\xff", "extended key usage"),
        (BASIC, bytes.fromhex("30060101ff0201fb"), b"\x01\x01\xff", "basic constraints"),
        (LIMITS, tlv(0x30, tlv(0xA0, tlv(0x30, tlv(0x87, bytes(5))))), b"\x01\x01\xff", "name constraints"),
        ("1.3.6.1.5.5.7.1.1", b"", b"", "authority information access"),
        (LONG, b"", b"", LONG),  # its length has two bytes
    ],
)
def test_an_extension_that_cannot_be_read_leaves_the_others(
    kind: str, value: bytes, critical: bytes, said: str
) -> None:
    good = extension(USAGE, bytes.fromhex("03020780"))
    certificate = load(made(extension(kind, value, critical), good))
    (unread,) = certificate.unread
    assert (unread.oid, unread.name, unread.critical) == (kind, said, bool(critical))
    usage = certificate.extension(x509.KeyUsage)
    assert usage is not None
    assert usage.digital_signature
    assert [one.oid for one in certificate.extensions] == [ExtensionOID.KEY_USAGE]


@pytest.mark.parametrize("size", [MAX_OID_BYTES, MAX_OID_BYTES + 1, 10_000])
def test_an_oid_of_any_length_is_named(size: int) -> None:
    endless = tlv(6, b"\xff" * (size - 1) + b"\x01")  # one number of very many digits
    certificate = load(made(tlv(0x30, endless, tlv(4, b""))))
    (unread,) = certificate.unread
    if size > MAX_OID_BYTES:
        assert unread.name == f"an OID of {size:,} bytes"
    else:
        assert oid(unread.oid) == endless


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30\0",
        CSR,
        tlv(0x30, tlv(0x31, *([b"\x02\x01\x07", *[tlv(0x30)] * 5])), ECDSA, b"\x03\x01\0"),
        made()[:-1],
        made() + b"\0",
        made(version=tlv(0xA0, b"")),
    ],
)
def test_what_is_no_certificate_is_none(data: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read") as caught:
        load(data)
    assert not isinstance(caught.value, Unreadable)


def test_a_certificate_that_is_too_large_is_named() -> None:
    large = made(extension("1.2.3.4", bytes(MAX_CERTIFICATE_BYTES)))
    with pytest.raises(ChainProblem, match="a certificate of more than 65,536 bytes"):
        parse(large)


def test_two_certificates_are_one_if_their_bytes_are() -> None:
    one, other, strange = load(der(LEAF)), load(der(LEAF)), load(der(CHAIN[1]))
    assert {one, other, strange} == {one, strange}
    assert one != LEAF
    assert isinstance(one, Certificate)
    assert one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)


# Tags and lengths


def test_items_are_told_apart_or_are_none() -> None:
    assert [one.tag for one in items(b"\x05\0\x02\x01\x07")] == [5, 2]
    for data in (
        b"\x30",
        b"\x30\x05\0",
        b"\x30\x80\0\0",
        b"\x30\x85\0\0\0\0\0",
        b"\x1f\x81\0",
        b"\x05\0" * (MAX_ITEMS + 1),
    ):
        with pytest.raises(ValueError, match=r"item|length"):
            items(data)


def test_what_is_cut_off_is_given_as_far_as_it_goes() -> None:
    found, whole = items_until_broken(b"\x05\0\x30\x05\x02\x01")
    assert ([one.content for one in found], whole) == ([b"", b"\x02\x01"], False)
    ((only,), whole) = items_until_broken(b"\x30\x80\x05\0\0\0")
    assert (only.tag, only.content, whole) == (0x30, b"\x05\0", True)
    for data in (b"\x30\x80" * 100, b"\x30\x80" + b"\x05\0" * 20_000 + b"\0\0", b"\x05\0" * 20_000):
        assert items_until_broken(data)[1] is False
    assert (size_of(b"\x30\x82\x01\0"), size_of(b"\x30\x80"), size_of(b"")) == (260, None, None)
    assert after_items(b"\x30\0\x30\x01\0hello") == b"hello"


@pytest.mark.parametrize("text", ["2.5.29.17", "1.2.840.113549.1.7.2", "1.3.6.1.4.1.311.21.10", "0.9.2342"])
def test_an_oid_is_written_and_read(text: str) -> None:
    assert dotted(oid(text)) == text
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier(text), b"")
    assert x509.Extensions([x509.Extension(unknown.oid, critical=False, value=unknown)])[0].oid.dotted_string == text
