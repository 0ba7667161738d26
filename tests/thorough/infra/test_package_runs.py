"""The package runs as it was built, in an environment that has nothing else: nothing is installed on Azure."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from functions import __version__
from local.api import client_of, until
from local.event_subscriptions import EventDelivery
from local.hosts import free_ports
from local.openssl_ca import OpensslCa
from local.package import build
from local.stack import Ports, running_stack
from tests.e2e.dropped_files import merges, reports
from tests.e2e.request_and_chain import chain_for, started
from tests.infra.package import uv
from tests.thorough.infra.built_package import runs_here
from tests.thorough.infra.package_host import package_host

pytestmark = runs_here


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("built"), validated=False)


@pytest.mark.skipif(uv() is None, reason="SKIPPED: uv, which makes the empty environment, is not here")
@pytest.mark.parametrize("delivery", ["webhook", "queue"])
async def test_a_chain_is_merged_by_what_was_unpacked_alone(
    package: Path, delivery: EventDelivery, tmp_path: Path
) -> None:
    app, venv = tmp_path / "app", tmp_path / "venv"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(app)
    make_empty = (str(uv()), "venv", "--quiet", "--python", sys.executable, str(venv))
    await asyncio.to_thread(subprocess.run, make_empty, check=True)
    (port,) = free_ports(1)
    async with (
        running_stack(tmp_path / "stack", own_host=False, event_delivery=delivery, ports=Ports(host=port)) as stack,
        package_host(stack, app, venv / "bin" / "python", port, tmp_path),
        client_of(stack.describe()) as client,
    ):
        status = await (await client.call("GET", "status")).json()
        assert status["version"] == __version__
        operation = await started(client, "packed")
        await client.drop("packed.pem", await chain_for(OpensslCa(tmp_path / "ca"), operation, "packed"))
        (report,) = await reports(client, "chains-merged", "main/packed/", 1)
        assert report["outcome"] == "merged"
        assert await merges(client, "packed") == 1
        await until("its owner is told", lambda: client.messages("Certificate issued: packed"))
