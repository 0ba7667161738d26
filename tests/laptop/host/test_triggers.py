"""The local Functions host's timers, queues, blobs and Event Grid webhook, on a real Azurite."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from functions_host.testing import HOST, KEYS, MASTER, SYSTEM, RunningHost, eventually, running_host
from tests.laptop.host.storage import Storage, running_storage

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP = Path(__file__).parent / "host_apps" / "triggers"
HOST_ID = "the-host"


@dataclass
class Stack:
    host: RunningHost
    storage: Storage

    def seen(self, function: str) -> Callable[[], Awaitable[list[Any]]]:
        return lambda: self.host.get_json(f"/api/seen/{function}")

    async def post(self, path: str, body: object, kind: str = "Notification", **headers: str) -> tuple[int, str]:
        given = {"aeg-event-type": kind, **headers}
        async with self.host.http.post(self.host.url + path, json=body, headers=given) as answer:
            return answer.status, await answer.text()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    directory = tmp_path_factory.mktemp("stack")
    async with running_storage(directory) as storage:
        await storage.send("idle", "left alone")
        settings = {
            **storage.settings,
            "AzureFunctionsWebHost__hostid": HOST_ID,
            "ChainStorage": storage.azurite.connection_string,
            "SLOW_SCHEDULE": "* * * * * *",
            "AzureWebJobs.disabled.Disabled": "1",
        }
        async with running_host(APP, settings, directory / "host.log") as host:
            yield Stack(host, storage)


# Timers


async def test_timer_follows_its_schedule_though_a_run_failed(stack: Stack) -> None:
    await eventually(stack.seen("tick"), lambda seen: len(seen) >= 3)


async def test_slow_timer_never_overlaps_itself(stack: Stack) -> None:
    seen = await eventually(stack.seen("slow"), lambda seen: len(seen) >= 2)
    assert set(seen) == {1}


async def test_monitored_timer_keeps_its_status_and_a_quick_one_does_not(stack: Stack) -> None:
    container = stack.storage.blobs.get_container_client("azure-webjobs-hosts")

    async def names() -> list[str]:
        if not await container.exists():
            return []
        return [str(blob) async for blob in container.list_blob_names(name_starts_with="timers/")]

    found = await eventually(names, lambda names: len(names) == 2)
    assert found == [f"timers/{HOST_ID}/stubborn/status", f"timers/{HOST_ID}/yearly/status"]
    status = json.loads(await (await container.download_blob(found[1])).readall())
    assert set(status) == {"Last", "Next", "LastUpdated"}
    assert status["Next"].endswith("-01-01T00:00:00+00:00")


async def test_admin_runs_a_timer_in_the_background_and_its_output_list_becomes_messages(stack: Stack) -> None:
    assert await stack.host.run("yearly") == 202
    seen = await eventually(stack.seen("yearly"), len)
    assert seen[0]["past_due"] is False
    assert set(seen[0]["status"]) == {"Last", "Next", "LastUpdated"}
    await eventually(stack.seen("check"), lambda seen: {"one", "two"} <= {body for body, _ in seen})


async def test_retry_policy_of_a_timer_is_kept(stack: Stack) -> None:
    assert await stack.host.run("stubborn") == 202
    assert await eventually(stack.seen("stubborn"), lambda seen: len(seen) == 3) == [0, 1, 2]


# Admin


@pytest.mark.parametrize(
    ("name", "body", "headers", "status"),
    [
        ("yearly", "", {}, 400),
        ("yearly", "[]", {}, 400),
        ("yearly", "nonsense", {}, 400),
        ("nobody", '{"input": ""}', {}, 404),
        ("seen", '{"input": ""}', {}, 404),
        ("yearly", '{"input": ""}', {"Content-Type": "text/plain"}, 415),
        ("yearly", '{"input": ""}', {"x-functions-key": HOST}, 401),
        ("merge", '{"input": "no-blob"}', {}, 400),
        ("notify", '{"input": "no event"}', {}, 400),
    ],
)
async def test_admin_refuses(stack: Stack, name: str, body: str, headers: dict[str, str], status: int) -> None:
    given = {"Content-Type": "application/json", **KEYS, **headers}
    async with stack.host.http.post(f"{stack.host.url}/admin/functions/{name}", data=body, headers=given) as answer:
        assert answer.status == status


async def test_admin_runs_queue_blob_and_event_functions(stack: Stack) -> None:
    await stack.storage.upload("chains", "by-admin.pem", b"admin")
    assert await stack.host.run("check", "from admin") == 202
    assert await stack.host.run("merge", "chains/by-admin.pem") == 202
    assert await stack.host.run("notify", json.dumps(event("by-admin"))) == 202
    await eventually(stack.seen("check"), lambda seen: "from admin" in {body for body, _ in seen})
    await eventually(stack.seen("merge"), lambda seen: "chains/by-admin.pem" in {blob["name"] for blob in seen})
    await eventually(stack.seen("notify"), lambda seen: "by-admin" in {subject for *_, subject in seen})


# Queues


async def test_queue_message_is_tried_five_times_and_then_poison(stack: Stack) -> None:
    await stack.storage.send("checks", "bad")
    await eventually(lambda: stack.storage.peek("checks-poison"), lambda found: encoded("bad") in found)
    seen = await stack.host.get_json("/api/seen/check")
    assert [count for body, count in seen if body == "bad"] == [1, 2, 3, 4, 5]


async def test_message_that_is_not_base64_goes_to_poison_at_once_and_the_next_is_served(stack: Stack) -> None:
    await stack.storage.send("checks", "{not base64}", encoded=False)
    await stack.storage.send("checks", "grüße")
    await eventually(lambda: stack.storage.peek("checks-poison"), lambda found: "{not base64}" in found)
    await eventually(stack.seen("check"), lambda seen: ["grüße", 1] in seen)
    assert await stack.storage.peek("checks") == []


async def test_disabled_function_leaves_its_queue_alone(stack: Stack) -> None:
    assert await stack.storage.peek("idle") == [encoded("left alone")]
    assert await stack.host.get_json("/api/seen/disabled") == []


# Event Grid

WEBHOOK = f"/runtime/webhooks/eventgrid?functionName=notify&code={SYSTEM}"


async def test_events_of_either_schema_reach_the_function(stack: Stack) -> None:
    assert await stack.post(WEBHOOK, [event("first"), event("second")]) == (202, "")
    assert await stack.post(WEBHOOK, cloud_event("third")) == (202, "")
    seen = await stack.host.get_json("/api/seen/notify")
    for wanted in (
        ["EventGridEvent", "Happened", "first"],
        ["EventGridEvent", "Happened", "second"],
        ["CloudEvent", "Happened", "third"],
    ):
        assert wanted in seen


async def test_one_failing_event_fails_the_delivery_and_the_others_still_run(stack: Stack) -> None:
    assert await stack.post(WEBHOOK, [event("before"), event("bad"), event("after")]) == (500, "")
    seen = {subject for *_, subject in await stack.host.get_json("/api/seen/notify")}
    assert {"before", "bad", "after"} <= seen


@pytest.mark.parametrize("path", [WEBHOOK, f"/runtime/webhooks/blobs?functionName=Host.Functions.merge&code={SYSTEM}"])
async def test_both_handshakes(stack: Stack, path: str) -> None:
    validation = [{**event("v"), "data": {"validationCode": "512"}}]
    status, text = await stack.post(path, validation, "SubscriptionValidation")
    assert (status, json.loads(text)) == (200, {"validationResponse": "512"})
    asked = {"WebHook-Request-Origin": "eventgrid.azure.net"}
    async with stack.host.http.options(stack.host.url + path, headers=asked) as answer:
        assert (answer.status, answer.headers["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")


@pytest.mark.parametrize("extension", ["eventgrid", "blobs"])
async def test_webhook_refuses(stack: Stack, extension: str) -> None:
    name = "notify" if extension == "eventgrid" else "Host.Functions.merge"
    path = f"/runtime/webhooks/{extension}?functionName="
    assert await stack.post(f"{path}{name}&code={HOST}", [event("x")]) == (401, "")
    assert await stack.post(f"{path}{name}", [event("x")]) == (401, "")
    assert await stack.post(f"{path}nobody&code={SYSTEM}", [event("x")]) == (404, "")
    assert await stack.post(f"{path}{name}&code={SYSTEM}", [event("x")], "Unheard") == (400, "")
    assert await stack.post(f"{path}{name}&code={SYSTEM}", "no event") == (400, "")
    assert await stack.post(f"{path}{name}&code={SYSTEM}", [], "SubscriptionValidation") == (400, "")
    assert await stack.post(f"{path}{name}&code={MASTER}", [event("x")], "SubscriptionValidation") == (400, "")


# Blobs

BLOBS = f"/runtime/webhooks/blobs?functionName=Host.Functions.merge&code={SYSTEM}"


async def test_dropped_blob_reaches_the_function(stack: Stack) -> None:
    url = await stack.storage.upload("chains", "a b/chäin.pem", b"good", {"by": "me"})
    assert "%20" in url
    assert await stack.post(BLOBS, [blob_created(url)]) == (202, "")
    seen = await eventually(stack.seen("merge"), lambda seen: [b for b in seen if b["content"] == "good"])
    found = next(blob for blob in seen if blob["content"] == "good")
    assert found["name"] == "chains/a b/chäin.pem"
    assert found["length"] == 4
    assert found["uri"].endswith("/chains/a%20b/ch%C3%A4in.pem")
    assert found["metadata"] == {"by": "me"}
    assert found["properties"]["ETag"]


async def test_cloud_event_of_an_azure_url_does_it_too(stack: Stack) -> None:
    await stack.storage.upload("chains", "cloud.pem", b"cloud")
    url = "https://acct.blob.core.windows.net/chains/cloud.pem"
    assert await stack.post(BLOBS, {**cloud_event("b"), **blob_created(url, "type")}) == (202, "")
    await eventually(stack.seen("merge"), lambda seen: "cloud" in {blob["content"] for blob in seen})


async def test_blob_of_another_container_and_blob_that_is_gone_are_dropped(stack: Stack) -> None:
    other = await stack.storage.upload("others", "x.pem", b"other")
    gone = other.replace("others/x.pem", "chains/gone.pem")
    deleted = {**blob_created(gone), "eventType": "Microsoft.Storage.BlobDeleted"}
    assert await stack.post(BLOBS, [blob_created(other), blob_created(gone), deleted]) == (202, "")
    url = await stack.storage.upload("chains", "later.pem", b"later")
    assert await stack.post(BLOBS, [blob_created(url)]) == (202, "")
    seen = await eventually(stack.seen("merge"), lambda seen: "later" in {blob["content"] for blob in seen})
    assert not {"other", ""} & {blob["content"] for blob in seen}
    await eventually(lambda: stack.storage.peek(f"azure-webjobs-blobtrigger-{HOST_ID}"), lambda messages: not messages)


async def test_blob_is_tried_five_times_and_then_poison(stack: Stack) -> None:
    url = await stack.storage.upload("chains", "bad.pem", b"bad")
    assert await stack.post(BLOBS, [blob_created(url)]) == (202, "")
    messages = await eventually(lambda: stack.storage.peek("webjobs-blobtrigger-poison"), len)
    assert json.loads(base64.b64decode(messages[0])) == {
        "FunctionId": "Host.Functions.merge",
        "BlobType": "BlockBlob",
        "ContainerName": "chains",
        "BlobName": "bad.pem",
        "ETag": "0x1",
    }
    seen = await stack.host.get_json("/api/seen/merge")
    assert len([blob for blob in seen if blob["content"] == "bad"]) == 5


async def test_message_for_a_function_that_is_no_more_is_dropped(stack: Stack) -> None:
    queue = f"azure-webjobs-blobtrigger-{HOST_ID}"
    message = {"FunctionId": "Host.Functions.old", "BlobType": "BlockBlob", "ContainerName": "c", "BlobName": "b"}
    await stack.storage.send(queue, json.dumps({**message, "ETag": ""}))
    await eventually(lambda: stack.storage.peek(queue), lambda messages: not messages)
    await asyncio.sleep(0.2)
    assert len(await stack.storage.peek("webjobs-blobtrigger-poison")) <= 1


def event(subject: str) -> dict[str, Any]:
    return {
        "id": "1",
        "topic": "/t",
        "subject": subject,
        "eventType": "Happened",
        "eventTime": "2026-11-24T00:00:00.1234567Z",
        "dataVersion": "1",
        "data": {"a": 1},
    }


def cloud_event(subject: str) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "1", "source": "/s", "type": "Happened", "subject": subject, "data": {}}


def blob_created(url: str, type_field: str = "eventType") -> dict[str, Any]:
    data = {"url": url, "eTag": "0x1", "blobType": "BlockBlob", "api": "PutBlob"}
    return {"id": "1", type_field: "Microsoft.Storage.BlobCreated", "data": data}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
