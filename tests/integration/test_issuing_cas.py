"""The CAs of merged chains, in Azure Tables."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.adapters.issuing_cas import TableIssuingCas
from functions.adapters.table_service import Tables
from functions.issuance.issuing_cas import Kept
from tests.clock import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_they_are_kept_by_vault_renewed_and_forgotten(tables: Tables) -> None:
    cas = TableIssuingCas(tables)
    one, other = Kept("1" * 64, bytes(range(256)) * 20, NOW), Kept("2" * 64, b"der", NOW)
    assert await cas.kept("main") == []
    for kept in (one, other):
        await cas.keep("main", kept)
    await cas.keep("main-2", other)
    later = Kept(one.sha256, one.der, NOW + timedelta(days=1))
    await cas.keep("main", later)
    assert sorted(await cas.kept("main"), key=lambda kept: kept.sha256) == [later, other]
    for _ in range(2):
        await cas.forget("main", other.sha256)
    assert await cas.kept("main") == [later]
    assert await cas.kept("main-2") == [other]
