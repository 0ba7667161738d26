"""A webhook that takes any JSON object, as Apprise's `json://` posts it: title, message, type."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from inbox.faults import Faults
from inbox.messages import Messages

CHANNEL = "webhook"
_PATH = "/webhook"


class Webhook:
    """Open to anyone who has its URL: the last part of the path is the credential."""

    def __init__(self, messages: Messages, faults: Faults, secret: str) -> None:
        self._messages, self._faults, self._secret = messages, faults, secret

    @property
    def path(self) -> str:
        """The path of the webhook's URL."""
        return f"{_PATH}/{self._secret}"

    def add_routes(self, app: web.Application) -> None:
        """Puts the webhook into an application."""
        app.router.add_post(f"{_PATH}/{{secret}}", self._take)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not hmac.compare_digest(request.match_info["secret"].encode(), self._secret.encode()):
            return _problem(HTTPStatus.NOT_FOUND, "there is no such webhook")
        if (fault := self._faults.next_webhook()) is not None:
            return _problem(fault.status, "This answer was asked for at /control/faults.")
        try:
            said = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return _problem(HTTPStatus.BAD_REQUEST, f"the body is no JSON object: {error}")
        subject, text = str(said.get("title", "")), str(said.get("message", ""))
        message = self._messages.add("webhook", to=CHANNEL, subject=subject, text=text, raw=body.decode())
        return web.json_response({"id": message.id})


def _problem(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message}}, status=status)
