"""Creating certificates in the Key Vault emulator: what the 202 says, what is refused, what the CSR holds."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.keyvault.certificates import ApiVersion
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from vault_client import NEVER, VaultClient, policy, vault_client

AWAITS_MERGE = "Pending certificate created. Please Perform Merge to complete the request."
AWAITS_ISSUER = (
    "Pending certificate created. Certificate request is in progress. This may take some time based on the issuer "
    "provider. Please check again later."
)
IN_PROGRESS = (
    "A new key vault certificate can not be created or imported while a pending key vault certificate's status is "
    "inProgress."
)
POLICY_FAULT = (400, "BadParameter", "Property  has invalid value\r\n")
BAD_NAME = (400, "BadParameter", "Property policy.x509_props has invalid value. Invalid X.500 distinguished name\r\n")


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=NEVER) as client:
        yield client


@pytest.mark.parametrize("issuer", ["Unknown", "Self", "my-ca"])
async def test_create_answers_202_in_progress_with_key_vaults_keys_in_order(vault: VaultClient, issuer: str) -> None:
    await vault.set_issuer()
    reply = await vault.create("web-1", issuer)
    assert reply.status == 202
    assert list(reply.body) == [
        "id",
        "issuer",
        "csr",
        "cancellation_requested",
        "status",
        "status_details",
        "request_id",
    ]
    assert reply.body["id"] == f"{vault.url}/certificates/web-1/pending"
    assert reply.body["issuer"] == {"name": issuer}
    assert reply.body["cancellation_requested"] is False
    assert reply.body["status"] == "inProgress"
    assert reply.body["status_details"] == (AWAITS_MERGE if issuer == "Unknown" else AWAITS_ISSUER)
    assert re.fullmatch("[0-9a-f]{32}", reply.body["request_id"])
    assert reply.headers["Retry-After"] == "10"
    assert reply.headers["Location"] == f"{reply.body['id']}?api-version=7.4&request_id={reply.body['request_id']}"


async def test_every_reply_has_the_recorded_headers(vault: VaultClient) -> None:
    for reply in (await vault.create("web-1"), await vault.call("GET", "/certificates/nothing")):
        assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
        assert reply.headers["Cache-Control"] == "no-cache"
        assert reply.headers["Pragma"] == "no-cache"
        assert reply.headers["Expires"] == "-1"
        assert reply.headers["Strict-Transport-Security"] == "max-age=31536000;includeSubDomains"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert re.fullmatch("[0-9a-f-]{36}", reply.headers["x-ms-request-id"])
        assert {"x-ms-keyvault-region", "x-ms-keyvault-service-version", "x-ms-keyvault-network-info"} <= set(
            reply.headers
        )
        assert "Server" not in reply.headers
        assert "x-ms-client-request-id" not in reply.headers


async def test_the_callers_request_id_comes_back_only_if_asked_for(vault: VaultClient) -> None:
    headers = {"Authorization": "Bearer t", "x-ms-client-request-id": "mine"}
    query = {"api-version": "7.4"}
    silent = await vault.send("GET", "/certificates", headers=headers, query=query)
    asked = await vault.send(
        "GET", "/certificates", headers=headers | {"x-ms-return-client-request-id": "true"}, query=query
    )
    assert "x-ms-client-request-id" not in silent.headers
    assert asked.headers["x-ms-client-request-id"] == "mine"


@pytest.mark.parametrize(
    ("host", "resource"),
    [("localhost", "https://vault.azure.net"), ("v1.localhost", "https://localhost:{port}")],
)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer "}, {"Authorization": "Basic dTpw"}])
async def test_a_call_without_a_bearer_token_is_challenged(
    vault: VaultClient, host: str, resource: str, headers: dict[str, str]
) -> None:
    reply = await vault.at(host).send("POST", "/certificates/web-1/create", headers=headers, query={})
    assert reply.error == (401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
    expected = re.escape(f'resource="{resource.format(port=vault.emulator.port)}"')
    tenant = "[0-9a-f-]{36}"
    assert re.fullmatch(
        f'Bearer authorization="https://login.windows.net/{tenant}", {expected}', reply.headers["WWW-Authenticate"]
    )


async def test_the_policy_stands_at_once_with_defaults_filled_in(vault: VaultClient) -> None:
    sent = {"x509_props": {"subject": "cn=MyCert", "sans": {}}, "issuer": {"name": "Self"}}
    await vault.create("web-1", policy=sent)
    stored = (await vault.call("GET", "/certificates/web-1/policy")).body
    created = stored["attributes"]["created"]
    assert stored == {
        "id": f"{vault.url}/certificates/web-1/policy",
        "key_props": {"exportable": True, "kty": "RSA", "key_size": 2048, "reuse_key": False},
        "secret_props": {"contentType": "application/x-pkcs12"},
        "x509_props": {
            "subject": "cn=MyCert",
            "sans": {},
            "ekus": ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
            "key_usage": ["digitalSignature", "keyEncipherment"],
            "validity_months": 12,
            "basic_constraints": {"ca": False},
        },
        "lifetime_actions": [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "AutoRenew"}}],
        "issuer": {"name": "Self"},
        "attributes": {"enabled": True, "created": created, "updated": created},
    }
    assert list(stored) == [
        "id",
        "key_props",
        "secret_props",
        "x509_props",
        "lifetime_actions",
        "issuer",
        "attributes",
    ]
    assert list(stored["x509_props"]) == [
        "subject",
        "sans",
        "ekus",
        "key_usage",
        "validity_months",
        "basic_constraints",
    ]


async def test_no_issuer_means_unknown_and_mails_instead_of_renewing(vault: VaultClient) -> None:
    reply = await vault.create("web-1", None)
    assert reply.body["issuer"] == {"name": "Unknown"}
    assert reply.body["status_details"] == AWAITS_MERGE
    stored = (await vault.call("GET", "/certificates/web-1/policy")).body
    assert stored["lifetime_actions"][0]["action"] == {"action_type": "EmailContacts"}


async def test_key_usages_come_back_sorted_and_spelled_as_in_the_rfc(vault: VaultClient) -> None:
    """As recorded in 2021, for the list that the .NET SDK's tests send."""
    sent = ["crlSign", "dataEncipherment", "digitalSignature", "keyEncipherment", "keyAgreement", "keyCertSign"]
    await vault.create("web-1", policy=policy(x509_props={"subject": "CN=x", "key_usage": [*sent, "keyAgreement"]}))
    assert (await vault.call("GET", "/certificates/web-1/policy")).body["x509_props"]["key_usage"] == [
        "cRLSign",
        "dataEncipherment",
        "digitalSignature",
        "keyAgreement",
        "keyCertSign",
        "keyEncipherment",
    ]


async def test_what_the_caller_sends_is_echoed(vault: VaultClient) -> None:
    sent: dict[str, Any] = {
        "key_props": {"kty": "EC", "key_size": 384, "reuse_key": True, "exportable": False},
        "secret_props": {"contentType": "application/x-pem-file"},
        "x509_props": {
            "subject": "CN=x",
            "sans": {"dns_names": ["x.example"], "ipAddresses": ["10.0.0.1"], "uris": ["https://x.example/"]},
            "ekus": [],
            "key_usage": ["decipherOnly"],
            "validity_months": 24,
        },
        "lifetime_actions": [{"trigger": {"days_before_expiry": 10}, "action": {"action_type": "AutoRenew"}}],
        "issuer": {"name": "Unknown", "cty": "OV-SSL", "cert_transparency": False},
    }
    await vault.create("web-1", policy=sent)
    stored = (await vault.call("GET", "/certificates/web-1/policy")).body
    assert stored["key_props"] == {
        "exportable": False,
        "kty": "EC",
        "key_size": 384,
        "reuse_key": True,
        "crv": "P-384",
    }
    assert stored["x509_props"] == sent["x509_props"] | {"basic_constraints": {"ca": False}}
    assert stored["lifetime_actions"] == sent["lifetime_actions"]
    assert stored["issuer"] == sent["issuer"]
    assert stored["secret_props"] == sent["secret_props"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ({"kty": "RSA", "key_size": 2048}, 2048),
        ({"kty": "RSA", "key_size": 3072}, 3072),
        ({"kty": "RSA-HSM", "exportable": False}, 2048),
        ({"kty": "EC"}, "secp256r1"),
        ({"kty": "EC", "crv": "P-384"}, "secp384r1"),
        ({"kty": "EC", "crv": "P-521", "key_size": 521}, "secp521r1"),
        ({"kty": "EC", "crv": "P-256K"}, "secp256k1"),
    ],
)
async def test_keys_are_real(vault: VaultClient, key: dict[str, Any], expected: int | str) -> None:
    csr = read_csr((await vault.create("web-1", policy=policy(key_props=key))).body)
    public = csr.public_key()
    assert csr.is_signature_valid
    if isinstance(public, rsa.RSAPublicKey):
        assert public.key_size == expected
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        assert public.curve.name == expected


async def test_the_csr_is_as_key_vault_makes_it(vault: VaultClient) -> None:
    """Order of the DER subject, string types, order and criticality of the extensions."""
    x509_props = {
        "subject": 'C=US, ST=WA, O="Test, Inc.", OU=TestOU, CN=*.example.com',
        "sans": {"emails": ["a@example.com"], "dns_names": ["*.example.com"], "upns": ["u@example.com"]},
        "key_usage": ["digitalSignature", "keyEncipherment", "crlSign"],
    }
    csr = read_csr((await vault.create("web-1", policy=policy(x509_props=x509_props))).body)
    assert [(part.oid, part.value) for part in csr.subject] == [
        (NameOID.COMMON_NAME, "*.example.com"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "TestOU"),
        (NameOID.ORGANIZATION_NAME, "Test, Inc."),
        (NameOID.STATE_OR_PROVINCE_NAME, "WA"),
        (NameOID.COUNTRY_NAME, "US"),
    ]
    assert [part._type for part in csr.subject] == [_ASN1Type.UTF8String, *[_ASN1Type.PrintableString] * 4]
    assert isinstance(csr.signature_hash_algorithm, SHA256)
    assert len(csr.attributes) == 1
    assert [(type(item.value), item.critical) for item in csr.extensions] == [
        (x509.KeyUsage, True),
        (x509.ExtendedKeyUsage, False),
        (x509.SubjectAlternativeName, False),
        (x509.BasicConstraints, False),
    ]
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["*.example.com"]
    assert names.get_values_for_type(x509.RFC822Name) == ["a@example.com"]
    assert names.get_values_for_type(x509.OtherName)[0].value == b"\x0c\x0du@example.com"


async def test_a_policy_without_ekus_gives_a_csr_without_them(vault: VaultClient) -> None:
    csr = read_csr((await vault.create("web-1", policy=policy(x509_props={"subject": "CN=x", "ekus": []}))).body)
    assert [type(item.value) for item in csr.extensions] == [x509.KeyUsage, x509.BasicConstraints]


async def test_names_alone_are_enough(vault: VaultClient) -> None:
    reply = await vault.create("web-1", policy=policy(x509_props={"sans": {"uris": ["https://x.example/"]}}))
    assert reply.status == 202
    assert read_csr(reply.body).subject == x509.Name([])


@pytest.mark.parametrize(
    "subject",
    [
        "Self",
        "CN",
        "XX=1",
        "CN=a, =b",
        'CN="a',
        "C=USA",
        "C=*!",
        "E=ü@x",
        "CN=a\x00",
        "2.9.x=1",
        "OID.1.999.1=x",
        f"CN={'x' * 65}",
        "CN=a,,O=b",
    ],
)
async def test_a_subject_that_is_no_dn_is_refused_in_the_recorded_words(vault: VaultClient, subject: str) -> None:
    reply = await vault.create("web-1", policy=policy("invalid", subject=subject))
    assert reply.error == BAD_NAME


@pytest.mark.parametrize(
    "body",
    [
        {"tags": {f"t{number}": "x" for number in range(16)}},
        {"policy": policy(x509_props={})},
        {"policy": policy(x509_props={"subject": ""})},
        {"policy": policy(x509_props={"subject": "CN=x", "validity_months": -1})},
        {"policy": policy(x509_props={"subject": "CN=x", "key_usage": ["invalid"]})},
        {"policy": policy(x509_props={"subject": "CN=x", "ekus": ["serverAuth"]})},
        {"policy": policy(x509_props={"subject": "CN=x", "ekus": ["1.999.1"]})},
        {"policy": policy(x509_props={"subject": "CN=x", "sans": {"dns_names": ["bücher.example"]}})},
        {"policy": policy(x509_props={"subject": "CN=x", "sans": {"emails": ["A <a@example.com>"]}})},
        {"policy": policy(x509_props={"subject": "CN=x", "sans": {"uris": ["http://ü.example"]}})},
        {"policy": policy(x509_props={"subject": "CN=x", "validity_months": 10**30})},
        {"policy": policy(x509_props={"subject": "CN=x", "sans": {"ipAddresses": ["10.0.0"]}})},
        {"policy": policy(key_props={"kty": "RSA", "key_size": 1024})},
        {"policy": policy(key_props={"kty": "RSA", "crv": "P-256"})},
        {"policy": policy(key_props={"kty": "EC", "crv": "P-255"})},
        {"policy": policy(key_props={"kty": "EC", "crv": "P-256", "key_size": 384})},
        {"policy": policy(key_props={"kty": "oct"})},
        {"policy": policy(key_props={"kty": "RSA-HSM", "exportable": True})},
        {"policy": policy(lifetime_actions=[{"trigger": {}, "action": {"action_type": "AutoRenew"}}])},
        {
            "policy": policy(
                lifetime_actions=[{"trigger": {"lifetime_percentage": 100}, "action": {"action_type": "AutoRenew"}}]
            )
        },
        {
            "policy": policy(
                lifetime_actions=[{"trigger": {"days_before_expiry": 325}, "action": {"action_type": "AutoRenew"}}]
            )
        },
        {
            "policy": policy(
                lifetime_actions=[{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "Dance"}}]
            )
        },
    ],
)
async def test_faults_in_a_policy_are_refused(vault: VaultClient, body: dict[str, Any]) -> None:
    assert (await vault.create("web-1", **body)).error == POLICY_FAULT
    assert (await vault.call("GET", "/certificates/web-1")).status == 404


async def test_fifteen_tags_are_allowed(vault: VaultClient) -> None:
    tags = {f"t{number}": "x" for number in range(15)}
    assert (await vault.create("web-1", tags=tags)).status == 202
    assert (await vault.call("GET", "/certificates/web-1")).body["tags"] == tags


async def test_an_ill_typed_property_is_named_by_its_path(vault: VaultClient) -> None:
    reply = await vault.create("web-1", policy=policy(x509_props={"subject": 1}))
    assert reply.error[:2] == (400, "BadParameter")
    assert reply.error[2].startswith("Property policy.x509_props.subject has invalid value. Expected `str`")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b'{"tags":{"a":"\\ud800"}}', b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_refused(vault: VaultClient, body: bytes) -> None:
    assert (await vault.call("POST", "/certificates/web-1/create", body)).error[:2] == (400, "BadParameter")


async def test_a_first_create_needs_a_policy(vault: VaultClient) -> None:
    reply = await vault.call("POST", "/certificates/web-1/create", {})
    assert reply.error == (400, "BadParameter", "Property policy has invalid value\r\n")


@pytest.mark.parametrize("name", ["a_b", "a.b", "a%20b", "x" * 128])
async def test_a_bad_name_is_refused(vault: VaultClient, name: str) -> None:
    assert (await vault.create(name)).error[:2] == (400, "BadParameter")


async def test_an_empty_name_gets_the_recorded_405(vault: VaultClient) -> None:
    reply = await vault.call("POST", "/certificates//create", {"policy": policy()})
    assert reply.error == (405, "MethodNotAllowed", "HTTP POST not allowed")


async def test_an_issuer_that_is_not_set_is_refused(vault: VaultClient) -> None:
    assert (await vault.create("web-1", "nobody")).error == (
        400,
        "BadParameter",
        "Property policy.issuer has invalid value. Issuer nobody is not set in this key vault\r\n",
    )


async def test_create_while_in_progress_conflicts(vault: VaultClient) -> None:
    first = await vault.create("web-1")
    again = await vault.create("WEB-1")
    assert again.error == (409, "Conflict", IN_PROGRESS)
    assert again.headers["Content-Length"] == "162"  # as recorded
    assert (await vault.pending("web-1")).body["request_id"] == first.body["request_id"]


async def test_of_two_creates_at_once_one_wins(vault: VaultClient) -> None:
    replies = await asyncio.gather(*(vault.create("web-1") for _ in range(4)))
    assert sorted(reply.status for reply in replies) == [202, 409, 409, 409]


async def test_api_version_is_needed(vault: VaultClient) -> None:
    missing = await vault.send("GET", "/certificates", headers={"Authorization": "Bearer t"}, query={})
    assert missing.error[:2] == (400, "BadParameter")


@pytest.mark.parametrize(
    "version", ["1999-01-01", "2099-01-01", "latest", "7", "7.9", "7.4-preview", "2026-04-01-preview", "7.4 ", "%20"]
)
async def test_an_api_version_that_key_vault_has_not_is_refused(vault: VaultClient, version: str) -> None:
    """The text is that of azure-sdk-for-python#28595."""
    query, ours = {"api-version": version}, "2026-04-01"
    refused = (await vault.call("GET", "/certificates", **query)).error
    message = f"The specified version ({version}) is not recognized."
    assert refused == (400, "BadParameter", f"{message} Consider using the latest supported version ({ours}).")
    body = {"policy": policy("Self")}
    assert (await vault.call("POST", "/certificates/web-1/create", body, **query)).error == refused
    assert (await vault.call("GET", "/certificates", includePending="true")).body["value"] == []


@pytest.mark.parametrize("version", [*(one.value for one in ApiVersion), "7.3-preview", "7.6-preview.2"])
async def test_the_api_versions_of_microsofts_clients_are_known(vault: VaultClient, version: str) -> None:
    assert (await vault.call("GET", "/certificates", **{"api-version": version})).status == 200


def read_csr(operation: dict[str, Any]) -> x509.CertificateSigningRequest:
    return x509.load_der_x509_csr(base64.b64decode(operation["csr"]))
