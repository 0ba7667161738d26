"""The operations on the secret and the key of a certificate (protocol §4.16)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from local.keyvault.calls import Call
from local.keyvault.certificate import Certificate, Version
from local.keyvault.errors import KeyVaultError, secret_disabled, view_not_found
from local.keyvault.secret_bodies import key_body, secret_body
from local.keyvault.wire import reply


async def get_secret(call: Call) -> web.Response:
    """The current version's secret, or that of the version in the path."""
    certificate, version = _find(call, "secret")
    if not version.enabled:
        raise secret_disabled()
    return reply(await asyncio.to_thread(secret_body, call.url, certificate, version))


async def get_key(call: Call) -> web.Response:
    """The current version's key, or that of the version in the path; also of a disabled one."""
    return reply(key_body(call.url, *_find(call, "key")))


def _find(call: Call, kind: str) -> tuple[Certificate, Version]:
    """A half-made version has neither secret nor key (protocol §4.3)."""
    wanted = "/".join(call.path.values())
    try:
        certificate, version = call.vault.get_version(call.name, call.path.get("version"), call.now())
    except KeyVaultError as error:
        raise view_not_found(kind, wanted) if error.status == 404 else error from None
    if not version.chain:
        raise view_not_found(kind, wanted)
    return certificate, version
