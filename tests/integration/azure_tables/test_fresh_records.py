"""Records of certificates that were read since the last scan, in Azure Tables."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from functions.adapters.azure_tables.fresh_records import MAX_UNITS, TableFreshRecords
from functions.adapters.azure_tables.service import Tables
from functions.adapters.inventory_json import line_of
from functions.model.inventory.record import CertificateRecord, IssuedCertificate
from local.azurite import Azurite
from testkit.tokens import AnyToken
from tests.clock import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def records(azurite: Azurite) -> AsyncIterator[TableFreshRecords]:
    tables = Tables(azurite.table_url, AnyToken())
    yield TableFreshRecords(tables)
    await tables.close()


def record(name: str, version: str = "v1", tags: str = "") -> CertificateRecord:
    return CertificateRecord(name, current=IssuedCertificate(version, "aa"), tags={"t": tags}, read=NOW)


async def test_a_name_has_one_record_and_a_vault_its_own(records: TableFreshRecords) -> None:
    for one in (record("Web"), record("web", "v2"), record("api")):
        await records.put("main", one, NOW)
    await records.put("main2", record("web", "v4"), NOW)
    found = {one.name: one for one in await records.all("main")}
    assert found == {"web": record("web", "v2"), "api": record("api")}
    assert await records.all("main2") == [record("web", "v4")]
    assert await records.all("none") == []


async def test_records_older_than_a_scan_are_dropped(records: TableFreshRecords) -> None:
    await records.put("old", record("a"), NOW - timedelta(seconds=1))
    await records.put("old", record("b"), NOW)
    await records.put("old-2", record("a"), NOW - timedelta(seconds=1))
    await records.drop("old", NOW)
    assert await records.all("old") == [record("b")]
    assert await records.all("old-2") == [record("a")]


@pytest.mark.parametrize("letter", ["x", "\U0001f512"])
async def test_a_record_as_large_as_a_row_allows_is_kept_and_a_larger_one_left_out(
    records: TableFreshRecords, letter: str
) -> None:
    room = MAX_UNITS - len(line_of(record("a")))
    most = record("a", tags=letter * (room // len(letter.encode("utf-16-le")) * 2))
    await records.put(f"large-{len(letter.encode())}", most, NOW)
    await records.put(f"large-{len(letter.encode())}", record("b", tags=most.tags["t"] + 4 * letter), NOW)
    assert await records.all(f"large-{len(letter.encode())}") == [most]
