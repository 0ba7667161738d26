"""The custom topic's HTTP side: what `azure.eventgrid.EventGridPublisherClient` talks to."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from http import HTTPStatus

from aiohttp import web

from eventgrid_emulator.cloud_events import MAX_BYTES, Event, InvalidEventError, parse_request
from eventgrid_emulator.delivery import SubscriptionState

API_VERSION = "2018-01-01"
_BEARER = "bearer "


def publishing_app(
    key: str, publish: Callable[[Event], Awaitable[None]], states: Callable[[], Sequence[SubscriptionState]]
) -> web.Application:
    """`POST /api/events` for publishers; `GET /state` is the door for tests to look inside."""

    async def post_events(request: web.Request) -> web.Response:
        try:
            body = await request.read()  # before any answer: aiohttp cuts a connection whose request was not read
        except web.HTTPRequestEntityTooLarge:
            return _error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "PayloadTooLarge", _TOO_LARGE)
        if not _is_authorized(request, key):
            return _error(HTTPStatus.UNAUTHORIZED, "Unauthorized", _UNAUTHORIZED)
        if request.query.get("api-version") != API_VERSION:
            return _error(HTTPStatus.BAD_REQUEST, "BadRequest", f"The query must say api-version={API_VERSION}.")
        try:
            events = parse_request(request.content_type, body)
        except InvalidEventError as error:
            return _error(HTTPStatus.BAD_REQUEST, "BadRequest", str(error))
        for event in events:
            await publish(event)
        return web.Response()

    async def get_state(_request: web.Request) -> web.Response:
        return web.json_response({"subscriptions": [asdict(state) for state in states()]})

    app = web.Application(client_max_size=MAX_BYTES)
    app.router.add_post("/api/events", post_events)
    app.router.add_get("/state", get_state)
    return app


_UNAUTHORIZED = (
    "The request must carry the topic's key in the header aeg-sas-key, or a bearer token in the header Authorization."
)
_TOO_LARGE = f"The maximum size of a request, and of an event in it, is {MAX_BYTES} bytes."


def _is_authorized(request: web.Request, key: str) -> bool:
    """The key, or any token: who may publish is a role assignment, which a laptop does not have."""
    if hmac.compare_digest(request.headers.get("aeg-sas-key", "").encode(), key.encode()):
        return True
    authorization = request.headers.get("Authorization", "")
    return authorization.lower().startswith(_BEARER) and bool(authorization[len(_BEARER) :].strip())


def _error(status: HTTPStatus, code: str, message: str) -> web.Response:
    details = [{"code": code, "message": message}]
    return web.json_response({"error": {"code": code, "message": message, "details": details}}, status=status)
