"""The operations on the pending object."""

from __future__ import annotations

import asyncio
import base64

from aiohttp import web

from keyvault_emulator import bodies
from keyvault_emulator.calls import Call
from keyvault_emulator.chains import read_chain
from keyvault_emulator.policy import CancelBody, MergeBody, parse_body
from keyvault_emulator.policy_rules import check_tags
from keyvault_emulator.wire import RETRY_AFTER, read_json

PKCS10 = "application/pkcs10"


async def get_pending(call: Call) -> web.Response:
    """Protocol §4.2."""
    certificate, operation = call.vault.pending(call.name, call.request_id, call.now())
    headers = RETRY_AFTER if operation.in_progress else {}
    if call.request.headers.get("Accept", "").lower().startswith(PKCS10):  # recorded: the CSR and nothing else
        csr = base64.b64encode(operation.csr).decode()
        return web.Response(text=csr, headers={"Content-Type": f"{PKCS10}; charset=utf-8", **headers})
    return call.reply(bodies.operation_body(call.url, certificate, operation), headers=headers)


async def cancel(call: Call) -> web.Response:
    """Protocol §4.4. No Retry-After here (protocol §1)."""
    name, body = call.name, await read_json(call.request)
    call.vault.pending(name, call.request_id, call.now())  # a 404 comes before what is wrong with the body
    requested = parse_body(body, CancelBody).cancellation_requested
    certificate, operation = call.vault.update_pending(name, call.request_id, call.now(), cancel=requested)
    return call.reply(bodies.operation_body(call.url, certificate, operation))


async def delete_pending(call: Call) -> web.Response:
    """Protocol §4.5: answers with the operation as it stood."""
    certificate, operation = call.vault.delete_pending(call.name, call.request_id, call.now())
    return call.reply(bodies.operation_body(call.url, certificate, operation))


async def merge(call: Call) -> web.Response:
    """Protocol §4.6. Whether a merge is allowed is looked at before what is merged."""
    name, body = call.name, await read_json(call.request)
    key = call.vault.to_merge(name, call.request_id, call.now()).key
    asked = parse_body(body, MergeBody)
    check_tags(asked.tags)
    chain, given = await asyncio.to_thread(read_chain, asked.x5c, key)
    certificate, version = call.vault.merge(name, call.request_id, chain, given, asked, call.now())
    where = f"{bodies.certificate_url(call.url, certificate)}?api-version={call.api_version}"
    return call.reply(bodies.bundle_body(call.url, certificate, version), status=201, headers={"Location": where})
