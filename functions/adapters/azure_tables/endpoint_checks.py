"""Keeps endpoint checks in Azure Tables, in the table `certflow`, in the partition of the name, so
that one transaction covers a check, its due mark and its events (ledger.py):

    l|{name}              a check
    m|{next look}|{name}  its due mark
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.data.tables import UpdateMode

from functions.adapters.azure_tables.rows import (
    DIGITS,
    Entity,
    Operations,
    event_row,
    partition_of,
    sortable,
)
from functions.adapters.azure_tables.service import Tables
from functions.model.events.event import Event
from functions.model.live.state import EndpointCheck
from functions.ports.endpoints import DueChecks

SAME_ROW = MatchConditions.IfNotModified


class TableEndpointChecks:
    """Implements the port `EndpointChecks`. A check has 16,000 characters at most: twenty endpoints
    with a sentence each.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def get(self, vault: str, name: str) -> EndpointCheck | None:
        """Returns the check of a certificate; None if there is none."""
        row = await self._tables.row(partition_of(vault, name), f"l|{name.lower()}")
        return _check_of(row) if row else None

    async def of_vault(self, vault: str) -> list[EndpointCheck]:
        """Returns all checks of a vault, by name."""
        ranges = await self._of_partitions(vault, "l|", "l|~", None)
        found = [_check_of(row) for rows in ranges for row in rows]
        return sorted(found, key=lambda check: check.name)

    async def due(self, vault: str, now: datetime, limit: int) -> DueChecks:
        """Returns about `limit` checks of a vault that are due. There may be more where a partition
        has as many as it was asked for.
        """
        some = max(1, limit // len(DIGITS))
        ranges = await self._of_partitions(vault, "m|", f"m|{sortable(now)}|~", some)
        marks = sorted((row for rows in ranges for row in rows), key=lambda row: str(row["RowKey"]))
        names = [row["name"] for row in marks[:limit]]
        found = await asyncio.gather(*(self.get(vault, name) for name in names))
        more = len(marks) > limit or any(len(rows) >= some for rows in ranges)
        return DueChecks(tuple(check for check in found if check is not None), more)

    async def save(
        self, check: EndpointCheck, before: EndpointCheck | None, events: Sequence[Event] = ()
    ) -> None:
        """Writes a check with its due mark and its events. Raises ConcurrentChange."""
        operations: Operations = [_written(check, before)]
        if before is not None and _mark(before)["RowKey"] != _mark(check)["RowKey"]:
            operations.append(("delete", _mark(before)))
        operations.append(("upsert", _mark(check)))
        await self._tables.commit([*operations, *(("upsert", event_row(one)) for one in events)])

    async def remove(self, check: EndpointCheck) -> None:
        """Deletes a check and its due mark. Raises ConcurrentChange."""
        same = {"etag": check.etag, "match_condition": SAME_ROW}
        await self._tables.commit([("delete", _keys(check), same), ("delete", _mark(check))])

    async def _of_partitions(
        self, vault: str, start: str, end: str, limit: int | None
    ) -> list[list[Any]]:
        ranges = (
            self._tables.range(f"{vault}|{digit}", start, end, limit=limit) for digit in DIGITS
        )
        return await asyncio.gather(*ranges)


def _written(
    check: EndpointCheck, before: EndpointCheck | None
) -> tuple[str, Entity] | tuple[str, Entity, dict[str, Any]]:
    kept = replace(check, etag="")
    row = _keys(check) | {"check": msgspec.json.encode(kept).decode()}
    if before is None:
        return ("create", row)
    same = {"etag": before.etag, "match_condition": SAME_ROW}
    return ("update", row, {"mode": UpdateMode.REPLACE, **same})


def _keys(check: EndpointCheck) -> Entity:
    return {
        "PartitionKey": partition_of(check.vault, check.name),
        "RowKey": f"l|{check.name.lower()}",
    }


def _mark(check: EndpointCheck) -> Entity:
    at = f"m|{sortable(check.next_look)}|{check.name.lower()}"
    return _keys(check) | {"RowKey": at, "name": check.name}


def _check_of(row: Any) -> EndpointCheck:
    read = msgspec.json.decode(row["check"], type=EndpointCheck)
    return replace(read, etag=row.metadata["etag"])
