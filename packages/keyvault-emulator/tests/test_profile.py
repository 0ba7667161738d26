"""The two profiles: each row in which Microsoft's page differs from recordings, in both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.keyvault.certificates import CertificateOperation, CertificatePolicy, KeyVaultCertificate
from azure.keyvault.certificates.aio import CertificateClient

from keyvault_emulator.profile import DOCUMENTED, PROFILES, ProfileName
from keyvault_emulator.unkindness import Unkindness
from testkit.tokens import AnyToken
from vault_client import NEVER, OutsideCa, Reply, VaultClient, b64, vault_client


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> ProfileName:
    name: ProfileName = request.param
    return name


@pytest.fixture
async def vault(tmp_path: Path, profile: ProfileName) -> AsyncIterator[VaultClient]:
    at_once = Unkindness(deletion_delay=0)
    async with vault_client(tmp_path, issuing_delay=NEVER, unkindness=at_once, profile=profile) as client:
        yield client


async def pending(vault: VaultClient, name: str = "web-1", issuer: str = "Self") -> Reply:
    """A request in progress, as create answers it."""
    reply = await vault.create(name, issuer)
    assert reply.status == 202
    return reply


async def ended(vault: VaultClient, **outcome: Any) -> dict[str, Any]:
    await pending(vault)
    await vault.outcome(name="web-1", delay=0, **outcome)
    return await vault.ended("web-1")


async def test_409_on_create_while_in_progress(vault: VaultClient, profile: ProfileName) -> None:
    await pending(vault)
    status, code, message = (await vault.create("web-1")).error
    assert (status, code) == (409, {"observed": "Conflict", "documented": "Forbidden"}[profile])
    assert message.startswith("A new key vault certificate can not be created or imported while a pending")


async def test_a_409_for_another_reason_is_the_same_in_both(vault: VaultClient) -> None:
    await pending(vault)
    await vault.call("DELETE", "/certificates/web-1")
    body = (await vault.create("web-1")).body
    assert (body["error"]["code"], body["error"]["innererror"]["code"]) == ("Conflict", "ObjectIsDeletedButRecoverable")


async def test_cancel_when_not_in_progress(vault: VaultClient, profile: ProfileName) -> None:
    await ended(vault, outcome="issue")
    reply = await vault.call("PATCH", "/certificates/web-1/pending", {"cancellation_requested": True})
    expected = {"observed": (403, "Forbidden"), "documented": (400, "BadParameter")}[profile]
    assert reply.error == (*expected, "Pending status must be in progress to allow update.")


@pytest.mark.parametrize(("issuer", "documented"), [("Self", "InProgress"), ("Unknown", "inProgress")])
async def test_status_right_after_create(
    vault: VaultClient, profile: ProfileName, issuer: str, documented: str
) -> None:
    created = (await pending(vault, issuer=issuer)).body
    assert created["status"] == {"observed": "inProgress", "documented": documented}[profile]
    assert (await vault.pending("web-1")).body["status"] == "inProgress"


async def test_target(vault: VaultClient, profile: ProfileName) -> None:
    query = {"observed": "", "documented": "?api-version=7.4"}[profile]
    assert (await ended(vault, outcome="issue"))["target"] == f"{vault.url}/certificates/web-1{query}"


async def test_failed(vault: VaultClient, profile: ProfileName) -> None:
    operation = await ended(vault, outcome="fail", code="Request rejected", message="No.")
    details = {"observed": [], "documented": ["status_details"]}[profile]
    before = ["id", "issuer", "csr", "cancellation_requested", "status"]
    assert list(operation) == [*before, *details, "error", "request_id"]
    assert operation.get("status_details", "") == ""
    assert operation["error"] == {"code": "Request rejected", "message": "No."}


async def test_manual_create_reply(vault: VaultClient, profile: ProfileName) -> None:
    created = (await pending(vault, issuer="Unknown")).body
    assert ("cancellation_requested" in created) is (profile == "observed")
    assert (await vault.pending("web-1")).body["cancellation_requested"] is False


async def test_status_details_of_an_issuer(vault: VaultClient, profile: ProfileName) -> None:
    details = (await pending(vault)).body["status_details"]
    assert details.endswith(
        {"observed": "Please check again later.", "documented": "Please check again later"}[profile]
    )
    manual = (await pending(vault, "web-2", "Unknown")).body["status_details"]
    assert manual == "Pending certificate created. Please Perform Merge to complete the request."


async def test_delete(vault: VaultClient, profile: ProfileName) -> None:
    await pending(vault)
    deleted = (await vault.call("DELETE", "/certificates/web-1/pending")).body
    assert ("status_details" in deleted) is (profile == "observed")
    assert (await vault.pending("web-1")).error[:2] == (404, "PendingCertificateNotFound")


async def test_bundle(vault: VaultClient, profile: ProfileName) -> None:
    csr = (await pending(vault, issuer="Unknown")).body["csr"]
    merged = await vault.merge("web-1", [b64(OutsideCa().sign_csr(csr))])
    assert merged.status == 201
    has = profile == "observed"
    for bundle in (merged.body, (await vault.call("GET", "/certificates/web-1")).body):
        assert ({"recoveryLevel", "recoverableDays"} <= set(bundle["attributes"])) is has
        assert ("basic_constraints" in bundle["policy"]["x509_props"]) is has


async def test_retry_after(vault: VaultClient, profile: ProfileName) -> None:
    created = await pending(vault)
    for reply in (created, await vault.pending("web-1")):
        assert ("Retry-After" in reply.headers) is (profile == "observed")
        assert "x-ms-request-id" in reply.headers
    assert "Location" in created.headers


async def test_merge_under_an_issuer_is_forbidden_in_both(vault: VaultClient) -> None:
    await pending(vault)
    message = "Merge is forbidden on pending object created with issuer : Self while it is in progess."
    assert (await vault.merge("web-1", ["AAAA"])).error == (403, "Forbidden", message)


async def test_no_token_no_route_and_an_empty_answer_are_the_same_in_both(vault: VaultClient) -> None:
    await pending(vault)
    await vault.call("DELETE", "/certificates/web-1")
    purged = await vault.call("DELETE", "/deletedcertificates/web-1")
    assert (purged.status, purged.text) == (204, "")
    assert (await vault.call("GET", "/nothing")).status == 404


def test_each_row_names_its_subject_once() -> None:
    subjects = [row.subject for row in DOCUMENTED]
    assert len(set(subjects)) == len(subjects) == 10


# --- clients must work with both ---


async def test_microsofts_client(vault: VaultClient) -> None:
    async with CertificateClient(
        vault.url, AnyToken(), verify_challenge_resource=False, connection_verify=str(vault.ca_file)
    ) as client:
        asked = CertificatePolicy("Self", subject="CN=web.example.com")
        await vault.outcome(name="web-1", outcome="issue", delay=0)
        issued = await client.create_certificate("web-1", asked, _polling_interval=0.05)
        assert isinstance(issued, KeyVaultCertificate)
        await vault.outcome(name="web-2", outcome="fail", delay=0)
        failed = await client.create_certificate("web-2", asked, _polling_interval=0.05)
        assert isinstance(failed, CertificateOperation)
        assert failed.error
        assert failed.error.code == "Request rejected"
