"""Watching and telling on the real stack: what was started elsewhere, what comes to its end, and who hears of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509

from inbox import Inbox
from local.api import Client
from tests.certificates import pem
from tests.e2e.telling import nothing_waits, tellings, told
from tests.e2e.two_teams import BOX, SHORT, TEAM, csr_of, mailbox, policy, requests_for, running_both
from tests.e2e.watched import CA, Watched, import_certificate, signed

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Watched, Inbox]]:
    async with running_both(tmp_path_factory.mktemp("watched")) as running:
        yield running


@pytest.fixture
def watched(both: tuple[Watched, Inbox]) -> Watched:
    return both[0]


@pytest.fixture
def client(both: tuple[Watched, Inbox]) -> Client:
    return both[0].client


async def test_what_was_there_before_is_told_in_one_summary_only(watched: Watched, client: Client) -> None:
    main, staging = [await told(client, f"Now watching vault {vault}") for vault in ("main", "staging")]
    assert "3 certificates: 1 pending, 2 near their end" in main[0]["text"]
    assert "0 certificates" in staging[0]["text"]
    (before,) = await requests_for(client, "before-pending")
    assert before["status"] == "inProgress"
    assert await requests_for(client, "before-auto") == []
    await watched.survey()
    await told(client, "CSR ready to be signed: before-auto")  # its tag asks for that, and the next survey does it
    await nothing_waits(client)
    assert {one["subject"] for one in tellings(await client.messages("before-"))} == {
        "[Certflow] CSR ready to be signed: before-auto in main",
        "CSR ready to be signed: before-auto in main",
    }


async def test_a_request_that_the_portal_started_on_a_new_name_is_adopted_and_its_end_told(
    watched: Watched, client: Client, name: str
) -> None:
    reason = f"The domain {name}.corp is not validated."
    await client.set_outcome("main", name, "fail", code="Request rejected", message=reason, delay=0.5)
    await client.certificates["main"].create_certificate(name, policy(name, "DigiCert"), _polling_interval=0.2)
    await watched.survey()
    for one in await told(client, reason):
        assert f"Certificate request failed: {name}" in one["subject"]
    (request,) = await requests_for(client, name)
    assert request["status"] == "failed"
    await watched.heard("Issuance.Started", name)
    assert reason in json.dumps((await watched.heard("Issuance.Failed", name))["data"])


async def test_a_certificate_near_its_end_has_its_next_version_started_once_with_names_tags_and_owner(
    watched: Watched, client: Client, name: str
) -> None:
    tags = {"certflow_renew": "auto", "certflow_owner": TEAM, "cost_center": "4711"}
    await import_certificate(client, "main", name, SHORT, **tags)
    for _ in range(2):
        await watched.survey()
    (request,) = await requests_for(client, name)
    assert (request["status"], request["owner"], request["requested_by"]) == ("inProgress", TEAM, "system:renewal")
    assert mailbox(await told(client, f"CSR ready to be signed: {name}")) == BOX
    assert watched.happened("Certificate.NearExpiry", name) == []

    csr = await csr_of(client, "main", name)
    asked = x509.load_der_x509_csr(csr).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(asked.get_values_for_type(x509.DNSName)) == {f"{name}.example.com", f"www.{name}.example.com"}
    await client.drop(f"{name}.pem", pem(signed(csr, name), CA.certificate))
    assert mailbox(await told(client, f"Certificate issued: {name}")) == TEAM
    certificate = await client.certificates["main"].get_certificate(name)
    assert certificate.properties is not None
    assert certificate.properties.tags == {key.replace("_", "-"): value for key, value in tags.items()}
    await watched.survey()
    assert len(await requests_for(client, name)) == 1
    for type_ in ("Chain.Merged", "Issuance.Completed"):
        await watched.heard(type_, name)


async def test_a_certificate_near_its_end_is_told_of_once_with_a_button_to_the_portal(
    watched: Watched, client: Client, name: str
) -> None:
    await import_certificate(client, "main", name, SHORT, certflow_owner=TEAM)
    for _ in range(2):
        await watched.survey()
    found = await told(client, f"Certificate near its end: {name}")
    assert mailbox(found) == TEAM
    vault = client.stack["vaults"]["main"]
    page = f"https://portal.azure.com/#@/asset/Microsoft_Azure_KeyVault/Certificate/{vault}/certificates/{name}"
    mail, card = found
    assert page in mail["html"]
    assert page in texts_of(json.loads(card["raw"]))
    assert await requests_for(client, name) == []
    await watched.heard("Certificate.NearExpiry", name)


def texts_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_of(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts_of(one)]
    return [str(value)]
