"""Keeps in Azure Tables what became of each notice on each channel: table `messages`, a partition
for each day (UTC), so that what is too old goes by partitions.

Days and times in the keys are counted backwards from the year 9999: rows are returned in the order
of their keys, and so the newest first.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

from azure.data.tables import TableTransactionError, UpdateMode

from functions.adapters.azure_tables.filters import beginning_with, joined
from functions.adapters.azure_tables.rows import Entity, backwards, key_of, keys_in, token_of
from functions.adapters.azure_tables.service import TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of
from functions.model.people.message_record import (
    MessageFilter,
    MessagePage,
    MessageRecord,
    is_wanted,
)

MESSAGES = "messages"
SOME_ROWS = 200  # of a request, where the reader may not see all of them
# A transaction takes 100 operations (Learn, "Performing entity group transactions").
MAX_OPERATIONS = 100
ALWAYS_THERE = ("event_id", "channel", "type", "outcome", "attempts", "vault", "name")
SOMETIMES_THERE = ("reason", "message")


class TableMessageRecords:
    """Implements the port `MessageRecords`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def put(self, record: MessageRecord) -> None:
        """Writes the row of a record. The columns of fields that are None stay as they are."""
        table = await self._tables.table(MESSAGES)
        with faults_of(TABLE_STORAGE):
            await table.upsert_entity(row_of_message(record), mode=UpdateMode.MERGE)

    async def page(self, wanted: MessageFilter, token: str | None) -> MessagePage:
        """Returns a page, the newest event first, with the keys of its last row as the token."""
        after, found = keys_in(token), list[tuple[MessageRecord, Entity]]()
        async for row in self._rows(wanted, after):
            record = message_of_row(row)
            if not is_wanted(record, wanted):
                continue
            if len(found) == wanted.limit:
                return MessagePage(tuple(one for one, _ in found), token_of(found[-1][1]))
            found.append((record, {key: row[key] for key in ("PartitionKey", "RowKey")}))
        return MessagePage(tuple(one for one, _ in found), None)

    async def forget(self, before: date) -> None:
        """Deletes the partitions of days before this one, a transaction for every 100 rows."""
        table = await self._tables.table(MESSAGES)
        query, parameters = "PartitionKey gt @last", {"last": _day_key(before)}
        with faults_of(TABLE_STORAGE):
            rows = table.query_entities(
                query, parameters=parameters, select=["PartitionKey", "RowKey"]
            )
            async for page in rows.by_page():
                old = [dict(row) async for row in page]
                for _, day in itertools.groupby(old, key=lambda row: row["PartitionKey"]):
                    for some in itertools.batched(day, MAX_OPERATIONS, strict=False):
                        with suppress(TableTransactionError):  # what is left is for tomorrow
                            await table.submit_transaction([("delete", row) for row in some])

    async def _rows(self, wanted: MessageFilter, after: Entity | None) -> AsyncIterator[Any]:
        """The rows behind a place, or all: first the rest of the day, then the days before it."""
        table = await self._tables.table(MESSAGES)
        for query, parameters in _queries(wanted, after):
            with faults_of(TABLE_STORAGE):
                rows = table.query_entities(
                    query,
                    parameters=parameters,
                    results_per_page=wanted.limit + 1 if wanted.may_see is None else SOME_ROWS,
                )
                async for row in rows:
                    yield row


def _queries(wanted: MessageFilter, after: Entity | None) -> list[tuple[str, dict[str, Any]]]:
    """The OData filters of the rows behind a place, with their parameters."""
    parts, parameters = _column_filter(wanted)
    if after is None:
        ranges = ["PartitionKey ge @day"]
        parameters |= {"day": "0"}
    else:
        ranges = ["PartitionKey eq @day and RowKey gt @row", "PartitionKey gt @day"]
        parameters |= {"day": after["PartitionKey"], "row": after["RowKey"]}
    return [(joined([keys, *parts]), parameters) for keys in ranges]


def _column_filter(wanted: MessageFilter) -> tuple[list[str], dict[str, Any]]:
    parts, parameters = _name_filter(wanted)
    for column, allowed in (
        ("vault", wanted.vaults),
        ("channel", wanted.channels),
        ("outcome", wanted.outcomes),
    ):
        if allowed:
            named = {f"{column}{number}": one for number, one in enumerate(sorted(allowed))}
            # Blanks inside the brackets, because the SDK splits the filter into words.
            parts.append(f"( {' or '.join(f'{column} eq @{one}' for one in named)} )")
            parameters |= named
    return parts, parameters


def _name_filter(wanted: MessageFilter) -> tuple[list[str], dict[str, Any]]:
    """The name that is asked for, and the beginnings of all that the reader may see."""
    parts, parameters = list[str](), dict[str, Any]()
    if wanted.name is not None:
        name = wanted.name.lower()
        begins = name.endswith("*")
        parts.append("lower ge @from and lower lt @until" if begins else "lower eq @from")
        parameters |= {"from": name[:-1], "until": f"{name[:-1]}~"} if begins else {"from": name}
    if wanted.beginnings:
        any_of_them, given = beginning_with(wanted.beginnings)
        parts.append(f"( lower eq @nameless or {any_of_them} )")
        parameters |= {"nameless": "", **given}
    return parts, parameters


def _day_key(day: date) -> str:
    return f"{(date.max - day).days:07d}"


def row_of_message(record: MessageRecord) -> Entity:
    """Returns the row of a record."""
    happened = record.happened.astimezone(UTC)
    may_lack = {name: getattr(record, name) for name in SOMETIMES_THERE}
    return {
        "PartitionKey": _day_key(happened.date()),
        "RowKey": f"{backwards(happened)}|{key_of(f'{record.channel}|{record.event_id}')}",
        **{name: getattr(record, name) or "" for name in ALWAYS_THERE},
        **{name: value for name, value in may_lack.items() if value is not None},
        "lower": (record.name or "").lower(),
        "to": " ".join(record.to),
        "happened": happened.isoformat(),
        "settled": record.settled.isoformat(),
    }


def message_of_row(row: Any) -> MessageRecord:
    """Returns the record of a row."""
    return MessageRecord(
        event_id=row["event_id"],
        channel=row["channel"],
        type=row["type"],
        happened=datetime.fromisoformat(row["happened"]),
        settled=datetime.fromisoformat(row["settled"]),
        outcome=row["outcome"],
        attempts=int(row["attempts"]),
        vault=row["vault"] or None,
        name=row["name"] or None,
        to=tuple(row["to"].split()),
        reason=row.get("reason"),
        message=row.get("message"),
    )
