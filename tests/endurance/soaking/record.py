"""What is left when the soak has drained, read from the parts themselves: tables, files, messages, logs, events."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from eventgrid_emulator import EventGrid, Subscription
from keyvault_emulator.web import LOOPBACK, serving
from local.api import Client
from local.stack import CSRS, DROP, MERGED, QUARANTINE, REJECTED
from tests.e2e.telling import times_told
from tests.endurance.soaking.rows import Delivery, Row, Rows, poisoned, read_rows

STUCK = "Certflow.Chain.Stuck"
WITNESS = re.compile(r'{"witness".*}')  # not at the beginning of a line where a kill has cut off the one before


@dataclass
class Heard:
    """The events that a subscriber of its own has heard; their ids are what counts, for they may come twice."""

    events: list[Row] = field(default_factory=list)

    def stuck(self) -> set[str]:
        """The files that could not be handled, and of which people are told."""
        return {event["data"]["file"]["name"] for event in self.events if event["type"] == STUCK}


@asynccontextmanager
async def subscriber(event_grid: EventGrid) -> AsyncIterator[Heard]:
    """Subscribes to what the app publishes, while the block runs."""
    heard = Heard()

    async def agree(_request: web.Request) -> web.Response:
        return web.Response(headers={"WebHook-Allowed-Origin": "*"})

    async def hear(request: web.Request) -> web.Response:
        heard.events.append(await request.json())
        return web.Response()

    application = web.Application()
    application.router.add_options("/", agree)
    application.router.add_post("/", hear)
    async with serving(application) as port:
        event_grid.subscribe("certflow", Subscription("soak", f"http://{LOOPBACK}:{port}/"))
        yield heard


@dataclass(frozen=True)
class Left:
    """Everything, as it is in the end. Key Vault's request id and status stand by vault and name, files by container
    and name, logs and dead letters by file.
    """

    rows: Rows
    files: dict[str, dict[str, bytes]]
    key_vault: dict[tuple[str, str], tuple[str, str]]
    messages: list[Row]
    events: list[Row]
    poison: int
    logs: dict[str, str]
    dead_letters: dict[str, str]
    pending: int  # events that Event Grid still has to deliver

    def doubled(self) -> int:
        """How many events were heard more than once, each time counted."""
        return len(self.events) - len({event["id"] for event in self.events})

    def told(self) -> Counter[Delivery]:
        """How many messages there are of each event on each channel."""
        counts = times_told(self.messages)
        return Counter({(event_id, channel): count for (channel, event_id), count in counts.items()})

    def cut_off(self) -> Counter[Delivery]:
        """How many claims of each delivery their process neither settled nor gave back, because it was killed."""
        claims, last = defaultdict[tuple[str, str, int], int](int), dict[str, int]()
        for log, said in self._witnessed():
            if said["witness"] == "began":
                last[log] = said["pid"]
            else:
                claims[said["id"], said["channel"], said["pid"]] += 1 if said["witness"] == "claimed" else -1
        cut = Counter[Delivery]()
        for (event_id, channel, pid), left in claims.items():
            if left > 0 and pid not in last.values():
                cut[event_id, channel] += left
        return cut

    def _witnessed(self) -> Iterator[tuple[str, Row]]:
        """What the processes say of their claims, in order, by log."""
        for log, text in self.logs.items():
            for line in WITNESS.findall(text):
                yield log, json.loads(line)


async def what_is_left(client: Client, heard: Heard, event_grid: EventGrid) -> Left:
    """Reads everything once. Nothing moves any more."""
    rows, directory = await read_rows(client), Path(client.stack["logs"])
    files = {}
    for container in (DROP, MERGED, REJECTED, QUARANTINE, CSRS):
        files[container] = {name: await client.content(container, name) for name in await client.files(container)}
    return Left(
        rows=rows,
        files=files,
        key_vault={(row["vault"], row["name"]): await _said_of(client, row) for row in rows.requests()},
        messages=await client.messages(""),
        events=list(heard.events),
        poison=await poisoned(client),
        logs={log.name: log.read_text(errors="replace") for log in directory.glob("*.log")},
        dead_letters={file.name: file.read_text() for file in (directory / "dead-letters").glob("*")},
        pending=sum(state.pending for state in event_grid.stats()),
    )


async def _said_of(client: Client, row: Row) -> tuple[str, str]:
    """By the public SDK client."""
    operation = await client.certificates[row["vault"]].get_certificate_operation(row["name"])
    return str(operation.request_id), str(operation.status)
