"""Events as the app's own outbox sends them: kept in the table first, or nobody would believe them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.data.tables.aio import TableServiceClient

from functions.adapters.azure_tables.rows import vouched_row
from functions.adapters.azure_tables.service import CERTFLOW
from functions.model.events.event import Event
from local.api import Client


async def keep(client: Client, events: Iterable[dict[str, Any]]) -> None:
    """Writes what the outbox keeps of these CloudEvents; makes the table if there is none."""
    connection, ca_file = client.stack["storage"]["connection_string"], client.stack["ca_file"]
    async with TableServiceClient.from_connection_string(connection, connection_verify=ca_file) as service:
        with suppress(ResourceExistsError):
            await service.create_table(CERTFLOW)
        table = service.get_table_client(CERTFLOW)
        for one in events:
            at = datetime.fromisoformat(one["time"])
            await table.upsert_entity(vouched_row(Event(one["id"], one["type"], "", at, data=one["data"]), at))
