"""Whom we told what, in Azure Tables. Table `deliveries`: PartitionKey the event id, RowKey the channel.

Notices that wait on a channel: PartitionKey `waiting|{channel}`, RowKey `!0|{event id}` if it is critical and else
`!1|{event id}`; `due`: not before that. Such a row is a hint: whether its notice has been delivered, its delivery says.
Messages that a channel with limits was handed: PartitionKey `sent|{channel}`, RowKey the time and the first notice's
event id; kept as long as they count.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

from functions.adapters.faults import faults_of
from functions.adapters.rows import Entity, sortable
from functions.adapters.table_service import CONFLICTS, DELIVERIES, SERVICE, Tables
from functions.issuance.errors import Unavailable
from functions.issuance.telling import Notice, Sent, Severity, Waiting

WAITING = "waiting|"  # and a channel: the partition of what waits there
OLD_KEYS = "-"  # what no vault's alias comes before, with which event ids begin; ours do with a sign that does
SENT = "sent|"  # and a channel: the partition of what it was handed
A_PAGE = 1000  # rows that one request returns (Learn, "Query timeout and pagination")
STALE_CLAIM = timedelta(minutes=2)  # longer than any channel takes to answer


class TableDeliveries:
    """The port `Deliveries`: one row for each event and channel."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def claim(self, event_id: str, channel: str, now: datetime) -> bool:
        """Takes the delivery, by creating its row or by taking over one that was given back or left behind."""
        table = await self._tables.table(DELIVERIES)
        row = {"PartitionKey": event_id, "RowKey": channel, "state": "sending", "at": now.isoformat(), "attempts": 1}
        with faults_of(SERVICE):
            try:
                await table.create_entity(row)
            except ResourceExistsError:
                return await self._take_over(table, row, now)
        return True

    async def _take_over(self, table: TableClient, row: Entity, now: datetime) -> bool:
        known: Any = await table.get_entity(row["PartitionKey"], row["RowKey"])
        if known["state"] == "sending" and now - datetime.fromisoformat(known["at"]) < STALE_CLAIM:
            raise Unavailable(row["RowKey"], "another delivery of this event is under way", retry_after=10)
        if known["state"] not in {"sending", "waiting"}:
            return False
        try:
            await table.update_entity(
                row | {"attempts": known["attempts"] + 1},
                mode=UpdateMode.REPLACE,
                etag=known.metadata["etag"],
                match_condition=MatchConditions.IfNotModified,
            )
        except HttpResponseError as error:
            if error.status_code in CONFLICTS:
                raise Unavailable(row["RowKey"], "another delivery of this event is under way") from error
            raise
        return True

    async def settle(self, event_id: str, channel: str, outcome: str, now: datetime) -> None:
        """Records that it is delivered, or refused for good."""
        await self._merge(
            event_id, channel, {"state": outcome.split(":")[0], "outcome": outcome, "at": now.isoformat()}
        )

    async def release(self, event_id: str, channel: str, reason: str) -> None:
        """Gives the claim back."""
        await self._merge(event_id, channel, {"state": "waiting", "outcome": reason})

    async def wait(self, channel: str, waiting: Waiting) -> None:
        """Puts a notice to those that wait. An event that comes again must not begin to wait anew."""
        table = await self._tables.table(DELIVERIES)
        with faults_of(SERVICE), suppress(ResourceExistsError):
            await table.create_entity(_row(channel, waiting))

    async def put_off(self, channel: str, waiting: Waiting) -> None:
        """Writes when it is tried again."""
        table = await self._tables.table(DELIVERIES)
        with faults_of(SERVICE), suppress(ResourceNotFoundError):
            await table.update_entity(_row(channel, waiting), mode=UpdateMode.REPLACE)

    async def waiting(self, channel: str, due: datetime, most: int) -> list[Waiting]:
        """The notices that are due, in the order of their keys. Those that an older version wrote get a key of ours."""
        table, found = await self._tables.table(DELIVERIES), list[Waiting]()
        query = f"PartitionKey eq @partition and (due le @due or RowKey ge '{OLD_KEYS}')"
        parameters = {"partition": f"{WAITING}{channel}", "due": sortable(due)}
        with faults_of(SERVICE):
            page = min(most, A_PAGE)  # or the timer, which asks whether any is due, would be sent all of them
            async for row in table.query_entities(query, parameters=parameters, results_per_page=page):
                found.append(msgspec.json.decode(row["waiting"], type=Waiting))
                if "due" not in row:
                    await table.upsert_entity(_row(channel, found[-1]), mode=UpdateMode.REPLACE)
                    await table.delete_entity(row["PartitionKey"], row["RowKey"])
                if len(found) == most:
                    break
        return found

    async def waited_on(self) -> list[str]:
        """One request for each channel, and one more: each for the first row behind those of the channel before."""
        table, found = await self._tables.table(DELIVERIES), [WAITING]
        query, end = "PartitionKey gt @behind and PartitionKey lt @end", f"{WAITING}~"
        with faults_of(SERVICE):
            while True:
                bounds = {"behind": found[-1], "end": end}
                rows = table.query_entities(query, parameters=bounds, select="PartitionKey", results_per_page=1)
                first = await anext(rows, None)
                if first is None:
                    return [partition.removeprefix(WAITING) for partition in found[1:]]
                found.append(str(first["PartitionKey"]))

    async def done_waiting(self, channel: str, notice: Notice) -> None:
        """Takes a notice from those."""
        table, row = await self._tables.table(DELIVERIES), _waiting(channel, notice)
        with faults_of(SERVICE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def count(self, channel: str, sent: Sent) -> None:
        """Writes the note of a message."""
        table = await self._tables.table(DELIVERIES)
        row = {"PartitionKey": f"{SENT}{channel}", "RowKey": f"{sortable(sent.at)}|{sent.id}"}
        with faults_of(SERVICE):
            await table.upsert_entity(row | {"sent": msgspec.json.encode(sent).decode()}, mode=UpdateMode.REPLACE)

    async def sent(self, channel: str, since: datetime) -> list[Sent]:
        """Reads the notes; what has become too old is deleted."""
        partition, table = f"{SENT}{channel}", await self._tables.table(DELIVERIES)
        rows = await self._tables.range(partition, "", "~", table=DELIVERIES)
        with faults_of(SERVICE):
            for row in rows:
                if row["RowKey"] < sortable(since):
                    await table.delete_entity(partition, row["RowKey"])
        return [msgspec.json.decode(row["sent"], type=Sent) for row in rows if row["RowKey"] >= sortable(since)]

    async def _merge(self, event_id: str, channel: str, fields: Mapping[str, str]) -> None:
        table = await self._tables.table(DELIVERIES)
        with faults_of(SERVICE):
            await table.upsert_entity({"PartitionKey": event_id, "RowKey": channel, **fields}, mode=UpdateMode.MERGE)


def _row(channel: str, waiting: Waiting) -> Entity:
    due = sortable(waiting.due or waiting.since)
    return {**_waiting(channel, waiting.notice), "due": due, "waiting": msgspec.json.encode(waiting).decode()}


def _waiting(channel: str, notice: Notice) -> Entity:
    rank = "!0" if notice.severity is Severity.CRITICAL else "!1"
    return {"PartitionKey": f"{WAITING}{channel}", "RowKey": f"{rank}|{notice.event_id}"}
