"""The operations on keys: a few lines each."""

from __future__ import annotations

import asyncio

from aiohttp import web

from keyvault_emulator import signatures
from keyvault_emulator.calls import Call
from keyvault_emulator.key_bodies import deleted_key_body, deleted_key_item_body, key_body, key_item_body, key_url
from keyvault_emulator.key_imports import KeyImportBody, as_create, private_key
from keyvault_emulator.key_rules import KeyCreateBody, KeyUpdateBody, SignBody, VerifyBody, decoded, encoded
from keyvault_emulator.key_store import Found
from keyvault_emulator.keys_and_csrs import generate_key
from keyvault_emulator.paging import page
from keyvault_emulator.policy import parse_body
from keyvault_emulator.wire import read_json, reply


async def create_key(call: Call) -> web.Response:
    """Answers 200 with the key, which is there at once (recorded)."""
    name, asked = call.name, parse_body(await read_json(call.request), KeyCreateBody)
    order = call.vault.keys.order(name, asked, call.now())
    key = await asyncio.to_thread(generate_key, order.props)
    return _bundle(call, call.vault.keys.put(order, key, call.now()))


async def import_key(call: Call) -> web.Response:
    """Answers as create does (recorded)."""
    name, asked = call.name, parse_body(await read_json(call.request), KeyImportBody)
    key = await asyncio.to_thread(private_key, asked.key)
    order = call.vault.keys.order(name, as_create(asked, key), call.now())
    return _bundle(call, call.vault.keys.put(order, key, call.now()))


async def get_key(call: Call) -> web.Response:
    """The current version, or the one in the path; also a disabled one (notaryproject/ratify#1474)."""
    return _bundle(call, _found(call))


async def update_key(call: Call) -> web.Response:
    """The current version, or the one in the path."""
    asked = parse_body(await read_json(call.request), KeyUpdateBody)
    return _bundle(call, call.vault.keys.update(call.name, call.path.get("version"), asked, call.now()))


async def list_keys(call: Call) -> web.Response:
    """All keys, those of certificates too (recorded), without their versions."""
    call.vault.settle(call.now())
    items = call.vault.keys.items()
    return reply(
        page(
            items,
            lambda found: key_item_body(key_url(call.url, found.name), found.recovery, found.version),
            call.request.query,
            call.url,
            "/keys",
        )
    )


async def list_key_versions(call: Call) -> web.Response:
    """All versions of a key; empty for an unknown name, as for certificates."""
    call.vault.settle(call.now())
    return reply(
        page(
            call.vault.keys.versions(call.name),
            lambda found: key_item_body(key_url(call.url, found.name, found.version), found.recovery, found.version),
            call.request.query,
            call.url,
            f"/keys/{call.name}/versions",
        )
    )


async def sign(call: Call) -> web.Response:
    """Signs a digest with the version in the path, or the current one."""
    asked = parse_body(await read_json(call.request), SignBody)
    found = _to_use(call, "sign")
    kid = key_url(call.url, found.name, found.version)
    algorithm = signatures.algorithm_for(asked.alg, kid, found.version)
    digest = decoded("value", asked.value)
    signature = await asyncio.to_thread(signatures.sign, found.version, algorithm, digest)
    return reply({"kid": kid, "value": encoded(signature)})


async def verify(call: Call) -> web.Response:
    """Says whether a signature is right; one that is none at all is not."""
    asked = parse_body(await read_json(call.request), VerifyBody)
    found = _to_use(call, "verify")
    algorithm = signatures.algorithm_for(asked.alg, key_url(call.url, found.name, found.version), found.version)
    digest, signature = decoded("digest", asked.digest), decoded("value", asked.value)
    return reply({"value": signatures.verify(found.version, algorithm, digest, signature)})


async def delete_key(call: Call) -> web.Response:
    """Soft delete."""
    return reply(deleted_key_body(call.url, call.vault.keys.delete(call.name, call.now())))


async def list_deleted_keys(call: Call) -> web.Response:
    """Those whose deletion is done."""
    return reply(
        page(
            call.vault.keys.deleted.items(call.now()),
            lambda deleted: deleted_key_item_body(call.url, deleted),
            call.request.query,
            call.url,
            "/deletedkeys",
        )
    )


async def get_deleted_key(call: Call) -> web.Response:
    """404 until the deletion is done."""
    return reply(deleted_key_body(call.url, call.vault.keys.deleted.get(call.name, call.now())))


async def purge_key(call: Call) -> web.Response:
    """Answers with nothing."""
    call.vault.keys.deleted.purge(call.name, call.now())
    return web.Response(status=204)


async def recover_key(call: Call) -> web.Response:
    """Answers with the key, which is there again at once."""
    return _bundle(call, call.vault.keys.recover(call.name, call.now()))


def _found(call: Call) -> Found:
    call.vault.settle(call.now())
    return call.vault.keys.get(call.name, call.path.get("version"), call.now())


def _to_use(call: Call, operation: str) -> Found:
    call.vault.settle(call.now())
    return call.vault.keys.to_use(operation, call.name, call.path.get("version"), call.now())


def _bundle(call: Call, found: Found) -> web.Response:
    return reply(key_body(call.url, found.name, found.recovery, found.version))
