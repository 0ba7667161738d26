"""Each step that a reminder names, done by the words of the mail alone."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.api import Client, until
from tests.e2e.next_steps import call, drop_where_it_says, signed, step_of
from tests.e2e.reminding import running_reminders, told_everywhere
from tests.e2e.request_and_chain import started
from tests.e2e.stack import unkind
from tests.e2e.telling import tellings
from tests.e2e.watched import Watched

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    async with running_reminders(tmp_path_factory.mktemp("reminders")) as running:
        yield running


@pytest.fixture
def client(watched: Watched) -> Client:
    return watched.client


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
