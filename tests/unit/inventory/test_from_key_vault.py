"""What the inventory keeps of Key Vault's answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from functions.inventory.from_key_vault import asked_of, issued_of
from functions.model.inventory.record import AskedFor, IssuedCertificate
from functions.model.request.operation import CertificateVersion
from functions.ports.key_vault_objects import Policy
from functions.ports.vault import Bundle
from functions.x509.public_keys import sha1_of
from tests.certificates import (
    CLIENT,
    DAY,
    SERVER,
    Ca,
    Wish,
    csr_of,
    ec_key,
    ed_key,
    ip,
    make_csr,
    rsa_key,
    version_1,
    with_serial,
)
from tests.clock import NOW, fixed_now

ORGANISATION = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example")])
CREATED = datetime(2026, 11, 1, 8, tzinfo=UTC)
OV = x509.ObjectIdentifier("2.23.140.1.2.2")
POLICY: Policy = {
    "id": "https://team1.vault.azure.net/certificates/web/policy",
    "key_props": {"exportable": True, "kty": "EC-HSM", "key_size": 384, "reuse_key": True, "crv": "P-384"},
    "secret_props": {"contentType": "application/x-pem-file"},
    "x509_props": {
        "subject": "CN=www.example.com, O=Example",
        "sans": {"emails": ["a@example.com"], "dns_names": ["WWW.example.com", "api.example.com"], "upns": []},
        "ekus": [SERVER.dotted_string],
        "key_usage": ["digitalSignature"],
        "validity_months": 6,
        "basic_constraints": {"ca": False},
    },
    "lifetime_actions": [{"trigger": {"days_before_expiry": 30}, "action": {"action_type": "AutoRenew"}}],
    "issuer": {"name": "DigiCert", "cty": "OV-SSL"},
    "attributes": {"enabled": True, "created": 1, "updated": 2},
}


@pytest.fixture(scope="module")
def ca() -> Ca:
    return Ca.root("Example CA", at=fixed_now)


def bundle_of(der: bytes, **fields: Any) -> Bundle:
    version = CertificateVersion("v1", der, "ab", NOW + 9 * DAY)
    return Bundle(version, {"attributes": {"created": int(CREATED.timestamp())}, "pending": {"id": "…"}, **fields})


def der_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def issued(certificate: x509.Certificate) -> IssuedCertificate:
    return issued_of(bundle_of(der_of(certificate)))


def test_a_version_is_kept_as_its_certificate_has_it(ca: Ca) -> None:
    names: list[str | x509.GeneralName] = [
        "b.example.com",
        ip("10.0.0.1"),
        "*.Example.com",
        x509.RFC822Name("a@example.com"),
    ]
    leaf = ca.signs(csr_of(rsa_key(), "www.example.com", names), Wish(end=5 * DAY))
    der = der_of(leaf)
    assert issued_of(bundle_of(der)) == IssuedCertificate(
        version="v1",
        sha1=sha1_of(der),
        sha256=leaf.fingerprint(SHA256()).hex(),
        subject="CN=www.example.com",
        names=("*.example.com", "b.example.com", "10.0.0.1", "a@example.com"),
        ca="CN=Example CA",
        ca_key=x509.SubjectKeyIdentifier.from_public_key(ca.certificate.public_key()).digest.hex(),
        not_before=NOW - DAY,
        not_after=NOW + 5 * DAY,
        created=CREATED,
        ekus=(SERVER.dotted_string, CLIENT.dotted_string),
        key_type="RSA",
        key_size=2048,
    )


def test_without_a_pending_operation_it_was_imported(ca: Ca) -> None:
    der = der_of(ca.signs(make_csr("web.example.com")[1]))
    fields = {"attributes": {"created": int(CREATED.timestamp())}}
    assert issued_of(Bundle(bundle_of(der).version, fields)).imported
    assert not issued_of(bundle_of(der)).imported


def test_without_alternative_names_it_has_its_common_name(ca: Ca) -> None:
    assert issued(ca.signs(csr_of(ec_key(), "Some Person"), Wish(names=()))).names == ("some person",)
    assert issued(ca.signs(csr_of(ec_key(), "x", ["y.example.com"]), Wish())).names == ("y.example.com",)
    assert issued(ca.signs(make_csr("x")[1], Wish(names=()), subject=ORGANISATION)).names == ()


def test_a_name_is_safe_to_print(ca: Ca) -> None:
    leaf = issued(ca.signs(make_csr("x\u202egpj.example.com")[1], Wish(names=())))
    assert all(one.isprintable() for one in (*leaf.names, leaf.subject))


def test_self_signed_is_one_name_and_one_key(ca: Ca) -> None:
    key = ec_key()
    assert issued(ca.certificate).self_signed
    assert issued(Ca.root("No ids", Wish(key_ids=False), at=fixed_now).certificate).self_signed
    assert not issued(ca.signs(make_csr("web.example.com")[1])).self_signed
    assert not issued(ca.signs(csr_of(key, "Example CA"))).self_signed  # the issuer `Test`: its name, not its key


def test_a_public_certificate_names_a_policy_of_the_forum(ca: Ca) -> None:
    csr = make_csr("web.example.com")[1]
    policies = [
        x509.CertificatePolicies([x509.PolicyInformation(oid, None)]) for oid in (OV, x509.ObjectIdentifier("1.2.3"))
    ]
    forum, own = (issued(ca.signs(csr, Wish(more=[(one, False)]))) for one in policies)
    assert (forum.public, own.public, issued(ca.signs(csr)).public) == (True, False, False)


def test_keys_are_called_as_key_vault_does(ca: Ca) -> None:
    found = [issued(ca.signs(csr_of(key, "a.example.com"))) for key in (ec_key(), rsa_key(3072), ed_key())]
    assert [(one.key_type, one.key_size) for one in found] == [("EC", 256), ("RSA", 3072), ("Ed25519", 0)]


def test_certificates_that_break_the_rfc_are_read_too(ca: Ca) -> None:
    key = ec_key()
    root = Ca.root("Old root", key=key, at=fixed_now)
    old = issued(version_1(root.certificate, key))
    assert (old.unread, old.subject, old.ekus) == (False, "CN=Old root", ())
    odd = issued_of(bundle_of(with_serial(root.certificate, -7, key)))
    assert (odd.unread, odd.subject) == (False, "CN=Old root")


@pytest.mark.parametrize("der", [b"", b"0\x80", b"\x30\x03\x02\x01\x01", bytes(500)])
def test_what_nobody_can_read_is_kept_as_unread(der: bytes) -> None:
    found = issued_of(bundle_of(der))
    assert found == IssuedCertificate("v1", sha1_of(der), not_after=NOW + 9 * DAY, created=CREATED, unread=True)


@pytest.mark.parametrize("created", [None, "soon", True, 1e3, 10**30, -(10**30)])
def test_a_time_that_is_none_is_left_out(ca: Ca, created: object) -> None:
    der = der_of(ca.signs(make_csr("web.example.com")[1]))
    found = issued_of(bundle_of(der, attributes={"created": created}))
    assert (found.created, found.unread) == (None, False)
    assert issued_of(bundle_of(der, attributes="none")).created is None


def test_a_policy_is_kept_as_it_is_stored() -> None:
    assert asked_of(POLICY) == AskedFor(
        issuer="DigiCert",
        issuer_type="OV-SSL",
        months=6,
        action="AutoRenew",
        days_before=30,
        subject="CN=www.example.com, O=Example",
        names=("api.example.com", "www.example.com", "a@example.com"),
        ekus=(SERVER.dotted_string,),
        key_type="EC-HSM",
        key_size=384,
        curve="P-384",
        exportable=True,
        reuse_key=True,
        content_type="application/x-pem-file",
    )


def test_of_several_actions_auto_renew_counts() -> None:
    mail = {"trigger": {"lifetime_percentage": 50}, "action": {"action_type": "EmailContacts"}}
    renew = {"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "autorenew"}}
    both = asked_of(cast("Policy", {"lifetime_actions": [mail, renew]}))
    assert (both.action, both.percentage, both.days_before) == ("autorenew", 80, None)
    assert asked_of(cast("Policy", {"lifetime_actions": [mail]})).action == "EmailContacts"


def test_without_alternative_names_a_policy_asks_for_its_common_name() -> None:
    def names(subject: str) -> tuple[str, ...]:
        return asked_of({"x509_props": {"subject": subject, "sans": {}}}).names

    assert names("O=Example, CN=Web.example.com") == ("web.example.com",)
    assert names("O=Example") == names("CN=a+CN=b") == names("") == ()


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"key_props": [], "x509_props": None, "issuer": "DigiCert", "lifetime_actions": {"action": 1}},
        {"lifetime_actions": "AutoRenew", "issuer": {"name": None, "cty": 5}, "secret_props": 1},
        {"lifetime_actions": [None, 1], "x509_props": {"sans": [], "ekus": "1.2", "validity_months": True}},
        {"x509_props": {"sans": {"dns_names": "a.b"}, "ekus": [1], "validity_months": "12", "subject": 3}},
        {"key_props": {"exportable": "yes", "reuse_key": 1, "key_size": "2048", "kty": None}},
    ],
)
def test_a_field_of_another_form_counts_as_absent(policy: Any) -> None:
    assert asked_of(policy) == AskedFor(issuer="Unknown")


def test_nothing_raises_for_a_damaged_certificate(ca: Ca) -> None:
    whole = der_of(ca.signs(csr_of(ec_key(), "web.example.com", ["a.example.com", ip("10.0.0.1")])))
    for at in range(0, len(whole), 3):
        der = whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]
        assert issued_of(bundle_of(der)).sha1 == sha1_of(der)


def test_an_address_is_written_as_it_is_read_from_a_certificate() -> None:
    sans = {"ipAddresses": ["2001:DB8:0::1", "10.0.0.1", "no address"]}
    assert asked_of(cast("Policy", {"x509_props": {"sans": sans}})).names == ("10.0.0.1", "2001:db8::1", "no address")
