"""Keeps which event was delivered on which channel, and which messages wait, in the table
`deliveries`.

A delivery has the event id as PartitionKey and the channel as RowKey; so has a message of several
notices on a channel with limits, with `message|` and its id. A notice that waits on a channel has
the PartitionKey `waiting|{channel}` and the RowKey `!0|{event id}` if it is critical, else
`!1|{event id}`; it is not sent before `due`. Such a row is only a hint: the row of the delivery
says whether the notice has been delivered. A message that was sent on a channel with limits has the
PartitionKey `sent|{channel}`, and its RowKey is the time and the event id of its first notice; it
is kept as long as it counts for the limits.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient

from functions.adapters.azure_tables.rows import Entity, continuation_of, sortable, token_of
from functions.adapters.azure_tables.service import CONFLICTS, DELIVERIES, TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of
from functions.model.errors import Unavailable
from functions.model.messages import Severity
from functions.ports.notifications import Notice, QueuedNotice, SentMessage, Settlement

QUEUED_KEYS = "waiting|"  # followed by a channel: the partition of the notices that wait on it
# Row keys of older versions are event ids, which begin with a vault's alias or another word and so
# sort at or after this character. Row keys of this version begin with "!", which sorts before it.
OLD_KEYS = "-"
MESSAGE_KEYS = "message|"  # followed by the id of a message of several notices
SENT_KEYS = "sent|"  # followed by a channel: the partition of the messages that were sent on it
PAGE_ROWS = 1000  # rows that one request returns (Learn, "Query timeout and pagination")
OLD_ROWS = 500  # deliveries of one page of what is too old
MAX_IN_TRANSACTION = 100  # rows (Learn, "Performing entity group transactions")
UNSETTLED = {"sending", "waiting"}
STALE_CLAIM = timedelta(minutes=2)  # longer than any channel takes to answer


class TableDeliveries:
    """Implements the port `Deliveries`, with one row for each event and channel."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def claim(self, event_id: str, channel: str, now: datetime) -> bool:
        """Claims a delivery, by creating its row or by taking over one that was released or is
        stale. Returns False if it is done; raises Unavailable while another run has the claim.
        """
        table = await self._tables.table(DELIVERIES)
        row = {
            "PartitionKey": event_id,
            "RowKey": channel,
            "state": "sending",
            "at": now.isoformat(),
            "attempts": 1,
        }
        with faults_of(TABLE_STORAGE):
            try:
                await table.create_entity(row)
            except ResourceExistsError:
                return await self._take_over(table, row, now)
        return True

    async def _take_over(self, table: TableClient, row: Entity, now: datetime) -> bool:
        known: Any = await table.get_entity(row["PartitionKey"], row["RowKey"])
        if known["state"] == "sending" and now - datetime.fromisoformat(known["at"]) < STALE_CLAIM:
            raise Unavailable(
                row["RowKey"], "another delivery of this event is under way", retry_after=10
            )
        if known["state"] not in UNSETTLED:
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
                raise Unavailable(
                    row["RowKey"], "another delivery of this event is under way"
                ) from error
            raise
        return True

    async def settle(self, event_id: str, channel: str, outcome: str, now: datetime) -> None:
        """Records that an event was delivered on a channel, or refused for good."""
        await self._merge(
            event_id,
            channel,
            {"state": outcome.split(":")[0], "outcome": outcome, "at": now.isoformat()},
        )

    async def settlement(self, event_id: str, channel: str) -> Settlement | None:
        """Returns how a delivery ended; None if it has not."""
        row = await self._tables.row(event_id, channel, table=DELIVERIES)
        if row is None or row["state"] in UNSETTLED:
            return None
        at = datetime.fromisoformat(row["at"])
        return Settlement(row["outcome"], at, row.get("attempts", 1))

    async def release(self, event_id: str, channel: str, reason: str) -> None:
        """Releases the claim, with the reason why nothing was delivered."""
        await self._merge(event_id, channel, {"state": "waiting", "outcome": reason})

    async def record_message(self, message_id: str, channel: str, now: datetime) -> None:
        """Records that a channel has taken a message of several notices."""
        fields = {"state": "delivered", "outcome": "delivered", "at": now.isoformat()}
        await self._merge(f"{MESSAGE_KEYS}{message_id}", channel, fields)

    async def was_sent(self, message_id: str, channel: str) -> bool:
        """Returns whether a channel has taken a message of several notices."""
        row = await self._tables.row(f"{MESSAGE_KEYS}{message_id}", channel, table=DELIVERIES)
        return row is not None

    async def enqueue(self, channel: str, waiting: QueuedNotice) -> None:
        """Adds a notice to those that wait. One that waits already keeps its row, so that an event
        that comes again does not begin to wait anew.
        """
        table = await self._tables.table(DELIVERIES)
        with faults_of(TABLE_STORAGE), suppress(ResourceExistsError):
            await table.create_entity(_waiting_row(channel, waiting))

    async def postpone(self, channel: str, waiting: QueuedNotice) -> None:
        """Records when a notice is tried again. One that does not wait any more is left out."""
        table = await self._tables.table(DELIVERIES)
        with faults_of(TABLE_STORAGE), suppress(ResourceNotFoundError):
            await table.update_entity(_waiting_row(channel, waiting), mode=UpdateMode.REPLACE)

    async def queued(self, channel: str, due: datetime, limit: int) -> list[QueuedNotice]:
        """Returns at most `limit` notices that are due, in the order of their keys: critical ones
        first. Rows of an older version get a key of this version.
        """
        table, found = await self._tables.table(DELIVERIES), list[QueuedNotice]()
        query = f"PartitionKey eq @partition and (due le @due or RowKey ge '{OLD_KEYS}')"
        parameters = {"partition": f"{QUEUED_KEYS}{channel}", "due": sortable(due)}
        with faults_of(TABLE_STORAGE):
            # The timer only asks whether any is due, and must not be sent all rows for that.
            page = min(limit, PAGE_ROWS)
            async for row in table.query_entities(
                query, parameters=parameters, results_per_page=page
            ):
                found.append(msgspec.json.decode(row["waiting"], type=QueuedNotice))
                if "due" not in row:
                    await table.upsert_entity(
                        _waiting_row(channel, found[-1]), mode=UpdateMode.REPLACE
                    )
                    await table.delete_entity(row["PartitionKey"], row["RowKey"])
                if len(found) == limit:
                    break
        return found

    async def channels_with_queue(self) -> list[str]:
        """Returns the channels on which notices wait. It takes one request for each, and one more:
        each request asks for the first row after those of the channel before.
        """
        table, found = await self._tables.table(DELIVERIES), [QUEUED_KEYS]
        query, end = "PartitionKey gt @behind and PartitionKey lt @end", f"{QUEUED_KEYS}~"
        with faults_of(TABLE_STORAGE):
            while True:
                bounds = {"behind": found[-1], "end": end}
                rows = table.query_entities(
                    query, parameters=bounds, select="PartitionKey", results_per_page=1
                )
                first = await anext(rows, None)
                if first is None:
                    return [partition.removeprefix(QUEUED_KEYS) for partition in found[1:]]
                found.append(str(first["PartitionKey"]))

    async def dequeue(self, channel: str, notice: Notice) -> None:
        """Removes a notice from those that wait."""
        table, row = await self._tables.table(DELIVERIES), _waiting_key(channel, notice)
        with faults_of(TABLE_STORAGE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def add_sent(self, channel: str, sent: SentMessage) -> None:
        """Records a message for the limits of its channel."""
        table = await self._tables.table(DELIVERIES)
        row = {"PartitionKey": f"{SENT_KEYS}{channel}", "RowKey": f"{sortable(sent.at)}|{sent.id}"}
        with faults_of(TABLE_STORAGE):
            await table.upsert_entity(
                row | {"sent": msgspec.json.encode(sent).decode()}, mode=UpdateMode.REPLACE
            )

    async def sent_since(self, channel: str, since: datetime) -> list[SentMessage]:
        """Returns the messages that were sent on a channel since a time, and deletes the records of
        older ones.
        """
        partition, table = f"{SENT_KEYS}{channel}", await self._tables.table(DELIVERIES)
        rows = await self._tables.range(partition, "", "~", table=DELIVERIES)
        with faults_of(TABLE_STORAGE):
            for row in rows:
                if row["RowKey"] < sortable(since):
                    await table.delete_entity(partition, row["RowKey"])
        return [
            msgspec.json.decode(row["sent"], type=SentMessage)
            for row in rows
            if row["RowKey"] >= sortable(since)
        ]

    async def forget(self, before: datetime, place: str | None) -> str | None:
        """Deletes deliveries that were settled before a time, of one page as the service returns
        it, and returns the token of the next page. A notice that waits, or is being sent, stays.
        """
        table = await self._tables.table(DELIVERIES)
        with faults_of(TABLE_STORAGE):
            listed = table.query_entities(
                "at lt @before",
                parameters={"before": before.isoformat()},
                select=["PartitionKey", "RowKey", "state"],
                results_per_page=OLD_ROWS,
            )
            pages = listed.by_page(continuation_of(place))
            rows = [dict(row) async for row in await anext(pages)]
            settled = [row for row in rows if row.get("state") not in {None, *UNSETTLED}]
            for _, event in itertools.groupby(settled, key=lambda row: row["PartitionKey"]):
                for some in itertools.batched(event, MAX_IN_TRANSACTION, strict=False):
                    with suppress(TableTransactionError):  # another run deletes them, too
                        await table.submit_transaction([("delete", row) for row in some])
        return token_of(pages.continuation_token)  # type: ignore[attr-defined]  # of the SDK's page iterator

    async def _merge(self, event_id: str, channel: str, fields: Mapping[str, str]) -> None:
        table = await self._tables.table(DELIVERIES)
        with faults_of(TABLE_STORAGE):
            await table.upsert_entity(
                {"PartitionKey": event_id, "RowKey": channel, **fields}, mode=UpdateMode.MERGE
            )


def _waiting_row(channel: str, waiting: QueuedNotice) -> Entity:
    due = sortable(waiting.due or waiting.since)
    return {
        **_waiting_key(channel, waiting.notice),
        "due": due,
        "waiting": msgspec.json.encode(waiting).decode(),
    }


def _waiting_key(channel: str, notice: Notice) -> Entity:
    rank = "!0" if notice.severity is Severity.CRITICAL else "!1"
    return {"PartitionKey": f"{QUEUED_KEYS}{channel}", "RowKey": f"{rank}|{notice.event_id}"}
