"""The custom topic as publishers meet it: the real SDK clients, and requests that must be refused."""

from __future__ import annotations

import asyncio
import io
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridEvent, EventGridPublisherClient
from azure.eventgrid.aio import EventGridPublisherClient as AsyncEventGridPublisherClient

from eventgrid_emulator import CUSTOM_TOPIC, EventGrid, Subscription, running_event_grid
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving
from testkit.clock import HANG, real_now

VALID = {"id": "1", "source": "/certflow", "type": "Certflow.Issuance.Started", "specversion": "1.0"}
BATCH = "application/cloudevents-batch+json; charset=utf-8"
SINGLE = "application/cloudevents+json"


class FixedToken:
    """A token credential that asks nobody."""

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        assert scopes == ("https://eventgrid.azure.net/.default",)
        return AccessToken("a-token", int(real_now().timestamp()) + 3600)


class FixedTokenAsync(FixedToken):
    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # type: ignore[override] # the async twin
        return super().get_token(*scopes, **options)


class Topic:
    """The running topic, the CA file that clients trust, and the events its one subscriber got."""

    def __init__(self, grid: EventGrid, ca_file: Path, received: list[dict[str, Any]]) -> None:
        self.grid, self.ca_file, self.received = grid, ca_file, received

    async def send(self, credential: Any, events: list[Any]) -> None:
        """Publishes with the sync client, which takes no `connection_verify` (4.22.1): see the fixture."""

        def send() -> None:
            with EventGridPublisherClient(self.grid.endpoint, credential) as client:
                client.send(events)

        await asyncio.to_thread(send)

    async def send_async(self, credential: Any, event: Any) -> None:
        """Publishes with the async client; what must fail does it here: the sync one leaves its connection open then.

        aiohttp read SSL_CERT_FILE when it was imported, so the CA has to be named.
        """
        async with AsyncEventGridPublisherClient(
            self.grid.endpoint, credential, connection_verify=str(self.ca_file)
        ) as client:
            await client.send(event)

    async def post(
        self, body: Any, *, content_type: str = BATCH, version: str = "2018-01-01", **headers: str
    ) -> tuple[int, Any]:
        """Posts a body, as JSON unless it is bytes, with the topic's key unless headers are given."""
        context = ssl.create_default_context(cafile=self.ca_file)
        sent = headers or {"aeg-sas-key": self.grid.key}
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                self.grid.endpoint,
                params={"api-version": version},
                data=io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode()),
                headers={"Content-Type": content_type, **{k.replace("_", "-"): v for k, v in sent.items()}},
                ssl=context,
            ) as answer,
        ):
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def receives(self, count: int) -> list[dict[str, Any]]:
        await until(lambda: len(self.received) >= count)
        return self.received


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG):
        while not condition():  # noqa: ASYNC110 - what changes is another system's state, which sets no asyncio.Event
            await asyncio.sleep(0.01)


@pytest.fixture
async def topic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Topic]:
    ca = LocalCa()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca.write_ca(tmp_path / "ca.pem")))
    received: list[dict[str, Any]] = []

    async def agree(_request: web.Request) -> web.Response:
        return web.Response(headers={"WebHook-Allowed-Origin": "*"})

    async def take(request: web.Request) -> web.Response:
        received.append(json.loads(await request.text()))
        return web.Response()

    webhook = web.Application()
    webhook.router.add_options("/", agree)
    webhook.router.add_post("/", take)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving(webhook))
        grid = await stack.enter_async_context(running_event_grid(ca, dead_letters=tmp_path / "dead"))
        grid.subscribe(CUSTOM_TOPIC, Subscription("all", f"http://127.0.0.1:{port}/"))
        yield Topic(grid, tmp_path / "ca.pem", received)


def event(number: int = 1, data: Any = None) -> CloudEvent[Any]:
    return CloudEvent(source="/certflow", type="Certflow.Issuance.Started", subject=f"main/{number}", data=data)


@pytest.mark.parametrize("kind", ["key", "token"])
async def test_the_sync_client_publishes_with_key_and_with_token(topic: Topic, kind: str) -> None:
    credential = AzureKeyCredential(topic.grid.key) if kind == "key" else FixedToken()
    await topic.send(credential, [event(1, {"name": "über"}), event(2, b"\x00\x01")])
    first, second = sorted(await topic.receives(2), key=lambda item: str(item["subject"]))
    assert first["data"] == {"name": "über"}
    assert second["data_base64"] == "AAE="
    assert CloudEvent.from_dict(first).type == "Certflow.Issuance.Started"


@pytest.mark.parametrize("kind", ["key", "token"])
async def test_the_async_client_publishes_with_key_and_with_token(topic: Topic, kind: str) -> None:
    await topic.send_async(AzureKeyCredential(topic.grid.key) if kind == "key" else FixedTokenAsync(), event(7))
    assert [item["subject"] for item in await topic.receives(1)] == ["main/7"]


async def test_a_wrong_key_is_an_authentication_error(topic: Topic) -> None:
    with pytest.raises(ClientAuthenticationError) as caught:
        await topic.send_async(AzureKeyCredential("wrong"), event())
    assert caught.value.error is not None
    assert caught.value.error.code == "Unauthorized"


async def test_the_event_grid_schema_is_refused(topic: Topic) -> None:
    with pytest.raises(HttpResponseError, match="CloudEventSchemaV1_0") as caught:
        await topic.send_async(AzureKeyCredential(topic.grid.key), EventGridEvent("subject", "type", {}, "1.0"))
    assert caught.value.status_code == 400


@pytest.mark.parametrize("headers", [{"x": "y"}, {"aeg_sas_key": ""}, {"Authorization": "Bearer "}])
async def test_a_request_without_credential_is_401(topic: Topic, headers: dict[str, str]) -> None:
    status, body = await topic.post([VALID], **headers)
    assert status == 401
    assert body["error"]["code"] == "Unauthorized"


async def test_a_single_event_is_taken_too(topic: Topic) -> None:
    assert await topic.post(VALID, content_type=SINGLE) == (200, None)
    assert await topic.receives(1) == [VALID]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": None}, "'id'"),
        ({"id": ""}, "'id'"),
        ({"source": 5}, "'source'"),
        ({"type": ""}, "'type'"),
        ({"specversion": "0.3"}, "'specversion'"),
        ({"subject": ""}, "'subject'"),
        ({"time": "yesterday"}, "'time'"),
        ({"time": "2026-11-24T07:00:00"}, "'time'"),
        ({"dataSchema": "x"}, "'dataSchema'"),
        ({"extension": {}}, "'extension'"),
        ({"data": 1, "data_base64": "AA=="}, "'data_base64'"),
    ],
)
async def test_an_invalid_attribute_is_400_and_named(topic: Topic, change: dict[str, Any], named: str) -> None:
    status, body = await topic.post([VALID, VALID | change])
    assert status == 400
    assert named in body["error"]["message"]
    assert "events[1]" in body["error"]["message"]


@pytest.mark.parametrize("missing", sorted(VALID))
async def test_a_missing_attribute_is_400_and_named(topic: Topic, missing: str) -> None:
    status, body = await topic.post([{k: v for k, v in VALID.items() if k != missing}])
    assert status == 400
    assert f"'{missing}'" in body["error"]["message"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", BATCH),
        (b"[" * 100_000, BATCH),
        (b"\xff", BATCH),
        (VALID, BATCH),
        ([VALID], SINGLE),
        ([VALID], "application/json"),
        ("x", BATCH),
    ],
)
async def test_what_is_no_batch_of_events_is_400(topic: Topic, body: Any, content_type: str) -> None:
    status, answer = await topic.post(body, content_type=content_type)
    assert status == 400
    assert answer["error"]["code"] == "BadRequest"


async def test_one_bad_event_keeps_the_whole_request_out(topic: Topic) -> None:
    assert (await topic.post([VALID | {"id": "good"}, {}]))[0] == 400
    assert (await topic.post([VALID | {"id": "last"}]))[0] == 200
    assert [item["id"] for item in await topic.receives(1)] == ["last"]


async def test_more_than_a_megabyte_is_413(topic: Topic) -> None:
    status, body = await topic.post([VALID | {"data": "x" * 1_048_576}])
    assert status == 413
    assert body["error"]["code"] == "PayloadTooLarge"


async def test_another_api_version_is_400(topic: Topic) -> None:
    status, body = await topic.post([VALID], version="2099-01-01")
    assert status == 400
    assert "api-version" in body["error"]["message"]


async def test_a_system_topic_checks_its_events_too(topic: Topic) -> None:
    with pytest.raises(ValueError, match="'source'"):
        await topic.grid.publish("vaults", {"id": "1", "type": "t", "specversion": "1.0"})
