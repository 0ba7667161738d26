"""Records of certificates that were read since the last scan, in Azure Tables."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from functions.adapters.azure_tables.fresh_records import MAX_RECORD, TableFreshRecords
from functions.adapters.azure_tables.service import Tables
from local.azurite import Azurite
from testkit.tokens import AnyToken
from tests.clock import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def records(azurite: Azurite) -> AsyncIterator[TableFreshRecords]:
    tables = Tables(azurite.table_url, AnyToken())
    yield TableFreshRecords(tables)
    await tables.close()


async def test_a_name_has_one_record_and_a_vault_its_own(records: TableFreshRecords) -> None:
    await records.put("main", "Web", b"1", NOW)
    await records.put("main", "web", b"2", NOW)
    await records.put("main", "api", b"3", NOW)
    await records.put("main2", "web", b"4", NOW)
    assert sorted(await records.all("main")) == [b"2", b"3"]
    assert await records.all("main2") == [b"4"]
    assert await records.all("none") == []


async def test_records_older_than_a_scan_are_dropped(records: TableFreshRecords) -> None:
    await records.put("old", "a", b"1", NOW - timedelta(seconds=1))
    await records.put("old", "b", b"2", NOW)
    await records.put("old-2", "a", b"3", NOW - timedelta(seconds=1))
    await records.drop("old", NOW)
    assert await records.all("old") == [b"2"]
    assert await records.all("old-2") == [b"3"]


async def test_a_record_as_large_as_a_row_allows_is_kept_and_a_larger_one_left_out(records: TableFreshRecords) -> None:
    await records.put("large", "a", b"x" * MAX_RECORD, NOW)
    await records.put("large", "b", b"x" * (MAX_RECORD + 1), NOW)
    assert await records.all("large") == [b"x" * MAX_RECORD]
