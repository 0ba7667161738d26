"""Which address does what: one table, and a handler of a few lines for each operation."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from local.keyvault import bodies
from local.keyvault.chains import read_chain
from local.keyvault.errors import KeyVaultError, bad_parameter, invalid_property, method_not_allowed
from local.keyvault.ordering import make_material
from local.keyvault.paging import include_pending, page
from local.keyvault.policy import CancelBody, MergeBody, parse_body
from local.keyvault.policy_rules import check_tags
from local.keyvault.vault import NAME, Certificate, Vault
from local.keyvault.wire import RETRY_AFTER, challenge_reply, error_reply, has_token, read_json, reply

log = logging.getLogger(__name__)

API_VERSION = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,4}\.[0-9]{1,4})(-preview(\.[0-9]{1,4})?)?")
RESERVED = ("issuers", "contacts", "restore")  # routes, not certificate names (protocol §2)


@dataclass(frozen=True)
class Call:
    """A request to one vault, with what the handlers need of it."""

    request: web.Request
    vault: Vault
    now: Callable[[], float]
    path: dict[str, str]

    @property
    def url(self) -> str:
        """The vault's base address, as the caller wrote it: ids are built on it."""
        return f"https://{self.request.host}"

    @property
    def name(self) -> str:
        """The certificate's name; 400 if it cannot be one."""
        if not NAME.fullmatch(self.path["name"]):
            # Status and text are not known (protocol §10); ours.
            raise bad_parameter(f"The request URI contains an invalid name: {self.path['name']}")
        return self.path["name"]

    @property
    def request_id(self) -> str | None:
        """The filter of protocol §4.2."""
        return self.request.query.get("request_id")


type Handler = Callable[[Call], Awaitable[web.Response]]


# --- certificates ---


async def create(call: Call) -> web.Response:
    """Protocol §4.1. Two at once: both make a key, one begins, the other gets its 409."""
    order = call.vault.order(call.name, await read_json(call.request), call.now())
    material = await asyncio.to_thread(make_material, order)
    certificate, operation = call.vault.begin(order, material, call.url, call.now())
    version = call.request.query["api-version"]
    where = f"{bodies.certificate_url(call.url, certificate)}/pending?api-version={version}"
    headers = {"Location": f"{where}&request_id={operation.request_id}", **RETRY_AFTER}
    return reply(bodies.operation_body(call.url, certificate, operation), status=202, headers=headers)


async def get_certificate(call: Call) -> web.Response:
    """Protocol §4.8, the current version."""
    certificate = call.vault.get(call.name, call.now())
    return reply(bodies.bundle_body(call.url, certificate, certificate.current))


async def get_version(call: Call) -> web.Response:
    """Protocol §4.8, one version."""
    certificate, version = call.vault.get_version(call.name, call.path["version"], call.now())
    return reply(bodies.bundle_body(call.url, certificate, version))


async def get_policy(call: Call) -> web.Response:
    """Protocol §4.11; the policy stands from the create on."""
    return reply(bodies.policy_body(call.url, call.vault.get(call.name, call.now())))


async def list_certificates(call: Call) -> web.Response:
    """Protocol §4.10; half-made certificates only if asked for (§4.3)."""
    call.vault.settle(call.now())
    wanted = include_pending(call.request.query)
    items = [item for item in sorted(call.vault.certificates.items()) if wanted or item[1].current.chain]

    def body(certificate: Certificate) -> bodies.Body:
        return bodies.item_body(bodies.certificate_url(call.url, certificate), certificate.current)

    return reply(page(items, body, call.request.query, call.url, "/certificates"))


async def list_versions(call: Call) -> web.Response:
    """Protocol §4.10; empty for an unknown name. Half-made versions are not versions yet."""
    name = call.name
    call.vault.settle(call.now())
    certificate = call.vault.certificates.get(name.lower())
    versions = certificate.versions if certificate else {}
    where = f"{call.url}/certificates/{certificate.name if certificate else name}"
    items = sorted((version.id, version) for version in versions.values() if version.chain)
    return reply(
        page(
            items,
            lambda version: bodies.item_body(f"{where}/{version.id}", version),
            call.request.query,
            call.url,
            f"/certificates/{name}/versions",
        )
    )


async def delete_certificate(call: Call) -> web.Response:
    """Protocol §4.12: soft delete."""
    return reply(bodies.deleted_body(call.url, call.vault.delete(call.name, call.now())))


async def get_deleted(call: Call) -> web.Response:
    """Protocol §4.12; here it is there at once."""
    return reply(bodies.deleted_body(call.url, call.vault.get_deleted(call.name)))


async def purge(call: Call) -> web.Response:
    """Protocol §4.12; here it works at once."""
    call.vault.purge(call.name)
    return web.Response(status=204)


# --- the pending object ---


async def get_pending(call: Call) -> web.Response:
    """Protocol §4.2."""
    certificate, operation = call.vault.pending(call.name, call.request_id, call.now())
    headers = RETRY_AFTER if operation.in_progress else {}
    return reply(bodies.operation_body(call.url, certificate, operation), headers=headers)


async def cancel(call: Call) -> web.Response:
    """Protocol §4.4. No Retry-After here (§1)."""
    name, body = call.name, await read_json(call.request)
    call.vault.pending(name, call.request_id, call.now())  # a 404 comes before what is wrong with the body
    if not parse_body(body, CancelBody).cancellation_requested:
        raise invalid_property("cancellation_requested")  # not known (protocol §10): a wish cannot be taken back
    certificate, operation = call.vault.cancel(name, call.request_id, call.now())
    return reply(bodies.operation_body(call.url, certificate, operation))


async def delete_pending(call: Call) -> web.Response:
    """Protocol §4.5: answers with the operation as it stood."""
    certificate, operation = call.vault.delete_pending(call.name, call.request_id, call.now())
    return reply(bodies.operation_body(call.url, certificate, operation))


async def merge(call: Call) -> web.Response:
    """Protocol §4.6. Whether a merge is allowed is looked at before what is merged."""
    name, body = call.name, await read_json(call.request)
    key = call.vault.to_merge(name, call.request_id, call.now()).key
    asked = parse_body(body, MergeBody)
    check_tags(asked.tags)
    chain = await asyncio.to_thread(read_chain, asked.x5c, key)
    certificate, version = call.vault.merge(name, call.request_id, chain, asked, call.now())
    where = f"{bodies.certificate_url(call.url, certificate)}?api-version={call.request.query['api-version']}"
    return reply(bodies.bundle_body(call.url, certificate, version), status=201, headers={"Location": where})


# --- issuers (protocol §4.14) ---


async def put_issuer(call: Call) -> web.Response:
    """Sets an issuer."""
    body = await read_json(call.request)
    return reply(bodies.issuer_body(call.url, *call.vault.issuers.put(_issuer_name(call), body, call.now())))


async def update_issuer(call: Call) -> web.Response:
    """Changes an issuer."""
    body = await read_json(call.request)
    return reply(bodies.issuer_body(call.url, *call.vault.issuers.update(call.path["issuer"], body, call.now())))


async def get_issuer(call: Call) -> web.Response:
    """Reads an issuer."""
    return reply(bodies.issuer_body(call.url, *call.vault.issuers.get(call.path["issuer"])))


async def delete_issuer(call: Call) -> web.Response:
    """Removes an issuer and answers with it; requests under way are not touched."""
    return reply(bodies.issuer_body(call.url, *call.vault.issuers.delete(call.path["issuer"])))


async def list_issuers(call: Call) -> web.Response:
    """Lists issuers: address and provider."""
    items = call.vault.issuers.items()
    return reply(
        page(
            items,
            lambda item: {"id": bodies.issuer_url(call.url, item[0]), "provider": item[1].provider},
            call.request.query,
            call.url,
            "/certificates/issuers",
        )
    )


def _issuer_name(call: Call) -> str:
    if not NAME.fullmatch(call.path["issuer"]):
        raise bad_parameter(f"The request URI contains an invalid name: {call.path['issuer']}")
    return call.path["issuer"]


# The first path that fits counts, so fixed words stand above names.
ROUTES: list[tuple[str, dict[str, Handler]]] = [
    ("certificates", {"GET": list_certificates}),
    ("certificates/issuers", {"GET": list_issuers}),
    (
        "certificates/issuers/{issuer}",
        {"PUT": put_issuer, "GET": get_issuer, "PATCH": update_issuer, "DELETE": delete_issuer},
    ),
    ("certificates/{name}/create", {"POST": create}),
    ("certificates/{name}/pending", {"GET": get_pending, "PATCH": cancel, "DELETE": delete_pending}),
    ("certificates/{name}/pending/merge", {"POST": merge}),
    ("certificates/{name}/versions", {"GET": list_versions}),
    ("certificates/{name}/policy", {"GET": get_policy}),
    ("certificates/{name}", {"GET": get_certificate, "DELETE": delete_certificate}),
    ("certificates/{name}/{version}", {"GET": get_version}),
    ("deletedcertificates/{name}", {"GET": get_deleted, "DELETE": purge}),
]


async def answer(request: web.Request, vault: Vault, now: Callable[[], float]) -> web.Response:
    """Any request to any vault: token, version, route, and errors as Key Vault words them."""
    if not has_token(request):
        return challenge_reply(request.host)
    try:
        handler, path = _route(request)
        _check_version(request)
        return await handler(Call(request, vault, now, path))
    except KeyVaultError as error:
        return error_reply(error)
    except web.HTTPException as error:  # aiohttp's own: a body that is too large
        return error_reply(KeyVaultError(error.status, error.reason.replace(" ", ""), error.text or error.reason))
    except Exception:
        log.exception("the stand-in failed at %s %s", request.method, request.path)
        return error_reply(KeyVaultError(500, "InternalServerError", "The stand-in failed; its log has the traceback."))


def _route(request: web.Request) -> tuple[Handler, dict[str, str]]:
    # Empty segments are dropped: `{name}/` is `{name}` (protocol §2), and an empty name gives the recorded 405.
    segments = [segment for segment in request.path.split("/") if segment]
    for pattern, methods in ROUTES:
        path = _fit(pattern.split("/"), segments)
        if path is None or path.get("name", "").lower() in RESERVED:
            continue
        if request.method not in methods:
            raise method_not_allowed(request.method)
        return methods[request.method], path
    raise KeyVaultError(404, "NotFound", f"There is nothing at {request.path}")  # wording not known; ours


def _fit(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    path: dict[str, str] = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            path[expected.strip("{}")] = segment
        elif expected != segment.lower():
            return None
    return path


def _check_version(request: web.Request) -> None:
    """Both texts are ours: what the service says is not known (protocol §10)."""
    version = request.query.get("api-version", "")
    if not version:
        raise bad_parameter("The query parameter api-version is missing.")
    if not API_VERSION.fullmatch(version):
        raise bad_parameter(f"The specified version ({version}) is not recognized.")
