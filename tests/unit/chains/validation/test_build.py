"""What a dropped file holds, and which way round it goes."""

from __future__ import annotations

import quopri
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from functions.chains.parsing.parse import MAX_FILE_BYTES, parse
from functions.chains.validation.build import End, Signatures, by_key
from functions.chains.validation.trust import Trust, trust_of
from functions.chains.validation.validate import Validation, validate
from functions.model.findings import ChainProblem
from functions.x509.certificate import canonical
from functions.x509.public_keys import key_sha256
from tests.certificates import DAY, Ca, Wish, as_read, make_csr, make_name, pem
from tests.clock import NOW, fixed_now

ROOT = Ca.root("Test Root", at=fixed_now)
ISSUING = ROOT.ca("Test Issuing CA")
KEY, CSR = make_csr("web.example.com")
LEAF = ISSUING.signs(CSR)
CHAIN = (LEAF, ISSUING.certificate, ROOT.certificate)


type Ends = tuple[tuple[x509.Certificate, ...], x509.Certificate | None, End]


def judged(leaf: x509.Certificate, certificates: Sequence[x509.Certificate], *trusted: Ca) -> Validation:
    """The judgement on a leaf, where these CAs are trusted."""
    trust = trust_of({f"{index}.pem": pem(one.certificate) for index, one in enumerate(trusted)}, "trusted-cas/main/")
    return validate(as_read(leaf)[0], as_read(*certificates), None, trust, NOW, Signatures())


def built(leaf: x509.Certificate, certificates: Sequence[x509.Certificate], *trusted: Ca) -> Ends:
    """The chain: its path, its root, and where it ends."""
    chain = judged(leaf, certificates, *trusted).chain
    root = chain.root.view if chain.root else None
    return tuple(one.view for one in chain.path), root, chain.end


@pytest.mark.parametrize(
    "content",
    [
        pem(*CHAIN),
        pem(*reversed(CHAIN)),
        b"\xef\xbb\xbfDear customer,\r\n\r\n" + pem(*reversed(CHAIN)).replace(b"\n", b"\r\n") + b"\r\nRegards\r\n",
        pem(*CHAIN).replace(b"\n", b"\\r\\n"),
        quopri.encodestring(pem(*CHAIN)),
        b"> " + pem(*CHAIN).replace(b"\n", b"\n> "),
        b"".join(b"# subject\n" + pem(one) for one in (ISSUING.certificate, LEAF, LEAF, ROOT.certificate)),
        pkcs7.serialize_certificates(list(CHAIN), Encoding.PEM),
        pkcs7.serialize_certificates(list(CHAIN), Encoding.DER),
    ],
    ids=[
        "in order",
        "reversed",
        "prose, BOM, CRLF",
        "line ends as \\n",
        "quoted-printable",
        "answered",
        "comments, duplicates",
        "PKCS#7 PEM",
        "PKCS#7 DER",
    ],
)
def test_a_chain_is_read_by_content_and_ordered_leaf_first(content: bytes) -> None:
    certificates = parse(content).certificates
    assert set(certificates) == set(as_read(*CHAIN))
    assert len(certificates) == 3
    chain = validate(as_read(LEAF)[0], certificates, None, Trust({}, "here"), NOW, Signatures()).chain
    assert chain.path == as_read(LEAF, ISSUING.certificate)
    assert chain.root == as_read(ROOT.certificate)[0]
    merged = [LEAF, ISSUING.certificate]
    assert chain.der(include_root=False) == [one.public_bytes(Encoding.DER) for one in merged]
    assert chain.der(include_root=True) == [one.public_bytes(Encoding.DER) for one in (*merged, ROOT.certificate)]


def test_a_single_der_certificate_is_a_chain_of_one() -> None:
    (certificate,) = parse(LEAF.public_bytes(Encoding.DER)).certificates
    assert certificate == as_read(LEAF)[0]
    assert built(LEAF, (LEAF,)) == ((LEAF,), None, End.OPEN)


def test_strangers_are_kept_out_even_with_the_right_name() -> None:
    impostor = Ca.root("Test Root", at=fixed_now).ca("Test Issuing CA")
    assert built(LEAF, (impostor.certificate, LEAF, ISSUING.certificate))[0] == (LEAF, ISSUING.certificate)


def test_a_self_signed_leaf_is_its_own_chain() -> None:
    assert built(ROOT.certificate, (ROOT.certificate,))[0] == (ROOT.certificate,)


def test_a_cross_certificate_that_the_ca_sends_is_kept() -> None:
    other = Ca.root("Other Root", at=fixed_now)
    cross = other.ca(ROOT.subject, key=ROOT.key)
    certificates = (*CHAIN, cross.certificate, other.certificate)
    crossed = ((LEAF, ISSUING.certificate, cross.certificate), other.certificate)
    assert built(LEAF, certificates, other) == (*crossed, End.TRUSTED)
    # The CA sends its cross-certificate for older clients: newer ones need it not, and take it.
    assert built(LEAF, certificates, ROOT) == (*crossed, End.TRUSTED)
    assert built(LEAF, certificates, ROOT, other) == (*crossed, End.TRUSTED)
    assert built(LEAF, certificates) == (*crossed, End.ROOT)
    assert built(LEAF, CHAIN, ROOT, other) == ((LEAF, ISSUING.certificate), ROOT.certificate, End.TRUSTED)


def test_a_trusted_intermediate_completes_a_chain_and_is_part_of_it() -> None:
    assert built(LEAF, (LEAF,), ISSUING) == ((LEAF, ISSUING.certificate), None, End.TRUSTED)
    assert judged(LEAF, (LEAF, ISSUING.certificate), ROOT).chain.rooted is False


def test_without_a_root_the_longest_chain_is_taken() -> None:
    middle = ROOT.ca("Middle")
    twice = middle.ca(ISSUING.subject, key=ISSUING.key)
    chain = built(LEAF, (LEAF, ISSUING.certificate, twice.certificate, middle.certificate))
    assert chain == ((LEAF, twice.certificate, middle.certificate), None, End.OPEN)


def test_a_name_may_be_written_in_another_kind_of_string() -> None:
    def named(kind: _ASN1Type) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Old CA", _type=kind)])

    old = Ca.root(named(_ASN1Type.UTF8String), at=fixed_now)
    leaf = old.signs(CSR, issuer=named(_ASN1Type.PrintableString))
    assert leaf.issuer.public_bytes() != old.certificate.subject.public_bytes()
    assert built(leaf, (leaf, old.certificate)) == ((leaf,), old.certificate, End.ROOT)
    assert built(leaf, (leaf,), old)[2] is End.TRUSTED


@pytest.mark.parametrize(
    ("written", "same"),
    [("OLD ca", True), ("  Old   CA ", True), ("OldCA", False), ("Old CÄ", False), ("Öld CA", False)],
)
def test_case_and_blanks_of_a_name_do_not_count(written: str, same: bool) -> None:
    """RFC 5280 §7.1; case is that of ASCII alone, as OpenSSL has it."""
    assert (canonical(make_name(written)) == canonical(make_name("Old CA"))) is same
    assert canonical(make_name("ä")) != canonical(make_name("Ä"))


def test_the_files_own_certificate_of_a_ca_is_taken_before_a_newer_one_that_is_trusted() -> None:
    newer = ROOT.ca(ISSUING.subject, Wish(start=-DAY / 2), ISSUING.key)
    assert built(LEAF, CHAIN, ROOT, newer) == ((LEAF, ISSUING.certificate), ROOT.certificate, End.TRUSTED)
    assert built(LEAF, (LEAF,), ROOT, newer)[0] == (LEAF, newer.certificate)


def test_more_ways_than_can_be_tried_are_refused_if_none_of_those_tried_is_good() -> None:
    cas = [Ca.root(f"{number}", at=fixed_now) for number in range(6)]
    mesh = [by.ca(one.subject, key=one.key).certificate for one in cas for by in cas if one is not by]
    leaf = cas[0].signs(CSR)
    with pytest.raises(ChainProblem, match="more ways up from CN=web") as caught:
        judged(leaf, (leaf, *mesh), ROOT)
    assert caught.value.finding.code == "too-entangled"
    assert judged(leaf, (leaf, *mesh), cas[5]).errors == ()


def test_a_loop_of_cross_signing_ends() -> None:
    one, two = Ca.root("One", at=fixed_now), Ca.root("Two", at=fixed_now)
    loop = (one.ca(two.subject, key=two.key).certificate, two.ca(one.subject, key=one.key).certificate)
    leaf = two.signs(CSR)
    path, root, end = built(leaf, (leaf, *loop))
    assert path in {(leaf, *loop), (leaf, loop[0])}
    assert (root, end) == (None, End.OPEN)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b" \r\n\t", "empty-file"),
        (b"hello", "not-a-certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not-a-certificate"),
        (b"-----BEGIN CERTIFICATE-----\n" * 5, "not-a-certificate"),
        (b"\x30\x82\x01\x00" + b"\x00" * 40, "not-a-certificate"),
        (b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n", "not-a-certificate"),
        (b"x" * (MAX_FILE_BYTES + 1), "too-large"),
    ],
)
def test_what_is_no_chain_is_refused_with_a_reason_and_a_next_step(content: bytes, code: str) -> None:
    with pytest.raises(ChainProblem) as caught:
        parse(content)
    assert caught.value.finding.code == code
    assert caught.value.finding.sentence.endswith(".")
    assert caught.value.finding.next_step.endswith(".")


SECRET = BestAvailableEncryption(b"secret")


@pytest.mark.parametrize(
    "content",
    [
        pem(LEAF) + KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        pem(LEAF) + KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, SECRET),
        KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, SECRET),
        KEY.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
        pkcs12.serialize_key_and_certificates(b"web", KEY, LEAF, [ISSUING.certificate], NoEncryption()),
        pkcs12.serialize_key_and_certificates(b"web", KEY, LEAF, None, SECRET),
    ],
    ids=["PKCS#8", "SEC 1", "encrypted", "PKCS#8 DER", "encrypted DER", "SEC 1 DER", "PFX", "encrypted PFX"],
)
def test_a_private_key_of_any_kind_is_refused_and_not_repeated(content: bytes) -> None:
    with pytest.raises(ChainProblem) as caught:
        parse(content)
    finding = caught.value.finding
    assert finding.code == "contains-private-key"
    assert "exposed" in finding.next_step
    for line in content.splitlines():
        assert len(line) < 20 or line.decode(errors="replace") not in finding.sentence + finding.next_step


def test_certificates_are_found_by_the_key_of_their_csr() -> None:
    assert by_key(as_read(*CHAIN))[key_sha256(LEAF)] == list(as_read(LEAF))
