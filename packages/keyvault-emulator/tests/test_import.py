"""Import into the Key Vault emulator: every form of file, the policy that is made of it, and every refusal."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.keyvault.certificates import CertificateContentType, CertificatePolicy
from azure.keyvault.certificates.aio import CertificateClient
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certificate_files import Family, legacy, modern, pem
from testkit.certificates import Ca
from testkit.clock import real_now
from vault_client import NEVER, Reply, VaultClient, sdk_client, use_identity, vault_client

IN_PROGRESS = (
    409,
    "Conflict",
    (
        "A new key vault certificate can not be created or imported while a pending key vault certificate's status is "
        "inProgress."
    ),
)
NO_CERTIFICATE = (
    "No certificate with private key found in the specified X.509 certificate content. Please specify X.509 "
    "certificate content with only one certificate containing private key."
)
NO_KEY = (
    "Private key is not specified in the specified X.509 PEM certificate content. Please specify private key in the "
    "X.509 PEM certificate content."
)
BAD_PEM = (
    "The specified PEM X.509 certificate content is in an unexpected format. Please check if certificate is in valid "
    "PEM format."
)
BAD_PFX = (
    "The specified PKCS#12 X.509 certificate content can not be read. Please check if certificate is in valid PKCS#12 "
    "format."
)

FAMILY = Family()


@pytest.fixture
async def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=NEVER) as client:
        use_identity(monkeypatch, client.emulator)
        yield client


@pytest.fixture
async def sdk(vault: VaultClient) -> AsyncIterator[CertificateClient]:
    async with sdk_client(vault) as client:
        yield client


async def imported(vault: VaultClient, value: str, name: str = "web-1", **more: Any) -> Reply:
    return await vault.call("POST", f"/certificates/{name}/import", {"value": value} | more)


def cer(family: Family = FAMILY) -> str:
    return base64.b64encode(family.leaf.public_bytes(Encoding.DER)).decode()


# --- what is taken ---


async def test_the_policy_is_made_of_the_certificate(vault: VaultClient) -> None:
    reply = await imported(vault, FAMILY.pfx())
    bundle = reply.body
    assert reply.status == 200
    assert list(bundle) == ["id", "kid", "sid", "x5t", "cer", "attributes", "policy"]
    assert bundle["cer"] == cer()
    dates = bundle["policy"].pop("attributes")
    assert dates == {"enabled": True, "created": dates["created"], "updated": dates["created"]}
    assert bundle["policy"] == {
        "id": f"{vault.url}/certificates/web-1/policy",
        "key_props": {"exportable": True, "kty": "EC", "key_size": 256, "reuse_key": False, "crv": "P-256"},
        "secret_props": {"contentType": "application/x-pkcs12"},
        "x509_props": {
            "subject": 'CN=web.example.com, O="Ex, Inc.", C=DE',
            "sans": {"emails": ["a@example.com"], "dns_names": ["web.example.com"]},
            "ekus": ["1.3.6.1.5.5.7.3.1"],
            "key_usage": ["digitalSignature", "keyEncipherment"],
            "validity_months": 13,  # twelve and ten minutes
            "basic_constraints": {"ca": False},
        },
        "lifetime_actions": [
            {"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "EmailContacts"}},
        ],
        "issuer": {"name": "Unknown"},
    }
    assert list(bundle["policy"]["key_props"]) == ["exportable", "kty", "key_size", "reuse_key", "crv"]
    attributes = bundle["attributes"]
    assert attributes["nbf"] == FAMILY.leaf.not_valid_before_utc.timestamp()
    assert attributes["exp"] == FAMILY.leaf.not_valid_after_utc.timestamp()
    assert (await vault.call("GET", "/certificates/web-1")).body["x5t"] == bundle["x5t"]


RSA_FAMILY = Family(rsa.generate_private_key(65537, 2048))
TEXT = FAMILY.pem(FAMILY.leaf, FAMILY.ca, FAMILY.root)


@pytest.mark.parametrize(
    ("value", "more", "family", "content_type"),
    [
        (FAMILY.pfx(), {"pwd": ""}, FAMILY, "pkcs12"),
        (FAMILY.pfx(modern(b"1234")), {"pwd": "1234"}, FAMILY, "pkcs12"),
        (FAMILY.pfx(legacy(b"1234")), {"pwd": "1234"}, FAMILY, "pkcs12"),
        (RSA_FAMILY.pfx(), {}, RSA_FAMILY, "pkcs12"),
        (base64.b64encode(FAMILY.pfx().encode()).decode(), {}, FAMILY, "pkcs12"),
        (TEXT, {}, FAMILY, "pem-file"),
        (base64.b64encode(TEXT.encode()).decode(), {}, FAMILY, "pem-file"),
        (f"Bag Attributes\n{pem(FAMILY.root)}{FAMILY.pem()}", {}, FAMILY, "pem-file"),
    ],
    ids=["pfx", "password", "legacy-ciphers", "rsa", "base64-twice", "pem", "pem-in-base64", "leaf-last"],
)
async def test_forms_of_files(
    vault: VaultClient, value: str, more: dict[str, str], family: Family, content_type: str
) -> None:
    reply = await imported(vault, value, **more)
    assert reply.status == 200, reply.text
    assert reply.body["cer"] == cer(family)
    assert reply.body["policy"]["secret_props"] == {"contentType": f"application/x-{content_type}"}


async def test_what_the_caller_sends_of_key_secret_issuer_and_actions_holds(vault: VaultClient) -> None:
    sent = {
        "key_props": {"exportable": False, "reuse_key": True},
        "secret_props": {"contentType": "application/x-pem-file"},
        "issuer": {"name": "Self"},
        "lifetime_actions": [],
    }
    reply = await imported(vault, FAMILY.pfx(), policy=sent, tags={"a": "1"}, attributes={"enabled": False})
    policy = reply.body["policy"]
    assert (policy["key_props"]["exportable"], policy["key_props"]["reuse_key"]) == (False, True)
    assert policy["key_props"]["crv"] == "P-256"
    assert policy["secret_props"] == {"contentType": "application/x-pem-file"}
    assert policy["issuer"] == {"name": "Self"}
    assert policy["lifetime_actions"] == []
    assert reply.body["tags"] == {"a": "1"}
    assert reply.body["attributes"]["enabled"] is False


@pytest.mark.parametrize(
    "sent",
    [
        {"subject": ""},
        {"subject": "CN=another", "sans": {}},
        {"subject": "CN=another", "sans": {"dns_names": ["another.example.com"], "upns": ["u@example.com"]}},
        {"sans": None, "ekus": [], "key_usage": [], "validity_months": 6},
        {"ekus": ["1.2.3.4"], "key_usage": ["keyAgreement"], "basic_constraints": {"ca": True}},
        {"dns_names": [], "ekus": [], "emails": [], "subject": "", "upns": []},  # as the C++ SDK sends it
    ],
    ids=lambda sent: "-".join(sent),
)
async def test_what_stands_in_the_certificate_is_the_certificates_whatever_was_sent(
    vault: VaultClient, sent: dict[str, Any]
) -> None:
    alone = (await imported(vault, FAMILY.pfx())).body["policy"]["x509_props"]
    reply = await imported(vault, FAMILY.pfx(), "web-2", policy={"x509_props": sent, "issuer": None})
    assert reply.status == 200, reply.text
    assert reply.body["policy"]["x509_props"] == alone
    assert (await vault.call("GET", "/certificates/web-2/policy")).body["x509_props"] == alone


@pytest.mark.parametrize(
    ("issuer", "action"), [("Self", "AutoRenew"), ("my-ca", "AutoRenew"), ("Unknown", "EmailContacts")]
)
async def test_who_can_renew_an_imported_certificate_renews_it(vault: VaultClient, issuer: str, action: str) -> None:
    await vault.set_issuer()
    policy = (await imported(vault, FAMILY.pfx(), policy={"issuer": {"name": issuer}})).body["policy"]
    assert policy["issuer"] == {"name": issuer}
    assert policy["lifetime_actions"] == [
        {"trigger": {"lifetime_percentage": 80}, "action": {"action_type": action}},
    ]


async def test_an_imported_ca_is_one_until_another_version_takes_its_place(vault: VaultClient) -> None:
    root = Ca.root("root.example.com", at=real_now)
    key = root.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    ca, not_one = {"ca": True}, {"ca": False}
    imports = imported(vault, key + pem(root.certificate), policy={"x509_props": {"basic_constraints": not_one}})
    assert (await imports).body["policy"]["x509_props"]["basic_constraints"] == ca
    changed = {"x509_props": {"basic_constraints": not_one}, "issuer": {"name": "Self"}}
    reply = await vault.call("PATCH", "/certificates/web-1/policy", changed)
    assert (reply.body["x509_props"]["basic_constraints"], reply.body["issuer"]) == (ca, {"name": "Self"})
    leaf = (await imported(vault, FAMILY.pfx())).body["policy"]
    assert leaf["x509_props"]["basic_constraints"] == not_one


async def test_a_second_import_is_a_second_version_under_one_policy(vault: VaultClient) -> None:
    first, second = (await imported(vault, FAMILY.pfx())).body, (await imported(vault, RSA_FAMILY.pfx())).body
    assert first["id"] != second["id"]
    assert (await vault.call("GET", "/certificates/web-1")).body == second
    listed = (await vault.call("GET", "/certificates/web-1/versions")).body["value"]
    assert {item["id"] for item in listed} == {first["id"], second["id"]}
    assert second["policy"]["key_props"]["kty"] == "RSA"
    assert second["policy"]["attributes"]["created"] == first["policy"]["attributes"]["created"]


async def test_with_the_sdk_as_it_sends_files(sdk: CertificateClient) -> None:
    pfx = base64.b64decode(FAMILY.pfx(legacy(b"1234")))
    certificate = await sdk.import_certificate("web-1", pfx, password="1234", preserve_order=True)
    assert certificate.cer
    assert bytes(certificate.cer) == FAMILY.leaf.public_bytes(Encoding.DER)
    assert certificate.properties
    assert certificate.properties.preserve_order is True
    policy = CertificatePolicy("Self", subject="CN=x", content_type=CertificateContentType.pem)
    text = await sdk.import_certificate("web-2", TEXT.encode(), policy=policy)
    assert text.policy
    assert text.policy.content_type == CertificateContentType.pem


async def test_the_key_is_what_it_is_whatever_the_caller_says(vault: VaultClient) -> None:
    reply = await imported(vault, FAMILY.pfx(), policy={"key_props": {"kty": "RSA", "key_size": 4096}})
    assert reply.body["policy"]["key_props"] == {
        "exportable": True,
        "kty": "EC",
        "key_size": 256,
        "reuse_key": False,
        "crv": "P-256",
    }


@pytest.mark.parametrize("form", ["application/x-pkcs12", "application/x-pem-file"])
async def test_what_was_made_here_and_comes_back_has_the_same_policy(tmp_path: Path, form: str) -> None:
    props = {
        "subject": "CN=web.example.com, OU=a + OU=b, C=DE",
        "sans": {
            "emails": ["a@example.com"],
            "dns_names": ["web.example.com", "*.example.com"],
            "upns": ["jo@example.com"],
            "uris": ["https://example.com/a"],
            "ipAddresses": ["10.0.0.1", "2001:db8::1"],
        },
        "ekus": ["1.3.6.1.5.5.7.3.1", "1.2.3.4"],
        "key_usage": ["digitalSignature", "nonRepudiation", "keyAgreement", "decipherOnly"],
    }
    asked = {"key_props": {"kty": "EC", "crv": "P-384"}, "x509_props": props, "secret_props": {"contentType": form}}
    async with vault_client(tmp_path, issuing_delay=0) as vault:
        await vault.create("made", policy=asked | {"issuer": {"name": "Self"}})
        await vault.ended("made")
        made = (await vault.call("GET", "/certificates/made")).body
        value = (await vault.call("GET", "/secrets/made")).body["value"]
        back = (await imported(vault, value)).body
    assert (back["cer"], back["x5t"]) == (made["cer"], made["x5t"])
    ten_minutes = {"validity_months": 13}  # certificates made here are so much longer than twelve months
    assert back["policy"]["x509_props"] == made["policy"]["x509_props"] | ten_minutes
    for group in ("key_props", "secret_props"):
        assert back["policy"][group] == made["policy"][group]


async def test_an_import_is_announced(tmp_path: Path) -> None:
    taken: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    async with vault_client(tmp_path, on_event=taken.put) as vault:
        bundle = (await imported(vault, FAMILY.pfx())).body
        event = await asyncio.wait_for(taken.get(), 5)
    assert event["type"] == "Microsoft.KeyVault.CertificateNewVersionCreated"
    assert event["data"]["Id"] == bundle["id"]


# --- what is refused ---


async def test_an_import_while_in_progress_gets_409(vault: VaultClient, sdk: CertificateClient) -> None:
    created = (await vault.create("web-1")).body
    with pytest.raises(ResourceExistsError) as conflict:
        await sdk.import_certificate("web-1", base64.b64decode(FAMILY.pfx()))
    assert conflict.value.error
    assert (409, conflict.value.error.code, conflict.value.error.message) == IN_PROGRESS
    assert (await imported(vault, FAMILY.pfx())).error == IN_PROGRESS
    assert (await imported(vault, "not even a file")).error == IN_PROGRESS
    assert (await vault.pending("web-1")).body == created


async def test_an_import_takes_the_place_of_a_request_that_has_ended(vault: VaultClient) -> None:
    await vault.set_issuer()
    await vault.outcome(name="*", outcome="fail", delay=0)
    await vault.create("web-1", "my-ca")
    assert (await vault.ended("web-1"))["status"] == "failed"
    assert "pending" not in (await imported(vault, FAMILY.pfx())).body
    assert (await vault.pending("web-1")).error[:2] == (404, "PendingCertificateNotFound")


async def test_an_import_under_a_deleted_name_gets_409(vault: VaultClient) -> None:
    await imported(vault, FAMILY.pfx())
    await vault.call("DELETE", "/certificates/web-1")
    refused = (await imported(vault, FAMILY.pfx())).body["error"]
    assert (refused["code"], refused["innererror"]) == ("Conflict", {"code": "ObjectIsBeingDeleted"})


KEY_ONLY = FAMILY.pem().partition("-----BEGIN CERT")[0]


@pytest.mark.parametrize(
    ("value", "more", "message"),
    [
        (FAMILY.pfx(modern(b"1234")), {}, BAD_PFX),
        (FAMILY.pfx(modern(b"1234")), {"pwd": "12345"}, BAD_PFX),
        ("bm90IGEgUEZY", {}, BAD_PFX),
        ("!", {}, BAD_PFX),
        ("", {}, BAD_PFX),
        (pem(FAMILY.leaf), {}, NO_KEY),
        (KEY_ONLY, {}, NO_CERTIFICATE),
        (FAMILY.pem(FAMILY.ca), {}, NO_CERTIFICATE),
        (KEY_ONLY + FAMILY.pem(), {}, NO_CERTIFICATE),
        (FAMILY.pem(form=PrivateFormat.TraditionalOpenSSL), {}, BAD_PEM),
        (KEY_ONLY + pem(FAMILY.leaf).replace("M", "-", 1), {}, BAD_PEM),
        (FAMILY.pfx(), {"tags": {str(number): "" for number in range(16)}}, "Property  has invalid value\r\n"),
        (FAMILY.pfx(), {"policy": {"x509_props": {"subject": "Self"}}}, None),
        (Family(rsa.generate_private_key(65537, 1024)).pfx(), {}, "Property  has invalid value\r\n"),  # noqa: S505 that is what is refused
        (Family(ec.generate_private_key(ec.BrainpoolP256R1())).pfx(), {}, "Property  has invalid value\r\n"),
    ],
)
async def test_faulty_files_are_refused(
    vault: VaultClient, value: str, more: dict[str, Any], message: str | None
) -> None:
    reply = await imported(vault, value, **more)
    assert reply.error[:2] == (400, "BadParameter")
    assert message is None or reply.error[2] == message
    assert (await vault.call("GET", "/certificates/web-1")).status == 404


async def test_a_value_is_needed(vault: VaultClient) -> None:
    assert (await vault.call("POST", "/certificates/web-1/import", {})).error[:2] == (400, "BadParameter")
