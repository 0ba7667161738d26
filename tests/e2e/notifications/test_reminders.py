"""A request that nobody acts on, on a clock that runs faster; told by Communication Services and by Apprise, too."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from local.api import Client, until
from local.stack import Stack
from tests.e2e.next_steps import call, drop_where_it_says, signed, step_of
from tests.e2e.request_and_chain import OWNER, started
from tests.e2e.stack import OPERATOR, unkind
from tests.e2e.subscriber import check_events
from tests.e2e.telling import nothing_waits, tellings
from tests.e2e.watched import Watched, running_watch

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHANNELS = ["email", "teams", "webhook"]
MAIL_SENDER = "certflow@example.com"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    def settings(stack: Stack) -> dict[str, str]:
        return {
            "CERTFLOW_PATIENCE_MANUAL": "1m",
            "CERTFLOW_PATIENCE_ISSUER": "1m",
            "CERTFLOW_SMTP_SERVER": "",
            "CERTFLOW_ACS_ENDPOINT": stack.inbox.acs_endpoint,
            "CERTFLOW_NOTIFY_URLS": stack.inbox.notify_url,
        }

    directory = tmp_path_factory.mktemp("reminders")
    async with running_watch(directory, settings, speed=20) as running:
        yield running


@pytest.fixture
def client(watched: Watched) -> Client:
    return watched.client


async def reminder(watched: Watched, name: str, number: int) -> dict[str, Any]:
    """The event of a reminder, once another system has got it."""

    async def look() -> dict[str, Any] | None:
        found = watched.happened("Issuance.Stalled", name)
        return next((one for one in found if one["data"]["reminder"] == number), None)

    return await until(f"reminder {number} of {name}", look)


async def told_everywhere(client: Client, needle: str, times: int = 1) -> list[dict[str, Any]]:
    """What was told so, once everything has been: so many times on each channel."""

    async def look() -> list[dict[str, Any]] | None:
        found = [one for one in tellings(await client.messages(needle)) if needle in f"{one['subject']}{one['text']}"]
        return found if {one["channel"] for one in found} == set(CHANNELS) else None

    await until(f"{needle} on every channel", look)
    await nothing_waits(client, needle)
    found = await look() or []
    assert sorted(one["channel"] for one in found) == sorted(CHANNELS * times)
    assert [one["refused"] for one in found if one["refused"]] == []
    return found


async def test_reminders_come_down_the_ladder_unless_somebody_acknowledges_and_the_last_goes_to_everybody(
    watched: Watched, client: Client, name: str
) -> None:
    operation = await started(client, name)
    first = await reminder(watched, name, 1)
    assert first["data"]["escalated"] is False
    assert first["data"]["age"] >= 60

    asked = {"until": "4m", "why": "the CA has it", "requested_by": "ops@example.com"}
    response = await client.call("POST", f"vaults/main/certificates/{name}/pending/acknowledge", json=asked)
    assert response.status == 200, await response.text()
    quiet_until = datetime.fromisoformat((await response.json())["quiet_until"])
    (request,) = (await (await client.call("GET", "requests")).json())["value"]
    assert (request["reminded"], request["quiet_why"]) == (1, "the CA has it")
    assert datetime.fromisoformat(request["quiet_until"]) == quiet_until

    second = await reminder(watched, name, 2)
    assert datetime.fromisoformat(second["time"]) >= quiet_until
    last = await reminder(watched, name, 4)
    assert last["data"]["escalated"] is True
    for one in await told_everywhere(client, f"Nobody acts on: {name}"):
        assert "waits for a CA's signature" in one["text"]
    await told_everywhere(client, f"Still pending: {name}", times=3)
    mails = [one for one in await client.messages(f"Nobody acts on: {name}") if one["channel"] == "email"]
    assert "pki-team@example.com" in mails[0]["to"]

    history = await (await client.call("GET", f"vaults/main/certificates/{name}/history")).json()
    lines = [(act["act"], act.get("by")) for act in history["value"] if act["request_id"] == operation["request_id"]]
    reminded = ("reminded", "system:check")
    acts = [("created", OPERATOR), ("acknowledged", OPERATOR)]
    expected = [*acts, reminded, reminded, reminded, reminded]
    assert sorted(lines, key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    ("issuer", "cancelled", "does"),
    [
        ("Unknown", False, "sign"),
        ("Unknown", False, "delete"),
        ("Unknown", True, "sign"),
        ("Unknown", True, "delete"),
        ("DigiCert", False, "wait"),  # what is to be done at the issuer is a person's there
        ("DigiCert", True, "delete"),
    ],
)
async def test_each_step_that_a_reminder_names_is_done_by_its_words(
    client: Client, name: str, issuer: str, cancelled: bool, does: str
) -> None:
    await client.set_outcome("main", name, "hang")
    operation = await started(client, name, issuer)
    if cancelled:
        await unkind(client, cancellation="ignored")
        await client.call("PATCH", f"vaults/main/certificates/{name}/pending", json={"cancellation_requested": True})

    async def mailed() -> str | None:
        found = tellings(await client.messages(f"Still pending: {name}"))
        about = [one["text"] for one in found if one["channel"] == "email" and name in one["text"]]
        # On a busy machine the first reminder may come before the cancellation, and then names another step.
        steps = [step_of(text) for text in about]
        return next((step for step in steps if not cancelled or "DELETE" in step), None)

    step = await until("a reminder", mailed)
    (asked,) = re.findall(r"the body (\{[^}]+\})", step)
    status, answer = await call(client, step, "POST", "/pending/acknowledge", json.loads(asked))
    assert (status, answer["why"]) == (200, json.loads(asked)["why"]), answer
    if does == "sign":
        await drop_where_it_says(client, step, f"{name}.pem", *signed(base64.b64decode(operation["csr"])))
    elif does == "delete":
        assert (await call(client, step, "DELETE", "/pending"))[0] == 200
        assert (await client.pending("main", name)).status == 404
    else:
        assert f"Look at the order at {issuer}" in step
        await client.set_outcome("main", name, "issue", delay=0.1)
        await told_everywhere(client, f"Certificate issued: {name}")


async def test_an_end_is_told_by_communication_services_and_by_a_webhook_of_apprise(client: Client, name: str) -> None:
    await client.set_outcome("main", name, "fail", code="Request rejected", message="No such domain.", delay=0.2)
    await started(client, name, "DigiCert")
    found = await told_everywhere(client, f"Certificate request failed: {name}")
    for one in found:
        assert "Request rejected" in one["text"]
    mail = next(one for one in found if one["channel"] == "email")
    assert (mail["from"], mail["to"]) == (MAIL_SENDER, OWNER)


async def test_every_event_that_another_system_got_meanwhile_is_as_its_schema_says(watched: Watched) -> None:
    """The last of this file: it looks at what the stories before it caused."""
    types = {f"Certflow.Issuance.{what}" for what in ("Started", "Failed", "Stalled")} | {"Certflow.Vault.Surveyed"}
    assert check_events(watched.events) >= types
