"""What several integration tests share: the tables of one Azurite, for each module that asks for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from functions.adapters.table_service import Tables
from local.azurite import running_azurite
from local.tls import LocalCa
from tests.integration.tokens import AnyToken


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tables(tmp_path_factory: pytest.TempPathFactory, trusted_ca: LocalCa) -> AsyncIterator[Tables]:
    directory: Path = tmp_path_factory.mktemp("azurite")
    async with running_azurite(trusted_ca, directory, log=directory / "azurite.log") as azurite:
        tables = Tables(azurite.table_url, AnyToken())
        yield tables
        await tables.close()
