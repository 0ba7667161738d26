"""What people are told, by event: a card or a mail may tell of several things, and each of them must be told once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from azure.data.tables.aio import TableServiceClient

from functions.ports.work_queue import EVENT_QUEUE
from local.api import Client, until
from tests.e2e.queues import messages_in

CHANNELS = ("email", "teams")  # of the local stack
SOON = {"CERTFLOW_GATHER": "5"}  # for tests that wait for one message; a minute is another test's business
# For stacks that tell a few people of a great deal: how much mail one of them gets is another test's business.
MANY_MAILS = "1000000/address,1000000/caller"
MUCH_MAIL = {"CERTFLOW_MAIL_LIMITS": MANY_MAILS, **SOON}
# For a stack that has no server to look at: to ask what is due takes some eighteen requests to the tables, each time.
NO_SERVERS = {"CERTFLOW_LIVE_HOSTS": "", "CERTFLOW_LIVE_NETWORKS": ""}
# For a stack where nothing waits for a check: the local one has them twelve times as often as Azure, and each asks some
# thirty questions of the tables for a vault.
SELDOM_CHECKED = {"CERTFLOW_CHECK_SCHEDULE": "*/15 * * * * *"}
EVENT_LINE = re.compile(r"^ *Event (\S+)$", re.MULTILINE)  # the last line about each thing in a mail
ROW = re.compile(r"^\d+\. ", re.MULTILINE)


def tellings(messages: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each thing that these messages tell, as if it had a message to itself: its `event`, `subject` and `text`. What a
    table says of all its rows belongs to each.
    """
    return [message | one for message in messages for one in _parts(message)]


def _parts(message: dict[str, Any]) -> Iterator[dict[str, str]]:
    text, hidden = str(message["text"]), _hidden(message)
    if hidden:
        names = [(title.partition(": ")[2] or title).partition(" in ")[0] for title, _ in hidden]
        for (title, event), name in zip(hidden, names, strict=True):
            yield {"event": event, "subject": title, "text": f"{title}\n{_around(text.splitlines(), name, names)}"}
    elif ROW.search(text) and len(EVENT_LINE.findall(text)) > 1:
        head, *rows = ROW.split(text)
        for row in rows:
            if found := EVENT_LINE.search(row):
                yield {"event": found[1], "subject": row.splitlines()[0], "text": f"{row}\n{head}"}
    else:
        for found in EVENT_LINE.finditer(text):
            yield {"event": found[1], "subject": str(message["subject"]), "text": text.strip("\n")}


def _hidden(message: dict[str, Any]) -> list[tuple[str, str]]:
    """Titles and events that a card of several things holds where nobody sees them."""
    if message["channel"] != "teams":
        return []
    card = json.loads(message["raw"])
    if "attachments" in card:
        card = card["attachments"][0]["content"]
    lines = [line for one in card.get("body", ()) if one.get("id") == "events" for line in one["text"].split("\n")]
    return [(title, event) for title, _, event in (line.partition(" | Event ") for line in lines)]


def _around(lines: Sequence[str], name: str, names: Sequence[str]) -> str:
    """The lines of a row, up to the next one's, and those above the first row."""
    others = tuple(one for one in names if one != name)
    start = next((at for at, line in enumerate(lines) if line.startswith(name)), len(lines))
    end = next((at for at, line in enumerate(lines) if at > start and line.startswith(others or ("\0",))), len(lines))
    first = next((at for at, line in enumerate(lines) if line.startswith(tuple(names))), 0)
    return "\n".join((*lines[start:end], *lines[:first]))


def times_told(messages: Iterable[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """How often each channel told of each event."""
    return Counter((one["channel"], one["event"]) for one in tellings(messages))


async def told(client: Client, needle: str) -> list[dict[str, Any]]:
    """What mail and Teams, in this order, told of the one event in whose telling this stands: each once, and not more
    when all that was to be told has been.
    """

    seen: dict[str, list[dict[str, Any]]] = {}  # by message, for none changes, and there may be many

    async def look() -> list[dict[str, Any]]:
        for message in await client.messages(""):
            if message["id"] not in seen:
                found = tellings([message])
                seen[message["id"]] = [one for one in found if needle in f"{one['subject']}\n{one['text']}"]
        return [one for about in seen.values() for one in about]

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
        if await messages_in(client, EVENT_QUEUE):
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
