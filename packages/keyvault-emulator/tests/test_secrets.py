"""The secret and the key beside a certificate of the Key Vault emulator, as openssl and cryptography see them."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from certificate_files import Family, pem
from keyvault_emulator.unkindness import Unkindness
from vault_client import EC_KEY, OutsideCa, VaultClient, b64, policy, vault_client

PEM_FILE = {"contentType": "application/x-pem-file"}


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=0.05, unkindness=Unkindness(deletion_delay=0)) as client:
        yield client


async def completed(vault: VaultClient, name: str, issuer: str = "Self", **more: Any) -> dict[str, Any]:
    await vault.create(name, policy=policy(issuer, **more))
    assert (await vault.ended(name))["status"] == "completed"
    return dict((await vault.call("GET", f"/certificates/{name}")).body)


async def secret(vault: VaultClient, name: str = "web-1") -> dict[str, Any]:
    reply = await vault.call("GET", f"/secrets/{name}/")
    assert reply.status == 200, reply.text
    return dict(reply.body)


def openssl_subjects(pfx: bytes, path: Path) -> list[str]:
    """The certificates in the order of the file; openssl also checks its MAC."""
    path.write_bytes(pfx)
    command = ["openssl", "pkcs12", "-in", str(path), "-passin", "pass:", "-nokeys"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [
        names[-1]
        for names in (
            re.findall(r"CN ?= ?([^,\n]+)", line) for line in done.stdout.splitlines() if line.startswith("subject=")
        )
        if names
    ]


async def test_a_pfx_with_an_empty_password(vault: VaultClient) -> None:
    bundle = await completed(vault, "web-1", tags=None)
    body = await secret(vault)
    assert list(body) == ["value", "contentType", "id", "managed", "attributes", "kid"]
    assert body["contentType"] == "application/x-pkcs12"
    assert (body["id"], body["kid"], body["managed"]) == (bundle["sid"], bundle["kid"], True)
    assert body["attributes"] == bundle["attributes"]
    content = pkcs12.load_pkcs12(base64.b64decode(body["value"]), None)
    assert content.cert
    assert b64(content.cert.certificate) == bundle["cer"]
    assert isinstance(content.key, ec.EllipticCurvePrivateKey)
    assert content.key.public_key() == content.cert.certificate.public_key()
    version = bundle["id"].rsplit("/", 1)[1]
    again = pkcs12.load_pkcs12(
        base64.b64decode((await vault.call("GET", f"/secrets/web-1/{version}")).body["value"]), None
    )
    assert again.cert == content.cert


async def test_a_pem_has_the_key_first(vault: VaultClient) -> None:
    bundle = await completed(vault, "web-1", secret_props=PEM_FILE)
    text = (await secret(vault))["value"]
    assert text.startswith("-----BEGIN PRIVATE KEY-----\n")
    key = load_pem_private_key(text.encode(), None)
    (certificate,) = x509.load_pem_x509_certificates(text.encode())
    assert b64(certificate) == bundle["cer"]
    assert key.public_key() == certificate.public_key()


async def test_a_chain_goes_from_leaf_to_root_in_pem_and_from_root_to_leaf_in_pfx(
    vault: VaultClient, tmp_path: Path
) -> None:
    await vault.set_issuer()
    await completed(vault, "web-1", "my-ca", secret_props=PEM_FILE)
    text = (await secret(vault))["value"]
    chain = x509.load_pem_x509_certificates(text.encode())
    assert [one.issuer for one in chain[:2]] == [one.subject for one in chain[1:]]
    assert chain[2].issuer == chain[2].subject
    await completed(vault, "web-2", "my-ca")
    pfx = base64.b64decode((await secret(vault, "web-2"))["value"])
    root, ca = "Key Vault emulator DigiCert root", "Key Vault emulator DigiCert issuing CA"
    assert openssl_subjects(pfx, tmp_path / "web.pfx") == [root, ca, "web.example.com"]
    content = pkcs12.load_pkcs12(pfx, None)
    assert content.cert
    assert isinstance(content.key, ec.EllipticCurvePrivateKey)
    assert content.cert.certificate.public_key() == content.key.public_key()


@pytest.mark.parametrize("preserve", [True, False])
async def test_merged_chains_keep_their_order_only_if_that_was_asked_for(
    vault: VaultClient, tmp_path: Path, preserve: bool
) -> None:
    ca = OutsideCa()
    body = {"policy": policy(), "preserveCertOrder": preserve}
    created = (await vault.call("POST", "/certificates/web-1/create", body, **{"api-version": "2026-04-01"})).body
    assert created["preserveCertOrder"] is preserve
    merged = (await vault.merge("web-1", [b64(ca.sign_csr(created["csr"])), b64(ca.certificate)])).body
    assert "preserveCertOrder" not in merged  # 7.4 does not know it
    bundle = (await vault.call("GET", "/certificates/web-1", **{"api-version": "7.6"})).body
    assert bundle["preserveCertOrder"] is preserve
    pfx = base64.b64decode((await secret(vault))["value"])
    names = ["web.example.com", "Outside CA"]
    assert openssl_subjects(pfx, tmp_path / "web.pfx") == (names if preserve else names[::-1])


async def test_an_imported_file_comes_back_in_its_own_order(vault: VaultClient) -> None:
    family = Family()
    text = pem(family.root) + family.pem(family.leaf, family.ca)
    assert (await vault.call("POST", "/certificates/web-1/import", {"value": text})).status == 200
    exported = x509.load_pem_x509_certificates((await secret(vault))["value"].encode())
    assert exported == [family.root, family.leaf, family.ca]


@pytest.mark.parametrize("form", ["application/x-pkcs12", "application/x-pem-file"])
async def test_a_key_that_is_not_exportable_stays(vault: VaultClient, form: str) -> None:
    bundle = await completed(
        vault, "web-1", key_props=EC_KEY | {"exportable": False}, secret_props={"contentType": form}
    )
    value = (await secret(vault))["value"]
    if form.endswith("pem-file"):
        assert "PRIVATE" not in value
        assert b64(x509.load_pem_x509_certificate(value.encode())) == bundle["cer"]
    else:
        content = pkcs12.load_pkcs12(base64.b64decode(value), None)
        assert content.key is None
        assert [b64(item.certificate) for item in content.additional_certs] == [bundle["cer"]]


async def test_keys_show_their_public_half(vault: VaultClient) -> None:
    bundle = await completed(vault, "web-1")
    body = (await vault.call("GET", "/keys/web-1")).body
    assert list(body) == ["key", "attributes", "managed"]
    assert list(body["key"]) == ["kid", "kty", "key_ops", "crv", "x", "y"]
    assert body["key"]["kid"] == bundle["kid"]
    assert body["key"]["key_ops"] == ["sign", "verify", "wrapKey", "unwrapKey"]
    point = ec.EllipticCurvePublicNumbers(number(body["key"]["x"]), number(body["key"]["y"]), ec.SECP256R1())
    leaf = x509.load_der_x509_certificate(base64.b64decode(bundle["cer"]))
    assert point.public_key() == leaf.public_key()


async def test_rsa_keys_and_what_their_usages_allow(vault: VaultClient) -> None:
    props = {"subject": "CN=x", "key_usage": ["dataEncipherment"]}
    bundle = await completed(vault, "web-1", key_props={"kty": "RSA"}, x509_props=props)
    key = (await vault.call("GET", f"/keys/web-1/{bundle['id'].rsplit('/', 1)[1]}")).body["key"]
    assert list(key) == ["kid", "kty", "key_ops", "n", "e"]
    assert (key["kty"], key["key_ops"], key["e"]) == ("RSA", ["encrypt", "decrypt"], "AQAB")
    leaf = x509.load_der_x509_certificate(base64.b64decode(bundle["cer"]))
    assert rsa.RSAPublicNumbers(65537, number(key["n"])).public_key() == leaf.public_key()


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=="))


async def test_what_is_not_there(vault: VaultClient) -> None:
    await vault.create("half-made")
    for name in ("web-1", "half-made", f"half-made/{'0' * 32}"):
        for kind in ("secret", "key"):
            reply = await vault.call("GET", f"/{kind}s/{name}")
            assert reply.error == (
                404,
                f"{kind.capitalize()}NotFound",
                (
                    f"A {kind} with (name/id) {name} was not found in this key vault. If you recently deleted this "
                    f"{kind} you may be able to recover it using the correct recovery command. For help resolving this "
                    "issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
                ),
            )


async def test_a_disabled_version_gives_its_key_but_not_its_secret(vault: VaultClient) -> None:
    await completed(vault, "web-1")
    await vault.call("PATCH", "/certificates/web-1", {"attributes": {"enabled": False}})
    refused = await vault.call("GET", "/secrets/web-1")
    assert refused.status == 403
    assert refused.body == {
        "error": {
            "code": "Forbidden",
            "message": "Operation get is not allowed on a disabled secret.",
            "innererror": {"code": "SecretDisabled"},
        }
    }
    assert (await vault.call("GET", "/keys/web-1")).body["attributes"]["enabled"] is False


async def test_no_reply_but_the_secret_holds_a_key(vault: VaultClient) -> None:
    await completed(vault, "web-1")
    key = re.compile(r"PRIVATE|\"(d|p|q|dp|dq|qi)\":")
    for path in ("certificates/web-1", "certificates/web-1/pending", "certificates/web-1/policy", "keys/web-1"):
        assert not key.search((await vault.call("GET", f"/{path}")).text)
