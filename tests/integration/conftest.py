"""What integration tests share: one Azurite for all of a worker, in which each module has an account of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import pytest_asyncio

from functions.adapters.azure_tables.service import Tables
from keyvault_emulator.tls import LocalCa
from local.azurite import Azurite, running_azurite
from testkit.tokens import AnyToken

ACCOUNTS = [f"module{number}" for number in range(100)]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def accounts(tmp_path_factory: pytest.TempPathFactory, trusted_ca: LocalCa) -> AsyncIterator[Iterator[Azurite]]:
    """Accounts of Azurite that nobody has used."""
    directory = tmp_path_factory.mktemp("azurite")
    async with running_azurite(trusted_ca, directory, log=directory / "azurite.log", accounts=ACCOUNTS) as azurite:
        yield (replace(azurite, account=name) for name in ACCOUNTS)


@pytest.fixture(scope="module")
def azurite(accounts: Iterator[Azurite]) -> Azurite:
    """An account that this module has for itself."""
    return next(accounts)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tables(azurite: Azurite) -> AsyncIterator[Tables]:
    tables = Tables(azurite.table_url, AnyToken())
    yield tables
    await tables.close()
