"""A stack whose tables and CSRs a test can lose, and whose host it starts and kills."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from azure.data.tables.aio import TableServiceClient

from local.api import Client, until
from local.functions_host import FunctionsHost
from local.stack import Stack, running_stack
from tests.e2e.stack import HURRIED, described_client
from tests.e2e.telling import MUCH_MAIL, NO_SERVERS
from tests.e2e.watched import HURRY, SCHEDULES

CSRS = "csr"


@asynccontextmanager
async def stack_and_host(
    directory: Path, settings: Mapping[str, str], issuing_delay: float = 5.0
) -> AsyncIterator[tuple[Stack, Client, FunctionsHost]]:
    """A stack, and a host of it that the test starts and kills, with these settings."""
    async with AsyncExitStack() as up:
        stack = await up.enter_async_context(
            running_stack(
                directory, own_host=False, issuing_delay=issuing_delay, settings={**MUCH_MAIL, **NO_SERVERS, **settings}
            )
        )
        client = await up.enter_async_context(described_client(stack.describe()))
        port = urlsplit(stack.host_url).port
        assert port is not None
        log, given = stack.directory / "host.log", {**stack.settings, **SCHEDULES}
        host = FunctionsHost(given, stack.keys, port=port, log=log, app=HURRIED, hurry=HURRY)
        up.push_async_callback(host.stop)
        yield stack, client, host


async def status(client: Client, vault: str = "main") -> dict[str, Any]:
    """What `GET status` says of a vault."""
    vaults = (await (await client.call("GET", "status")).json())["vaults"]
    return next(one for one in vaults if one["vault"] == vault)


async def survey_is_through(client: Client, vault: str = "main") -> None:
    """Returns when a vault has been surveyed since its tables were lost."""

    async def through() -> bool:
        return (await status(client, vault))["last_survey"] is not None

    await until(f"the scan of {vault}", through)


async def lose_the_tables(stack: Stack) -> None:
    """Deletes all tables."""
    tables = TableServiceClient.from_connection_string(
        stack.azurite.connection_string, connection_verify=str(stack.ca_file)
    )
    async with tables:
        names = [one.name async for one in tables.list_tables()]
        assert {"certflow", "deliveries"} <= {*names}
        for name in names:
            await tables.delete_table(name)


async def lose_the_csrs(client: Client) -> None:
    """Deletes what is in the container for CSRs."""
    for file in await client.files(CSRS):
        await client.blobs.get_blob_client(CSRS, file).delete_blob()
