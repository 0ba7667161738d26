"""The operations on issuers and contacts (protocol §4.14, §4.15)."""

from __future__ import annotations

from aiohttp import web

from keyvault_emulator import bodies
from keyvault_emulator.calls import Call
from keyvault_emulator.certificate import NAME
from keyvault_emulator.errors import bad_parameter
from keyvault_emulator.paging import page
from keyvault_emulator.wire import read_json, reply


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


async def put_contacts(call: Call) -> web.Response:
    """Sets the contacts."""
    return reply(bodies.contacts_body(call.url, call.vault.contacts.put(await read_json(call.request))))


async def get_contacts(call: Call) -> web.Response:
    """Reads the contacts."""
    return reply(bodies.contacts_body(call.url, call.vault.contacts.get()))


async def delete_contacts(call: Call) -> web.Response:
    """Removes the contacts and answers with them."""
    return reply(bodies.contacts_body(call.url, call.vault.contacts.delete()))
