"""Reads acts of all names by time from Azure Tables.

Each history entry has a second row beside it in its partition, whose key begins with the time,
counted backwards (rows.py): so the newest acts of a partition are its first rows of this kind, and
writing them costs no request more. A page merges the partitions of its vaults, sixteen for each,
and reads no more of them than it shows, with a few rows to spare.

Where much of what is read is not wanted, a page may have to look at more than can be read for one:
then it ends early, and its token is the moment up to which all was looked at. That is the time part
of a key alone, because the rest of it is somebody's name, which the reader may not see. The next
page reads this moment again, so this one shows nothing of it.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import NamedTuple

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
from functions.adapters.azure_tables.scan import Answer
from functions.adapters.azure_tables.service import CERTFLOW, TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of
from functions.model.record.act_list import ActFilter, ActPage, ListedAct, is_wanted

KEY_COMPARISONS = 3  # of the partition and of the first and last row key
AT_ONCE = 32  # partitions that are asked at the same time
SPARE_ROWS = 4  # of each partition: more of them than its share may be among the newest
# Rows of one answer where not all that the service returns is shown, and those of the first answers
# of all partitions together.
FILTERED_ROWS, FIRST_ROWS = 100, 6_400
# Answers for one page beyond the first of each partition. All together have some 10,000 rows at
# most, which take half a second of CPU; and the platform ends a call after 230 seconds, while the
# service may look for five before each answer (Learn, "Query timeout and pagination"). A page of
# which nothing is left out needs 25.
MAX_MORE_ANSWERS = 32
MOMENT = slice(len("w|"), len("w|") + 18)  # of a row key: when it was, counted backwards

type Answers = AsyncGenerator[Answer]


class TableHistory:
    """Implements the port `History`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def page(self, wanted: ActFilter, token: str | None) -> ActPage:
        """Returns a page, the newest act first. The token has the keys of its last row, or of a
        page that has ended early a moment.
        """
        after = keys_in(token)
        await self._tables.table(CERTFLOW)
        partitions = [f"{vault}|{digit}" for vault in sorted(wanted.vaults) for digit in DIGITS]
        at_once = _at_once(wanted, len(partitions))
        spans = [_span_of(one, wanted, after) for one in partitions]
        streams = [
            _Stream(self._answers(partition, span, wanted, at_once))
            for partition, span in zip(partitions, spans, strict=True)
        ]
        with faults_of(TABLE_STORAGE):
            try:
                return await _merged(streams, wanted, min((one.first for one in spans), default=""))
            finally:
                await asyncio.gather(*(one.answers.aclose() for one in streams))

    async def _answers(
        self, partition: str, span: _Span, wanted: ActFilter, at_once: int
    ) -> Answers:
        """The rows of a span of a partition.

        An answer without rows does not say how far the service has looked for them. So after one
        it is asked for all rows, which do.
        """
        parts, values = _act_filter(wanted)
        if among := joined(parts, MAX_COMPARISONS - KEY_COMPARISONS):
            query = f"{span.query} and {among}"
            found = self._tables.in_partition(partition, query, span.values | values, at_once)
            async with aclosing(found) as answers:
                async for answer in answers:
                    if answer.goes_on and not answer.rows:
                        break
                    yield answer
                    span = span.behind(answer.rows)
                else:
                    return
        found = self._tables.in_partition(partition, span.query, span.values, at_once)
        async with aclosing(found) as answers:
            async for answer in answers:
                yield answer


class _Span(NamedTuple):
    """Row keys from `first` on, or behind it (`compares`), to before `last`."""

    compares: str
    first: str
    last: str

    @property
    def query(self) -> str:
        return f"RowKey {self.compares} @first and RowKey lt @last"

    @property
    def values(self) -> dict[str, str]:
        return {"first": self.first, "last": self.last}

    def behind(self, rows: Sequence[Entity]) -> _Span:
        """What is left of it behind these rows."""
        return _Span("gt", rows[-1]["RowKey"], self.last) if rows else self


def _span_of(partition: str, wanted: ActFilter, after: Entity | None) -> _Span:
    """What is wanted of a partition behind a place in the order of all, in which rows of the same
    moment follow their partitions.
    """
    first, last = _bounds(wanted)
    if after is None or after["RowKey"] < first:
        return _Span("ge", first, last)
    return _Span("gt" if partition <= after["PartitionKey"] else "ge", after["RowKey"], last)


@dataclass(slots=True)
class _Stream:
    """The rows of a partition that were read and not looked at yet, and the answers with more."""

    answers: Answers
    rows: deque[Entity] = field(default_factory=deque)
    goes_on: bool = True

    async def ask(self) -> None:
        """Asks until there are rows to look at, or no more."""
        while self.goes_on and not self.rows:
            answer = await anext(self.answers)
            self.rows.extend(answer.rows)
            self.goes_on = answer.goes_on


async def _merged(streams: Sequence[_Stream], wanted: ActFilter, start: str) -> ActPage:
    """The first rows of all streams that are wanted, in the order of their keys. At least one
    moment behind the key `start` is looked at as a whole.
    """
    heap = await _first_rows(streams)
    found, more = list[tuple[ListedAct, Entity]](), MAX_MORE_ANSWERS
    while heap:
        key, _, stream = heap[0]
        row = stream.rows.popleft()
        act = read_row(row, listed_act_of)
        if act and is_wanted(act, wanted):
            if len(found) == wanted.limit:
                return _page_of(found, _place_of(found[-1][1]))
            found.append((act, row))
        if stream.goes_on and not stream.rows:
            if more <= 0 and key[MOMENT] > start[MOMENT]:
                return _early_end(found, key[MOMENT])
            await stream.ask()
            more -= 1
        if stream.rows:
            heapq.heapreplace(heap, _in_order(stream))
        else:
            heapq.heappop(heap)
    return _page_of(found, None)


def _page_of(found: Sequence[tuple[ListedAct, Entity]], place: Entity | None) -> ActPage:
    return ActPage(tuple(act for act, _ in found), token_of(place))


def _early_end(found: Sequence[tuple[ListedAct, Entity]], moment: str) -> ActPage:
    """The page of what was before a moment, from which the next one goes on."""
    shown = [(act, row) for act, row in found if row["RowKey"][MOMENT] < moment]
    return _page_of(shown, {"PartitionKey": "", "RowKey": f"w|{moment}"})


async def _first_rows(streams: Sequence[_Stream]) -> list[tuple[str, str, _Stream]]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def first(stream: _Stream) -> None:
        async with gate:
            await stream.ask()

    try:
        async with asyncio.TaskGroup() as group:  # ends the others if one fails
            for stream in streams:
                group.create_task(first(stream))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    heap = [_in_order(one) for one in streams if one.rows]
    heapq.heapify(heap)
    return heap


def _in_order(stream: _Stream) -> tuple[str, str, _Stream]:
    row = stream.rows[0]
    return row["RowKey"], row["PartitionKey"], stream


def _place_of(row: Entity) -> Entity:
    return {key: row[key] for key in ("PartitionKey", "RowKey")}


def _at_once(wanted: ActFilter, partitions: int) -> int:
    """How many rows one request returns: about what is shown, unless much is left out here."""
    if wanted.may_see is not None or wanted.by or wanted.verbs:
        return max(SPARE_ROWS, min(FILTERED_ROWS, FIRST_ROWS // max(partitions, 1)))
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
