"""The pending object of the Key Vault emulator: every state, cancelling, deleting, and what issuers can be told."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from testkit.clock import real_now
from vault_client import NEVER, OutsideCa, Reply, VaultClient, b64, policy, vault_client

NOT_FOUND = (404, "PendingCertificateNotFound", "Pending certificate not found: web-1")
START = ["id", "issuer", "csr", "cancellation_requested", "status"]


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path) as client:
        await client.set_issuer()
        yield client


@pytest.fixture
async def slow_vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=NEVER) as client:
        await client.set_issuer()
        yield client


def cancel(vault: VaultClient, name: str = "web-1", **query: str) -> Any:
    return vault.call("PATCH", f"/certificates/{name}/pending", {"cancellation_requested": True}, **query)


def delete(vault: VaultClient, name: str = "web-1", **query: str) -> Any:
    return vault.call("DELETE", f"/certificates/{name}/pending", **query)


# --- states ---


async def test_in_progress_reads_as_created_and_says_when_to_come_back(vault: VaultClient) -> None:
    created = await vault.create("web-1")
    for path in ("/certificates/web-1/pending", "/certificates/web-1/pending/"):
        reply = await vault.call("GET", path)
        assert (reply.status, reply.text) == (200, created.text)
        assert reply.headers["Retry-After"] == "10"


@pytest.mark.parametrize("issuer", ["Self", "my-ca"])
async def test_an_issuer_completes_by_itself(vault: VaultClient, issuer: str) -> None:
    created = await vault.create("web-1", issuer)
    await vault.ended("web-1")
    reply = await vault.pending("web-1")
    assert list(reply.body) == [*START, "target", "request_id"]
    assert reply.body["status"] == "completed"
    assert reply.body["target"] == f"{vault.url}/certificates/web-1"
    assert (reply.body["csr"], reply.body["request_id"]) == (created.body["csr"], created.body["request_id"])
    assert "Retry-After" not in reply.headers


async def test_a_request_that_awaits_a_merge_never_ends_by_itself(vault: VaultClient) -> None:
    await vault.create("web-1")
    await asyncio.sleep(0.4)
    assert (await vault.pending("web-1")).body["status"] == "inProgress"


@pytest.mark.parametrize("provider", ["Test", "digicert", "GlobalSign"])
async def test_a_named_issuer_signs_with_a_chain_that_verifies(vault: VaultClient, provider: str) -> None:
    await vault.set_issuer("other-ca", provider)
    operation = (await vault.create("web-1", "Other-CA")).body
    await vault.ended("web-1")
    leaf = await read_leaf(vault)
    csr = x509.load_der_x509_csr(base64.b64decode(operation["csr"]))
    assert leaf.public_key() == csr.public_key()
    assert leaf.subject == csr.subject
    assert provider.lower() in leaf.issuer.rfc4514_string().lower()
    assert leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    aki = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    ski = leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert aki.key_identifier != ski.digest


async def test_a_self_signed_certificate_has_the_recorded_content(vault: VaultClient) -> None:
    before = real_now().replace(microsecond=0)
    body = policy("Self", key_props={"kty": "RSA"})
    await vault.create("web-1", policy=body)
    await vault.ended("web-1")
    leaf = await read_leaf(vault)
    assert [(type(item.value), item.critical) for item in leaf.extensions] == [
        (x509.KeyUsage, True),
        (x509.BasicConstraints, False),
        (x509.ExtendedKeyUsage, False),
        (x509.AuthorityKeyIdentifier, False),
        (x509.SubjectKeyIdentifier, False),
    ]
    assert leaf.issuer == leaf.subject
    assert leaf.serial_number.bit_length() == 127  # 16 bytes, positive
    key = leaf.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert leaf.signature_hash_algorithm
    key.verify(leaf.signature, leaf.tbs_certificate_bytes, padding.PKCS1v15(), leaf.signature_hash_algorithm)
    made = leaf.not_valid_before_utc + timedelta(seconds=600)
    assert before <= made <= real_now()
    assert (leaf.not_valid_after_utc.year, leaf.not_valid_after_utc.month) == (made.year + 1, made.month)


@pytest.mark.parametrize(
    ("key", "hashed_with"),
    [
        ({"kty": "RSA", "key_size": 4096}, SHA256),
        ({"kty": "EC", "crv": "P-256"}, SHA256),
        ({"kty": "EC", "crv": "P-256K"}, SHA256),
        ({"kty": "EC", "crv": "P-384"}, SHA384),
        ({"kty": "EC-HSM", "key_size": 384, "exportable": False}, SHA384),
        ({"kty": "EC", "crv": "P-521"}, SHA512),
    ],
)
async def test_a_key_signs_with_the_hash_of_its_size(
    vault: VaultClient, key: dict[str, Any], hashed_with: type[HashAlgorithm]
) -> None:
    """The CSR, and the certificate that signs itself; a CA signs with its own key's."""
    created = (await vault.create("web-1", policy=policy("Self", key_props=key))).body
    csr = x509.load_der_x509_csr(base64.b64decode(created["csr"]))
    assert csr.is_signature_valid
    assert isinstance(csr.signature_hash_algorithm, hashed_with)
    await vault.ended("web-1")
    leaf = await read_leaf(vault)
    leaf.verify_directly_issued_by(leaf)
    assert isinstance(leaf.signature_hash_algorithm, hashed_with)
    await vault.create("web-1", policy=policy("my-ca", key_props=key))
    await vault.ended("web-1")
    by_ca = await read_leaf(vault)
    assert by_ca.issuer != by_ca.subject
    assert isinstance(by_ca.signature_hash_algorithm, SHA256)


@pytest.mark.parametrize("issuer", ["Self", "my-ca"])
async def test_a_certificate_is_dated_by_the_vaults_clock(tmp_path: Path, issuer: str) -> None:
    start = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
    async with vault_client(tmp_path, issuing_delay=3600, clock=start.timestamp) as vault:
        await vault.set_issuer()
        await vault.create("web-1", issuer)
        await vault.control("POST", "clock", {"advance": 3600})
        await vault.ended("web-1")
        leaf = await read_leaf(vault)
        attributes = (await vault.call("GET", "/certificates/web-1")).body["attributes"]
    issued = start + timedelta(hours=1)
    assert leaf.not_valid_before_utc == issued - timedelta(seconds=600)
    assert leaf.not_valid_after_utc == datetime(2025, 2, 28, 13, 0, tzinfo=UTC)
    assert (attributes["created"], attributes["nbf"]) == (issued.timestamp(), issued.timestamp() - 600)


async def test_a_refused_request_fails_with_code_and_message(vault: VaultClient) -> None:
    await vault.outcome(name="web-1", outcome="fail", code="Request rejected", message="Access denied.", delay=0)
    await vault.create("web-1", "my-ca")
    await vault.ended("web-1")
    reply = await vault.pending("web-1")
    assert list(reply.body) == [*START, "error", "request_id"]
    assert reply.body["status"] == "failed"
    assert reply.body["error"] == {"code": "Request rejected", "message": "Access denied."}
    assert "Retry-After" not in reply.headers


async def test_a_failed_create_can_be_repeated(vault: VaultClient) -> None:
    await vault.outcome(name="web-1", outcome="fail", delay=0)
    first = (await vault.create("web-1", "my-ca")).body
    await vault.ended("web-1")
    await vault.outcome(name="web-1", outcome="issue", delay=0)
    second = (await vault.create("web-1", "my-ca")).body
    assert second["request_id"] != first["request_id"]
    assert (await vault.ended("web-1"))["status"] == "completed"


# --- request_id ---


@pytest.mark.parametrize("call", ["GET", "PATCH", "DELETE"])
async def test_request_id_is_a_filter(vault: VaultClient, call: str) -> None:
    created = (await vault.create("web-1")).body
    path, body = "/certificates/web-1/pending", {"cancellation_requested": True}
    assert (await vault.call(call, path, body, request_id="0" * 32)).error == NOT_FOUND
    assert (await vault.pending("web-1")).body == created  # nothing was done
    assert (await vault.call(call, path, body, request_id=created["request_id"])).status == 200


# --- cancel ---


async def test_a_cancellation_is_noted_first_and_carried_out_later(vault: VaultClient) -> None:
    await vault.create("web-1", "my-ca")
    asked = await cancel(vault)
    assert asked.status == 200
    assert list(asked.body) == [*START, "status_details", "request_id"]
    assert (asked.body["status"], asked.body["cancellation_requested"]) == ("inProgress", True)
    assert "Retry-After" not in asked.headers
    assert (await vault.pending("web-1")).headers["Retry-After"] == "10"
    await vault.ended("web-1")
    reply = await vault.pending("web-1")
    assert list(reply.body) == [*START, "request_id"]
    assert (reply.body["status"], reply.body["cancellation_requested"]) == ("cancelled", True)
    assert "Retry-After" not in reply.headers


@pytest.mark.parametrize("issuer", ["Unknown", "unknown", None])
async def test_a_manual_request_is_never_cancelled_however_long_ago_that_was_asked_for(
    vault: VaultClient, issuer: str | None
) -> None:
    """Recorded for the first second; for ever is a choice of ours (README.md)."""
    created = (await vault.create("web-1", issuer)).body
    asked = created | {"cancellation_requested": True}
    assert (await cancel(vault)).body == asked
    await vault.control("POST", "clock", {"advance": 30 * 24 * 3600})
    await vault.outcome(name="*", outcome="issue", delay=0)
    assert (await vault.pending("web-1")).body == asked
    assert (await vault.create("web-1", issuer)).error[:2] == (409, "Conflict")
    assert (await cancel(vault)).body == asked


async def test_a_manual_request_whose_cancellation_was_asked_for_can_be_merged_or_deleted(vault: VaultClient) -> None:
    for name in ("web-1", "web-2"):
        await vault.create(name)
        await cancel(vault, name)
    csr = (await vault.pending("web-1")).body["csr"]
    assert (await vault.merge("web-1", [b64(OutsideCa().sign_csr(csr))])).status == 201
    assert (await delete(vault, "web-2")).body["status"] == "inProgress"
    assert (await vault.create("web-2")).status == 202


@pytest.mark.parametrize("end", ["issue", "fail"])
async def test_what_has_ended_cannot_be_cancelled(vault: VaultClient, end: str) -> None:
    await vault.outcome(name="*", outcome=end, delay=0)
    await vault.create("web-1", "my-ca")
    await vault.ended("web-1")
    assert (await cancel(vault)).error == (403, "Forbidden", "Pending status must be in progress to allow update.")


async def test_cancelling_nothing_is_404(vault: VaultClient) -> None:
    assert (await cancel(vault)).error == NOT_FOUND


@pytest.mark.parametrize("asked_before", [False, True])
async def test_asking_for_no_cancellation_changes_nothing(slow_vault: VaultClient, *, asked_before: bool) -> None:
    await slow_vault.create("web-1", "my-ca")
    if asked_before:
        await cancel(slow_vault)
    before = (await slow_vault.pending("web-1")).body
    reply = await slow_vault.call("PATCH", "/certificates/web-1/pending", {"cancellation_requested": False})
    assert (reply.status, reply.body) == (200, before)
    assert (await slow_vault.pending("web-1")).body == before
    assert before["cancellation_requested"] is asked_before
    await slow_vault.control("POST", "clock", {"advance": NEVER})
    assert (await slow_vault.ended("web-1"))["status"] == ("cancelled" if asked_before else "completed")


async def test_of_what_has_ended_not_even_nothing_can_be_asked(vault: VaultClient) -> None:
    await vault.outcome(name="*", outcome="fail", delay=0)
    await vault.create("web-1", "my-ca")
    await vault.ended("web-1")
    reply = await vault.call("PATCH", "/certificates/web-1/pending", {"cancellation_requested": False})
    assert reply.error[:2] == (403, "Forbidden")


@pytest.mark.parametrize("body", [{}, {"cancellation_requested": "no"}, {"cancellation_requested": None}])
async def test_an_update_that_says_nothing_is_refused(vault: VaultClient, body: dict[str, Any]) -> None:
    await vault.create("web-1")
    assert (await vault.call("PATCH", "/certificates/web-1/pending", body)).error[:2] == (400, "BadParameter")


# --- delete ---


async def test_deleting_answers_with_the_operation_as_it_stood(slow_vault: VaultClient) -> None:
    created = await slow_vault.create("web-1", "my-ca")
    reply = await delete(slow_vault)
    assert (reply.status, reply.text) == (200, created.text)
    assert "Retry-After" not in reply.headers
    assert (await slow_vault.pending("web-1")).error == NOT_FOUND
    assert (await delete(slow_vault)).error == NOT_FOUND
    assert (await slow_vault.create("web-1")).status == 202


async def test_a_completed_operation_can_be_deleted_and_takes_its_link_with_it(vault: VaultClient) -> None:
    await vault.create("web-1", "Self")
    await vault.ended("web-1")
    assert "pending" in (await vault.call("GET", "/certificates/web-1")).body
    assert (await delete(vault)).body["status"] == "completed"
    bundle = (await vault.call("GET", "/certificates/web-1")).body
    assert "pending" not in bundle
    assert bundle["cer"]


async def test_a_deleted_request_never_completes(vault: VaultClient) -> None:
    await vault.create("web-1", "my-ca")
    await delete(vault)
    await asyncio.sleep(0.4)
    assert "cer" not in (await vault.call("GET", "/certificates/web-1")).body


# --- the control door ---


async def test_a_request_can_hang_and_be_released(vault: VaultClient) -> None:
    assert await vault.outcome(name="*", outcome="hang") == (200, {"pending_changed": 0})
    await vault.create("web-1", "my-ca")
    await vault.create("web-2")
    await asyncio.sleep(0.4)
    assert (await vault.pending("web-1")).body["status"] == "inProgress"
    assert await vault.outcome(name="WEB-1", outcome="issue", delay=0) == (200, {"pending_changed": 1})
    assert (await vault.pending("web-1")).body["status"] == "completed"


async def test_a_request_in_progress_can_still_be_made_to_fail(slow_vault: VaultClient) -> None:
    await slow_vault.create("web-1", "my-ca")
    await slow_vault.outcome(name="*", outcome="fail", code="Certificate issuer error", message="Down.", delay=0.05)
    assert (await slow_vault.ended("web-1"))["error"] == {"code": "Certificate issuer error", "message": "Down."}


async def test_a_name_counts_before_the_star_and_other_vaults_are_not_touched(vault: VaultClient) -> None:
    await vault.outcome(name="web-2", outcome="issue", delay=0)
    await vault.outcome(name="*", outcome="fail", delay=0)
    other = vault.at("127.0.0.1")
    await other.set_issuer()
    for client, name in ((vault, "web-1"), (vault, "web-2"), (other, "web-1")):
        await client.create(name, "my-ca")
    assert (await vault.ended("web-1"))["status"] == "failed"
    assert (await vault.ended("web-2"))["status"] == "completed"
    assert (await other.ended("web-1"))["status"] == "completed"


async def test_a_star_set_later_leaves_a_named_request_alone(slow_vault: VaultClient) -> None:
    await slow_vault.outcome(name="web-1", outcome="hang")
    await slow_vault.create("web-1", "my-ca")
    await slow_vault.create("web-2", "my-ca")
    assert await slow_vault.outcome(name="*", outcome="fail", delay=0) == (200, {"pending_changed": 1})
    assert (await slow_vault.ended("web-2"))["status"] == "failed"
    assert (await slow_vault.pending("web-1")).body["status"] == "inProgress"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outcome": "explode"}, "outcome"),
        ({"name": "a b"}, "name"),
        ({"vault": "https://localhost:8443"}, "vault"),
        ({"delay": -1}, "delay"),
        ({"delay": "soon"}, "delay"),
        ({"code": ""}, "code"),
        ({"extra": 1}, "extra"),
    ],
)
async def test_the_control_door_says_what_it_does_not_understand(
    vault: VaultClient, change: dict[str, Any], said: str
) -> None:
    status, body = await vault.outcome(**({"name": "web-1", "outcome": "fail"} | change))
    assert status == 400
    assert said in body["error"]["message"]


async def test_the_state_can_be_seen_from_outside(vault: VaultClient) -> None:
    created: Reply = await vault.create("Web-1")
    state = await vault.state()
    assert state["Web-1"]["merges"] == 0
    assert state["Web-1"]["versions"] == []
    assert len(state["Web-1"]["half_made"]) == 1
    assert state["Web-1"]["deleted"] is False
    assert state["Web-1"]["pending"]["request_id"] == created.body["request_id"]
    assert state["Web-1"]["pending"]["status"] == "inProgress"


async def read_leaf(vault: VaultClient) -> x509.Certificate:
    bundle = (await vault.call("GET", "/certificates/web-1")).body
    return x509.load_der_x509_certificate(base64.b64decode(bundle["cer"]))
