"""One whole stack for all end-to-end tests, as `make up` runs it, and a client for it."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.api import Client, client_of, until
from local.functions_host import ROOT
from local.openssl_ca import OpensslCa
from tests.clock import HANG
from tests.e2e.described import check
from tests.e2e.telling import MUCH_MAIL, NO_SERVERS, SELDOM_CHECKED


def app_of(source: Path, directory: Path) -> Path:
    """An app of the tests, copied into a directory beside the project's host.json. It is no link in the repository,
    because not every way of copying one keeps links.
    """
    app = directory / "app"
    shutil.copytree(source, app)
    shutil.copy(ROOT / "host.json", app)
    return app


_DIRECTORY = tempfile.TemporaryDirectory(prefix="certflow-hurried-")
OPERATOR = "olu@example.com"  # as whom the tests' clients sign in, if they do not say who else
HURRIED = app_of(Path(__file__).parent / "hurried_app", Path(_DIRECTORY.name))


@contextmanager
def running_up(state: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """`python -m local.up` and what it wrote, once it answers; stopped at the end if it still runs.

    Nothing is kept unless `--keep` is among the options.
    """
    state.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "local.up", "--state", str(state), "--free-ports"]
    # A machine that is busy for half a minute fails ten deliveries, and what many tests share would be held up for all
    # of them; test_held_back.py and others see to it that our own endpoints do not fail.
    command += ["--no-endpoint-probation", "--no-keep", *options]
    if "--settings" not in options:
        (state / "settings.json").write_text(json.dumps(MUCH_MAIL | NO_SERVERS | SELDOM_CHECKED))
        command += ["--settings", str(state / "settings.json")]
    with (state / "up.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        ends = time.monotonic() + HANG
        while not (state / "stack.json").exists():
            if process.poll() is not None or time.monotonic() > ends:
                raise AssertionError(f"the stack did not start:\n{(state / 'up.log').read_text()}")
            time.sleep(0.1)
        yield process, json.loads((state / "stack.json").read_text())
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=HANG)


SHARED = ExitStack()  # the stack that a worker's tests share; tests/conftest.py closes it after the last of them


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """On a clock that runs five times as fast, for what people would wait for. The check runs as often as on Azure by
    that clock: more often, it would take most of what a stack costs when nobody calls it.
    """
    settings = tmp_path_factory.mktemp("settings") / "settings.json"
    hurried = {"TESTS_SPEED": "5", "CERTFLOW_CHECK_SCHEDULE": "*/12 * * * * *"}
    settings.write_text(json.dumps({**MUCH_MAIL, **hurried}))
    options = ("--issuing-delay", "1.5", "--app", str(HURRIED), "--settings", str(settings))
    _, described = SHARED.enter_context(running_up(tmp_path_factory.mktemp("stack"), *options))
    yield described
    SHARED.close()


@pytest.fixture
async def client(stack: dict[str, Any]) -> AsyncIterator[Client]:
    async with described_client(stack) as client:
        await let_in(client)
        yield client


async def let_in(client: Client) -> None:
    """Waits until the app has Entra's keys and the access file: on a busy machine it answers 503 to its first calls."""

    async def answers() -> bool:
        return (await client.call("GET", "access")).status == 200

    await until("the app to let its callers in", answers)


@asynccontextmanager
async def described_client(stack: dict[str, Any]) -> AsyncIterator[Client]:
    """A client for a stack; whatever our API answers it is held against the API's own description."""
    async with client_of(stack) as client:
        yield replace(client, observe=check)


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> OpensslCa:
    return OpensslCa(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A certificate name of the test's own."""
    return (
        str(request.node.name).split("[")[0].removeprefix("test_").replace("_", "-")[:30] + f"-{secrets.token_hex(4)}"
    )


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A stack of its own: its Key Vault is made unkind."""
    with running_up(tmp_path / "own", "--issuing-delay", "600") as (_, described):
        yield described


@pytest.fixture
async def own(own_stack: dict[str, Any]) -> AsyncIterator[Client]:
    async with described_client(own_stack) as client:
        await let_in(client)
        yield client


async def unkind(client: Client, **switches: Any) -> None:
    async with client.session.post(f"{client.stack['keyvault_control']}/unkindness", json=switches) as response:
        assert response.status == 200, await response.text()
