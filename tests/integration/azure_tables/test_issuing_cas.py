"""The CAs of merged chains, in Azure Tables."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.adapters.azure_tables.issuing_cas import TableIssuingCas
from functions.adapters.azure_tables.service import Tables
from functions.ports.issuing_cas import IssuingCa
from tests.clock import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_they_are_kept_by_vault_renewed_and_forgotten(tables: Tables) -> None:
    cas = TableIssuingCas(tables)
    one, other = IssuingCa("1" * 64, bytes(range(256)) * 20, NOW), IssuingCa("2" * 64, b"der", NOW)
    assert await cas.list_cas("main") == []
    for kept in (one, other):
        await cas.put("main", kept)
    await cas.put("main-2", other)
    later = IssuingCa(one.sha256, one.der, NOW + timedelta(days=1))
    await cas.put("main", later)
    assert sorted(await cas.list_cas("main"), key=lambda kept: kept.sha256) == [later, other]
    for _ in range(2):
        await cas.remove("main", other.sha256)
    assert await cas.list_cas("main") == [later]
    assert await cas.list_cas("main-2") == [other]
