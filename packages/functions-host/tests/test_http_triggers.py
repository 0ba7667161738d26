"""The local Functions host over HTTP: statuses, keys, and what a function gets to see."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from functions_host.testing import FUNCTION, HOST, MASTER, SYSTEM, RunningHost, eventually, running_host

APPS = Path(__file__).parent / "host_apps"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def host(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningHost]:
    """No storage: HTTP functions need none."""
    log = tmp_path_factory.mktemp("host") / "host.log"
    async with running_host(APPS / "http", {"AzureWebJobs.off.Disabled": "true"}, log) as running:
        yield running


async def answer(
    host: RunningHost, path: str, method: str = "GET", headers: dict[str, str] | None = None, data: object = None
) -> tuple[int, str]:
    async with host.http.request(method, host.url + path, headers=headers, data=data) as response:
        return response.status, await response.text()


async def test_ready_line_counts_the_functions(host: RunningHost) -> None:
    assert host.ready_line == f"Functions host ready on {host.url} (11 functions)"
    assert host.url.startswith("http://127.0.0.1:")


async def test_function_sees_the_request_and_its_answer_goes_back(host: RunningHost) -> None:
    async with host.http.post(
        host.url + "/API/Echo/w%20eb?a=1&b=&a=2&c", data=b"{}", headers={"X-Mine": "yes"}
    ) as response:
        seen = await response.json()
        assert (response.status, response.headers["Location"]) == (202, "/x")
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"  # host.json customHeaders
    assert seen["method"] == "POST"
    assert seen["url"].startswith(host.url + "/API/Echo/w%20eb?a=1")
    assert seen["route"] == {"name": "w eb"}, "an absent optional parameter is absent"
    assert seen["query"] == {"a": "1,2"}, "repeated ones joined, ones without a value dropped"
    assert seen["headers"]["x-mine"] == "yes"
    assert all(name == name.lower() for name in seen["headers"])
    assert seen["body"] == "{}"


async def test_optional_parameter_given(host: RunningHost) -> None:
    _, text = await answer(host, "/api/echo/a/2")
    assert json.loads(text)["route"] == {"name": "a", "page": "2"}


async def test_chunked_upload_arrives_as_no_body(host: RunningHost) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"lost"

    _, text = await answer(host, "/api/echo/a", "POST", data=chunks())
    seen = json.loads(text)
    assert seen["body"] == ""
    assert seen["headers"]["transfer-encoding"] == "chunked"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nothing"),
        ("GET", "/api/echo"),
        ("GET", "/api/echo/a/b/c"),
        ("GET", "/echo/a"),
        ("DELETE", "/api/echo/a"),
        ("GET", "/api/numbers/x"),
        ("GET", "/api/off"),
        ("POST", "/"),
        ("GET", "/runtime/webhooks/other"),
    ],
)
async def test_no_route_other_method_or_disabled_is_404_without_body(host: RunningHost, method: str, path: str) -> None:
    assert await answer(host, path, method) == (404, "")


async def test_constraint_and_catch_all(host: RunningHost) -> None:
    assert await answer(host, "/api/numbers/12") == (200, "12")
    assert await answer(host, "/api/files/a/b%2Fc") == (200, "a/b%2Fc")
    assert await answer(host, "/api/files") == (200, "-")


@pytest.mark.parametrize("key", [FUNCTION, HOST, MASTER])
async def test_function_host_and_master_key_open_a_function(host: RunningHost, key: str) -> None:
    assert await answer(host, "/api/guarded", headers={"x-functions-key": key}) == (200, "let in")
    assert await answer(host, f"/api/guarded?code={key}") == (200, "let in")


@pytest.mark.parametrize("key", ["", "wrong", SYSTEM, FUNCTION + "x"])
async def test_missing_or_wrong_key_is_401_without_body(host: RunningHost, key: str) -> None:
    assert await answer(host, f"/api/guarded?code={key}") == (401, "")


async def test_header_key_beats_the_query(host: RunningHost) -> None:
    assert await answer(host, f"/api/guarded?code={FUNCTION}", headers={"x-functions-key": "wrong"}) == (401, "")
    assert await answer(host, "/api/guarded?code=wrong", headers={"x-functions-key": FUNCTION}) == (200, "let in")


async def test_admin_level_wants_the_master_key(host: RunningHost) -> None:
    assert await answer(host, f"/api/owners?code={HOST}") == (401, "")
    assert await answer(host, f"/api/owners?code={MASTER}") == (200, "master")


@pytest.mark.parametrize("path", ["/api/raises", "/api/exits"])
async def test_function_that_fails_is_500_without_body_and_the_host_lives(host: RunningHost, path: str) -> None:
    assert await answer(host, path) == (500, "")
    assert await answer(host, "/api/numbers/1") == (200, "1")
    assert "boom" in host.log.read_text() or path != "/api/raises"


@asynccontextmanager
async def blocked(host: RunningHost, directory: Path) -> AsyncIterator[asyncio.Task[tuple[int, str]]]:
    """The answer of a handler that blocks its event loop while the block runs, and no longer."""
    block = directory / "block"
    answered = asyncio.create_task(answer(host, f"/api/blocks?with={block}"))

    async def begun() -> bool:
        return block.exists()

    await eventually(begun, bool)
    yield answered
    block.unlink()


async def test_handler_that_blocks_does_not_block_the_host(host: RunningHost, tmp_path: Path) -> None:
    async with blocked(host, tmp_path) as answered:
        assert (await answer(host, "/"))[0] == 200
        assert not answered.done()
    assert await answered == (200, "done")


async def test_cookie_comes_through(host: RunningHost) -> None:
    async with host.http.get(host.url + "/api/cookies") as response:
        assert response.headers["Set-Cookie"] == "a=1; HttpOnly; Max-Age=60; Path=/; SameSite=Lax"


async def test_body_over_the_limit_is_413(host: RunningHost) -> None:
    reader, writer = await asyncio.open_connection(*host.url.removeprefix("http://").split(":"))
    writer.write(b"POST /api/echo/a HTTP/1.1\r\nHost: x\r\nContent-Length: 200000000\r\n\r\n")
    assert (await reader.readline()).split()[1] == b"413"
    writer.close()


async def test_homepage(host: RunningHost) -> None:
    status, text = await answer(host, "/")
    assert status == 200
    assert "up and running" in text


async def test_admin_status_wants_the_master_key(host: RunningHost) -> None:
    assert await answer(host, "/admin/host/status", headers={"x-functions-key": HOST}) == (401, "")
    status, text = await answer(host, "/admin/host/status", headers={"x-functions-key": MASTER})
    assert (status, json.loads(text)["state"]) == (200, "Running")
    assert json.loads(text)["id"]


async def test_logs_have_the_functions_words_but_no_keys_and_no_urls(host: RunningHost) -> None:
    assert await answer(host, f"/api/says?code={FUNCTION}&secret=hush") == (204, "")
    log = host.log.read_text()
    assert "logged by the function" in log
    assert "printed by the function" in log
    assert "logged by an SDK that the function uses" in log, "the worker's root logger is at INFO"
    assert "azure.core.pipeline" not in log, "the host's own SDK, which Azure's host does not use"
    for word in (FUNCTION, MASTER, HOST, SYSTEM, "hush", "/api/"):
        assert word not in log


async def test_homepage_can_be_switched_off_and_sigterm_ends_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    log = tmp_path_factory.mktemp("host") / "host.log"
    async with running_host(APPS / "http", {"AzureWebJobsDisableHomepage": "true"}, log) as host:
        assert await answer(host, "/") == (204, "")
        async with blocked(host, log.parent) as hanging:
            host.process.terminate()
        assert await hanging == (200, "done"), "a running invocation gets a short grace"
        assert await host.stop() == 0


async def test_every_signal_after_the_first_changes_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with running_host(APPS / "http", {}, tmp_path_factory.mktemp("host") / "host.log") as host:
        while host.process.returncode is None:
            host.process.terminate()
            await asyncio.sleep(0)
        assert await host.stop() == 0


async def test_the_root_loggers_level_can_be_raised(tmp_path_factory: pytest.TempPathFactory) -> None:
    log = tmp_path_factory.mktemp("host") / "host.log"
    async with running_host(APPS / "http", {}, log, "--root-level", "warning") as host:
        assert await answer(host, f"/api/says?code={FUNCTION}") == (204, "")
    assert "printed by the function" in log.read_text()
    assert "logged by" not in log.read_text()


async def test_more_requests_than_host_json_allows_are_429(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("app")
    shutil.copy(APPS / "http" / "function_app.py", folder)
    (folder / "host.json").write_text('{"version": "2.0", "extensions": {"http": {"maxOutstandingRequests": 1}}}')
    async with running_host(folder, {}, folder / "host.log") as host:
        async with blocked(host, folder) as answered:
            assert await answer(host, "/api/numbers/1") == (429, "")
        assert await answered == (200, "done")
        assert await answer(host, "/api/numbers/1") == (200, "1")
