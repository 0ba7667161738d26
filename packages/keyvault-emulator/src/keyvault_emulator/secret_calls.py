"""The operation on the secret of a certificate (protocol §4.16)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from keyvault_emulator.calls import Call
from keyvault_emulator.certificate import Certificate, Version
from keyvault_emulator.errors import KeyVaultError, not_found, secret_disabled
from keyvault_emulator.secret_bodies import secret_body
from keyvault_emulator.wire import reply


async def get_secret(call: Call) -> web.Response:
    """The current version's secret, or that of the version in the path."""
    certificate, version = _find(call)
    if not version.enabled:
        raise secret_disabled()
    return reply(await asyncio.to_thread(secret_body, call.url, certificate, version))


def _find(call: Call) -> tuple[Certificate, Version]:
    """A half-made version has no secret (protocol §4.3)."""
    wanted = "/".join(call.path.values())
    try:
        certificate, version = call.vault.get_version(call.name, call.path.get("version"), call.now())
    except KeyVaultError as error:
        raise not_found("secret", wanted) if error.status == 404 else error from None
    if not version.chain:
        raise not_found("secret", wanted)
    return certificate, version
