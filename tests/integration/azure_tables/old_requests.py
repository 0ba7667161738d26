"""Requests of several years in a vault on Azurite's tables, and a process that is killed at one of its writes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

from azure.core.pipeline.transport import AioHttpTransport

from functions.adapters.azure_tables.history.kept import TableRetention
from functions.adapters.azure_tables.history.pages import TableHistory
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.service import KEYS, Tables
from functions.app.context import Certflow
from functions.model.request.apply_state import apply_state
from functions.model.request.history import Action
from functions.model.request.new_request import track
from functions.model.request.operation import NotPending, Operation, Status
from functions.model.request.tracked import TrackedRequest
from tests.actors import person
from tests.clock import NOW
from tests.unit.fakes import FakeVault, World

BY = person("ann@example.com")
COMPLETED, FAILED, DELETED, PENDING = Status.COMPLETED, Status.FAILED, Status.DELETED, Status.IN_PROGRESS
# Name, id, days since its ends, how it ended, key. What is kept is said beside it.
REQUESTS = (
    ("Web", "a", (900,), (COMPLETED,), "reused"),
    ("Web", "b", (800, 790), (FAILED, COMPLETED), "of-b"),
    ("Web", "c", (700,), (DELETED,), "of-c"),
    ("Web", "d", (600,), (COMPLETED,), "reused"),  # completed last
    ("Web", "e", (500,), (FAILED,), "of-e"),
    ("Web", "f", (200,), (FAILED,), "of-f"),  # not old enough
    ("Web", "9", (), (), "of-9"),  # in progress
    ("Web-2", "1", (700,), (COMPLETED,), "of-1"),
    ("Web-2", "2", (650,), (COMPLETED,), "of-2"),  # the newest, completed last
    ("web-3", "3", (800,), (COMPLETED,), "of-3"),  # completed last
    ("web-3", "4", (700,), (DELETED,), "of-4"),  # the newest
)
KEPT = {"d", "f", "9", "2", "3", "4"}


def id_of(digit: str) -> str:
    return digit * 32


def years(vault: str, tables: Tables) -> Certflow:
    """The dependencies of a process with this vault, on these tables."""
    app = replace(World().certflow, ledger=TableLedger(tables), vaults={vault: FakeVault()})
    return replace(app, retention=TableRetention(tables), history=TableHistory(tables))


async def seed(tables: Tables, vault: str, *names: str) -> None:
    """Writes the requests, or those of some names, as the app would have in the course of the years."""
    for name, digit, days, statuses, key in REQUESTS:
        if not names or name in names:
            await _live(TableLedger(tables), vault, name, digit, days, statuses, f"{vault}-{key}")


async def _live(
    ledger: TableLedger,
    vault: str,
    name: str,
    digit: str,
    days: tuple[int, ...],
    statuses: tuple[Status, ...],
    key: str,
) -> TrackedRequest:
    at = NOW - timedelta(days=(days or (1,))[0] + 1)
    operation = Operation(id_of(digit), PENDING, "DigiCert", b"")
    request, _ = await ledger.add(track(vault, name, operation, f"CN={name}", key, None, at, Action("created", BY)))
    for ago, status in zip(days, statuses, strict=True):
        seen = NotPending(None) if status is DELETED else replace(operation, status=status)
        change = apply_state(request, seen, NOW - timedelta(days=ago))
        request = await ledger.save(request, change)
        for event in change.events:
            await ledger.mark_sent(event)
    return request


async def rows(tables: Tables, vault: str) -> dict[tuple[str, str], dict[str, Any]]:
    """All rows of a vault, and those that lead to its requests by their keys."""
    table, keys = await tables.table("certflow"), await tables.table(KEYS)
    found = [
        dict(row) async for row in table.query_entities(f"PartitionKey ge '{vault}|' and PartitionKey lt '{vault}|~'")
    ]
    leading = [
        dict(row) async for row in keys.query_entities(f"PartitionKey ge '{vault}-' and PartitionKey lt '{vault}-~'")
    ]
    return {
        (row["PartitionKey"].replace(vault, ""), row["RowKey"].replace(vault, "")): row for row in (*found, *leading)
    }


class Killed(BaseException):
    """The process has died: no handler may go on."""


@contextmanager
def killed_at(number: int, *, after: bool) -> Iterator[list[str]]:
    """Lets the process die at the write of this number (the first is 0), before or after the service has got it. Yields
    the writes.
    """
    writes, counted, send = list[str](), itertools.count(), AioHttpTransport.send

    async def mortal(self: Any, request: Any, **options: Any) -> Any:
        if len(writes) > number:
            raise Killed
        if request.method == "GET":
            return await send(self, request, **options)
        dies = next(counted) == number
        writes.append(request.method)
        answer = await send(self, request, **options) if after or not dies else None
        if dies:
            writes.append("died")
            raise Killed
        return answer

    with mock.patch.object(AioHttpTransport, "send", mortal):
        yield writes
