"""What people are told, by event: a card or a mail may tell of several things, and each of them must be told once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from azure.data.tables.aio import TableServiceClient

from functions.issuance.queues import EVENTS
from local.api import Client, until
from tests.e2e.queues import messages_in

CHANNELS = ("email", "teams")  # of the local stack
SOON = {"CERTFLOW_GATHER_SECONDS": "5"}  # for tests that wait for one message; a minute is another test's business
# For stacks that tell a few people of a great deal: how much mail one of them gets is another test's business.
MANY_MAILS = "1000000/address,1000000/caller"
MUCH_MAIL = {"CERTFLOW_MAIL_LIMITS": MANY_MAILS, **SOON}
EVENT_LINE = re.compile(r"^Event (\S+)$", re.MULTILINE)  # the last line about each thing, on every channel


def tellings(messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each thing that these messages tell, as if it had a message to itself: its `event`, `subject` and `text`."""
    found = []
    for message in messages:
        text, start = str(message["text"]), 0
        events = list(EVENT_LINE.finditer(text))
        several = len(events) > 1
        if several:
            start = text.index("\n") + 1  # the heading that says how many
        for event in events:
            part = text[start : event.end()].strip("\n")
            subject = part.split("\n", 1)[0] if several else message["subject"]
            if several and message["channel"] == "email":
                subject = subject.partition(": ")[2]  # before it stands how severe it is
            found.append(message | {"event": event[1], "subject": subject, "text": part})
            start = event.end()
    return found


def times_told(messages: Iterable[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """How often each channel told of each event."""
    return Counter((one["channel"], one["event"]) for one in tellings(messages))


async def told(client: Client, needle: str) -> list[dict[str, Any]]:
    """What mail and Teams, in this order, told of the one event in whose telling this stands: each once, and not more
    when all that was to be told has been.
    """

    async def look() -> list[dict[str, Any]]:
        found = tellings(await client.messages(needle))
        return [one for one in found if needle in f"{one['subject']}\n{one['text']}"]

    async def heard() -> bool:
        return {one["channel"] for one in await look()} >= set(CHANNELS)

    await until(f"messages with {needle}", heard)
    await nothing_waits(client, needle)
    found = await look()
    assert sorted(one["channel"] for one in found) == list(CHANNELS), found
    assert len({one["event"] for one in found}) == 1, found
    assert [one["refused"] for one in found] == [None] * len(CHANNELS)
    return sorted(found, key=lambda one: str(one["channel"]))


async def nothing_waits(client: Client, needle: str = "", limit: float = 100) -> None:
    """Waits until our queue has no event, and no notice with this in it is left in the outbox or waits on a channel."""
    tables = TableServiceClient.from_connection_string(
        client.stack["storage"]["connection_string"], connection_verify=client.stack["ca_file"]
    )

    async def none() -> bool:
        if await messages_in(client, EVENTS):
            return False
        for table, query in (
            ("certflow", "RowKey ge 'o|' and RowKey lt 'o|~'"),
            ("deliveries", "PartitionKey ge 'waiting|' and PartitionKey lt 'waiting|~'"),
        ):
            if any([needle in str(dict(row)) async for row in tables.get_table_client(table).query_entities(query)]):
                return False
        return True

    async with tables:
        await until(f"everything with {needle!r} to be told", none, limit)
