"""Updates of certificates and policies in the Key Vault emulator, contacts, and what older API versions leave out."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from keyvault_emulator.routes import ROUTES
from vault_client import VaultClient, policy, vault_client

LATEST = {"api-version": "2026-04-01"}
NOT_FOUND = (404, "CertificateNotFound")


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=0) as client:
        yield client


async def completed(vault: VaultClient, name: str = "web-1", **body: Any) -> dict[str, Any]:
    await vault.create(name, "Self", **body)
    await vault.ended(name)
    return dict((await vault.call("GET", f"/certificates/{name}")).body)


async def a_second() -> None:
    """Dates on the wire are whole seconds."""
    await asyncio.sleep(1.05)


# --- certificates ---


async def test_an_update_changes_what_it_names(vault: VaultClient) -> None:
    before = await completed(vault, tags={"a": "1"})
    await a_second()
    reply = await vault.call("PATCH", "/certificates/web-1/", {"attributes": {"enabled": False}})
    after = reply.body
    assert reply.status == 200
    assert list(after) == list(before)
    moved = before["attributes"] | {"enabled": False, "updated": after["attributes"]["updated"]}
    assert after == before | {"attributes": moved}
    assert after["attributes"]["updated"] > before["attributes"]["updated"]
    assert (await vault.call("GET", "/certificates/web-1")).body == after
    (item,) = (await vault.call("GET", "/certificates")).body["value"]
    assert item["attributes"]["enabled"] is False


async def test_tags_replace_and_empty_ones_are_shown(vault: VaultClient) -> None:
    await completed(vault, tags={"a": "1", "b": "2"})
    assert (await vault.call("PATCH", "/certificates/web-1", {"tags": {"c": "3"}})).body["tags"] == {"c": "3"}
    assert (await vault.call("PATCH", "/certificates/web-1", {})).body["tags"] == {"c": "3"}
    assert (await vault.call("PATCH", "/certificates/web-1", {"tags": {}})).body["tags"] == {}
    refused = await vault.call("PATCH", "/certificates/web-1", {"tags": {str(number): "" for number in range(16)}})
    assert refused.error == (400, "BadParameter", "Property  has invalid value\r\n")


async def test_one_version_can_be_updated(vault: VaultClient) -> None:
    first, second = await completed(vault), await completed(vault)
    version = first["id"].rsplit("/", 1)[1]
    changed = (await vault.call("PATCH", f"/certificates/web-1/{version}", {"tags": {"old": "yes"}})).body
    assert (changed["id"], changed["tags"]) == (first["id"], {"old": "yes"})
    assert (await vault.call("GET", "/certificates/web-1")).body == second
    versions = (await vault.call("GET", "/certificates/web-1/versions")).body["value"]
    assert {item["id"]: item.get("tags") for item in versions} == {first["id"]: {"old": "yes"}, second["id"]: None}


async def test_an_update_may_bring_policy_changes(vault: VaultClient) -> None:
    before = await completed(vault)
    changes = {"policy": {"x509_props": {"validity_months": 3}}}
    after = (await vault.call("PATCH", "/certificates/web-1", changes)).body
    assert after["policy"]["x509_props"] == before["policy"]["x509_props"] | {"validity_months": 3}
    faulty = {"tags": {"a": "1"}, "policy": {"x509_props": {"subject": "Self"}}}
    assert (await vault.call("PATCH", "/certificates/web-1", faulty)).status == 400
    assert (await vault.call("GET", "/certificates/web-1")).body == after


async def test_what_is_not_there_cannot_be_updated(vault: VaultClient) -> None:
    assert (await vault.call("PATCH", "/certificates/web-1", {})).error[:2] == NOT_FOUND
    assert (await vault.call("PATCH", "/certificates/web-1/policy", {})).error[:2] == NOT_FOUND
    await completed(vault)
    assert (await vault.call("PATCH", f"/certificates/web-1/{'0' * 32}", {})).error[:2] == NOT_FOUND


# --- policies ---


async def test_a_policy_update_merges_and_moves_its_date(vault: VaultClient) -> None:
    await completed(vault)
    before = (await vault.call("GET", "/certificates/web-1/policy")).body
    await a_second()
    changes = {"x509_props": {"subject": "CN=new"}, "issuer": {"name": "Unknown"}, "key_props": {"reuse_key": True}}
    reply = await vault.call("PATCH", "/certificates/web-1/policy", changes)
    after = reply.body
    assert reply.status == 200
    assert list(after) == list(before)
    assert after["x509_props"] == before["x509_props"] | {"subject": "CN=new"}
    assert after["key_props"] == before["key_props"] | {"reuse_key": True}
    assert after["issuer"] == {"name": "Unknown"}
    assert after["lifetime_actions"] == before["lifetime_actions"]
    assert after["attributes"]["created"] == before["attributes"]["created"]
    assert after["attributes"]["updated"] > before["attributes"]["updated"]
    assert (await vault.call("GET", "/certificates/web-1/policy")).body == after
    assert (await vault.call("POST", "/certificates/web-1/create", {})).body["issuer"] == {"name": "Unknown"}


async def test_another_key_type_needs_no_other_words(vault: VaultClient) -> None:
    await completed(vault)
    changed = (await vault.call("PATCH", "/certificates/web-1/policy", {"key_props": {"kty": "RSA"}})).body
    assert changed["key_props"] == {"exportable": True, "kty": "RSA", "key_size": 2048, "reuse_key": False}


@pytest.mark.parametrize(
    "changes",
    [
        {"x509_props": {"subject": "Self"}},
        {"x509_props": "CN=x"},
        {"key_props": {"key_size": 1}},
        {"lifetime_actions": [{"trigger": {"lifetime_percentage": 0}, "action": {"action_type": "AutoRenew"}}]},
    ],
)
async def test_a_faulty_policy_changes_nothing(vault: VaultClient, changes: dict[str, Any]) -> None:
    await completed(vault)
    before = (await vault.call("GET", "/certificates/web-1/policy")).body
    assert (await vault.call("PATCH", "/certificates/web-1/policy", changes)).error[:2] == (400, "BadParameter")
    assert (await vault.call("GET", "/certificates/web-1/policy")).body == before


# --- shapes ---


async def test_the_oldest_api_version_knows_neither_curves_nor_transparency(vault: VaultClient) -> None:
    sent = policy() | {"issuer": {"name": "Self", "cert_transparency": False}}
    await completed(vault, policy=sent)
    old = (await vault.call("GET", "/certificates/web-1", **{"api-version": "2016-10-01"})).body
    new = (await vault.call("GET", "/certificates/web-1", **{"api-version": "7.0"})).body
    assert new["policy"]["issuer"] == {"name": "Self", "cert_transparency": False}
    assert old["policy"]["issuer"] == {"name": "Self"}
    assert list(new["policy"]["key_props"]) == [*old["policy"]["key_props"], "crv"]


@pytest.mark.parametrize("sans", [{"ipAddresses": ["10.0.0.1", "::1"]}, {"uris": ["https://a.example.com/b"]}])
async def test_addresses_and_uris_are_names_enough(vault: VaultClient, sans: dict[str, list[str]]) -> None:
    bundle = await completed(vault, policy={"x509_props": {"sans": sans}, "issuer": {"name": "Self"}})
    assert bundle["policy"]["x509_props"]["sans"] == sans
    leaf = x509.load_der_x509_certificate(base64.b64decode(bundle["cer"]))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == next(iter(sans.values()))


async def test_platform_managed_is_echoed(vault: VaultClient) -> None:
    sent = {"certificateUsage": "PublicTLSServerAuth", "metadata": {"sans": {"dns_names": ["x"]}, "n": 1}}
    created = await vault.create("web-1", policy={"platformManaged": sent})
    assert created.status == 202
    assert (await vault.call("GET", "/certificates/web-1/policy", **LATEST)).body["platformManaged"] == sent
    assert "platformManaged" not in (await vault.call("GET", "/certificates/web-1/policy")).body


async def test_the_pending_object_can_be_asked_for_as_a_csr_alone(vault: VaultClient) -> None:
    created = await vault.create("web-1")
    headers = {"Authorization": "Bearer t", "Accept": "application/pkcs10"}
    query = {"api-version": "7.0"}
    reply = await vault.send("GET", "/certificates/web-1/pending", headers=headers, query=query)
    assert (reply.status, reply.text) == (200, created.body["csr"])
    assert reply.headers["Content-Type"] == "application/pkcs10; charset=utf-8"
    assert reply.headers["Retry-After"] == "10"


# --- contacts ---


async def test_contacts_are_set_read_replaced_and_deleted(vault: VaultClient) -> None:
    people = [{"email": "a@example.com", "name": "A", "phone": "1"}, {"phone": "2", "email": "b@example.com"}]
    reply = await vault.call("PUT", "/certificates/contacts", {"contacts": people})
    assert reply.status == 200
    assert list(reply.body) == ["id", "contacts"]
    assert reply.body == {"id": f"{vault.url}/certificates/contacts", "contacts": people}
    assert list(reply.body["contacts"][1]) == ["email", "phone"]
    assert (await vault.call("GET", "/certificates/contacts")).body == reply.body
    fewer = (await vault.call("PUT", "/certificates/contacts", {"contacts": people[:1]})).body
    assert fewer["contacts"] == people[:1]
    assert (await vault.call("DELETE", "/certificates/contacts")).body == fewer
    for method in ("GET", "DELETE"):
        gone = await vault.call(method, "/certificates/contacts")
        assert gone.error == (404, "ContactsNotFound", "Contacts not found")


@pytest.mark.parametrize("body", [{}, {"contacts": [{"name": "A"}]}, {"contacts": "a@example.com"}])
async def test_faulty_contacts_are_refused(vault: VaultClient, body: Any) -> None:
    assert (await vault.call("PUT", "/certificates/contacts", body)).error[:2] == (400, "BadParameter")
    assert (await vault.call("GET", "/certificates/contacts")).status == 404


# --- the table of operations ---


def test_every_operation_names_the_data_action_that_it_needs() -> None:
    """In Azure's spelling; all that the built-in roles for certificates are made of, and those of secrets and keys."""
    actions = {endpoint.action for _, methods in ROUTES for endpoint in methods.values()}
    assert actions == {
        "certificates/read",
        "certificates/create/action",
        "certificates/import/action",
        "certificates/update/action",
        "certificates/delete",
        "certificates/recover/action",
        "certificates/purge/action",
        "certificates/backup/action",
        "certificates/restore/action",
        "certificatecas/read",
        "certificatecas/write",
        "certificatecas/delete",
        "certificatecontacts/write",
        "secrets/getSecret/action",
        "keys/read",
        "keys/create/action",
        "keys/import/action",
        "keys/update/action",
        "keys/delete",
        "keys/recover/action",
        "keys/purge/action",
        "keys/sign/action",
        "keys/verify/action",
    }
