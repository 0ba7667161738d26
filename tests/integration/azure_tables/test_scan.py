"""Reading very many rows: on Azurite, and before storage that answers as Azure's may (Learn, "Query timeout and
pagination").
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import batched

import pytest
from aiohttp import web

from functions.adapters.azure_tables.scan import NEXT, TableScan
from functions.adapters.azure_tables.service import CERTFLOW, Tables
from functions.adapters.faults import faults_of
from functions.model.errors import Unavailable
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving
from local.azurite import Azurite
from testkit.tokens import AnyToken
from tests.integration.key_vault.servers import one_handler

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROWS, TRANSACTION = 1_201, 100  # an answer has 1,000 rows at most


@asynccontextmanager
async def scan_of(url: str) -> AsyncIterator[TableScan]:
    scan = TableScan(url, AnyToken())
    try:
        yield scan
    finally:
        await scan.close()


@asynccontextmanager
async def scan_before(
    storage: Callable[[web.Request], Awaitable[web.Response]], ca: LocalCa
) -> AsyncIterator[TableScan]:
    served = serving(one_handler(storage), tls=ca.server_context())
    async with served as port, scan_of(f"https://localhost:{port}/") as scan:
        yield scan


async def test_all_rows_come_over_the_end_of_an_answer(tables: Tables, azurite: Azurite) -> None:
    client = await tables.table(CERTFLOW)
    keys = [f"s|{number:04}" for number in range(ROWS)]
    rows = [{"PartitionKey": "a|0", "RowKey": key, "text": "it's", "flag": True, "count": 7} for key in keys]
    for some in batched(rows, TRANSACTION, strict=False):
        await client.submit_transaction([("upsert", row) for row in some])
    await client.upsert_entity({"PartitionKey": "a|0", "RowKey": "s|other", "text": "its"})
    async with scan_of(azurite.table_url) as scan:
        found = [row async for row in scan.rows(CERTFLOW, "text eq @it", {"it": "it's"})]
    assert [row["RowKey"] for row in found] == keys
    assert {key: found[0][key] for key in ("text", "flag", "count")} == {"text": "it's", "flag": True, "count": 7}
    assert {key for row in found for key in row} == {"PartitionKey", "RowKey", "Timestamp", "text", "flag", "count"}


@pytest.mark.parametrize("places", [("p", "r"), ("p", None)])
async def test_an_answer_without_rows_is_not_the_end(trusted_ca: LocalCa, places: tuple[str, str | None]) -> None:
    asked: list[dict[str, str]] = []
    given = {f"x-ms-continuation-{key}": place for key, place in zip(NEXT, places, strict=True) if place}

    async def storage(request: web.Request) -> web.Response:
        asked.append(dict(request.query))
        assert request.headers["Authorization"].startswith("Bearer ")
        first = len(asked) == 1
        return web.json_response({"value": [] if first else [{"RowKey": "x"}]}, headers=given if first else {})

    async with (
        serving(one_handler(storage), tls=trusted_ca.server_context()) as port,
        scan_of(f"https://localhost:{port}/") as scan,
    ):
        assert [row async for row in scan.rows("t", "a eq @b", {"b": "c"})] == [{"RowKey": "x"}]
    more = {key: place for key, place in zip(NEXT, places, strict=True) if place}
    assert asked == [{"$filter": "a eq 'c'"}, {"$filter": "a eq 'c'"} | more]


def answers(*status: int) -> Iterator[int]:
    yield from status
    while True:
        yield status[-1]


async def scanned(trusted_ca: LocalCa, *status: int) -> int:
    """The count of rows that a storage gives which answers with these statuses, the last again and again."""
    each = answers(*status)

    async def storage(_request: web.Request) -> web.Response:
        return web.json_response({"value": [{"RowKey": "x"}]}, status=next(each))

    async with (
        serving(one_handler(storage), tls=trusted_ca.server_context()) as port,
        scan_of(f"https://localhost:{port}") as scan,
    ):
        with faults_of("The table storage"):
            return len([row async for row in scan.rows("t", "a eq @b", {"b": "c"})])


async def test_a_storage_that_is_busy_for_a_moment_is_asked_again(trusted_ca: LocalCa) -> None:
    assert await scanned(trusted_ca, 503, 500, 200) == 1


@pytest.mark.parametrize("status", [500, 503, 403, 401])
async def test_a_storage_that_does_not_answer_is_said_to_be_away(trusted_ca: LocalCa, status: int) -> None:
    with pytest.raises(Unavailable, match="The table storage"):
        await scanned(trusted_ca, status)


async def test_a_storage_that_nobody_serves_is_said_to_be_away() -> None:
    async with scan_of("https://localhost:1") as scan:
        with pytest.raises(Unavailable, match="no connection"), faults_of("The table storage"):
            [row async for row in scan.rows("t", "a eq @b", {"b": "c"})]
