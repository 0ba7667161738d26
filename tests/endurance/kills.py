"""When everything that killed runs caused has been dealt with."""

from __future__ import annotations

from azure.data.tables.aio import TableClient

from local.api import Client, until
from local.stack import Stack
from tests.e2e.telling import nothing_waits


async def settled(stack: Stack, client: Client, table: TableClient) -> None:
    """Waits until every event has been published, delivered, and dealt with."""

    async def nothing_is_under_way() -> bool:
        outbox = [row async for row in table.query_entities("RowKey ge 'o|' and RowKey lt 'o|~'")]
        return not outbox and not any(one.pending for one in stack.event_grid.stats())

    await until("every event to be dealt with", nothing_is_under_way, limit=900)
    await nothing_waits(client, limit=900)  # the clock of some runs was minutes ahead, and so is what they put off
