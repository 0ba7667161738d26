"""Who may send to the topic sends events in our name: people hear what our outbox sent, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.data.tables.aio import TableServiceClient

from functions.adapters.rows import key_of
from functions.issuance.provenance import VOUCHED, source_of
from local.api import Client, client_of, until
from local.eventgrid import CUSTOM_TOPIC
from local.functions_host import running_functions_host
from local.stack import EventDelivery, Stack, running_stack
from tests.clock import HANG, real_now
from tests.e2e.telling import nothing_waits, told
from tests.e2e.test_held_back import HURRY, SHAPES
from tests.e2e.test_stories import started

pytestmark = pytest.mark.timeout(4 * HANG)
LURE = "click here"


async def has_run_for_days(client: Client) -> None:
    """What an older version may have sent is believed for 25 hours: they are over."""
    connection, ca_file = client.stack["storage"]["connection_string"], client.stack["ca_file"]
    at = (real_now() - timedelta(days=2)).isoformat()
    row = {"PartitionKey": "-|since", "RowKey": key_of(VOUCHED), "what": VOUCHED, "at": at}
    async with TableServiceClient.from_connection_string(connection, connection_verify=ca_file) as service:
        with suppress(ResourceExistsError):
            await service.create_table("certflow")
        await service.get_table_client("certflow").create_entity(row)


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
        running_stack(tmp_path, own_host=False, hurry=HURRY, event_delivery=shape, issuing_delay=600) as stack,
        client_of(stack.describe()) as client,
    ):
        await has_run_for_days(client)
        port, log = urlsplit(stack.host_url).port, tmp_path / "host.log"
        assert port is not None
        async with running_functions_host(stack.settings, stack.keys, port=port, log=log, hurry=HURRY):
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
