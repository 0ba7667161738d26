"""A request that nobody acts on, on a clock that runs faster; told by Communication Services and by Apprise, too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from local.api import Client, until
from tests.e2e.reminding import running_reminders, told_everywhere
from tests.e2e.request_and_chain import OWNER, started
from tests.e2e.stack import OPERATOR
from tests.e2e.watched import Watched

pytestmark = pytest.mark.asyncio(loop_scope="module")

MAIL_SENDER = "certflow@example.com"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    async with running_reminders(tmp_path_factory.mktemp("reminders")) as running:
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


async def test_an_end_is_told_by_communication_services_and_by_a_webhook_of_apprise(
    watched: Watched, client: Client, name: str
) -> None:
    await client.set_outcome("main", name, "fail", code="Request rejected", message="No such domain.", delay=0.2)
    await started(client, name, "DigiCert")
    found = await told_everywhere(client, f"Certificate request failed: {name}")
    for one in found:
        assert "Request rejected" in one["text"]
    mail = next(one for one in found if one["channel"] == "email")
    assert (mail["from"], mail["to"]) == (MAIL_SENDER, OWNER)
    await watched.heard("Issuance.Failed", name)
