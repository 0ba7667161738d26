"""What a dropped file holds, and which way round it goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)

from functions.issuance.chains import MAX_BYTES, ChainProblem, build, by_key, check_leaf, parse
from functions.issuance.keys import key_sha256
from tests.certificates import Authority, make_csr, pem

ROOT = Authority.root("Test Root")
ISSUING = ROOT.intermediate("Test Issuing CA")
KEY, CSR = make_csr("web.example.com")
LEAF = ISSUING.sign(CSR)
CHAIN = (LEAF, ISSUING.certificate, ROOT.certificate)


@pytest.mark.parametrize(
    "content",
    [
        pem(*CHAIN),
        pem(*reversed(CHAIN)),
        b"\xef\xbb\xbfDear customer,\r\n\r\n" + pem(*reversed(CHAIN)).replace(b"\n", b"\r\n") + b"\r\nRegards\r\n",
        b"".join(b"# subject\n" + pem(one) for one in (ISSUING.certificate, LEAF, LEAF, ROOT.certificate)),
        pkcs7.serialize_certificates(list(CHAIN), Encoding.PEM),
        pkcs7.serialize_certificates(list(CHAIN), Encoding.DER),
    ],
    ids=["in order", "reversed", "prose, BOM, CRLF", "comments, duplicates", "PKCS#7 PEM", "PKCS#7 DER"],
)
def test_a_chain_is_read_by_content_and_ordered_leaf_first(content: bytes) -> None:
    certificates = parse(content)
    assert set(certificates) == set(CHAIN)
    assert len(certificates) == 3
    chain = build(LEAF, certificates)
    assert chain.path == (LEAF, ISSUING.certificate)
    assert chain.root == ROOT.certificate
    assert chain.strangers == ()
    assert chain.der() == [LEAF.public_bytes(Encoding.DER), ISSUING.certificate.public_bytes(Encoding.DER)]


def test_a_single_der_certificate_is_a_chain_of_one() -> None:
    (certificate,) = parse(LEAF.public_bytes(Encoding.DER))
    assert build(certificate, (certificate,)).path == (LEAF,)


def test_strangers_are_kept_out_even_with_the_right_name() -> None:
    impostor = Authority.root("Test Root").intermediate("Test Issuing CA")
    chain = build(LEAF, (impostor.certificate, LEAF, ISSUING.certificate))
    assert chain.path == (LEAF, ISSUING.certificate)
    assert chain.strangers == (impostor.certificate,)


def test_a_self_signed_leaf_is_its_own_chain() -> None:
    assert build(ROOT.certificate, (ROOT.certificate,)).path == (ROOT.certificate,)


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


def test_an_expired_leaf_is_refused() -> None:
    now = datetime.now(UTC)
    check_leaf(LEAF, now)
    with pytest.raises(ChainProblem, match="expired"):
        check_leaf(ISSUING.sign(CSR, valid_for=-timedelta(days=1)), now)


def test_certificates_are_found_by_the_key_of_their_csr() -> None:
    assert by_key(CHAIN)[key_sha256(LEAF)] == [LEAF]
