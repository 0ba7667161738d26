"""Keys of one's own in the Key Vault emulator, as the wire has them: bodies, refusals, deletion, and what counts."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from keyvault_emulator.keeper import write_whole
from keyvault_emulator.kept import KeptState
from keyvault_emulator.unkindness import Unkindness
from vault_client import Reply, VaultClient, policy, vault_client

EC = {"kty": "EC"}


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=0.0, unkindness=Unkindness(deletion_delay=0)) as client:
        yield client


async def create(vault: VaultClient, name: str = "account", body: dict[str, Any] | None = None) -> Reply:
    return await vault.call("POST", f"/keys/{name}/create", body or EC)


async def created(vault: VaultClient, name: str = "account", body: dict[str, Any] | None = None) -> dict[str, Any]:
    reply = await create(vault, name, body)
    assert reply.status == 200, reply.text
    return dict(reply.body)


async def sign(vault: VaultClient, algorithm: str, digest: bytes, name: str = "account") -> Reply:
    return await vault.call("POST", f"/keys/{name}/sign", {"alg": algorithm, "value": b64url(digest)})


def b64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def version_of(body: dict[str, Any]) -> str:
    return str(body["key"]["kid"]).rsplit("/", 1)[1]


# --- bodies ---


async def test_a_key_is_there_at_once_with_what_its_kind_can_do(vault: VaultClient) -> None:
    body = await created(vault, body=EC | {"tags": {"use": "acme"}})
    assert list(body) == ["key", "attributes", "tags"]
    assert list(body["key"]) == ["kid", "kty", "key_ops", "crv", "x", "y"]
    assert body["key"]["kid"] == f"{vault.url}/keys/account/{version_of(body)}"
    assert (body["key"]["kty"], body["key"]["crv"], body["key"]["key_ops"]) == ("EC", "P-256", ["sign", "verify"])
    assert list(body["attributes"]) == ["enabled", "created", "updated", "recoveryLevel", "recoverableDays"]
    rsa = await created(vault, "rsa", {"kty": "RSA-HSM"})
    assert list(rsa) == ["key", "attributes"]
    assert list(rsa["key"]) == ["kid", "kty", "key_ops", "n", "e"]
    assert rsa["key"]["kty"] == "RSA-HSM"
    assert len(base64.urlsafe_b64decode(rsa["key"]["n"] + "==")) == 256
    assert rsa["key"]["key_ops"] == ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]


async def test_dates_stand_where_they_were_recorded(vault: VaultClient) -> None:
    body = await created(vault, body=EC | {"attributes": {"nbf": 1, "exp": 4102444800, "enabled": False}})
    assert list(body["attributes"])[:4] == ["enabled", "nbf", "exp", "created"]
    assert (body["attributes"]["enabled"], body["attributes"]["nbf"]) == (False, 1)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "Property  has invalid value. Object missing required field `kty`\r\n"),
        (
            {"kty": "oct"},
            "Property kty has invalid value. The emulator has keys of the kinds RSA, RSA-HSM, EC, EC-HSM",
        ),
        ({"kty": "RSA", "key_size": 1024}, "Unsupported key size (1024). Supported sizes are [2048, 3072, 4096]"),
        ({"kty": "RSA", "crv": "P-256"}, "Property crv has invalid value. An RSA key has no curve"),
        ({"kty": "RSA", "public_exponent": 3}, "Property public_exponent has invalid value"),
        ({"kty": "EC", "key_size": 2048}, "Unsupported key size (2048). Supported sizes are [256, 384, 521]"),
        ({"kty": "EC", "crv": "P-384", "key_size": 256}, "Unsupported key size (256). Supported sizes are [384]"),
        ({"kty": "EC", "crv": "P-224"}, "The curves are P-256, P-384, P-521, P-256K"),
        ({"kty": "EC", "key_ops": ["encrypt"]}, "A key of the kind EC can do sign, verify"),
        ({"kty": "EC", "tags": {str(number): "" for number in range(16)}}, "Property  has invalid value"),
        ({"kty": "EC", "attributes": {"exportable": True}}, "leave out exportable and release_policy"),
        ({"kty": "EC", "release_policy": {"data": "e30"}}, "leave out exportable and release_policy"),
        ({"kty": "EC", "attributes": {"nbf": -1}}, "Property attributes.nbf has invalid value. Expected `int` >= 0"),
        ({"kty": "EC", "attributes": {"exp": 253402300800}}, "Expected `int` <= 253402300799"),
    ],
)
async def test_what_cannot_be_made_is_refused(vault: VaultClient, body: dict[str, Any], says: str) -> None:
    reply = await vault.call("POST", "/keys/account/create", body)
    assert reply.error[:2] == (400, "BadParameter")
    assert says in reply.error[2]
    if says.startswith("Unsupported"):
        assert reply.body["error"]["innererror"] == {"code": "KeySizeNotSupported"}
    assert (await vault.call("GET", "/keys/account")).status == 404


@pytest.mark.parametrize("name", ["contacts", "issuers", "restore", "create", "versions"])
async def test_a_key_may_be_called_as_a_route_is(vault: VaultClient, name: str) -> None:
    body = await created(vault, name)
    assert (await vault.call("GET", f"/keys/{name}")).body == body
    assert (await sign(vault, "ES256", b"d" * 32, name)).body["kid"] == body["key"]["kid"]
    await vault.call("DELETE", f"/keys/{name}")
    assert (await vault.call("POST", f"/deletedkeys/{name}/recover")).body == body


@pytest.mark.parametrize(("size", "curve"), [(256, "P-256"), (384, "P-384"), (521, "P-521"), (None, "P-256K")])
async def test_a_curve_is_named_or_follows_from_the_size(vault: VaultClient, size: int | None, curve: str) -> None:
    body = await created(vault, body={"kty": "EC"} | ({"key_size": size} if size else {"crv": curve}))
    assert body["key"]["crv"] == curve


async def test_a_second_create_makes_a_version_and_the_newest_is_the_current_one(vault: VaultClient) -> None:
    first, second = version_of(await created(vault)), version_of(await created(vault, "ACCOUNT"))
    assert first != second
    assert version_of((await vault.call("GET", "/keys/account/")).body) == second
    assert version_of((await vault.call("GET", f"/keys/account/{first}")).body) == first
    listed = (await vault.call("GET", "/keys/account/versions")).body["value"]
    assert [item["kid"] for item in listed] == [f"{vault.url}/keys/account/{one}" for one in sorted((first, second))]
    assert (await vault.call("GET", "/keys/nobody/versions")).body == {"value": [], "nextLink": None}


async def test_an_update_changes_what_it_names(vault: VaultClient) -> None:
    body = await created(vault, body={"kty": "RSA", "tags": {"a": "1", "b": "2"}})
    changes = {"key_ops": ["sign"], "attributes": {"exp": 4102444800}, "tags": {"c": "3"}}
    after = (await vault.call("PATCH", "/keys/account", changes)).body
    assert after["key"] == body["key"] | {"key_ops": ["sign"]}
    assert (after["attributes"]["exp"], after["attributes"]["enabled"], after["tags"]) == (4102444800, True, {"c": "3"})
    again = await vault.call("PATCH", f"/keys/account/{version_of(body)}", {"attributes": {"enabled": False}})
    assert (again.body["attributes"]["enabled"], again.body["tags"]) == (False, {"c": "3"})
    wrong = await vault.call("PATCH", "/keys/account", {"key_ops": ["fly"]})
    assert wrong.error[:2] == (400, "BadParameter")


async def test_lists_have_the_recovery_fields_and_the_keys_of_certificates(vault: VaultClient) -> None:
    await created(vault, "b", EC | {"tags": {"x": "y"}})
    await vault.create("a", policy=policy("Self"))
    await vault.create("half-made")
    await vault.ended("a")
    items = (await vault.call("GET", "/keys")).body["value"]
    assert [item["kid"] for item in items] == [f"{vault.url}/keys/a", f"{vault.url}/keys/b"]
    assert list(items[1]) == ["kid", "attributes", "tags"]
    assert list(items[0]) == ["kid", "attributes", "managed"]
    assert items[0]["managed"] is True
    assert {"recoveryLevel", "nbf", "exp"} <= set(items[0]["attributes"])
    page = (await vault.call("GET", "/keys", maxresults="1")).body
    assert len(page["value"]) == 1
    assert page["nextLink"].startswith(f"{vault.url}/keys?api-version=7.4&$skiptoken=")


# --- using ---


async def test_a_signature_is_of_the_version_that_was_asked_for(vault: VaultClient) -> None:
    first = version_of(await created(vault))
    second = await created(vault)
    asked = {"alg": "ES256", "value": b64url(b"d" * 32)}
    old = (await vault.call("POST", f"/keys/account/{first}/sign", asked)).body
    new = (await vault.call("POST", "/keys/account//sign", asked)).body
    assert old["kid"] == f"{vault.url}/keys/account/{first}"
    assert new["kid"] == second["key"]["kid"]
    for version, signature, right in (("", new, True), ("", old, False), (f"/{first}", old, True)):
        body = {"alg": "ES256", "digest": b64url(b"d" * 32), "value": signature["value"]}
        assert (await vault.call("POST", f"/keys/account{version}/verify", body)).body == {"value": right}


@pytest.mark.parametrize("value", ["", b64url(b"x" * 63), b64url(b"\xff" * 64), b64url(b"\0" * 64)])
async def test_what_is_no_signature_is_not_right(vault: VaultClient, value: str) -> None:
    await created(vault)
    body = {"alg": "ES256", "digest": b64url(b"d" * 32), "value": value}
    assert (await vault.call("POST", "/keys/account/verify", body)).body == {"value": False}


async def test_a_digest_has_the_length_of_its_hash(vault: VaultClient) -> None:
    await created(vault)
    refused = await sign(vault, "ES256", b"x" * 43)
    says = "Invalid length of 'value': 43 bytes. ES256 requires 32 bytes, encoded with base64url."
    assert refused.error == (400, "BadParameter", says)
    body = {"alg": "ES256", "digest": b64url(b"x"), "value": b64url(b"y" * 64)}
    assert "Invalid length of 'digest': 1 bytes" in (await vault.call("POST", "/keys/account/verify", body)).error[2]


async def test_a_digest_is_base64url(vault: VaultClient) -> None:
    await created(vault)
    refused = await vault.call("POST", "/keys/account/sign", {"alg": "ES256", "value": "a/b+"})
    assert refused.error[:2] == (400, "BadParameter")
    assert "Property value has invalid value. It must be base64url" in refused.error[2]
    padded = base64.urlsafe_b64encode(b"d" * 32).decode()
    assert (await vault.call("POST", "/keys/account/sign", {"alg": "ES256", "value": padded})).status == 200


@pytest.mark.parametrize(
    ("kind", "algorithm", "says"),
    [
        (EC, "ES384", "uses curve 'P-256', and algorithm 'ES384' can only be used with curve 'P-384'."),
        (EC, "ES256K", "uses curve 'P-256', and algorithm 'ES256K' can only be used with curve 'P-256K'."),
        (EC, "RS256", "is of type 'EC', and algorithm 'RS256' can only be used with a key of type 'RSA' or 'RSA-HSM'."),
        ({"kty": "RSA"}, "ES256", "can only be used with a key of type 'EC' or 'EC-HSM'."),
        (EC, "HS256", "Property alg has invalid value. HS256 is none of RS256, RS384, RS512, PS256"),
    ],
)
async def test_an_algorithm_is_for_its_keys(
    vault: VaultClient, kind: dict[str, Any], algorithm: str, says: str
) -> None:
    kid = (await created(vault, body=kind))["key"]["kid"]
    refused = await sign(vault, algorithm, b"d" * 32)
    assert refused.error[:2] == (400, "BadParameter")
    assert says in refused.error[2]
    if algorithm != "HS256":
        assert f"Key and signing algorithm are incompatible. Key {kid} " in refused.error[2]


@pytest.mark.parametrize(
    ("change", "message", "inner"),
    [
        ({"key_ops": ["verify"]}, "Operation sign is not permitted on this key.", "KeyOperationForbidden"),
        ({"attributes": {"enabled": False}}, "Operation sign is not allowed on a disabled key.", "KeyDisabled"),
        ({"attributes": {"exp": 1}}, "Operation sign is not allowed on a expired key.", "KeyExpired"),
        (
            {"attributes": {"nbf": 4102444800}},
            "Operation sign is not allowed on a key that is not yet valid.",
            "KeyNotYetValid",
        ),
    ],
)
async def test_who_may_not_sign_is_told_why(
    vault: VaultClient, change: dict[str, Any], message: str, inner: str
) -> None:
    body = await created(vault)
    signature = (await sign(vault, "ES256", b"d" * 32)).body["value"]
    await vault.call("PATCH", f"/keys/account/{version_of(body)}", change)
    refused = await sign(vault, "ES256", b"d" * 32)
    assert (refused.status, refused.body["error"]["code"]) == (403, "Forbidden")
    assert (refused.body["error"]["message"], refused.body["error"]["innererror"]) == (message, {"code": inner})
    asked = {"alg": "ES256", "digest": b64url(b"d" * 32), "value": signature}
    verified = await vault.call("POST", "/keys/account/verify", asked)
    # Outside of its dates a key still verifies what exists; a disabled one does nothing.
    assert verified.status == (403 if inner == "KeyDisabled" else 200)
    assert (await vault.call("GET", "/keys/account")).status == 200


async def test_the_key_of_a_certificate_signs_and_is_changed_with_the_certificate_only(vault: VaultClient) -> None:
    await vault.create("web-1", policy=policy("Self"))
    await vault.ended("web-1")
    signed = (await sign(vault, "ES256", b"d" * 32, "web-1")).body
    assert signed["kid"] == (await vault.call("GET", "/certificates/web-1")).body["kid"]
    asked = {"alg": "ES256", "digest": b64url(b"d" * 32), "value": signed["value"]}
    assert (await vault.call("POST", "/keys/web-1/verify", asked)).body == {"value": True}
    await vault.create("web-1", policy=policy("Self"))
    await vault.ended("web-1")
    versions = (await vault.call("GET", "/keys/web-1/versions")).body["value"]
    assert len(versions) == 2
    assert signed["kid"] in {item["kid"] for item in versions}
    assert (await vault.call("GET", signed["kid"].removeprefix(vault.url))).body["key"]["kid"] == signed["kid"]
    for method, body in (("PATCH", {"key_ops": ["verify"]}), ("DELETE", None)):
        assert (await vault.call(method, "/keys/web-1", body)).error[:2] == (403, "Forbidden")
    taken = await create(vault, "Web-1")
    assert taken.error == (409, "Conflict", "A key Web-1 cannot be created: the name is that of a certificate.")


async def test_the_key_usages_of_a_certificate_hold_for_its_key(vault: VaultClient) -> None:
    props = {"subject": "CN=x", "key_usage": ["keyEncipherment"]}
    await vault.create("web-1", policy=policy("Self", x509_props=props))
    await vault.ended("web-1")
    assert (await sign(vault, "ES256", b"d" * 32, "web-1")).body["error"]["innererror"][
        "code"
    ] == "KeyOperationForbidden"


async def test_a_certificate_does_not_take_the_name_of_a_key(vault: VaultClient) -> None:
    await created(vault, "web-1")
    refused = await vault.create("web-1")
    assert refused.error == (409, "Conflict", "A certificate web-1 cannot be created: the name is that of a key.")
    await vault.call("DELETE", "/keys/web-1")
    assert (await vault.create("web-1")).body["error"]["innererror"]["code"] == "ObjectIsDeletedButRecoverable"
    await vault.call("DELETE", "/deletedkeys/web-1")
    assert (await vault.create("web-1")).status == 202


async def test_a_key_does_not_take_the_name_of_a_certificate_that_can_be_recovered(vault: VaultClient) -> None:
    await vault.create("web-1")
    await vault.call("DELETE", "/certificates/web-1")
    assert (await create(vault, "web-1")).body["error"]["innererror"]["code"] == "ObjectIsDeletedButRecoverable"
    await vault.call("DELETE", "/deletedcertificates/web-1")
    assert (await create(vault, "web-1")).status == 200


# --- deleting ---


async def test_a_deleted_key_can_be_read_recovered_and_purged(vault: VaultClient) -> None:
    body = await created(vault)
    gone = (await vault.call("DELETE", "/keys/account")).body
    assert list(gone) == ["recoveryId", "deletedDate", "scheduledPurgeDate", "key", "attributes"]
    assert gone["recoveryId"] == f"{vault.url}/deletedkeys/account"
    assert (await vault.call("GET", "/deletedkeys/account")).body == gone
    (item,) = (await vault.call("GET", "/deletedkeys")).body["value"]
    assert list(item) == ["recoveryId", "deletedDate", "scheduledPurgeDate", "kid", "attributes"]
    assert (await vault.call("GET", "/keys/account")).error[1] == "KeyNotFound"
    assert (await sign(vault, "ES256", b"d" * 32)).status == 404
    taken = await create(vault)
    assert taken.body["error"]["innererror"] == {"code": "ObjectIsDeletedButRecoverable"}
    assert taken.error[2] == (
        "Key account is currently in a deleted but recoverable state, and its name cannot be reused; in this state, "
        "the key can only be recovered or purged."
    )
    assert (await vault.call("POST", "/deletedkeys/account/recover")).body == body
    assert (await vault.call("GET", "/keys/account")).body == body
    await vault.call("DELETE", "/keys/account")
    purged = await vault.call("DELETE", "/deletedkeys/account")
    assert (purged.status, purged.text) == (204, "")
    nobody = await vault.call("GET", "/deletedkeys/account")
    assert nobody.error == (404, "KeyNotFound", "Deleted Key not found: account")
    assert version_of(await created(vault)) != version_of(body)


async def test_a_deletion_takes_its_time_and_a_recovery_too(tmp_path: Path) -> None:
    switches = Unkindness(deletion_delay=60, recovery_delay=60)
    async with vault_client(tmp_path, unkindness=switches) as vault:
        await created(vault)
        await vault.call("DELETE", "/keys/account")
        assert (await vault.call("GET", "/deletedkeys/account")).status == 404
        under_way = await vault.call("DELETE", "/deletedkeys/account")
        assert under_way.error == (409, "Conflict", "Key is currently being deleted.")
        assert "is currently being deleted and cannot be re-created" in (await create(vault)).error[2]
        await vault.control("POST", "clock", {"advance": 61})
        assert (await vault.call("POST", "/deletedkeys/account/recover")).status == 200
        assert (await vault.call("GET", "/keys/account")).status == 404
        await vault.control("POST", "clock", {"advance": 61})
        assert (await vault.call("GET", "/keys/account")).status == 200


async def test_purge_protection_and_retention_hold_for_keys(tmp_path: Path) -> None:
    switches = Unkindness(deletion_delay=0, purge_protection=True, retention_days=7)
    async with vault_client(tmp_path, unkindness=switches) as vault:
        body = await created(vault)
        assert body["attributes"]["recoveryLevel"] == "CustomizedRecoverable"
        gone = (await vault.call("DELETE", "/keys/account")).body
        assert gone["scheduledPurgeDate"] - gone["deletedDate"] == 7 * 24 * 3600
        assert (await vault.call("DELETE", "/deletedkeys/account")).status == 403
        await vault.control("POST", "clock", {"advance": 7 * 24 * 3600})
        assert (await vault.call("GET", "/deletedkeys/account")).status == 404
        assert (await create(vault)).status == 200


# --- who may, how often, and what stays ---


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/keys", "keys/read"),
        ("GET", "/keys/a", "keys/read"),
        ("GET", "/keys/a/0", "keys/read"),
        ("GET", "/keys/a/versions", "keys/read"),
        ("POST", "/keys/a/create", "keys/create/action"),
        ("PUT", "/keys/a", "keys/import/action"),
        ("PATCH", "/keys/a", "keys/update/action"),
        ("PATCH", "/keys/a/0", "keys/update/action"),
        ("POST", "/keys/a/sign", "keys/sign/action"),
        ("POST", "/keys/a/0/sign", "keys/sign/action"),
        ("POST", "/keys/a/verify", "keys/verify/action"),
        ("POST", "/keys/a/0/verify", "keys/verify/action"),
        ("DELETE", "/keys/a", "keys/delete"),
        ("GET", "/deletedkeys", "keys/read"),
        ("GET", "/deletedkeys/a", "keys/read"),
        ("POST", "/deletedkeys/a/recover", "keys/recover/action"),
        ("DELETE", "/deletedkeys/a", "keys/purge/action"),
    ],
)
async def test_each_operation_needs_its_data_action(tmp_path: Path, method: str, path: str, action: str) -> None:
    identities = {"none": ["certificates/*"], "one": [action]}
    async with vault_client(tmp_path, any_token=False, identities=identities) as vault:
        refused = await (await vault.as_client("none")).call(method, path, {"kty": "EC"})
        allowed = await (await vault.as_client("one")).call(method, path, {"kty": "EC"})
    assert refused.body["error"]["innererror"] == {"code": "ForbiddenByRbac"}
    assert f"Action: 'Microsoft.KeyVault/vaults/{action}'" in refused.error[2]
    assert allowed.status != 403


async def test_a_create_counts_as_one_and_a_signature_as_another_call(tmp_path: Path) -> None:
    switches = Unkindness(throttle=True, key_creations=1, other_calls=2)
    async with vault_client(tmp_path, unkindness=switches) as vault:
        assert (await create(vault)).status == 200
        assert (await create(vault, "b")).error[:2] == (429, "Throttled")
        assert (await sign(vault, "ES256", b"d" * 32)).status == 200
        assert (await sign(vault, "ES256", b"d" * 32)).status == 200
        assert (await sign(vault, "ES256", b"d" * 32)).error[:2] == (429, "Throttled")


async def test_keys_stay_from_one_run_to_the_next_where_vaults_do(tmp_path: Path) -> None:
    file = tmp_path / "key-vault.json"
    write_whole(file, msgspec.json.encode(KeptState()))
    async with vault_client(tmp_path, kept_in=file, unkindness=Unkindness(deletion_delay=0)) as vault:
        first = await created(vault, body=EC | {"tags": {"a": "b"}, "attributes": {"exp": 4102444800}})
        second, gone = await created(vault), await created(vault, "gone", {"kty": "RSA"})
        await vault.call("DELETE", "/keys/gone")
        signature = (await sign(vault, "ES256", b"d" * 32)).body["value"]
    async with vault_client(tmp_path, kept_in=file) as vault:
        found = [(await vault.call("GET", f"/keys/account{version}")).body for version in (f"/{version_of(first)}", "")]
        asked = {"alg": "ES256", "digest": b64url(b"d" * 32), "value": signature}
        assert (await vault.call("POST", "/keys/account/verify", asked)).body == {"value": True}
        recovered = (await vault.call("POST", "/deletedkeys/gone/recover")).body
    assert [numbers(body) for body in (*found, recovered)] == [numbers(body) for body in (first, second, gone)]


def numbers(body: dict[str, Any]) -> dict[str, Any]:
    """All but the address, whose port is another one."""
    return body | {"key": body["key"] | {"kid": version_of(body)}}


async def test_the_control_door_shows_keys_and_their_versions(vault: VaultClient) -> None:
    first, second = version_of(await created(vault)), version_of(await created(vault))
    await created(vault, "gone")
    await vault.call("DELETE", "/keys/gone")
    async with vault.session.get(f"{vault.emulator.control_url}/state") as response:
        keys = (await response.json())["vaults"][vault.host]["keys"]
    assert keys["account"] == {"versions": [first, second], "deleted": False}
    assert keys["gone"]["deleted"] is True


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/keys/a/0/encrypt", 404), ("POST", "/keys/a/backup", 405)],
)
async def test_what_is_not_built_says_that_it_is_not_there(
    vault: VaultClient, method: str, path: str, status: int
) -> None:
    assert (await vault.call(method, path, {})).status == status
