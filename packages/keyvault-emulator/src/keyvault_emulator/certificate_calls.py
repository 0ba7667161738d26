"""The operations on certificates: a few lines each."""

from __future__ import annotations

import asyncio

from aiohttp import web

from keyvault_emulator import bodies
from keyvault_emulator.calls import Call
from keyvault_emulator.certificate import Certificate
from keyvault_emulator.imports import read_import
from keyvault_emulator.ordering import make_material
from keyvault_emulator.paging import include_pending, page
from keyvault_emulator.policy import ImportBody, parse_body
from keyvault_emulator.wire import RETRY_AFTER, read_json, reply


async def create(call: Call) -> web.Response:
    """Protocol §4.1. Two at once: both make a key, one begins, the other gets its 409."""
    order = call.vault.order(call.name, await read_json(call.request), call.now())
    material = await asyncio.to_thread(make_material, order)
    certificate, operation = call.vault.begin(order, material, call.url, call.now())
    where = f"{bodies.certificate_url(call.url, certificate)}/pending?api-version={call.api_version}"
    headers = {"Location": f"{where}&request_id={operation.request_id}", **RETRY_AFTER}
    return call.reply(bodies.operation_body(call.url, certificate, operation), status=202, headers=headers)


async def import_certificate(call: Call) -> web.Response:
    """Protocol §4.7. Whether the name is free is looked at before what is imported, and once more after."""
    name, asked = call.name, parse_body(await read_json(call.request), ImportBody)
    call.vault.check_free(name, call.now())
    imported = await asyncio.to_thread(read_import, asked.value, asked.pwd or "")
    certificate = call.vault.take_in(name, imported, asked, call.url, call.now())
    return call.reply(bodies.bundle_body(call.url, certificate, certificate.current))


async def update_certificate(call: Call) -> web.Response:
    """Protocol §4.9, the current version or the one in the path."""
    body = await read_json(call.request)
    certificate, version = call.vault.update(call.name, call.path.get("version"), body, call.now())
    shape = bodies.updated_version_body if "version" in call.path else bodies.bundle_body
    return call.reply(shape(call.url, certificate, version))


async def get_certificate(call: Call) -> web.Response:
    """Protocol §4.8, the current version or the one in the path."""
    certificate, version = call.vault.get_version(call.name, call.path.get("version"), call.now())
    shape = bodies.version_body if "version" in call.path else bodies.bundle_body
    return call.reply(shape(call.url, certificate, version))


async def get_policy(call: Call) -> web.Response:
    """Protocol §4.11; the policy stands from the create on."""
    return call.reply(bodies.policy_body(call.url, call.vault.get(call.name, call.now())))


async def update_policy(call: Call) -> web.Response:
    """Protocol §4.11; what the body does not name stays."""
    body = await read_json(call.request)
    return call.reply(bodies.policy_body(call.url, call.vault.update_policy(call.name, body, call.now())))


async def list_certificates(call: Call) -> web.Response:
    """Protocol §4.10; half-made certificates only if asked for (protocol §4.3)."""
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
