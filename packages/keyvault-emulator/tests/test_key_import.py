"""Keys that are brought into the Key Vault emulator, as JSON Web Keys, and what is refused of them."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from azure.keyvault.keys import JsonWebKey, KeyClient
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from keyvault_emulator.pytest_plugin import key_vault_in_thread
from testkit.certificates import ec_key, rsa_key
from vault_client import VaultClient, vault_client

DIGEST = b"d" * 32


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path) as client:
        yield client


def b64url(value: int | bytes) -> str:
    content = value if isinstance(value, bytes) else value.to_bytes((value.bit_length() + 7) // 8)
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def rsa_jwk(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.private_numbers()
    return {"kty": "RSA", "n": b64url(numbers.public_numbers.n), "e": "AQAB", "d": b64url(numbers.d)}


def ec_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    numbers = key.private_numbers()
    point = numbers.public_numbers
    found = {"x": b64url(point.x), "y": b64url(point.y), "d": b64url(numbers.private_value)}
    return {"kty": "EC", "crv": "P-256"} | found


async def test_an_imported_rsa_key_signs_as_itself(vault: VaultClient) -> None:
    key = rsa_key()
    sent = {"key": rsa_jwk(key) | {"key_ops": ["sign"]}, "tags": {"from": "home"}, "Hsm": True}
    body = (await vault.call("PUT", "/keys/account", sent)).body
    assert (body["key"]["kty"], body["key"]["key_ops"], body["tags"]) == ("RSA-HSM", ["sign"], {"from": "home"})
    assert body["key"]["n"] == sent["key"]["n"]  # type: ignore[index]
    asked = {"alg": "RS256", "value": b64url(DIGEST)}
    signature = (await vault.call("POST", "/keys/account/sign", asked)).body["value"]
    raw = base64.urlsafe_b64decode(signature + "==")
    key.public_key().verify(raw, DIGEST, padding.PKCS1v15(), Prehashed(SHA256()))  # raises if it is not


async def test_an_import_is_a_new_version_like_a_create(vault: VaultClient) -> None:
    await vault.call("POST", "/keys/account/create", {"kty": "EC"})
    body = (await vault.call("PUT", "/keys/account", {"key": ec_jwk(ec_key())})).body
    assert body["key"]["key_ops"] == ["sign", "verify"]
    assert (await vault.call("GET", "/keys/account")).body == body
    assert len((await vault.call("GET", "/keys/account/versions")).body["value"]) == 2


def changed(change: dict[str, Any], make: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    return lambda: {"key": make() | change}


def good_ec() -> dict[str, Any]:
    return ec_jwk(ec_key())


def good_rsa() -> dict[str, Any]:
    return rsa_jwk(rsa_key())


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (changed({"d": ""}, good_ec), "It is no EC key with its private part"),
        (changed({"d": "AQ"}, good_ec), "It is no EC key with its private part"),
        (changed({"x": "AQ"}, good_ec), "It is no EC key with its private part"),
        (changed({"d": ""}, good_rsa), "It is no RSA key with its private part"),
        (changed({"d": "AQ"}, good_rsa), "It is no RSA key with its private part"),
        (changed({"n": "a+b/"}, good_rsa), "Property key.n has invalid value. It must be base64url"),
        (changed({"crv": "P-224"}, good_ec), "Property key.crv has invalid value. The curves are P-256"),
        (changed({"d": b64url(b"\xff" * 300)}, good_rsa), "e and d must be smaller than n"),
        (changed({"n": ""}, good_rsa), "Unsupported key size (0)"),
        (changed({"n": b64url(b"\xff" * 9000)}, good_rsa), "Unsupported key size (72000)"),
        (lambda: {"key": {"kty": "oct", "k": "AAAA"}}, "The emulator has keys of the kinds RSA, RSA-HSM, EC, EC-HSM"),
        (changed({"key_ops": ["encrypt"]}, good_ec), "A key of the kind EC can do sign, verify"),
        (lambda: {"key": rsa_jwk(rsa_key(1024))}, "Unsupported key size (1024)"),
        (lambda: {"key": good_ec(), "attributes": {"exportable": True}}, "leave out exportable and release_policy"),
        (lambda: {"key": good_ec(), "release_policy": {}}, "leave out exportable and release_policy"),
        (dict, "missing required field `key`"),
    ],
)
async def test_what_is_no_key_is_refused(vault: VaultClient, body: Callable[[], dict[str, Any]], says: str) -> None:
    reply = await vault.call("PUT", "/keys/account", body())
    assert reply.error[:2] == (400, "BadParameter")
    assert says in reply.error[2]
    assert (await vault.call("GET", "/keys/account")).status == 404


def test_microsofts_client_imports_with_all_numbers(tmp_path: Path) -> None:
    numbers = rsa_key().private_numbers()
    public = numbers.public_numbers
    parts = {
        "n": public.n,
        "e": public.e,
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dp": numbers.dmp1,
        "dq": numbers.dmq1,
        "qi": numbers.iqmp,
    }
    # With a zero byte in front, as Microsoft's own tests send them.
    jwk = JsonWebKey(
        kty="RSA", key_ops=["sign"], **{name: b"\0" + number.to_bytes(256) for name, number in parts.items()}
    )
    with (
        key_vault_in_thread(tmp_path) as vault,
        KeyClient(vault.url, vault.credential(), **vault.client_options) as client,
    ):
        imported = client.import_key("account", jwk)
        assert int.from_bytes(imported.key.n) == public.n  # type: ignore[attr-defined]
