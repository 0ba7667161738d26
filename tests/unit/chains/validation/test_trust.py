"""Whose certificates a vault takes: what the files in trusted-cas may hold, and what becomes of what cannot be used."""

from __future__ import annotations

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from functions.chains.validation.trust import Trust, says_public, trust_of
from functions.model.errors import BadSettings
from tests.certificates import DAY, Ca, Wish, as_read, csr_of, ec_key, pem
from tests.clock import fixed_now

LONG = Wish(start=-400 * DAY, end=3650 * DAY)
ROOT = Ca.root("Root", LONG, at=fixed_now)
OTHER = Ca.root("Other", LONG, at=fixed_now)
SERVER = ROOT.signs(csr_of(ec_key(), "web.example.com"))


def trusting(content: bytes) -> Trust:
    return trust_of({"trusted-cas/main/cas.pem": content}, "trusted-cas/main/")


def holds(trust: Trust, *cas: Ca) -> bool:
    return all(trust.holds(one) for one in as_read(*(ca.certificate for ca in cas)))


@pytest.mark.parametrize(
    "content",
    [
        ROOT.certificate.public_bytes(Encoding.DER),
        pkcs7.serialize_certificates([ROOT.certificate], Encoding.DER),
        pkcs7.serialize_certificates([ROOT.certificate], Encoding.PEM),
        b"\xef\xbb\xbfsubject=CN = Root\r\n" + pem(ROOT.certificate).replace(b"\n", b"\r\n"),
        pem(ROOT.certificate).decode().encode("utf-16"),
    ],
    ids=["DER (AD CS)", "PKCS#7", "PKCS#7 as PEM", "PEM with a BOM and a heading", "UTF-16"],
)
def test_a_ca_is_read_in_whatever_format_a_drop_may_have(content: bytes) -> None:
    trust = trusting(content)
    assert holds(trust, ROOT)
    assert trust.ignored == ()


def test_a_whole_chain_with_the_servers_certificate_counts_but_for_that() -> None:
    trust = trusting(pem(SERVER, ROOT.certificate))
    assert holds(trust, ROOT)
    assert not trust.holds(as_read(SERVER)[0])
    (said,) = trust.ignored
    assert "trusted-cas/main/cas.pem: CN=web.example.com is no CA" in said


def test_a_damaged_block_is_named_and_the_others_count() -> None:
    damaged = pem(OTHER.certificate).replace(b"M", b"!", 1)
    trust = trusting(pem(ROOT.certificate) + damaged)
    assert holds(trust, ROOT)
    assert not holds(trust, OTHER)
    assert any("trusted-cas/main/cas.pem" in one and "cannot be read" in one for one in trust.ignored)


@pytest.mark.parametrize("content", [b"", b"ask Bob", pem(SERVER), pem(ROOT.certificate)[:200]])
def test_a_file_with_no_ca_at_all_is_a_setting_that_cannot_work_and_is_named(content: bytes) -> None:
    with pytest.raises(BadSettings, match=r"trusted-cas/main/cas\.pem"):
        trusting(content)


def test_the_good_file_does_not_hide_the_bad_one() -> None:
    with pytest.raises(BadSettings, match=r"bad\.pem"):
        trust_of({"good.pem": pem(ROOT.certificate), "bad.pem": b"?"}, "here")


def test_a_list_of_hundreds_of_roots_counts_and_what_in_it_does_not_is_named() -> None:
    key = ec_key()  # one for all: keys are slow to make
    many = [Ca.root(f"Root {number}", LONG, key, at=fixed_now).certificate for number in range(339)]
    odd = Ca.root("Odd Root", Wish(usages=(), more=[(_odd("2.5.29.15", "0500"), True)]), at=fixed_now)
    trust = trusting(pem(*many, odd.certificate))
    assert all(trust.holds(one) for one in as_read(*many))
    assert not holds(trust, odd)
    (said,) = trust.ignored
    assert "CN=Odd Root has an extension that cannot be read (key usage)" in said


def test_mozillas_list_can_be_used_whole() -> None:
    trust = trusting(certifi.contents().encode())
    assert trust.ignored == ()
    assert sum(map(len, trust.anchors.values())) > 100


def test_a_ca_with_a_key_of_a_kind_that_is_not_known_is_named() -> None:
    small = Ca.root("Small", LONG, ec.generate_private_key(ec.SECP256K1()), at=fixed_now)
    unknown = small.certificate.public_bytes(Encoding.DER).replace(
        bytes.fromhex("06052b8104000a"), bytes.fromhex("06052b8104007f")
    )
    trust = trusting(pem(ROOT.certificate) + x509.load_der_x509_certificate(unknown).public_bytes(Encoding.PEM))
    assert holds(trust, ROOT)
    (said,) = trust.ignored
    assert "CN=Small has a key that cannot be read" in said


def test_a_ca_counts_by_its_name_and_its_key() -> None:
    trust = trusting(pem(ROOT.certificate))
    assert holds(trust, OTHER.ca("Root", LONG, ROOT.key))
    assert not holds(trust, Ca.root("Root", LONG, at=fixed_now))
    assert not holds(trust, Ca.root("Another name", LONG, ROOT.key, at=fixed_now))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"public", True),
        (b"\xef\xbb\xbf# Mozilla's list\r\n\r\n public \r\n", True),
        (b"# public\n", False),
        (b"public\npublic\n", False),
        (b"\xff\xfepublic", False),
        (pem(ROOT.certificate), False),
    ],
)
def test_a_file_says_public_beside_comments_and_blank_lines_alone(content: bytes, says: bool) -> None:
    assert says_public(content) is says


def test_of_several_certificates_of_one_ca_the_newest_comes_first() -> None:
    old = Ca.root("Root", Wish(start=-4000 * DAY, end=-DAY), ROOT.key, at=fixed_now)
    trust = trusting(pem(old.certificate, ROOT.certificate, ROOT.certificate))
    (name,) = trust.anchors
    assert list(trust.named(name)) == list(as_read(ROOT.certificate, old.certificate))


def _odd(oid: str, value: str) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), bytes.fromhex(value))
