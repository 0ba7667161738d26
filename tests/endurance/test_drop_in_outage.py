"""A file that is dropped while Key Vault is away for seconds: merged, and nobody hears of anything else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from local.openssl_ca import OpensslCa
from local.stack import EventDelivery
from tests.e2e.event_delivery import SHAPES, delivered, running, was_healthy
from tests.e2e.queues import TOLD, messages_in
from tests.e2e.request_and_chain import chain_for, started
from tests.e2e.stack import unkind
from tests.e2e.telling import told


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_drop_while_key_vault_throttles_and_then_fails_for_seconds_is_merged_and_nobody_is_alarmed(
    tmp_path: Path, ca: OpensslCa, shape: EventDelivery
) -> None:
    async with running(tmp_path, event_delivery=shape) as (stack, client):
        content = await chain_for(ca, await started(client, "passing"), "passing")
        await told(client, "CSR ready to be signed: passing")
        await unkind(client, throttle=True, other_calls=0)
        await client.drop("passing.pem", content)
        await delivered(stack, "storage", 1)
        await asyncio.sleep(6)  # as the vault is like that
        await unkind(client, throttle=False, error_rate=1.0, strike="before")
        await asyncio.sleep(6)  # the same
        await unkind(client, error_rate=0.0)
        await told(client, "Certificate issued: passing")
        assert await client.files("chains") == []
        assert await client.messages("could not be handled") == []
        assert was_healthy(stack, "storage")
        assert await messages_in(client, "webjobs-blobtrigger-poison", *TOLD) == 0
