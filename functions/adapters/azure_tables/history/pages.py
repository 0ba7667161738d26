"""Reads acts of all names by time from Azure Tables.

Each history entry has a second row beside it in its partition, whose key begins with the time,
counted backwards (rows.py): so the newest acts of a partition are its first rows of this kind, and
writing them costs no request more. A page merges the partitions of its vaults, sixteen for each,
and reads no more of them than it shows, with a few rows to spare.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator, Sequence

from functions.adapters.azure_tables.filters import MAX_COMPARISONS, beginning_with, joined
from functions.adapters.azure_tables.rows import (
    DIGITS,
    Entity,
    backwards,
    history_entry_of,
    keys_in,
    read_row,
    token_of,
)
from functions.adapters.azure_tables.service import CERTFLOW, TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of
from functions.model.record.act_list import ActFilter, ActPage, ListedAct, is_wanted

KEY_COMPARISONS = 3  # of the partition and of the first and last row key
AT_ONCE = 32  # partitions that are asked at the same time
SPARE_ROWS = 4  # of each partition: more of them than its share may be among the newest
# Rows of one answer where not all that the service returns is shown.
FILTERED_ROWS = 100

type Rows = AsyncGenerator[Entity]


class TableHistory:
    """Implements the port `History`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def page(self, wanted: ActFilter, token: str | None) -> ActPage:
        """Returns a page, the newest act first, with the keys of its last row as the token."""
        after = keys_in(token)
        await self._tables.table(CERTFLOW)
        partitions = [f"{vault}|{digit}" for vault in sorted(wanted.vaults) for digit in DIGITS]
        at_once = _at_once(wanted, len(partitions))
        streams = [self._rows(one, wanted, after, at_once) for one in partitions]
        with faults_of(TABLE_STORAGE):
            try:
                return await _merged(streams, wanted)
            finally:
                await asyncio.gather(*(one.aclose() for one in streams))

    def _rows(self, partition: str, wanted: ActFilter, after: Entity | None, at_once: int) -> Rows:
        """The rows of a partition behind a place in the order of all, in which rows of the same
        moment follow their partitions.
        """
        first, last = _bounds(wanted)
        compares = "ge"
        if after and after["RowKey"] >= first:
            first = after["RowKey"]
            compares = "gt" if partition <= after["PartitionKey"] else "ge"
        parts, values = _act_filter(wanted)
        among = joined(parts, MAX_COMPARISONS - KEY_COMPARISONS)
        query = f"RowKey {compares} @first and RowKey lt @last" + (f" and {among}" if among else "")
        return self._tables.in_partition(
            partition, query, {"first": first, "last": last, **values}, at_once
        )


async def _merged(streams: Sequence[Rows], wanted: ActFilter) -> ActPage:
    """The first rows of all streams that are wanted, in the order of their keys."""
    heap = await _first_rows(streams)
    found = list[tuple[ListedAct, Entity]]()
    while heap:
        _, _, row, stream = heap[0]
        act = read_row(row, listed_act_of)
        if act and is_wanted(act, wanted):
            if len(found) == wanted.limit:
                return ActPage(tuple(one for one, _ in found), token_of(_place_of(found[-1][1])))
            found.append((act, row))
        following = await anext(stream, None)
        if following is None:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, _in_order(following, stream))
    return ActPage(tuple(one for one, _ in found), None)


async def _first_rows(streams: Sequence[Rows]) -> list[tuple[str, str, Entity, Rows]]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def first(stream: Rows) -> Entity | None:
        async with gate:
            return await anext(stream, None)

    rows = await asyncio.gather(*map(first, streams))
    heap = [_in_order(row, one) for row, one in zip(rows, streams, strict=True) if row is not None]
    heapq.heapify(heap)
    return heap


def _in_order(row: Entity, stream: Rows) -> tuple[str, str, Entity, Rows]:
    return row["RowKey"], row["PartitionKey"], row, stream


def _place_of(row: Entity) -> Entity:
    return {key: row[key] for key in ("PartitionKey", "RowKey")}


def _at_once(wanted: ActFilter, partitions: int) -> int:
    """How many rows one request returns: about what is shown, unless much is left out here."""
    if wanted.may_see is not None or wanted.by or wanted.verbs:
        return FILTERED_ROWS
    return min(wanted.limit + 1, SPARE_ROWS + 2 * wanted.limit // max(partitions, 1))


def _bounds(wanted: ActFilter) -> tuple[str, str]:
    """The first row key of the wanted times, and the first behind them."""
    first = f"{backwards(wanted.until)}|~" if wanted.until else ""
    last = f"{backwards(wanted.since)}|~" if wanted.since else "~"
    return f"w|{first}", f"w|{last}"


def _act_filter(wanted: ActFilter) -> tuple[list[str], dict[str, str]]:
    """What the service leaves out, the most that it can first."""
    parts, values = list[str](), dict[str, str]()
    if wanted.by is not None:
        parts.append("( shown eq @by or oid eq @by )")
        values["by"] = wanted.by.lower()
    if wanted.verbs:
        named = {f"verb{number}": one for number, one in enumerate(sorted(wanted.verbs))}
        parts.append(f"( {' or '.join(f'what eq @{one}' for one in named)} )")
        values |= named
    if wanted.beginnings:
        begins, given = beginning_with(wanted.beginnings)
        parts.append(begins)
        values |= given
    return parts, values


def listed_act_of(row: Entity) -> ListedAct:
    """Returns the act of a row of the list."""
    vault = row["PartitionKey"].rpartition("|")[0]
    return ListedAct(vault, row["name"], history_entry_of(row))
