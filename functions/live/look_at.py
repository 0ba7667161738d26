"""Looks at the endpoints of a certificate, within what is allowed. Names are resolved once, each
address is judged, and these addresses are connected to: no second answer of a resolver counts.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from functions.app.contexts import LiveContext
from functions.app.gather_all import gather_all
from functions.live.expected import current_check
from functions.model.errors import Unavailable
from functions.model.inventory.endpoints import Endpoint
from functions.model.live.guard import address_refusal, endpoint_refusal, is_private
from functions.model.live.look import Look, Trouble
from functions.model.live.state import EndpointCheck, EndpointState, judge_looks, refused
from functions.ports.endpoints import LivePorts, TlsServers

MAX_LOOKED_AT = 8  # of an endpoint that are looked at
NO_VERSIONS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Seen:
    """The looks at one endpoint, or why there were none: it may not be looked at (`refusal`), or
    the resolver did not answer (`unresolved`). `private`: an address of it is not public.
    """

    endpoint: Endpoint
    looks: tuple[Look, ...] = ()
    refusal: str = ""
    private: bool = False
    unresolved: Unavailable | None = None


async def look_at(
    certflow: LiveContext, live: LivePorts, check: EndpointCheck, gate: asyncio.Semaphore
) -> EndpointCheck | None:
    """The check with the states of its endpoints as they are now; as many connections at a time as
    `gate` lets pass. Where a server shows something else than the version that is expected, the
    vault is asked again. None if the certificate has no endpoints any more. Raises Refused, and
    Unavailable, also if the resolver answers for none of them.
    """
    seen = await _all_seen(certflow, live.servers, check, gate)
    current, versions = check, NO_VERSIONS
    if any(_shows_another(one, check) for one in seen):
        vault, name, now = check.vault, check.name, certflow.now()
        found = await current_check(certflow, live, vault, name, check, now)
        if found is None:
            return None
        current, versions = found, await certflow.vault(vault).versions(name)
    named = set(current.endpoints)
    states = [_state(certflow, current, one, versions) for one in seen if one.endpoint in named]
    return replace(current, states=tuple(filter(None, states)))


async def _all_seen(
    certflow: LiveContext, servers: TlsServers, check: EndpointCheck, gate: asyncio.Semaphore
) -> list[Seen]:
    """Raises Unavailable if the resolver answers for none of them."""
    seen = await gather_all(_seen(certflow, servers, one, gate) for one in check.endpoints)
    unanswered = [one.unresolved for one in seen if one.unresolved]
    if unanswered and len(unanswered) == len(seen):
        raise unanswered[0]
    return seen


async def _seen(
    certflow: LiveContext, servers: TlsServers, endpoint: Endpoint, gate: asyncio.Semaphore
) -> Seen:
    options = certflow.options.live
    if why := endpoint_refusal(endpoint, options):
        return Seen(endpoint, refusal=why)
    if endpoint.address:
        addresses: tuple[str, ...] = (endpoint.address,)
    else:
        try:
            addresses = await servers.resolve(endpoint.host)
        except Unavailable as error:
            return Seen(endpoint, unresolved=error)
    for address in addresses:
        if why := address_refusal(address, options.networks):
            return Seen(endpoint, refusal=f"{endpoint.host} leads to {address}: {why}")
    if not addresses:
        return Seen(endpoint, (Look(trouble=Trouble.UNRESOLVED),))
    some = addresses[:MAX_LOOKED_AT]
    looks = await gather_all(_look(servers, endpoint, one, gate) for one in some)
    return Seen(endpoint, tuple(looks), private=any(map(is_private, some)))


async def _look(
    servers: TlsServers, endpoint: Endpoint, address: str, gate: asyncio.Semaphore
) -> Look:
    async with gate:
        return await servers.look(address, endpoint.port, endpoint.host)


def _shows_another(seen: Seen, check: EndpointCheck) -> bool:
    shown = (hashlib.sha256(look.chain[0]).hexdigest() for look in seen.looks if look.chain)
    return any(one != check.expected.sha256 for one in shown)


def _state(
    certflow: LiveContext, check: EndpointCheck, seen: Seen, versions: Mapping[str, str]
) -> EndpointState | None:
    """What an endpoint is; what it was, if the resolver did not answer; None if that is not known
    either.
    """
    now = certflow.now()
    if seen.unresolved:
        return next((one for one in check.states if one.endpoint == str(seen.endpoint)), None)
    if seen.refusal:
        return refused(seen.endpoint, seen.refusal, now)
    return judge_looks(check, seen.endpoint, seen.looks, versions, now, private=seen.private)
