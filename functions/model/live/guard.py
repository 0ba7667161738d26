"""Which endpoints Certflow may connect to. Whoever may tag a certificate names them, and must not
get a way to reach into the app's network, or to what a platform tells its own machines there.

An operator lists hosts, ports and networks. An address is connected to only if it is public
unicast, or lies in a listed network; some never are. `ipaddress.is_global` alone does not decide:
it takes 224.0.0.1, 168.63.129.16 and 64:ff9b::a9fe:a9fe for global (Python 3.13).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from functions.model.inventory.endpoints import Endpoint
from functions.model.options import LiveOptions, Network

type Address = IPv4Address | IPv6Address

HOSTS_SETTING = "CERTFLOW_LIVE_HOSTS"
PORTS_SETTING = "CERTFLOW_LIVE_PORTS"
NETWORKS_SETTING = "CERTFLOW_LIVE_NETWORKS"

# No setting opens these. The first source is IANA's registries of special-purpose addresses
# (RFC 6890), others are beside their line.
NEVER_LOOKED_AT: tuple[Network, ...] = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8",  # this network: Linux connects 0.0.0.0 to the machine itself
        "100.64.0.0/10",  # shared by carriers, and where clouds have services of their own
        "168.63.129.16/32",  # Azure's host (Learn, "What is IP address 168.63.129.16?")
        "169.254.0.0/16",  # link-local: the metadata of machines, the identity endpoint
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/128",  # unspecified: the machine itself
        "64:ff9b:1::/48",  # NAT64 of a network's own, whose IPv4 cannot be told (RFC 8215)
        "fd00:ec2::254/128",  # metadata of AWS
        "fd20:ce::254/128",  # metadata of Google Cloud
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local (RFC 3879)
        "ff00::/8",  # multicast
    )
)
PUBLIC_IPV6 = IPv6Network("2000::/3")  # global unicast (RFC 4291 §2.4, IANA)
# Prefixes of 96 bits before an IPv4 address: compatible, mapped, translated, NAT64 (RFC 4291
# §2.5.5, RFC 2765 §2.1, RFC 6052 §2.1).
BEFORE_IPV4 = tuple(
    IPv6Network(one) for one in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")
)
SIX_TO_FOUR, TEREDO = IPv6Network("2002::/16"), IPv6Network("2001::/32")  # RFC 3056, RFC 4380
# The 32 bits before the IPv4 address of an ISATAP interface, of either kind (RFC 5214 §6.1).
ISATAP = {0x0000_5EFE, 0x0200_5EFE}
IPV4_BITS = 0xFFFF_FFFF


def endpoint_refusal(endpoint: Endpoint, options: LiveOptions) -> str:
    """Why nothing is looked at for an endpoint, before its name is resolved, with the setting that
    would allow it; empty if it is allowed so far. A written address is judged, too.
    """
    if not any(_is_host_in(endpoint.host, pattern) for pattern in options.hosts):
        return f"{endpoint.host} is not in {HOSTS_SETTING}."
    if endpoint.port not in options.ports:
        return f"Port {endpoint.port} is not in {PORTS_SETTING}."
    return address_refusal(endpoint.address, options.networks) if endpoint.address else ""


def address_refusal(text: str, networks: Sequence[Network]) -> str:
    """Why an address is not connected to, with the setting that would allow it; empty if it may be.
    An IPv6 address that holds IPv4 addresses is judged by these as well.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return f"{text} is no IP address."
    if isinstance(address, IPv6Address) and address.scope_id:
        return f"{text} has a zone, and so is link-local."
    inside = embedded(address)
    judged: Iterable[Address] = inside if is_wrapped(address) else (address, *inside)
    if any(_is_in(one, NEVER_LOOKED_AT) for one in (address, *inside)):
        return f"{text} is never looked at: it is not an address of a server."
    if not all(is_public(one) or _is_in(one, networks) for one in judged):
        return f"{text} is not public, and not in {NETWORKS_SETTING}."
    return ""


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def is_public(address: Address) -> bool:
    """Whether an address is public unicast by itself; IPv4 addresses within it do not count."""
    if _is_in(address, NEVER_LOOKED_AT) or not address.is_global:
        return address in SIX_TO_FOUR or address in TEREDO
    return isinstance(address, IPv4Address) or address in PUBLIC_IPV6


def is_wrapped(address: Address) -> bool:
    """Whether an address is nothing but another form of an IPv4 address."""
    return _has_ipv4_at_end(address) and bool(embedded(address))


def embedded(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses within an IPv6 address: to which a packet for it may be sent in the end.
    :: and ::1 are addresses of their own.
    """
    if isinstance(address, IPv4Address) or int(address) <= 1:
        return ()
    bits = int(address)
    last = IPv4Address(bits & IPV4_BITS)
    if _has_ipv4_at_end(address):
        return (last,)
    found = []
    if address in SIX_TO_FOUR:
        found.append(IPv4Address(bits >> 80 & IPV4_BITS))
    if address in TEREDO:  # its server, and the client, whose bits are inverted
        found += [IPv4Address(bits >> 64 & IPV4_BITS), IPv4Address(~bits & IPV4_BITS)]
    if bits >> 32 & IPV4_BITS in ISATAP:
        found.append(last)
    return tuple(found)


def is_private(text: str) -> bool:
    """Whether an address (one that may be connected to) is not public, so that a way there depends
    on the app's network.
    """
    address = ip_address(text)
    return not all(is_public(one) for one in (embedded(address) or (address,)))


def _has_ipv4_at_end(address: Address) -> bool:
    return any(address in network for network in BEFORE_IPV4)


def _is_host_in(host: str, pattern: str) -> bool:
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))
