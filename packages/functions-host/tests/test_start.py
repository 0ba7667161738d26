"""The local Functions host refuses to start where the platform would misbehave quietly, and says what to change."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from functions_host.testing import arguments, environment, refusal, running_host
from testkit.clock import HANG

APPS = Path(__file__).parent / "host_apps"
HOW = "set the app setting {0} (a connection string), or {0}"
APP = "import azure.functions as func\n\napp = func.FunctionApp()\n"
SIGNATURE = """
@app.route(route="x")
def handler(request: func.HttpRequest) -> str:
    return ""
"""
FORGOTTEN = """
more = func.Blueprint()

@app.route(route="x")
def x(req: func.HttpRequest) -> str:
    return ""

@more.route(route="y")
def y(req: func.HttpRequest) -> str:
    return ""
"""
SETTINGS = {
    "BAD_SCHEDULE": "0 0 0 L * *",
    "Garbled": "AccountKey=not-to-be-repeated",
    "ByIdentity__queueServiceUri": "https://a.queue.core.windows.net",
    "ByAccount__accountName": "a",
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def said() -> AsyncIterator[list[str]]:
    """What the app with every fault is told; one start, every fault at once."""
    code, out, err = await refusal(APPS / "refused", SETTINGS)
    assert (code, out) == (1, ""), err
    yield err.splitlines()


@pytest.mark.parametrize(
    "problem",
    [
        "Function five_fields: schedule '0 */5 * * *' is not NCRONTAB: it has 5 fields, not six",
        "Function from_setting: schedule '0 0 0 L * *' is not NCRONTAB: day 'L' is not known",
        "Function unset: %MISSING_SCHEDULE% is used but the app setting MISSING_SCHEDULE is not set.",
        "Function unset_queue: %MISSING_QUEUE% is used but the app setting MISSING_QUEUE is not set.",
        f"Function unconnected: {HOW.format('NoQueue')}__queueServiceUri, or NoQueue__accountName.",
        "The app setting Garbled is not a storage connection string",
        f"Function queue_only: {HOW.format('ByIdentity')}__blobServiceUri and ByIdentity__queueServiceUri",
        "Function shouting: 'Work' cannot be a queue",
        "Function polling: a blob trigger with the polling source does not run on Flex Consumption",
        "Function twice: path 'chains/{a}/{a}'",
        "Function retried: a retry policy is ignored by the platform for this trigger",
        "Function bus: this host does not know the trigger 'serviceBusTrigger'",
        "Function copies: this host does not know the binding 'blob' of 'copy'",
        "Functions item ('Items/{id}') and latest ('items/latest') can take the same request",
        "Function admin: route 'admin/things' starts with 'admin', which is the host's own",
        "Function runtime: route 'runtime' starts with 'runtime', which is the host's own",
        f"Triggers other than HTTP need storage: {HOW.format('AzureWebJobsStorage')}__blobServiceUri",
        f"Triggers other than HTTP need storage: {HOW.format('AzureWebJobsStorage')}__queueServiceUri",
    ],
)
async def test_each_fault_is_named(said: list[str], problem: str) -> None:
    assert [line for line in said if line.startswith(problem)], said


async def test_nothing_else_is_said_and_no_secret_repeated(said: list[str]) -> None:
    assert len([line for line in said if "azure.functions: " not in line]) == 18  # the worker says that it has indexed
    assert "not-to-be-repeated" not in "".join(said)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (None, "There is no function_app.py in"),
        (APP, "function_app.py has no functions"),
        ("import nonsense_that_is_nowhere\n", "No module named 'nonsense_that_is_nowhere'"),
        (APP + SIGNATURE, "cannot load the handler function"),
        (APP + FORGOTTEN, "Blueprint more in function_app.py is not registered: add app.register_functions(more)."),
    ],
    ids=["no script", "no functions", "import error", "signature", "forgotten blueprint"],
)
async def test_app_that_does_not_index_is_refused_with_the_workers_text(
    tmp_path: Path, code: str | None, message: str
) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    if code is not None:
        (tmp_path / "function_app.py").write_text(code)
    status, out, err = await refusal(tmp_path, {})
    assert (status, out) == (1, "")
    assert message in err


async def test_host_json_is_needed(tmp_path: Path) -> None:
    status, _, err = await refusal(tmp_path, {})
    assert status == 1
    assert err.startswith("There is no host.json in")
    assert len(err.splitlines()) == 1


async def test_bad_host_id_is_refused(tmp_path: Path) -> None:
    status, _, err = await refusal(APPS / "http", {"AzureFunctionsWebHost__hostid": "Not A Queue Name"})
    assert status == 1
    assert "AzureFunctionsWebHost__hostid is 'Not A Queue Name'" in err


async def test_import_that_hangs_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text("import sys, time\nsys.stderr.write('begun\\n')\ntime.sleep(3600)\n")
    process = await asyncio.create_subprocess_exec(*arguments(tmp_path), env=environment({}), stdout=PIPE, stderr=PIPE)
    assert process.stderr is not None
    assert await process.stderr.readline() == b"begun\n"
    process.terminate()
    async with asyncio.timeout(HANG):
        assert await process.communicate() == (b"", b"")
    assert process.returncode == 0


async def test_taken_port_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_host(APPS / "http", {}, tmp_path / "host.log") as host:
        port = int(host.url.rpartition(":")[2])
        taken = arguments(APPS / "http", port)
        monkeypatch.setattr("functions_host.testing.arguments", lambda _app: taken)
        status, out, err = await refusal(APPS / "http", {})
    assert (status, out) == (1, "")
    assert f"Port {port} cannot be used" in err


@pytest.mark.parametrize("factor", ["0.5", "0", "-20", "nan", "inf", "fast"])
async def test_a_hurry_below_one_is_refused(factor: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *arguments(APPS / "http"), "--hurry", factor, env=environment({}), stdout=PIPE, stderr=PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert "use a number from 1 on" in said.decode()
