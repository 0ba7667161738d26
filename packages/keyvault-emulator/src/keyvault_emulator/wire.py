"""HTTP as Key Vault speaks it: headers, bodies, the challenge, errors. Nothing here knows what a certificate is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from keyvault_emulator.errors import KeyVaultError, bad_parameter
from keyvault_emulator.tokens import AUDIENCE, TENANT_ID

OPERATION = web.RequestKey("operation", str)  # the name of the handler that a request led to
RETRY_AFTER = {"Retry-After": "10"}  # protocol §1: on the 202 and on every read that answers inProgress

# Protocol §2. What the service reports about itself is fixed here; the version is the newest one recorded.
HEADERS = CIMultiDict(
    {
        "Cache-Control": "no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "Strict-Transport-Security": "max-age=31536000;includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "x-ms-keyvault-region": "local",
        "x-ms-keyvault-service-version": "1.9.713.1",
        "x-ms-keyvault-network-info": "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;",
    }
)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Puts on every reply what Key Vault puts there (an `on_response_prepare` signal)."""
    response.headers.update(HEADERS)
    response.headers["x-ms-request-id"] = str(uuid.uuid4())
    sent = request.headers.get("x-ms-client-request-id")
    if sent and request.headers.get("x-ms-return-client-request-id", "").lower() == "true":
        response.headers["x-ms-client-request-id"] = sent
    response.headers.pop("Server", None)  # gone from recordings since about 2021


def reply(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON reply, keys in the order given."""
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        headers={"Content-Type": "application/json; charset=utf-8", **(headers or {})},
    )


def error_reply(error: KeyVaultError, *, headers: dict[str, str] | None = None) -> web.Response:
    """The one place where an error becomes a body."""
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.inner:
        body["innererror"] = {"code": error.inner}
    return reply({"error": body}, status=error.status, headers=headers)


def challenge_resource(host: str) -> str:
    """The resource that a vault under this host name wants tokens for.

    An unmodified SDK client takes a challenge only if its vault's host ends with "." + the resource's host and port.
    """
    name, _, port = host.partition(":")
    local = f"https://localhost{':' if port else ''}{port}"
    return local if name.lower().endswith(".localhost") else AUDIENCE


def challenge_reply(host: str, error: KeyVaultError) -> web.Response:
    """The 401 that tells a client where to get a token, and for what (protocol §2, authentication)."""
    login = f"https://login.windows.net/{TENANT_ID}"
    challenge = f'Bearer authorization="{login}", resource="{challenge_resource(host)}"'
    return error_reply(error, headers={"WWW-Authenticate": challenge})


@dataclass
class Names:
    """How vaults are named: by the host name that leads there, and on a further port by that and the port."""

    further_ports: tuple[int, ...] = ()

    def of(self, address: str) -> str:
        """The name of the vault at an address, which is a host with or without a port, in any case."""
        host, colon, port = address.lower().rpartition(":")
        if not colon or not port.isdigit():  # no port: a colon may still be one of those in [::1]
            return address.lower()
        return address.lower() if int(port) in self.further_ports else host


async def read_json(request: web.Request) -> dict[str, Any]:
    """The body as an object; an empty one counts as `{}`."""
    raw = await request.read()
    if not raw.strip():
        return {}
    try:
        body = msgspec.json.decode(raw)  # unlike the standard library's, refuses lone surrogates
    except (ValueError, RecursionError):
        raise bad_parameter("The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise bad_parameter("The request body is not a JSON object.")
    return body
