"""Merging into the Key Vault emulator: every form of x5c that the service takes, and every way to be refused."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs7, pkcs12

from vault_client import NEVER, QUICK, OutsideCa, VaultClient, b64, vault_client

WRONG_KEY = (
    400,
    "BadParameter",
    (
        "The public key of the end-entity certificate in the specified X.509 certificate content does not match the "
        "public part of the specified private key. Please check if certificate is valid."
    ),
)
NO_LEAF = (400, "BadParameter", "Unable to parse X5c certificate chain and locate leaf certificate")
NO_ITEM = (400, "BadParameter", "Property x5c has invalid value X5C must has at least one valid item")
NO_CERTIFICATE = (400, "BadParameter", "ASN1 bad tag value met")
NOT_FOUND = (404, "PendingCertificateNotFound", "Pending Certificate not found: web-1")


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=QUICK) as client:
        await client.set_issuer()
        yield client


@pytest.fixture(scope="module")
def ca() -> OutsideCa:
    return OutsideCa()


async def test_merge_answers_201_with_location_and_bundle(vault: VaultClient, ca: OutsideCa) -> None:
    created = (await vault.create("web-1", tags={"a": "1"})).body
    leaf = ca.sign_csr(created["csr"])
    reply = await vault.merge("web-1", [b64(leaf), b64(ca.certificate)])
    assert reply.status == 201
    assert reply.headers["Location"] == f"{vault.url}/certificates/web-1?api-version=7.4"
    bundle = reply.body
    assert list(bundle) == ["id", "kid", "sid", "x5t", "cer", "attributes", "tags", "policy", "pending"]
    version = bundle["id"].rsplit("/", 1)[1]
    assert bundle["id"] == f"{vault.url}/certificates/web-1/{version}"
    assert bundle["kid"] == f"{vault.url}/keys/web-1/{version}"
    assert bundle["sid"] == f"{vault.url}/secrets/web-1/{version}"
    assert bundle["cer"] == b64(leaf)
    digest = hashlib.sha1(leaf.public_bytes(Encoding.DER), usedforsecurity=False).digest()
    assert bundle["x5t"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    attributes = bundle["attributes"]
    assert list(attributes) == ["enabled", "nbf", "exp", "created", "updated", "recoveryLevel", "recoverableDays"]
    assert attributes["enabled"] is True
    assert attributes["nbf"] == int(leaf.not_valid_before_utc.timestamp())
    assert attributes["exp"] == int(leaf.not_valid_after_utc.timestamp())
    assert (attributes["recoveryLevel"], attributes["recoverableDays"]) == ("Recoverable+Purgeable", 90)
    assert bundle["tags"] == {"a": "1"}
    assert bundle["pending"] == {"id": f"{vault.url}/certificates/web-1/pending"}
    operation = (await vault.pending("web-1")).body
    assert (operation["status"], operation["target"]) == ("completed", f"{vault.url}/certificates/web-1")
    assert (await vault.call("GET", "/certificates/web-1/")).body == bundle
    assert (await vault.state())["web-1"]["merges"] == 1


async def test_merge_sets_tags_and_attributes(vault: VaultClient, ca: OutsideCa) -> None:
    leaf = ca.sign_csr((await vault.create("web-1", tags={"a": "1"})).body["csr"])
    reply = await vault.merge("web-1", [b64(leaf)], tags={"b": "2"}, attributes={"enabled": False})
    assert reply.body["tags"] == {"b": "2"}
    assert reply.body["attributes"]["enabled"] is False


@pytest.mark.parametrize(
    "form", ["leaf alone", "doubly encoded", "leaf last", "with a double", "PKCS#7", "PFX", "wrapped lines"]
)
async def test_every_form_that_the_service_takes(vault: VaultClient, ca: OutsideCa, form: str) -> None:
    leaf = ca.sign_csr((await vault.create("web-1")).body["csr"])
    both = [leaf, ca.certificate]
    x5c = {
        "leaf alone": [b64(leaf)],
        "doubly encoded": [base64.b64encode(b64(certificate).encode()).decode() for certificate in both],
        "leaf last": [b64(ca.certificate), b64(leaf)],
        "with a double": [b64(leaf), b64(ca.certificate), b64(leaf)],
        "PKCS#7": [base64.b64encode(pkcs7.serialize_certificates(both[::-1], Encoding.DER)).decode()],
        "PFX": [
            base64.b64encode(
                pkcs12.serialize_key_and_certificates(None, None, None, both[::-1], NoEncryption())
            ).decode()
        ],
        "wrapped lines": [base64.encodebytes(leaf.public_bytes(Encoding.DER)).decode()],
    }[form]
    reply = await vault.merge("web-1", x5c)
    assert (reply.status, reply.body.get("cer")) == (201, b64(leaf))


async def test_a_certificate_for_another_key_is_refused_and_nothing_changes(vault: VaultClient, ca: OutsideCa) -> None:
    created = (await vault.create("web-1")).body
    assert (await vault.merge("web-1", [b64(ca.sign_other_key())])).error == WRONG_KEY
    assert (await vault.merge("web-1", [b64(ca.certificate)])).error == WRONG_KEY
    assert (await vault.pending("web-1")).body == created
    assert (await vault.state())["web-1"]["merges"] == 0


async def test_two_leaves_are_none(vault: VaultClient, ca: OutsideCa) -> None:
    leaf = ca.sign_csr((await vault.create("web-1")).body["csr"])
    assert (await vault.merge("web-1", [b64(leaf), b64(OutsideCa("Stranger").certificate)])).error == NO_LEAF


@pytest.mark.parametrize("x5c", [[], [""], ["-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n"], ["not base64!"]])
async def test_nothing_to_merge_is_refused(vault: VaultClient, x5c: list[str]) -> None:
    await vault.create("web-1")
    assert (await vault.merge("web-1", x5c)).error == NO_ITEM


async def test_a_body_without_x5c_is_refused(vault: VaultClient) -> None:
    await vault.create("web-1")
    assert (await vault.call("POST", "/certificates/web-1/pending/merge", {})).error == NO_ITEM


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\x30\x03\x02\x01\x01", NO_CERTIFICATE),
        (b"hello, world", NO_CERTIFICATE),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", NO_ITEM),
    ],
)
async def test_an_element_that_is_no_certificate_is_refused(
    vault: VaultClient, content: bytes, error: tuple[int, str, str]
) -> None:
    await vault.create("web-1")
    assert (await vault.merge("web-1", [base64.b64encode(content).decode()])).error == error


@pytest.mark.parametrize("x5c", [[], ["nonsense"]])
async def test_nothing_pending_is_said_before_the_chain_is_looked_at(vault: VaultClient, x5c: list[str]) -> None:
    assert (await vault.merge("web-1", x5c)).error == NOT_FOUND
    await vault.create("web-1")
    await vault.call("DELETE", "/certificates/web-1/pending")
    assert (await vault.merge("web-1", x5c)).error == NOT_FOUND


async def test_request_id_filters_merges_too(vault: VaultClient, ca: OutsideCa) -> None:
    created = (await vault.create("web-1")).body
    x5c = {"x5c": [b64(ca.sign_csr(created["csr"]))]}
    path = "/certificates/web-1/pending/merge"
    assert (await vault.call("POST", path, x5c, request_id="0" * 32)).error == NOT_FOUND
    assert (await vault.call("POST", path, x5c, request_id=created["request_id"])).status == 201


@pytest.mark.parametrize("issuer", ["my-ca", "Self"])
async def test_merge_is_forbidden_while_an_issuer_is_at_work(tmp_path: Path, ca: OutsideCa, issuer: str) -> None:
    async with vault_client(tmp_path, issuing_delay=NEVER) as vault:
        await vault.set_issuer()
        csr = (await vault.create("web-1", issuer)).body["csr"]
        assert (await vault.merge("web-1", [b64(ca.sign_csr(csr))])).error == (
            403,
            "Forbidden",
            f"Merge is forbidden on pending object created with issuer : {issuer} while it is in progess.",
        )


@pytest.mark.parametrize("end", ["failed", "cancelled"])
async def test_merge_completes_what_failed_or_was_cancelled(vault: VaultClient, ca: OutsideCa, end: str) -> None:
    await vault.outcome(name="web-1", outcome="fail", delay=0.1)
    csr = (await vault.create("web-1", "my-ca")).body["csr"]
    if end == "cancelled":
        await vault.call("PATCH", "/certificates/web-1/pending", {"cancellation_requested": True})
    assert (await vault.ended("web-1"))["status"] == end
    assert (await vault.merge("web-1", [b64(ca.sign_csr(csr))])).status == 201
    operation = (await vault.pending("web-1")).body
    assert operation["status"] == "completed"
    assert "error" not in operation


async def test_what_is_completed_is_not_merged_again(vault: VaultClient, ca: OutsideCa) -> None:
    leaf = ca.sign_csr((await vault.create("web-1")).body["csr"])
    replies = await asyncio.gather(*(vault.merge("web-1", [b64(leaf)]) for _ in range(3)))
    merged, *refused = sorted(reply.status for reply in replies)
    assert merged == 201
    assert set(refused) <= {403, 409}  # it is done already, or another one is under way: they come as they come
    assert (await vault.merge("web-1", [b64(leaf)])).error == (
        403,
        "Forbidden",
        "Merge is forbidden on pending object that is completed: web-1",
    )
    assert (await vault.state())["web-1"]["merges"] == 1
