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

from functions.issuance.chains import Chain, End, Signatures, build, by_key
from functions.issuance.findings import ChainProblem
from functions.issuance.keys import key_sha256
from functions.issuance.reading import MAX_BYTES, read
from functions.issuance.trust import trust_of
from tests.certificates import Ca, make_csr, pem
from tests.clock import NOW, fixed_now

ROOT = Ca.root("Test Root", at=fixed_now)
ISSUING = ROOT.ca("Test Issuing CA")
KEY, CSR = make_csr("web.example.com")
LEAF = ISSUING.signs(CSR)
CHAIN = (LEAF, ISSUING.certificate, ROOT.certificate)


def built(leaf: x509.Certificate, certificates: Sequence[x509.Certificate], *trusted: Ca) -> Chain:
    """The chain, where these CAs are trusted."""
    trust = trust_of({f"{index}.pem": pem(one.certificate) for index, one in enumerate(trusted)}, "trusted-cas/main/")
    return build(leaf, certificates, trust, NOW, Signatures())


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
    certificates = read(content).certificates
    assert set(certificates) == set(CHAIN)
    assert len(certificates) == 3
    chain = built(LEAF, certificates)
    assert chain.path == (LEAF, ISSUING.certificate)
    assert chain.root == ROOT.certificate
    merged = [LEAF, ISSUING.certificate]
    assert chain.der(include_root=False) == [one.public_bytes(Encoding.DER) for one in merged]
    assert chain.der(include_root=True) == [one.public_bytes(Encoding.DER) for one in (*merged, ROOT.certificate)]


def test_a_single_der_certificate_is_a_chain_of_one() -> None:
    (certificate,) = read(LEAF.public_bytes(Encoding.DER)).certificates
    assert built(certificate, (certificate,)).path == (LEAF,)


def test_strangers_are_kept_out_even_with_the_right_name() -> None:
    impostor = Ca.root("Test Root", at=fixed_now).ca("Test Issuing CA")
    assert built(LEAF, (impostor.certificate, LEAF, ISSUING.certificate)).path == (LEAF, ISSUING.certificate)


def test_a_self_signed_leaf_is_its_own_chain() -> None:
    assert built(ROOT.certificate, (ROOT.certificate,)).path == (ROOT.certificate,)


def test_the_shortest_way_to_a_trusted_ca_is_taken_even_past_a_root_in_the_file() -> None:
    other = Ca.root("Other Root", at=fixed_now)
    cross = other.ca(ROOT.subject, key=ROOT.key)
    certificates = (*CHAIN, cross.certificate, other.certificate)
    chain = built(LEAF, certificates, other)
    assert chain == Chain((LEAF, ISSUING.certificate, cross.certificate), other.certificate, End.TRUSTED)
    assert built(LEAF, certificates, ROOT, other) == Chain((LEAF, ISSUING.certificate), ROOT.certificate, End.TRUSTED)
    assert built(LEAF, certificates) == Chain((LEAF, ISSUING.certificate), ROOT.certificate, End.ROOT)


def test_a_trusted_intermediate_completes_a_chain_and_is_part_of_it() -> None:
    assert built(LEAF, (LEAF,), ISSUING) == Chain((LEAF, ISSUING.certificate), None, End.TRUSTED)
    assert built(LEAF, (LEAF, ISSUING.certificate), ROOT).rooted is False


def test_without_a_root_the_longest_chain_is_taken() -> None:
    middle = ROOT.ca("Middle")
    twice = middle.ca(ISSUING.subject, key=ISSUING.key)
    chain = built(LEAF, (LEAF, ISSUING.certificate, twice.certificate, middle.certificate))
    assert chain == Chain((LEAF, twice.certificate, middle.certificate), None, End.OPEN)


def test_a_name_may_be_written_in_another_kind_of_string() -> None:
    def named(kind: _ASN1Type) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Old CA", _type=kind)])

    old = Ca.root(named(_ASN1Type.UTF8String), at=fixed_now)
    leaf = old.signs(CSR, issuer=named(_ASN1Type.PrintableString))
    assert leaf.issuer.public_bytes() != old.certificate.subject.public_bytes()
    assert built(leaf, (leaf, old.certificate)) == Chain((leaf,), old.certificate, End.ROOT)
    assert built(leaf, (leaf,), old).end is End.TRUSTED


def test_a_loop_of_cross_signing_ends() -> None:
    one, two = Ca.root("One", at=fixed_now), Ca.root("Two", at=fixed_now)
    loop = (one.ca(two.subject, key=two.key).certificate, two.ca(one.subject, key=one.key).certificate)
    leaf = two.signs(CSR)
    assert built(leaf, (leaf, *loop)).path[0] == leaf


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
        (b"x" * (MAX_BYTES + 1), "too-large"),
    ],
)
def test_what_is_no_chain_is_refused_with_a_reason_and_a_next_step(content: bytes, code: str) -> None:
    with pytest.raises(ChainProblem) as caught:
        read(content)
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
        read(content)
    finding = caught.value.finding
    assert finding.code == "contains-private-key"
    assert "exposed" in finding.next_step
    for line in content.splitlines():
        assert len(line) < 20 or line.decode(errors="replace") not in finding.sentence + finding.next_step


def test_certificates_are_found_by_the_key_of_their_csr() -> None:
    assert by_key(CHAIN)[key_sha256(LEAF)] == [LEAF]
