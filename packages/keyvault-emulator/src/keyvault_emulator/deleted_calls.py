"""The operations on deleted certificates, and backups (protocol §4.12 and §4.13)."""

from __future__ import annotations

from aiohttp import web

from keyvault_emulator import bodies
from keyvault_emulator.backups import back_up
from keyvault_emulator.calls import Call
from keyvault_emulator.paging import include_pending, page
from keyvault_emulator.policy import RestoreBody, parse_body
from keyvault_emulator.wire import read_json, reply


async def delete_certificate(call: Call) -> web.Response:
    """Soft delete."""
    return call.reply(bodies.deleted_body(call.url, call.vault.delete(call.name, call.now())))


async def list_deleted(call: Call) -> web.Response:
    """Half-made certificates only if asked for, as in the list of those that live."""
    wanted = include_pending(call.request.query)
    items = [item for item in call.vault.deleted.items(call.now()) if wanted or item[1].item.current.chain]
    return reply(
        page(
            items,
            lambda deleted: bodies.deleted_item_body(call.url, deleted),
            call.request.query,
            call.url,
            "/deletedcertificates",
        )
    )


async def get_deleted(call: Call) -> web.Response:
    """404 until the deletion is done."""
    return call.reply(bodies.deleted_body(call.url, call.vault.deleted.get(call.name, call.now())))


async def purge(call: Call) -> web.Response:
    """Answers with nothing."""
    call.vault.deleted.purge(call.name, call.now())
    return web.Response(status=204)


async def recover(call: Call) -> web.Response:
    """Answers with the certificate, which is there again at once."""
    certificate = call.vault.recover(call.name, call.now())
    return call.reply(bodies.bundle_body(call.url, certificate, certificate.current))


async def backup(call: Call) -> web.Response:
    """Answers with a blob."""
    return reply({"value": back_up(call.vault.get(call.name, call.now()))})


async def restore(call: Call) -> web.Response:
    """Answers with the newest version."""
    asked = parse_body(await read_json(call.request), RestoreBody)
    certificate = call.vault.restore(asked.value, call.url, call.now())
    return call.reply(bodies.bundle_body(call.url, certificate, certificate.current))
