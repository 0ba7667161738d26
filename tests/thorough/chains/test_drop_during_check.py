"""A chain that is dropped while the check runs."""

from __future__ import annotations

import asyncio

from local.api import Client
from local.openssl_ca import OpensslCa
from tests.e2e.dropped_files import merges, reports, run_check
from tests.e2e.request_and_chain import chain_for, started
from tests.e2e.telling import told


async def test_a_chain_dropped_while_the_check_runs_is_one_merge_and_one_notification(
    client: Client, name: str, ca: OpensslCa
) -> None:
    operation = await started(client, name)
    content = await chain_for(ca, operation, name)
    checking = asyncio.create_task(_keep_checking(client, name))
    await client.drop(f"{name}.pem", content)
    await told(client, f"Certificate issued: {name}")
    (report,) = await reports(client, "chains-merged", f"main/{name}/", 1)
    checking.cancel()
    await asyncio.sleep(2)
    assert report["outcome"] == "merged"
    assert await merges(client, name) == 1
    await told(client, f"Certificate issued: {name}")


async def _keep_checking(client: Client, name: str) -> None:
    """The timer, and readers of the status, all the time: each of them may see the end first."""
    while True:
        await asyncio.gather(run_check(client), *(client.pending("main", name) for _ in range(3)))
        await asyncio.sleep(0.02)
