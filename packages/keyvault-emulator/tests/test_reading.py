"""Reading the Key Vault emulator: half-made versions, lists and pages, issuers, soft delete, names, hosts, routes."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509

from keyvault_emulator.unkindness import Unkindness
from keyvault_emulator.vault import Vault
from vault_client import OutsideCa, VaultClient, b64, policy, vault_client

LINK = "https://go.microsoft.com/fwlink/?linkid=2125182"


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=0.05, unkindness=Unkindness(deletion_delay=0)) as client:
        yield client


def not_found(name: str) -> tuple[int, str, str]:
    return (
        404,
        "CertificateNotFound",
        (
            f"A certificate with (name/id) {name} was not found in this key vault. If you recently deleted this "
            "certificate you may be able to recover it using the correct recovery command. For help resolving this "
            f"issue, please see {LINK}"
        ),
    )


async def completed(vault: VaultClient, name: str, **body: Any) -> dict[str, Any]:
    await vault.create(name, "Self", **body)
    await vault.ended(name)
    return dict((await vault.call("GET", f"/certificates/{name}")).body)


def public_key(bundle: dict[str, Any]) -> Any:
    return x509.load_der_x509_certificate(base64.b64decode(bundle["cer"])).public_key()


# --- half-made versions ---


async def test_a_half_made_certificate_is_disabled_and_has_no_content(vault: VaultClient) -> None:
    await vault.create("web-1")
    bundle = (await vault.call("GET", "/certificates/web-1/")).body
    assert list(bundle) == ["id", "attributes", "policy", "pending"]
    attributes = bundle["attributes"]
    assert attributes["enabled"] is False
    assert attributes["nbf"] == attributes["created"] - 600
    assert attributes["exp"] > attributes["created"] + 360 * 86400
    await vault.call("DELETE", "/certificates/web-1/pending")
    assert list((await vault.call("GET", "/certificates/web-1/")).body) == ["id", "attributes", "policy"]


async def test_lists_show_half_made_certificates_only_if_asked_to(vault: VaultClient) -> None:
    await vault.create("web-1")
    assert (await vault.call("GET", "/certificates")).body == {"value": [], "nextLink": None}
    assert (await vault.call("GET", "/certificates", includePending="false")).body["value"] == []
    (item,) = (await vault.call("GET", "/certificates", includePending="true")).body["value"]
    assert list(item) == ["id", "attributes", "subject"]
    assert item["id"] == f"{vault.url}/certificates/web-1"
    assert list(item["attributes"]) == ["enabled", "nbf", "exp", "created", "updated"]
    assert item["attributes"]["enabled"] is False
    assert item["subject"] == ""
    assert (await vault.call("GET", "/certificates/web-1/versions")).body["value"] == []


async def test_a_later_version_leaves_the_current_one_in_place_until_it_is_whole(vault: VaultClient) -> None:
    first = await completed(vault, "web-1", tags={"v": "1"})
    operation = (await vault.create("web-1", tags={"v": "2"})).body
    while_pending = (await vault.call("GET", "/certificates/web-1")).body
    assert (while_pending["id"], while_pending["cer"]) == (first["id"], first["cer"])
    assert while_pending["tags"] == {"v": "1"}
    assert len((await vault.call("GET", "/certificates", includePending="true")).body["value"]) == 1
    ca = OutsideCa()
    merged = (await vault.merge("web-1", [b64(ca.sign_csr(operation["csr"]))])).body
    assert merged["id"] != first["id"]
    assert (await vault.call("GET", "/certificates/web-1")).body["id"] == merged["id"]
    old = (await vault.call("GET", urlsplit(first["id"]).path)).body
    assert old["cer"] == first["cer"]
    versions = (await vault.call("GET", "/certificates/web-1/versions")).body["value"]
    assert {item["id"] for item in versions} == {first["id"], merged["id"]}
    assert list(versions[0]) == ["id", "x5t", "attributes", "tags", "subject"]


async def test_a_later_create_needs_no_policy_and_one_sent_replaces_the_stored_one(vault: VaultClient) -> None:
    await completed(vault, "web-1", policy=policy("Self", subject="CN=first"))
    stored = (await vault.call("GET", "/certificates/web-1/policy")).body
    assert (await vault.call("POST", "/certificates/web-1/create", {})).body["issuer"] == {"name": "Self"}
    assert (await vault.call("GET", "/certificates/web-1/policy")).body == stored
    await vault.ended("web-1")
    await vault.create("web-1", policy=policy("Self", subject="CN=second"))
    replaced = (await vault.call("GET", "/certificates/web-1/policy")).body
    assert replaced["x509_props"]["subject"] == "CN=second"
    assert replaced["attributes"]["created"] == stored["attributes"]["created"]


async def test_a_key_is_reused_if_the_policy_says_so(vault: VaultClient) -> None:
    keep = policy("Self", key_props={"kty": "EC", "reuse_key": True})
    first = await completed(vault, "web-1", policy=keep)
    second = await completed(vault, "web-1", policy=keep)
    third = await completed(vault, "web-1", policy=policy("Self"))
    assert public_key(first) == public_key(second) != public_key(third)
    assert len({first["id"], second["id"], third["id"]}) == 3


async def test_a_version_can_be_asked_for_disabled(vault: VaultClient) -> None:
    assert (await completed(vault, "web-1", attributes={"enabled": False}))["attributes"]["enabled"] is False


# --- not found ---


async def test_what_is_not_there(vault: VaultClient) -> None:
    assert (await vault.call("GET", "/certificates/web-1/")).error == not_found("web-1")
    assert (await vault.call("GET", "/certificates/web-1/policy")).error == not_found("web-1")
    assert (await vault.call("DELETE", "/certificates/web-1")).error == not_found("web-1")
    await vault.create("web-1")
    assert (await vault.call("GET", f"/certificates/web-1/{'0' * 32}")).error[:2] == (404, "CertificateNotFound")
    assert (await vault.call("GET", "/certificates/other/versions")).body == {"value": [], "nextLink": None}


@pytest.mark.parametrize(
    "path", ["/", "/secrets", "/storage", "/certificates/contacts", "/certificates/a/b/c/d", "/secrets/a/b"]
)
async def test_unknown_addresses_answer_404_in_key_vaults_form(vault: VaultClient, path: str) -> None:
    reply = await vault.call("GET", path)
    assert reply.status == 404
    assert list(reply.body["error"]) == ["code", "message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/certificates/web-1"), ("PUT", "/certificates/issuers"), ("PUT", "/certificates/web-1")],
)
async def test_a_wrong_method_is_405(vault: VaultClient, method: str, path: str) -> None:
    assert (await vault.call(method, path)).error == (405, "MethodNotAllowed", f"HTTP {method} not allowed")


async def test_a_body_that_is_too_large_is_refused_in_key_vaults_form(vault: VaultClient) -> None:
    reply = await vault.call("POST", "/certificates/web-1/create", b" " * 2_000_000)
    assert reply.error[:2] == (413, "ContentTooLarge")


async def test_a_failure_of_the_stand_in_is_a_500_with_a_traceback_in_the_log(
    vault: VaultClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: Any) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(Vault, "get", fail)
    reply = await vault.call("GET", "/certificates/web-1")
    assert reply.error == (500, "InternalServerError", "The emulator failed; its log has the traceback.")
    assert "RuntimeError: unforeseen" in caplog.text


# --- names and hosts ---


async def test_names_ignore_case_and_keep_their_first_spelling(vault: VaultClient) -> None:
    await vault.create("Web-One", "Self")
    await vault.ended("wEB-oNE")
    bundle = (await vault.call("GET", "/certificates/WEB-ONE")).body
    assert bundle["id"].startswith(f"{vault.url}/certificates/Web-One/")
    await vault.create("web-one")
    assert (await vault.pending("WEB-ONE")).body["id"] == f"{vault.url}/certificates/Web-One/pending"
    assert len(await vault.state()) == 1


async def test_every_host_name_is_a_vault_of_its_own(vault: VaultClient) -> None:
    await vault.create("web-1")
    for host in ("127.0.0.1", "v1.localhost", "my-vault.vault.azure.net"):
        other = vault.at(host)
        assert (await other.pending("web-1")).status == 404
        address = f"https://{host}:{vault.emulator.port}/certificates/web-1/pending"
        assert (await other.create("web-1")).body["id"] == address
    assert (await vault.at("LOCALHOST").pending("web-1")).status == 200


# --- pages ---


async def test_lists_come_in_pages(vault: VaultClient) -> None:
    for number in range(7):
        await vault.create(f"web-{number}")
    seen: list[str] = []
    reply = await vault.call("GET", "/certificates", includePending="true", maxresults="3")
    sizes = [len(reply.body["value"])]
    while link := reply.body["nextLink"]:
        seen += [item["id"] for item in reply.body["value"]]
        assert link.startswith(f"{vault.url}/certificates?api-version=7.4&$skiptoken=")
        assert link.endswith("&maxresults=3")
        reply = await vault.call("GET", urlsplit(link).path, **dict(parse_qsl(urlsplit(link).query)))
        sizes.append(len(reply.body["value"]))
    seen += [item["id"] for item in reply.body["value"]]
    assert sizes == [3, 3, 1]
    assert seen == [f"{vault.url}/certificates/web-{number}" for number in range(7)]


@pytest.mark.parametrize("value", ["0", "26", "-1", "x", "", "9" * 5000])
async def test_a_page_has_1_to_25_items(vault: VaultClient, value: str) -> None:
    assert (await vault.call("GET", "/certificates", maxresults=value)).error[:2] == (400, "BadParameter")


@pytest.mark.parametrize("token", ["x", "bnVsbA", "!!"])
async def test_a_token_that_is_not_ours_is_refused(vault: VaultClient, token: str) -> None:
    reply = await vault.call("GET", "/certificates", **{"$skiptoken": token})
    assert reply.error[:2] == (400, "BadParameter")


# --- issuers ---


async def test_an_issuer_is_set_read_changed_listed_and_deleted(vault: VaultClient) -> None:
    person = {"first_name": "Jo", "last_name": "Doe", "email": "jo@example.com", "phone": "1"}
    sent = {
        "provider": "test",
        "credentials": {"account_id": "me", "pwd": "secret"},
        "org_details": {"admin_details": [person]},
    }
    reply = await vault.call("PUT", "/certificates/issuers/My-CA", sent)
    issuer = reply.body
    created = issuer["attributes"]["created"]
    assert list(issuer) == ["id", "provider", "credentials", "org_details", "attributes"]
    assert issuer == {
        "id": f"{vault.url}/certificates/issuers/My-CA",
        "provider": "test",
        "credentials": {"account_id": "me"},
        "org_details": {"zip": 0, "admin_details": [person]},
        "attributes": {"enabled": True, "created": created, "updated": created},
    }
    assert "secret" not in reply.text
    assert (await vault.call("GET", "/certificates/issuers/my-ca")).body == issuer
    assert (await vault.call("GET", "/certificates/issuers")).body == {
        "value": [{"id": issuer["id"], "provider": "test"}],
        "nextLink": None,
    }
    changed = (await vault.call("PATCH", "/certificates/issuers/my-ca", {"credentials": {"account_id": "you"}})).body
    assert changed["credentials"] == {"account_id": "you"}
    assert (changed["id"], changed["provider"], changed["org_details"]) == (
        issuer["id"],
        issuer["provider"],
        issuer["org_details"],
    )
    assert (await vault.call("DELETE", "/certificates/issuers/MY-CA")).body == changed
    gone = (404, "CertificateIssuerNotFound", "Issuer not found")
    for method in ("GET", "DELETE", "PATCH"):
        assert (await vault.call(method, "/certificates/issuers/my-ca")).error == gone


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("my-ca", {}, "Property provider has invalid value\r\n"),
        ("my-ca", {"provider": ""}, "Property provider has invalid value\r\n"),
        ("my-ca", {"provider": "digicert"}, "Id in organization details is not set"),
        ("my-ca", {"provider": "DigiCert"}, "Id in organization details is not set"),
        ("Self", {"provider": "Test"}, "Property name has invalid value\r\n"),
        ("a_b", {"provider": "Test"}, "The request URI contains an invalid name: a_b"),
    ],
)
async def test_a_faulty_issuer_is_refused(vault: VaultClient, name: str, body: Any, message: str) -> None:
    reply = await vault.call("PUT", f"/certificates/issuers/{name}", body)
    assert reply.error == (400, "BadParameter", message)


# --- soft delete ---


async def test_a_deleted_certificate_blocks_its_name_until_it_is_purged(vault: VaultClient) -> None:
    bundle = await completed(vault, "Web-1")
    deleted = (await vault.call("DELETE", "/certificates/web-1")).body
    assert list(deleted)[:3] == ["recoveryId", "deletedDate", "scheduledPurgeDate"]
    assert deleted["recoveryId"] == f"{vault.url}/deletedcertificates/Web-1"
    assert deleted["scheduledPurgeDate"] == deleted["deletedDate"] + 90 * 86400
    assert {key: deleted[key] for key in list(deleted)[3:]} == bundle
    assert (await vault.call("GET", "/certificates/web-1")).error == not_found("web-1")
    assert (await vault.pending("web-1")).status == 404
    assert (await vault.call("GET", "/deletedcertificates/web-1")).body == deleted
    blocked = await vault.create("web-1")
    assert blocked.body == {
        "error": {
            "code": "Conflict",
            "message": (
                "Certificate web-1 is currently in a deleted but recoverable state, and its name cannot be reused; in "
                "this state, the certificate can only be recovered or purged."
            ),
            "innererror": {"code": "ObjectIsDeletedButRecoverable"},
        }
    }
    assert blocked.status == 409
    purged = await vault.call("DELETE", "/deletedcertificates/web-1")
    assert (purged.status, purged.text) == (204, "")
    gone = (404, "CertificateNotFound", "Deleted Certificate not found: web-1")
    assert (await vault.call("GET", "/deletedcertificates/web-1")).error == gone
    assert (await vault.call("DELETE", "/deletedcertificates/web-1")).error == gone
    assert (await vault.create("web-1")).status == 202


async def test_a_half_made_certificate_can_be_deleted(vault: VaultClient) -> None:
    await vault.create("web-1")
    await vault.call("DELETE", "/certificates/web-1/pending")
    half_made = (await vault.call("GET", "/certificates/web-1")).body
    deleted = (await vault.call("DELETE", "/certificates/web-1")).body
    assert {key: deleted[key] for key in list(deleted)[3:]} == half_made
