"""The local Functions host and its storage: managed identity, missed timers, outages, stopping in the midst of work."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from functions_host.testing import SYSTEM, eventually, running_host
from keyvault_emulator.web import serving
from tests.clock import HANG, real_now
from tests.laptop.host.storage import Storage, running_storage

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP = """
import json, time
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
SEEN = []

@app.route(route="seen", methods=["GET"])
def seen(req: func.HttpRequest) -> str:
    return json.dumps(SEEN)

@app.timer_trigger(arg_name="timer", schedule="0 0 0 * * *")
def daily(timer: func.TimerRequest) -> None:
    SEEN.append(["daily", timer.past_due])

@app.queue_trigger(arg_name="message", queue_name="work", connection="Work")
@app.queue_output(arg_name="$return", queue_name="done", connection="Work")
def work(message: func.QueueMessage) -> str:
    body = message.get_body().decode()
    SEEN.append(["work", body])
    if body == "sleep":
        time.sleep(3600)
    return body.upper()
"""


SOUR = """
import json
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
SEEN = []

@app.route(route="seen", methods=["GET"])
def seen(req: func.HttpRequest) -> str:
    return json.dumps(SEEN)

@app.queue_trigger(arg_name="message", queue_name="sour-poison", connection="AzureWebJobsStorage")
def fail(message: func.QueueMessage) -> None:
    SEEN.append(message.get_body().decode())
    raise RuntimeError("never")
"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def storage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Storage]:
    async with running_storage(tmp_path_factory.mktemp("storage")) as running:
        yield running


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "function_app.py").write_text(APP)
    queues = {"visibilityTimeout": "00:00:01", "maxDequeueCount": 2, "messageEncoding": "none"}
    (folder / "host.json").write_text(json.dumps({"version": "2.0", "extensions": {"queues": queues}}))
    return folder


async def test_identity_based_connection_and_a_missed_timer(storage: Storage, app: Path, tmp_path: Path) -> None:
    """The managed identity path of azure-identity runs against an App Service-style token endpoint."""
    asked: list[dict[str, str]] = []

    async def token(request: web.Request) -> web.Response:
        asked.append({**request.query, "header": request.headers.get("X-IDENTITY-HEADER", "")})
        lasting = str(int(real_now().timestamp()) + 3600)
        return web.json_response(
            {"access_token": storage_token(), "expires_on": lasting, "resource": request.query["resource"]}
        )

    endpoint = web.Application()
    endpoint.router.add_get("/token", token)
    yesterday = (real_now() - timedelta(days=1, hours=1)).isoformat()
    status = {"Last": yesterday, "Next": yesterday, "LastUpdated": yesterday}
    await storage.upload("azure-webjobs-hosts", "timers/id/daily/status", json.dumps(status).encode())
    async with serving(endpoint) as port:
        settings = {
            "SSL_CERT_FILE": str(storage.ca_file),
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{port}/token",
            "IDENTITY_HEADER": "the-header",
            "AzureFunctionsWebHost__hostid": "id",
            "AzureWebJobsStorage__blobServiceUri": storage.azurite.blob_url,
            "AzureWebJobsStorage__queueServiceUri": storage.azurite.queue_url,
            "Work__serviceUri": storage.azurite.queue_url,
            "Work__clientId": "the-client",
        }
        await storage.send("work", "hello", encoded=False)
        async with running_host(app, settings, tmp_path / "host.log") as host:
            assert await eventually(lambda: storage.peek("done"), len) == ["HELLO"], "messageEncoding none: as it is"
            seen = await eventually(lambda: host.get_json("/api/seen"), lambda seen: len(seen) == 2)
            assert sorted(seen) == [["daily", True], ["work", "hello"]], "several missed occurrences are one run"
    assert {asking["resource"] for asking in asked} == {"https://storage.azure.com"}
    assert {asking.get("client_id") for asking in asked} == {None, "the-client"}
    assert {asking["header"] for asking in asked} == {"the-header"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_stops_in_time_although_a_handler_does_not(
    storage: Storage, app: Path, tmp_path: Path, number: signal.Signals
) -> None:
    settings = {**storage.settings, "Work": storage.azurite.connection_string}
    await storage.send("work", "sleep", encoded=False)
    async with running_host(app, settings, tmp_path / "host.log") as host:
        await eventually(lambda: host.get_json("/api/seen"), lambda seen: ["work", "sleep"] in seen)
        host.process.send_signal(number)
        async with asyncio.timeout(HANG):
            assert await host.process.wait() == 0


async def test_storage_that_does_not_answer_is_logged_once_and_http_goes_on(app: Path, tmp_path: Path) -> None:
    address = "http://127.0.0.1:9/devstoreaccount1"
    account = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=a2V5"
    nowhere = f"{account};BlobEndpoint={address};QueueEndpoint={address}"
    async with running_host(app, {"AzureWebJobsStorage": nowhere, "Work": nowhere}, tmp_path / "host.log") as host:

        async def complaints() -> list[str]:
            return [line for line in host.log.read_text().splitlines() if "cannot be used" in line]

        await eventually(complaints, lambda lines: len(lines) == 2)
        assert await host.get_json("/api/seen") == []
        await asyncio.sleep(1.5)
        lines = await complaints()
        assert ["work" in line for line in lines].count(True) == 1
        assert ["daily" in line for line in lines].count(True) == 1
        assert await host.stop() == 0


async def test_azurite_leaves_no_process_and_no_busy_port(tmp_path: Path) -> None:
    async with running_storage(tmp_path) as running:
        ports = (running.azurite.blob_port, running.azurite.queue_port, running.azurite.table_port)
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


def storage_token() -> str:
    """A token as Azurite's basic OAuth level wants it: the right audience and issuer, any signature."""
    now = int(real_now().timestamp())
    claims = {
        "aud": "https://storage.azure.com",
        "iss": "https://sts.windows.net/00000000-0000-0000-0000-000000000000/",
        "iat": now,
        "nbf": now - 60,
        "exp": now + 3600,
    }
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".c2ln"
    )


BLOBS = """
import json
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
TRIES = []

@app.route(route="tries", methods=["GET"])
def tries(req: func.HttpRequest) -> str:
    return json.dumps(TRIES)

@app.blob_trigger(arg_name="blob", path="%CONTAINER%/{name}", connection="AzureWebJobsStorage", source="EventGrid")
def failing(blob: func.InputStream) -> None:
    TRIES.append(blob.name)
    raise RuntimeError("always")
"""


@pytest.mark.parametrize(("options", "tries"), [((), 5), (("--no-blob-tries-at-once",), 1)], ids=["on", "off"])
async def test_a_blob_triggers_tries_have_no_pause_whatever_host_json_has_for_queues_unless_switched_off(
    storage: Storage, tmp_path: Path, options: tuple[str, ...], tries: int
) -> None:
    container = f"dropped{tries}"
    (tmp_path / "function_app.py").write_text(BLOBS)
    queues = {"visibilityTimeout": "01:00:00"}
    (tmp_path / "host.json").write_text(json.dumps({"version": "2.0", "extensions": {"queues": queues}}))
    settings = {**storage.settings, "CONTAINER": container, "AzureFunctionsWebHost__hostid": container}
    url = await storage.upload(container, "a.pem", b"a")
    event = {"eventType": "Microsoft.Storage.BlobCreated", "data": {"url": url, "eTag": "0x1"}}
    async with running_host(tmp_path, settings, tmp_path / "host.log", *options) as host:
        webhook = f"{host.url}/runtime/webhooks/blobs?functionName=Host.Functions.failing&code={SYSTEM}"
        async with host.http.post(webhook, json=[event], headers={"aeg-event-type": "Notification"}) as answer:
            assert answer.status == 202
        await eventually(lambda: host.get_json("/api/tries"), lambda seen: len(seen) == tries)
        if tries == 5:
            await eventually(lambda: storage.peek("webjobs-blobtrigger-poison"), len)
        else:  # it is hidden for an hour
            await asyncio.sleep(2)
            assert await host.get_json("/api/tries") == [f"{container}/a.pem"]


async def test_what_fails_in_a_poison_queue_stays_there_hidden_and_is_left_alone_after_the_last_try(
    storage: Storage, tmp_path: Path
) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "function_app.py").write_text(SOUR)
    queues = {"visibilityTimeout": "00:00:01", "maxDequeueCount": 2}
    (folder / "host.json").write_text(json.dumps({"version": "2.0", "extensions": {"queues": queues}}))
    await storage.send("sour-poison", "never")
    async with running_host(folder, storage.settings, tmp_path / "host.log", "--hurry", "300") as host:

        async def taken() -> int:
            """How often it was taken from the queue, the hosts' ten minutes (here two seconds) apart."""
            lying = await storage.queues.get_queue_client("sour-poison").peek_messages(1)
            return lying[0].dequeue_count or 0 if lying else 0

        await eventually(taken, lambda times: times > 3)
        assert await host.get_json("/api/seen") == ["never", "never"]
    assert [queue.name async for queue in storage.queues.list_queues(name_starts_with="sour")] == ["sour-poison"]
