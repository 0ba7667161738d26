"""Watching and telling on the real stack: what was started elsewhere, what comes to its end, and who hears of it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from azure.keyvault.certificates import CertificatePolicy
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.model.events.registry import TOLD
from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa
from local.api import Client, until
from local.stack import REJECTED, Stack
from tests.certificates import pem
from tests.clock import real_now
from tests.e2e.request_and_chain import OWNER, body, started
from tests.e2e.subscriber import check_events
from tests.e2e.telling import nothing_waits, tellings, told
from tests.e2e.watched import CA, Watched, import_certificate, running_watch, signed

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEAM = "team@example.com"
BOX = "pki-team@example.com"
SHORT = (1.0, 2.0)  # days gone and left: on a ladder that begins at 99 percent
LONG = (0.0, 300.0)
RULES = "rules/table.json"
TABLE = [
    {"names": ["pay-*"], "to": ["teams:payments", "oncall@example.com"]},
    {"names": ["gone-*"], "to": ["teams:payments"]},
]
ACCOUNT = {"code": "Certificate issuer error", "message": "The account's API key has expired."}


def policy(name: str, issuer: str = "Unknown") -> CertificatePolicy:
    return CertificatePolicy(
        issuer_name=issuer,
        subject=f"CN={name}.example.com",
        san_dns_names=[f"{name}.example.com", f"www.{name}.example.com"],
    )


async def what_is_there_already(client: Client) -> None:
    await client.certificates["main"].create_certificate("before-pending", policy("before-pending"))
    await import_certificate(client, "main", "before-near", SHORT, certflow_owner=TEAM)
    await import_certificate(client, "main", "before-auto", SHORT, certflow_renew="auto")
    await write_rules(client, json.dumps(TABLE).encode())


async def write_rules(client: Client, content: bytes) -> None:
    container, _, name = RULES.partition("/")
    if container not in [one.name async for one in client.blobs.list_containers()]:
        await client.blobs.create_container(container)
    await client.put(container, name, content)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def both(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Watched, Inbox]]:
    """The stack, and the inbox of the payments team, which has a Teams of its own."""

    def settings(stack: Stack) -> dict[str, str]:
        return {
            "CERTFLOW_VAULTS": f"main={stack.vaults['main']},staging:observe={stack.vaults['staging']}",
            "CERTFLOW_EXPIRY_LADDER": "0.99",
            "CERTFLOW_NOTIFY_RULES": RULES,
            "CERTFLOW_TEAMS_WEBHOOK_URL__PAYMENTS": second.teams_url,
        }

    async with AsyncExitStack() as up:
        second = await up.enter_async_context(running_inbox(LocalCa()))
        running = await up.enter_async_context(
            running_watch(tmp_path_factory.mktemp("watched"), settings, what_is_there_already)
        )
        await running.baseline()
        yield running, second


@pytest.fixture
def watched(both: tuple[Watched, Inbox]) -> Watched:
    return both[0]


@pytest.fixture
def client(both: tuple[Watched, Inbox]) -> Client:
    return both[0].client


@pytest.fixture
def payments(both: tuple[Watched, Inbox]) -> Inbox:
    return both[1]


def mailbox(found: list[dict[str, Any]]) -> str:
    return str(next(one["to"] for one in found if one["channel"] == "email"))


async def requests_for(client: Client, name: str) -> list[dict[str, Any]]:
    everything = (await (await client.call("GET", "requests", params={"limit": "100"})).json())["value"]
    return [one for one in everything if one["name"] == name]


async def csr_of(client: Client, vault: str, name: str) -> bytes:
    return bytes((await client.certificates[vault].get_certificate_operation(name)).csr or b"")


async def in_teams(inbox: Inbox, contains: str) -> list[str]:
    """What came to a Teams, once it is there and nothing is on its way any more."""

    async def look() -> list[str]:
        return [one.text for one in inbox.messages if one.matches("teams", contains)]

    return await until(f"a card with {contains}", look)


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
    assert len(watched.happened("Issuance.Started", name)) == 1


async def test_a_renewal_that_the_portal_started_is_adopted_with_its_owner_and_its_merge_told(
    watched: Watched, client: Client, name: str
) -> None:
    portal = client.certificates["main"]
    await import_certificate(client, "main", name, LONG, certflow_owner=TEAM)
    await portal.create_certificate(name, policy(name), tags={"certflow-owner": TEAM})
    await watched.survey()
    assert mailbox(await told(client, f"CSR ready to be signed: {name}")) == BOX
    history = await (await client.call("GET", f"vaults/main/certificates/{name}/history")).json()
    assert [act["act"] for act in history["value"]] == ["adopted"]

    leaf = signed(await csr_of(client, "main", name), name)
    await portal.merge_certificate(name, [base64.b64encode(one) for one in ders(leaf, CA.certificate)])
    assert mailbox(await told(client, f"Certificate issued: {name}")) == TEAM


def ders(*certificates: x509.Certificate) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in certificates]


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


def texts_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_of(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts_of(one)]
    return [str(value)]


async def test_an_observed_vault_is_watched_and_told_of_and_nothing_is_changed_there(
    watched: Watched, client: Client, name: str
) -> None:
    portal = client.certificates["staging"]
    await portal.create_certificate(name, policy(name), tags={"certflow-owner": TEAM})
    await watched.survey()
    assert mailbox(await told(client, f"CSR ready to be signed: {name}")) == BOX
    leaf = signed(await csr_of(client, "staging", name), name)
    pending = f"vaults/staging/certificates/{name}/pending"
    x5c = [base64.b64encode(one).decode() for one in ders(leaf, CA.certificate)]
    for response in (
        await client.create("staging", "another", body("another")),
        await client.call("PATCH", pending, json={"cancellation_requested": True}),
        await client.call("DELETE", pending),
        await client.call("POST", f"{pending}/merge", json={"x5c": x5c}),
    ):
        assert response.status == 403
        assert "(CERTFLOW_VAULTS)" in (await response.json())["error"]["message"]

    await client.drop(f"{name}.pem", pem(leaf, CA.certificate))
    for one in await told(client, f"Chain rejected: {name}.pem"):
        assert "Certflow only observes the vault 'staging' (CERTFLOW_VAULTS)" in one["text"]
        assert "take ':observe' out of that setting" in one["text"]
    report = next(file for file in await client.files(REJECTED) if file.endswith("report.json"))
    assert "vault-observed" in (await client.content(REJECTED, report)).decode()
    operation = await portal.get_certificate_operation(name)
    assert (operation.status, operation.cancellation_requested) == ("inProgress", False)

    await portal.merge_certificate(name, [base64.b64encode(one) for one in ders(leaf, CA.certificate)])
    assert mailbox(await told(client, f"Certificate issued: {name}")) == TEAM


async def test_three_failures_by_the_issuers_account_are_told_and_its_trouble_once_beside_them(
    watched: Watched, client: Client, name: str
) -> None:
    names = [f"{name}-{number}" for number in range(3)]
    for failing in names:
        await client.set_outcome("main", failing, "fail", delay=0.2, **ACCOUNT)
        await started(client, failing, "DigiCert")
    for failing in names:
        await told(client, f"Certificate request failed: {failing}")
    for one in await told(client, "Issuer in trouble: DigiCert"):
        assert "3 requests to DigiCert in vault main failed with the same error." in one["text"]
        assert ACCOUNT["message"] in one["text"]
    (event,) = {one["id"]: one for one in watched.events if one["type"] == "Certflow.Issuer.Troubled"}.values()
    assert {one["name"] for one in event["data"]["failed"]} == set(names)


async def test_a_rehearsal_sends_one_of_each_message_on_every_channel_and_teams_refuses_none(
    watched: Watched, client: Client, payments: Inbox
) -> None:
    response = await client.call("POST", "notifications/test", json={})
    answer = await response.json()
    assert set(answer["events"]) == TOLD.keys()
    channels = {one["channel"]: one["outcome"] for one in answer["channels"]}
    assert channels == dict.fromkeys(("teams", "teams:payments", "email"), "delivered")

    async def arrived() -> bool:  # a flow answers before it posts
        return len(tellings(await client.messages("[Test]"))) >= 2 * len(TOLD)

    await until("all samples", arrived)
    samples = tellings(await client.messages("[Test]"))
    for channel in ("teams", "email"):
        subjects = [one["subject"] for one in samples if one["channel"] == channel]
        assert len(subjects) == len(TOLD)
        assert all("[Test] " in subject for subject in subjects)
    assert [one for one in await client.messages("") if one["refused"]] == []
    of_payments = [one.as_json() for one in payments.messages]
    assert [one["refused"] for one in of_payments if one["refused"]] == []
    assert len([one for one in tellings(of_payments) if "[Test]" in one["subject"]]) == len(TOLD)


async def test_rules_in_a_blob_send_to_another_channel_and_mailbox_and_a_broken_table_keeps_nothing_back(
    client: Client, payments: Inbox, name: str
) -> None:
    routed, unrouted = f"pay-{name}", f"pay-again-{name}"
    await started(client, routed, "DigiCert")
    (card,) = await in_teams(payments, f"Certificate issued: {routed}")
    await nothing_waits(client, routed)
    (mail,) = await client.messages(routed)
    assert (mail["channel"], mail["to"]) == ("email", "oncall@example.com")
    assert "Rules" not in card

    await write_rules(client, b'[{"names": "pay-*"}]')
    try:
        await started(client, unrouted, "DigiCert")
        found = await told(client, f"Certificate issued: {unrouted}")
    finally:
        await write_rules(client, json.dumps(TABLE).encode())
    assert mailbox(found) == OWNER
    for one in found:
        assert f"{RULES}, rule 1, names: write a list of texts." in one["text"]
    assert not [one for one in payments.messages if one.matches("teams", unrouted)]


async def test_a_channel_that_refuses_for_good_is_told_of_once_on_the_others(
    watched: Watched, client: Client, payments: Inbox, name: str
) -> None:
    refused = f"gone-{name}"
    await faults(client, payments, {"teams": {"status": 400, "times": 1000}})
    try:
        await started(client, refused, "DigiCert")
        found = await told(client, f"Certificate issued: {refused}")
    finally:
        await faults(client, payments, {"teams": None})
    for one in found:
        assert "The channel teams:payments has refused this message:" in one["text"]
        assert "HTTP 400: check that CERTFLOW_TEAMS_WEBHOOK_URL__PAYMENTS" in one["text"]
        assert "sig=" not in one["raw"]
    (event,) = watched.happened("Notice.Refused", refused)
    assert event["data"]["channel"] == "teams:payments"


async def faults(client: Client, inbox: Inbox, asked: dict[str, Any]) -> None:
    async with client.session.post(f"{inbox.url}/control/faults", json=asked) as response:
        assert response.status == 200, await response.text()


async def test_the_digest_comes_once_a_day_and_names_what_is_kept_quiet(
    watched: Watched, client: Client, name: str
) -> None:
    muted, known = f"muted-{name}"[:60], f"known-{name}"[:60]
    await import_certificate(client, "main", muted, SHORT, certflow_mute="true")
    await started(client, known)
    response = await client.call(
        "POST", f"vaults/main/certificates/{known}/pending/acknowledge", json={"until": "7d", "why": "on its way"}
    )
    assert response.status == 200
    await told(client, f"CSR ready to be signed: {known}")  # in one card with others, the digest would be brief
    await watched.survey()
    for _ in range(2):
        await watched.run("daily")
    today = real_now().date().isoformat()
    for one in await told(client, "Kept quiet"):
        assert f"Daily digest, {today}: " in one["subject"]
        assert muted in one["text"]
        assert known in one["text"]
        assert "Vault main" in one["text"]
    assert watched.happened("Certificate.NearExpiry", muted) == []
    (digest,) = {one["id"]: one for one in watched.events if one["type"] == "Certflow.Digest.Daily"}.values()
    (main,) = (one for one in digest["data"]["vaults"] if one["vault"] == "main")
    assert (main["late"], main["muted"], main["acknowledged"]) == (False, [muted], [known])


async def test_every_event_that_another_system_got_meanwhile_is_as_its_schema_says(watched: Watched) -> None:
    """The last of this file: it looks at what the stories before it caused."""
    types = {f"Issuance.{what}" for what in ("Started", "Completed", "Failed")} | {"Certificate.NearExpiry"}
    types |= {"Chain.Merged", "Chain.Rejected", "Vault.Surveyed", "Issuer.Troubled", "Notice.Refused", "Digest.Daily"}
    assert check_events(watched.events) >= {f"Certflow.{one}" for one in types}
