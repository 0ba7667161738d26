"""The inbox over HTTP: the page for people, the list for programs, the switch for faults."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from inbox.faults import Faults
from inbox.messages import CHANNELS, Messages

_HERE = Path(__file__).parent / "static"
_NODE = Path(__file__).parent / "node" / "node_modules"  # npm's, see README

# Everything the page loads, by the name it has under /static/.
_STATIC = {
    "inbox.js": _HERE / "inbox.js",
    "teams.js": _HERE / "teams.js",
    "mail.js": _HERE / "mail.js",
    "webhook.js": _HERE / "webhook.js",
    "element.js": _HERE / "element.js",
    "inbox.css": _HERE / "inbox.css",
    "icon.svg": _HERE / "icon.svg",
    "adaptivecards.min.js": _NODE / "adaptivecards" / "dist" / "adaptivecards.min.js",
    "markdown-it.min.js": _NODE / "markdown-it" / "dist" / "browser" / "markdown-it.umd.min.js",
}

# Mails bring styles of their own, and a framed srcdoc inherits this policy; nothing ever leaves for another host.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Page:
    """The routes of the inbox but for the Teams trigger."""

    def __init__(self, messages: Messages, faults: Faults) -> None:
        self._messages, self._faults = messages, faults

    def add_routes(self, app: web.Application) -> None:
        """Puts page, list and switch into an application."""
        app.router.add_get("/", self._index)
        app.router.add_get("/static/{name}", self._static)
        app.router.add_get("/api/messages", self._list)
        app.router.add_delete("/api/messages", self._clear)
        app.router.add_get("/api/messages/{id}", self._get)
        app.router.add_get("/control/faults", self._get_faults)
        app.router.add_post("/control/faults", self._set_faults)

    async def _index(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(_HERE / "index.html", headers=_HEADERS)

    async def _static(self, request: web.Request) -> web.FileResponse:
        path = _STATIC.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(path, headers=_HEADERS)

    async def _list(self, request: web.Request) -> web.Response:
        channel, contains = request.query.get("channel"), request.query.get("contains")
        if channel not in (None, *CHANNELS):
            return _problem(HTTPStatus.BAD_REQUEST, f"channel must be one of {', '.join(CHANNELS)}")
        return _json([message.as_json() for message in self._messages.all if message.matches(channel, contains)])

    async def _get(self, request: web.Request) -> web.Response:
        message = self._messages.get(request.match_info["id"])
        if message is None:
            return _problem(HTTPStatus.NOT_FOUND, f"there is no message {request.match_info['id']}")
        return _json(message.as_json())

    async def _clear(self, _request: web.Request) -> web.Response:
        self._messages.clear()
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _get_faults(self, _request: web.Request) -> web.Response:
        return _json(self._faults)

    async def _set_faults(self, request: web.Request) -> web.Response:
        try:
            asked = msgspec.json.decode(await request.read(), type=Faults)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:  # a ValidationError is a DecodeError
            return _problem(HTTPStatus.BAD_REQUEST, str(error))
        self._faults.replace(asked)
        return _json(self._faults)


def _json(value: Any, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(
        body=msgspec.json.encode(value), content_type="application/json", status=status, headers=headers
    )


def _problem(status: HTTPStatus, message: str) -> web.Response:
    return _json({"error": {"code": status.phrase.replace(" ", ""), "message": message}}, status)
