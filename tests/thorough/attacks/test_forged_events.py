"""Who may send to the topic sends events in our name: people hear what our outbox sent, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eventgrid_emulator import CUSTOM_TOPIC
from functions.notifications.provenance import source_of
from local.api import Client, client_of, until
from local.stack import EventDelivery, Stack, running_stack
from tests.clock import real_now
from tests.e2e.event_delivery import HURRY, SHAPES
from tests.e2e.request_and_chain import started
from tests.e2e.telling import nothing_waits, told

LURE = "click here"


async def forge(stack: Stack, id_: str) -> None:
    event = {
        "id": id_,
        "source": source_of(stack.settings["CERTFLOW_TOPIC_ENDPOINT"]),
        "specversion": "1.0",
        "type": "Certflow.Chain.Rejected",
        "subject": "chains/x",
        "time": real_now().isoformat(),
        "data": {"file": {"name": LURE}, "sentence": LURE, "next_step": LURE},
    }
    await stack.event_grid.publish(CUSTOM_TOPIC, event)


async def refused(client: Client) -> int:
    response = await client.call("GET", "status")
    return int((await response.json())["refused_events"])


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_forged_event_reaches_nobody_and_keeps_none_of_ours_from_being_told(
    tmp_path: Path, shape: EventDelivery
) -> None:
    async with (
        running_stack(tmp_path, hurry=HURRY, event_delivery=shape, issuing_delay=600) as stack,
        client_of(stack.describe()) as client,
    ):
        operation = await started(client, "forged", "DigiCert")
        ours = f"main:forged:{operation['request_id']}:deleted"
        await forge(stack, "another")
        await forge(stack, ours)

        async def both_refused() -> bool:
            return await refused(client) == 2

        await until("both to be refused", both_refused)
        response = await client.call("DELETE", "vaults/main/certificates/forged/pending")
        assert response.status == 200
        messages: list[dict[str, Any]] = await told(client, "Certificate request deleted: forged")
        assert {one["event"] for one in messages} == {ours}  # it can be foreseen
        await forge(stack, ours)
        await nothing_waits(client)
        assert len(await told(client, "Certificate request deleted: forged")) == 2
        assert await client.messages(LURE) == []
        assert await refused(client) == 2
