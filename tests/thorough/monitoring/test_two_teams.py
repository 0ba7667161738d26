"""Two teams and their rules on the real stack: a vault that is observed, channels of their own, issuers in trouble."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from functions.model.events.registry import TOLD
from inbox import Inbox
from local.api import Client, until
from local.stack import REJECTED
from tests.certificates import pem
from tests.clock import real_now
from tests.e2e.request_and_chain import OWNER, body, started
from tests.e2e.telling import nothing_waits, tellings, told
from tests.e2e.two_teams import (
    BOX,
    LONG,
    RULES,
    SHORT,
    TABLE,
    TEAM,
    csr_of,
    ders,
    in_teams,
    mailbox,
    policy,
    running_both,
    write_rules,
)
from tests.e2e.watched import CA, Watched, import_certificate, signed

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCOUNT = {"code": "Certificate issuer error", "message": "The account's API key has expired."}


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


@pytest.fixture
def payments(both: tuple[Watched, Inbox]) -> Inbox:
    return both[1]


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
