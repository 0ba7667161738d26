"""Reads which TLS servers Certflow may look at. An entry that cannot be read allows nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import timedelta

from functions.model.inventory.endpoints import MAX_PORT, ReadEndpoints, endpoints_in_tag
from functions.model.live.schedule import period_of
from functions.model.options import DEFAULT_PORTS, LiveOptions, Network
from functions.model.tags import ENDPOINTS_TAG
from functions.settings.values import Env, Faults, entries

HOSTS_SETTING, PORTS_SETTING = "CERTFLOW_LIVE_HOSTS", "CERTFLOW_LIVE_PORTS"
NETWORKS_SETTING, GRACE_SETTING = "CERTFLOW_LIVE_NETWORKS", "CERTFLOW_LIVE_GRACE"


def live_options_of(env: Env, faults: Faults) -> LiveOptions:
    """Reads what may be looked at. Without hosts live is off."""
    graces, grace = _graces(env, faults)
    ports = tuple(_each(env, faults, PORTS_SETTING, _port, f"no port from 1 to {MAX_PORT}"))
    return LiveOptions(
        hosts=tuple(
            _each(
                env,
                faults,
                HOSTS_SETTING,
                _host,
                "no host; write www.example.com, or *.example.com for all below it",
            )
        ),
        # Ports that cannot be read allow none; that there are none written allows the usual.
        ports=ports if _is_set(env, PORTS_SETTING) else DEFAULT_PORTS,
        networks=tuple(
            _each(env, faults, NETWORKS_SETTING, _network, "no network such as 10.0.0.0/8")
        ),
        graces=graces,
        grace=grace,
    )


def _each[T](env: Env, faults: Faults, name: str, read: Callable[[str], T], what: str) -> list[T]:
    """Reads entries separated by commas. One for which `read` raises ValueError is a fault."""
    found = list[T]()
    for number, entry in enumerate(faults.taken(lambda: entries(env, name), list[str]()), 1):
        try:
            found.append(read(entry.lower()))
        except ValueError:
            faults.tell(f"{name}: entry {number} is {what}. Until then it allows nothing.")
    return found


def _is_set(env: Env, name: str) -> bool:
    return bool(env.get(name, "").strip())


def _host(text: str) -> str:
    """A host as endpoints have it, or a pattern for all below a domain of two labels at least."""
    below = text.startswith("*.")
    read: ReadEndpoints = endpoints_in_tag({ENDPOINTS_TAG: text[2:] if below else text})
    (one,) = read.endpoints  # ValueError for none
    has_port = ":" in text and not text.endswith("]")
    if has_port or one.address or (below and "." not in one.host):
        raise ValueError(text)
    return f"*.{one.host}" if below else one.host


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= MAX_PORT):
        raise ValueError(text)
    return int(text)


def _network(text: str) -> Network:
    return ipaddress.ip_network(text)


def _graces(env: Env, faults: Faults) -> tuple[tuple[tuple[str, timedelta], ...], timedelta]:
    """Reads `26h,appgw=6h`: a period for all services, and others by name."""
    named, usual = dict[str, timedelta](), LiveOptions().grace
    given = faults.taken(lambda: entries(env, GRACE_SETTING), list[str]())
    for number, entry in enumerate(given, 1):
        name, equals, period = (part.strip() for part in entry.lower().rpartition("="))
        length = period_of(period)
        if length is None or bool(equals) != bool(name):
            faults.tell(
                f"{GRACE_SETTING}: entry {number} is no period; write 26h,appgw=6h. Until then it "
                "counts for nothing."
            )
        elif name:
            named[name] = length
        else:
            usual = length
    return tuple(named.items()), usual
