"""The inbox's Communication Services resource, as a client meets it that is none of Microsoft's."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from inbox import Inbox, running_inbox
from inbox.acs import API_VERSIONS
from keyvault_emulator.tls import LocalCa
from testkit.tokens import AnyToken

NO_OPERATION = "00000000-0000-4000-8000-000000000000"
MESSAGE: dict[str, Any] = {
    "senderAddress": "certflow@example.com",
    "recipients": {"to": [{"address": "a@example.com", "displayName": "A"}], "cc": [{"address": "b@example.com"}]},
    "content": {"subject": "Ready", "plainText": "words", "html": "<p>words</p>"},
    "headers": {"X-Certflow-Event": "main:web"},
}


@dataclass
class Caller:
    inbox: Inbox
    session: aiohttp.ClientSession
    tls: ssl.SSLContext
    token: str

    async def call(
        self, method: str, path: str, *, version: str = API_VERSIONS[-1], **options: Any
    ) -> tuple[int, Any, dict[str, str]]:
        url, headers = self.inbox.acs_endpoint + path, {"Authorization": f"Bearer {self.token}"}
        headers |= options.pop("headers", {})
        async with self.session.request(
            method, url, params={"api-version": version}, ssl=self.tls, headers=headers, **options
        ) as answer:
            return answer.status, await answer.json(), dict(answer.headers)

    async def send(self, body: Any = MESSAGE, operation_id: str | None = None) -> tuple[int, Any, dict[str, str]]:
        headers = {"Operation-Id": operation_id} if operation_id else {}
        return await self.call("POST", "/emails:send", json=body, headers=headers)


@pytest.fixture
async def caller(tmp_path: Path) -> AsyncIterator[Caller]:
    ca = LocalCa()
    tls = ssl.create_default_context(cafile=ca.write_ca(tmp_path / "ca.pem"))
    token = (await AnyToken().get_token("https://communication.azure.com/.default")).token
    async with running_inbox(ca, mail_dir=tmp_path / "mails") as inbox, aiohttp.ClientSession() as session:
        yield Caller(inbox, session, tls, token)


async def test_an_accepted_mail_is_kept_and_its_operation_can_be_looked_at(caller: Caller, tmp_path: Path) -> None:
    status, body, headers = await caller.send()
    assert (status, body["status"], body["error"]) == (202, "Running", None)
    assert headers["Retry-After"] == "3"
    async with caller.session.get(
        headers["Operation-Location"], ssl=caller.tls, headers={"Authorization": f"Bearer {caller.token}"}
    ) as answer:
        assert await answer.json() == {"id": body["id"], "status": "Succeeded", "error": None}
    (kept,) = caller.inbox.messages
    assert (kept.to, kept.text.strip(), kept.html) == ("a@example.com, b@example.com", "words", "<p>words</p>\n")
    assert b"X-Certflow-Event: main:web" in (tmp_path / "mails" / f"{kept.id}.eml").read_bytes()


async def test_a_repeated_operation_id_is_the_same_operation_and_another_body_is_none(caller: Caller) -> None:
    operation_id = str(uuid4())
    first, second = [await caller.send(operation_id=spelling) for spelling in (operation_id, operation_id.upper())]
    assert first[:2] == second[:2] == (202, {"id": operation_id, "status": "Running", "error": None})
    status, body, headers = await caller.send(MESSAGE | {"senderAddress": "other@example.com"}, operation_id)
    assert (status, body["error"]["code"], headers["x-ms-error-code"]) == (400, "BadRequest", "BadRequest")
    assert len(caller.inbox.messages) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"senderAddress": "nobody"}, "InvalidEmailAddress"),
        ({"recipients": {"to": [{"address": "a@example.com, b@example.com"}]}}, "InvalidEmailAddress"),
        ({"recipients": {"to": []}}, "BadRequest"),
        ({"recipients": None}, "BadRequest"),
        ({"content": {"subject": "no words"}}, "BadRequest"),
        ({"content": {"plainText": "no subject"}}, "BadRequest"),
        ({"headers": {"X-A": "b\r\nBcc: evil@example.com"}}, "BadRequest"),
    ],
)
async def test_a_message_that_the_service_would_not_take_is_400(
    caller: Caller, change: dict[str, Any], code: str
) -> None:
    status, body, _ = await caller.send(MESSAGE | change)
    assert (status, body["error"]["code"]) == (400, code)
    assert caller.inbox.messages == []


async def test_what_is_no_json_and_what_is_no_uuid_is_400(caller: Caller) -> None:
    assert (await caller.call("POST", "/emails:send", data=b"{"))[0] == 400
    assert (await caller.send(operation_id="one"))[0] == 400
    assert (await caller.call("POST", "/emails:send", json=MESSAGE, version="2020-01-01"))[0] == 400


@pytest.mark.parametrize("path", ["/emails:send", f"/emails/operations/{NO_OPERATION}"])
@pytest.mark.parametrize("audience", ["https://vault.azure.net", None])
async def test_without_a_token_for_it_nothing_opens(caller: Caller, path: str, audience: str | None) -> None:
    token = (await AnyToken().get_token(f"{audience}/.default")).token if audience else "a.b.c"
    method = "POST" if path.endswith("send") else "GET"
    status, body, _ = await caller.call(method, path, headers={"Authorization": f"Bearer {token}"}, json=MESSAGE)
    assert (status, body["error"]["code"]) == (401, "Denied")
    assert caller.inbox.messages == []


async def test_an_operation_that_was_never_begun_is_404(caller: Caller) -> None:
    assert (await caller.call("GET", f"/emails/operations/{uuid4()}"))[0] == 404
