"""HTTP triggers: which function a request is for, what of it the function gets to see, and what goes back."""

from __future__ import annotations

import http.cookies
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from functions_host.functions import Function
from functions_host.host_json import HostJson
from functions_host.invoker import Invoker
from functions_host.keys import Keys
from functions_host.protos import Message, RpcHttp, TypedData
from functions_host.routes import Route
from functions_host.settings import Settings, is_true
from functions_host.worker import InvocationFailed

log = logging.getLogger("functions_host")

BODY_LIMIT = 100 * 1024 * 1024
HOMEPAGE = "<!DOCTYPE html><title>Functions</title><h1>Your Functions app is up and running</h1>"

# The server writes these itself; a second copy from the function would contradict it.
_NOT_FROM_FUNCTION = ("content-length", "transfer-encoding", "connection")
_SAME_SITE = {1: "Lax", 2: "Strict", 3: "None"}


class HttpFront:
    """Routes requests to HTTP functions as the host does: in order, the first match wins, never a 405."""

    def __init__(
        self,
        keys: Keys,
        invoker: Invoker,
        functions: Mapping[str, tuple[Function, Route]],
        config: HostJson,
        settings: Settings,
    ) -> None:
        self._keys = keys
        self._invoker = invoker
        self._functions = functions
        self._prefix = [part.lower() for part in config.route_prefix.split("/") if part]
        self._most = config.max_outstanding_requests
        self._homepage_off = is_true(settings.get("AzureWebJobsDisableHomepage"))
        self._outstanding = 0

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answers one request; no route, another method, or a function switched off: 404 without a body."""
        found = self._find(request)
        if found is None:
            return self._homepage(request) or web.Response(status=404)
        function, parameters = found
        if function.disabled:
            return web.Response(status=404)
        if not self._keys.admit_level(request, str(function.trigger.get("authLevel", "function")).lower()):
            return web.Response(status=401)
        if (request.content_length or 0) > BODY_LIMIT:
            return web.Response(status=413)
        if self._most is not None and self._outstanding >= self._most:
            return web.Response(status=429)
        self._outstanding += 1
        try:
            data = TypedData(http=await _rpc_request(request, parameters))
            return _response(await self._invoker.invoke(function, data, reason="HTTP"))
        except InvocationFailed:
            return web.Response(status=500)
        finally:
            self._outstanding -= 1

    def _find(self, request: web.BaseRequest) -> tuple[Function, dict[str, str]] | None:
        parts = request.rel_url.raw_path.removeprefix("/").split("/")
        if [part.lower() for part in parts[: len(self._prefix)]] != self._prefix:
            return None
        path = "/".join(parts[len(self._prefix) :])
        for function, route in self._functions.values():
            parameters = route.match(path) if route.allows(request.method) else None
            if parameters is not None:
                return function, parameters
        return None

    def _homepage(self, request: web.BaseRequest) -> web.Response | None:
        if request.rel_url.raw_path != "/" or request.method != "GET":
            return None
        if self._homepage_off:
            return web.Response(status=204)
        return web.Response(text=HOMEPAGE, content_type="text/html")


async def _rpc_request(request: web.BaseRequest, parameters: dict[str, str]) -> Message:
    """The request as the host hands it over. It passes a body on only if Content-Length says there is one."""
    body = await request.read() if request.content_length else b""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    query: dict[str, str] = {}
    for name, value in parse_qsl(request.rel_url.raw_query_string):  # drops parameters without a value
        query[name] = f"{query[name]},{value}" if name in query else value
    return RpcHttp(
        method=request.method,
        url=str(request.url),
        headers=headers,
        query=query,
        params=parameters,
        body=TypedData(bytes=body),
    )


def _response(value: TypedData | None) -> web.Response:
    """The function's answer: an HttpResponse, a plain string, or nothing (204)."""
    kind = value.WhichOneof("data") if value is not None else None
    if value is None or kind is None:
        return web.Response(status=204)
    if kind != "http":
        return web.Response(text=str(getattr(value, kind)))
    answer = value.http
    body = answer.body.bytes if answer.body is not None else None
    response = web.Response(status=int(answer.status_code), body=body or None)
    for name, text in answer.headers.items():
        if name.lower() not in _NOT_FROM_FUNCTION:
            response.headers[name] = text
    for cookie in answer.cookies or ():
        response.headers.add("Set-Cookie", _set_cookie(cookie))
    return response


def _set_cookie(cookie: Message) -> str:
    """A cookie as text; the worker takes `Set-Cookie` apart into fields."""
    morsel: http.cookies.Morsel[str] = http.cookies.Morsel()
    morsel.set(cookie.name, cookie.value, cookie.value)
    fields: dict[str, Any] = {
        "domain": _value(cookie.domain),
        "path": _value(cookie.path),
        "secure": _value(cookie.secure),
        "httponly": _value(cookie.http_only),
        "max-age": _value(cookie.max_age),
        "expires": _value(cookie.expires),
        "samesite": _SAME_SITE.get(cookie.same_site),
    }
    for name, value in fields.items():
        if value:
            morsel[name] = int(value) if name == "max-age" else value
    return morsel.OutputString()


def _value(nullable: Any) -> Any:
    return nullable.value if nullable is not None else None
