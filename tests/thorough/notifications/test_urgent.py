"""What is urgent is told at once on mail and Teams, while a hundred other notices wait for others of their kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.api import Client, client_of, until
from local.stack import running_stack
from tests.certificates import ec_key
from tests.clock import HANG
from tests.e2e.outbox import reject
from tests.e2e.telling import NO_SERVERS, told

OTHERS = 100


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with (
        running_stack(tmp_path, settings={"CERTFLOW_GATHER": "600", **NO_SERVERS}) as stack,
        client_of(stack.describe()) as client,
    ):
        yield client


async def waiting(client: Client) -> dict[str, int]:
    status = await (await client.call("GET", "status")).json()
    return {one["channel"]: one["waiting"] for one in status["channels"]}


async def test_a_key_and_a_failure_are_told_while_a_hundred_rejections_wait(client: Client) -> None:
    await reject(client, (f"junk-{number:03}.pem" for number in range(OTHERS)))

    async def all_wait() -> bool:
        counts = await waiting(client)
        return all(counts.get(channel, 0) >= OTHERS for channel in ("email", "teams"))

    await until("all rejections to wait", all_wait, 2 * HANG)
    secret = ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    await client.drop("key.pem", secret)
    await client.set_outcome("main", "web", "fail", code="Request rejected", message="No.", delay=0.1)
    policy = {"x509_props": {"subject": "CN=web.example.com"}, "issuer": {"name": "DigiCert"}}
    assert (await client.create("main", "web", {"policy": policy, "owner": "ann@example.com"})).status == 202
    for needle in ("Private key dropped: key.pem", "Certificate request failed: web in main"):
        assert [one["channel"] for one in await told(client, needle)] == ["email", "teams"]
    assert await client.messages("junk-") == []
    assert min((await waiting(client)).values()) >= OTHERS
