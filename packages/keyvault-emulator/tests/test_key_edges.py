"""Keys of the Key Vault emulator at the edges: case, versions, order of lists, dates, widths of numbers."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from keyvault_emulator.certificate import Certificate, Recovery
from keyvault_emulator.deletions import Deletions
from keyvault_emulator.errors import KeyVaultError
from keyvault_emulator.key_rules import KeyCreateBody
from keyvault_emulator.key_store import Keys
from keyvault_emulator.policy import Policy
from keyvault_emulator.unkindness import Unkindness
from test_key_import import b64url, ec_jwk
from testkit.certificates import ec_key
from vault_client import Reply, VaultClient, policy, vault_client

EC = {"kty": "EC"}
DIGEST = b"d" * 32


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=0.0, unkindness=Unkindness(deletion_delay=0)) as client:
        yield client


async def created(vault: VaultClient, name: str = "account", body: dict[str, Any] | None = None) -> dict[str, Any]:
    reply = await vault.call("POST", f"/keys/{name}/create", body or EC)
    assert reply.status == 200, reply.text
    return dict(reply.body)


async def sign(vault: VaultClient, name: str = "account") -> Reply:
    return await vault.call("POST", f"/keys/{name}/sign", {"alg": "ES256", "value": b64url(DIGEST)})


def version_of(body: dict[str, Any]) -> str:
    return str(body["key"]["kid"]).rsplit("/", 1)[1]


async def test_names_and_versions_are_found_in_any_case(vault: VaultClient) -> None:
    version = version_of(await created(vault, "Account"))
    body = (await vault.call("GET", f"/keys/ACCOUNT/{version.upper()}")).body
    assert body["key"]["kid"] == f"{vault.url}/keys/Account/{version}"
    assert len((await vault.call("GET", "/keys/aCCount/versions")).body["value"]) == 1
    assert (await vault.call("DELETE", "/keys/ACCOUNT")).status == 200
    assert (await vault.call("POST", "/deletedkeys/aCCount/recover")).status == 200
    assert (await vault.call("GET", "/keys/account")).body == body


async def test_an_update_is_of_the_version_that_was_asked_for(vault: VaultClient) -> None:
    first, second = version_of(await created(vault)), await created(vault)
    changed = (await vault.call("PATCH", f"/keys/account/{first}", {"tags": {"a": "1"}})).body
    assert (version_of(changed), changed["tags"]) == (first, {"a": "1"})
    assert (await vault.call("GET", "/keys/account")).body == second


async def test_a_change_moves_updated_and_nothing_else(tmp_path: Path) -> None:
    async with vault_client(tmp_path) as vault:
        body = await created(vault)
        assert body["attributes"]["created"] == body["attributes"]["updated"]
        await vault.control("POST", "clock", {"advance": 60})
        after = (await vault.call("PATCH", "/keys/account", {"tags": {}})).body
    assert after["attributes"].pop("updated") >= body["attributes"].pop("updated") + 60
    assert after == body | {"tags": {}}


async def test_lists_are_in_the_order_of_names(vault: VaultClient) -> None:
    for name in ("b", "C", "a"):
        await created(vault, name)
    await vault.create("B2", policy=policy("Self"))
    await vault.ended("B2")
    assert await pages(vault, "/keys") == ["a", "b", "B2", "C"]


async def test_a_key_is_valid_from_its_nbf_on_and_no_longer_at_its_exp(tmp_path: Path) -> None:
    async with vault_client(tmp_path, clock=lambda: 1000.0) as vault:
        await created(vault, "from", EC | {"attributes": {"nbf": 1000, "exp": 1001}})
        await created(vault, "until", EC | {"attributes": {"nbf": 999, "exp": 1000}})
        assert (await sign(vault, "from")).status == 200
        expired = await sign(vault, "until")
    assert expired.body["error"]["innererror"] == {"code": "KeyExpired"}


async def test_a_signature_has_the_width_of_its_curve(vault: VaultClient) -> None:
    """The same two numbers in more bytes are another text, and not a second signature."""
    await created(vault)
    raw = base64.urlsafe_b64decode((await sign(vault)).body["value"] + "==")
    for signature, right in ((raw, True), (raw[:32] + b"\0" + raw[32:], False), (raw + b"\0", False)):
        body = {"alg": "ES256", "digest": b64url(DIGEST), "value": b64url(signature)}
        assert (await vault.call("POST", "/keys/account/verify", body)).body == {"value": right}


def test_a_certificate_that_came_while_the_key_was_made_keeps_its_name() -> None:
    recovery, certificates = Recovery(), dict[str, Certificate]()
    keys = Keys("v", recovery, certificates, Deletions[Certificate]("v", "certificate"))
    order = keys.order("web-1", KeyCreateBody(kty="EC"), now=0)
    certificates["web-1"] = Certificate("web-1", Policy(), recovery)
    with pytest.raises(KeyVaultError, match="the name is that of a certificate"):
        keys.put(order, ec_key(), now=0)


async def test_coordinates_are_as_wide_as_the_curve(vault: VaultClient) -> None:
    """RFC 7518, 6.2.1.2: a leading zero byte is written, too."""
    keys = (ec.derive_private_key(number, ec.SECP256R1()) for number in range(1, 10_000))
    key = next(each for each in keys if each.public_key().public_numbers().x.bit_length() <= 248)
    body = (await vault.call("PUT", "/keys/account", {"key": ec_jwk(key)})).body
    assert (len(body["key"]["x"]), len(body["key"]["y"])) == (43, 43)
    assert body["key"]["x"].startswith("A")


async def test_operations_are_listed_once(vault: VaultClient) -> None:
    body = await created(vault, body=EC | {"key_ops": ["verify", "sign", "verify"]})
    assert body["key"]["key_ops"] == ["verify", "sign"]


async def test_a_key_for_an_hsm_that_is_imported_into_one_is_of_that_kind(vault: VaultClient) -> None:
    sent = {"key": ec_jwk(ec_key()) | {"kty": "EC-HSM"}, "Hsm": True}
    assert (await vault.call("PUT", "/keys/account", sent)).body["key"]["kty"] == "EC-HSM"


async def test_the_attributes_of_an_import_are_those_of_the_key(vault: VaultClient) -> None:
    sent = {"key": ec_jwk(ec_key()), "attributes": {"enabled": False, "exp": 4102444800}}
    attributes = (await vault.call("PUT", "/keys/account", sent)).body["attributes"]
    assert (attributes["enabled"], attributes["exp"]) == (False, 4102444800)


async def test_only_the_usual_exponent_is_taken(vault: VaultClient) -> None:
    asked = {"kty": "RSA", "public_exponent": 17}
    assert (await vault.call("POST", "/keys/account/create", asked)).error[:2] == (400, "BadParameter")
    assert (await created(vault, body={"kty": "RSA", "public_exponent": 65537}))["key"]["e"] == "AQAB"


@pytest.mark.parametrize("value", ["A", "AAAAA", "=", "A===", "\u00e9"])
async def test_what_no_bytes_encode_to_is_refused(vault: VaultClient, value: str) -> None:
    await created(vault)
    refused = await vault.call("POST", "/keys/account/sign", {"alg": "ES256", "value": value})
    assert refused.error[:2] == (400, "BadParameter")


async def test_a_deleted_key_is_listed_without_its_version(vault: VaultClient) -> None:
    await created(vault)
    gone = (await vault.call("DELETE", "/keys/account")).body
    (item,) = (await vault.call("GET", "/deletedkeys")).body["value"]
    assert item["kid"] == f"{vault.url}/keys/account"
    assert item["attributes"] == gone["attributes"]


async def test_the_pages_of_each_list_lead_on_within_it(vault: VaultClient) -> None:
    for name in ("a", "a", "b"):
        await created(vault, name)
    assert await pages(vault, "/keys") == ["a", "b"]
    assert len(await pages(vault, "/keys/a/versions")) == 2
    for name in ("a", "b"):
        await vault.call("DELETE", f"/keys/{name}")
    assert await pages(vault, "/deletedkeys") == ["a", "b"]


async def pages(vault: VaultClient, path: str) -> list[str]:
    """The last words of the addresses in a list that is read one by one, as `nextLink` says."""
    found, page = [], (await vault.call("GET", path, maxresults="1")).body
    while True:
        assert len(page["value"]) == 1
        found += [item["kid"].rsplit("/", 1)[1] for item in page["value"]]
        if not page["nextLink"]:
            return found
        link = urlsplit(page["nextLink"])
        query = dict(parse_qsl(link.query))
        page = (await vault.call("GET", link.path, **query)).body


# --- the keys of certificates ---


async def test_the_key_of_a_disabled_certificate_does_nothing(vault: VaultClient) -> None:
    await vault.create("web-1", policy=policy("Self"))
    await vault.ended("web-1")
    await vault.call("PATCH", "/certificates/web-1", {"attributes": {"enabled": False}})
    assert (await vault.call("GET", "/keys/web-1")).body["attributes"]["enabled"] is False
    assert (await sign(vault, "web-1")).body["error"]["innererror"] == {"code": "KeyDisabled"}


async def test_a_half_made_certificate_has_no_key_yet(vault: VaultClient) -> None:
    await vault.create("web-1")
    assert (await vault.call("GET", "/keys/web-1")).error[1] == "KeyNotFound"
    assert (await vault.call("GET", "/keys/web-1/versions")).body["value"] == []
    assert (await sign(vault, "web-1")).error[1] == "KeyNotFound"


async def test_the_key_of_a_certificate_without_usages_does_all_that_a_certificates_key_can(vault: VaultClient) -> None:
    await vault.create("web-1", policy=policy("Self", x509_props={"subject": "CN=x", "key_usage": []}))
    await vault.ended("web-1")
    operations = (await vault.call("GET", "/keys/web-1")).body["key"]["key_ops"]
    assert operations == ["sign", "verify", "wrapKey", "unwrapKey", "encrypt", "decrypt"]
