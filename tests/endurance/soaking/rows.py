"""The rows of the product's tables, and what of them is still in flight."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from azure.data.tables.aio import TableServiceClient

from eventgrid_emulator import EventGrid
from local.api import Client
from local.stack import DROP
from tests.e2e.queues import TOLD, messages_in

TABLES = ("certflow", "deliveries", "keys", "messages")
POISON = "webjobs-blobtrigger-poison"
WAITING, SENT, MESSAGE = "waiting|", "sent|", "message|"  # partitions of the deliveries that are none
type Row = dict[str, Any]
type Delivery = tuple[str, str]  # event id, channel


@dataclass(frozen=True)
class Rows:
    """All rows, by table."""

    by_table: dict[str, list[Row]]

    def requests(self) -> list[Row]:
        return self._certflow("r|")

    def outbox(self) -> list[str]:
        return [row["RowKey"] for row in self._certflow("o|")]

    def acts(self) -> Iterator[Row]:
        for row in self._certflow("h|"):
            yield json.loads(row["act"])

    def waiting(self) -> list[str]:
        return [row["RowKey"] for row in self.by_table["deliveries"] if row["PartitionKey"].startswith(WAITING)]

    def deliveries(self) -> dict[Delivery, Row]:
        rows = self.by_table["deliveries"]
        return {
            (row["PartitionKey"], row["RowKey"]): row
            for row in rows
            if not row["PartitionKey"].startswith((WAITING, SENT, MESSAGE))
        }

    def listed(self) -> dict[Delivery, str]:
        """How each delivery ended, as the list of messages says."""
        return {(row["event_id"], row["channel"]): row["outcome"] for row in self.by_table["messages"]}

    def in_flight(self) -> list[str]:
        """What has still to come to its end, by kind."""
        pending = [row["name"] for row in self.requests() if row["status"] == "inProgress"]
        ended = {"delivered", "overtaken"}  # of the latter the request has ended before it was told
        untold = [" on ".join(one) for one, row in self.deliveries().items() if row["state"] not in ended]
        return [*pending, *self.outbox(), *self.waiting(), *untold]

    def _certflow(self, kind: str) -> list[Row]:
        return [row for row in self.by_table["certflow"] if row["RowKey"].startswith(kind)]


async def read_rows(client: Client) -> Rows:
    """Reads all tables once."""
    connection, ca_file = client.stack["storage"]["connection_string"], client.stack["ca_file"]
    async with TableServiceClient.from_connection_string(connection, connection_verify=ca_file) as service:
        tables = {name: service.get_table_client(name) for name in TABLES}
        return Rows({name: [dict(row) async for row in table.list_entities()] for name, table in tables.items()})


async def poisoned(client: Client) -> int:
    """How many messages there are that could not be handled, and that nobody was told of."""
    return await messages_in(client, POISON, *(f"{queue}-poison" for queue in TOLD))


async def in_flight(client: Client, event_grid: EventGrid) -> list[str]:
    """What is still in flight anywhere."""
    events = [f"{one.pending} events for {one.name}" for one in event_grid.stats() if one.pending]
    queued = ["messages on our queues"] if await poisoned(client) + await messages_in(client, *TOLD) else []
    return [*(await client.files(DROP)), *events, *queued, *(await read_rows(client)).in_flight()]
