"""Which addresses are connected to, against a table that was written by hand from the registries of IANA and the pages
of the platforms, and which imports nothing of the guard.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.model.inventory.endpoints import Endpoint
from functions.model.live.guard import address_refusal, embedded, endpoint_refusal, is_private
from functions.model.options import LiveOptions

EVERYTHING = (ip_network("0.0.0.0/0"), ip_network("::/0"))

# First and last addresses that no setting opens.
NEVER = """
0.0.0.0 0.255.255.255        100.64.0.0 100.127.255.255   168.63.129.16 168.63.129.16   169.254.0.0 169.254.255.255
192.0.0.0 192.0.0.255        192.88.99.0 192.88.99.255    224.0.0.0 239.255.255.255     240.0.0.0 255.255.255.255
"""
# Those that a listed network opens: not public, and nothing else is wrong with them.
LISTED = """
10.0.0.0 10.255.255.255      127.0.0.0 127.255.255.255    172.16.0.0 172.31.255.255     192.168.0.0 192.168.255.255
192.0.2.0 192.0.2.255        198.18.0.0 198.19.255.255    198.51.100.0 198.51.100.255   203.0.113.0 203.0.113.255
"""


def ranges(table: str) -> list[tuple[int, int]]:
    numbers = [int(IPv4Address(one)) for one in table.split()]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def kind_of(number: int) -> str:
    """What the table says of an IPv4 address."""
    if any(first <= number <= last for first, last in ranges(NEVER)):
        return "never"
    return "listed" if any(first <= number <= last for first, last in ranges(LISTED)) else "public"


def verdict(address: str) -> str:
    """What the guard says, without networks and with all of them listed."""
    if not address_refusal(address, ()):
        return "public"
    return "never" if address_refusal(address, EVERYTHING) else "listed"


BESIDE = {number + by for both in ranges(NEVER + LISTED) for number in both for by in (-1, 0, 1)}
EDGES = sorted(number for number in BESIDE if 0 <= number < 2**32)
ADDRESSES = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from(EDGES))


@given(ADDRESSES)
@example(int(IPv4Address("169.254.169.254")))
@example(int(IPv4Address("8.8.8.8")))
def test_an_ipv4_address_is_judged_as_the_table_says(number: int) -> None:
    assert verdict(str(IPv4Address(number))) == kind_of(number)


def test_each_edge_of_the_table_is_on_the_right_side() -> None:
    assert [(str(IPv4Address(one)), verdict(str(IPv4Address(one)))) for one in EDGES] == [
        (str(IPv4Address(one)), kind_of(one)) for one in EDGES
    ]


WORST = ("public", "listed", "never")
WRAPS = {
    "compatible": 0,
    "mapped": 0xFFFF << 32,
    "translated": 0xFFFF << 48,
    "nat64": 0x0064_FF9B << 96,
}


@given(ADDRESSES, st.sampled_from(sorted(WRAPS)))
@example(int(IPv4Address("169.254.169.254")), "nat64")
@example(int(IPv4Address("169.254.169.254")), "compatible")
def test_another_form_of_an_ipv4_address_is_judged_as_that(number: int, form: str) -> None:
    if WRAPS[form] + number == 1:
        return  # ::1, which is an address of its own
    assert verdict(str(IPv6Address(WRAPS[form] + number))) == kind_of(number)


@given(ADDRESSES, st.integers(0, 2**80 - 1))
def test_a_6to4_address_is_judged_by_its_router(number: int, rest: int) -> None:
    address = IPv6Address((0x2002 << 112) + (number << 80) + rest)
    assert WORST.index(verdict(str(address))) >= WORST.index(kind_of(number))
    assert IPv4Address(number) in embedded(address)


@given(ADDRESSES, ADDRESSES, st.integers(0, 2**32 - 1))
def test_a_teredo_address_is_judged_by_its_server_and_its_client(server: int, client: int, flags: int) -> None:
    address = IPv6Address((0x2001_0000 << 96) + (server << 64) + (flags << 32) + (client ^ 0xFFFF_FFFF))
    worst = max(WORST.index(kind_of(one)) for one in (server, client))
    assert WORST.index(verdict(str(address))) >= worst
    assert set(embedded(address)) >= {IPv4Address(server), IPv4Address(client)}


@given(ADDRESSES, st.sampled_from([0x0000_5EFE, 0x0200_5EFE]))
def test_an_isatap_address_is_judged_by_its_interface(number: int, marker: int) -> None:
    address = IPv6Address((0x2A01_0111 << 96) + (marker << 32) + number)
    assert verdict(str(address)) == kind_of(number)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("2606:4700::1111", "public"),
        ("2a01:111:2050::1", "public"),
        ("64:ff9b::8.8.8.8", "public"),
        ("::ffff:8.8.8.8", "public"),
        ("::1", "listed"),
        ("fc00::1", "listed"),
        ("fd12:3456::1", "listed"),
        ("2001:db8::1", "listed"),  # documentation
        ("2001:2::1", "listed"),  # benchmarks
        ("100::1", "listed"),  # discarded
        ("4000::1", "listed"),  # not given out
        ("::ffff:127.0.0.1", "listed"),
        ("2002:a00:1::1", "listed"),  # by 10.0.0.1
        ("::", "never"),
        ("::ffff:169.254.169.254", "never"),
        ("::a9fe:a9fe", "never"),
        ("64:ff9b::a9fe:a9fe", "never"),
        ("64:ff9b:1::808:808", "never"),
        ("2002:a9fe:a9fe::1", "never"),
        ("2001:0:a9fe:a9fe::1", "never"),
        ("2001:0:808:808::5601:5601", "never"),  # the client is 169.254.169.254
        ("fe80::1", "never"),
        ("fe80::1%eth0", "never"),
        ("febf::1", "never"),
        ("fec0::1", "never"),
        ("ff02::1", "never"),
        ("fd00:ec2::254", "never"),
        ("fd20:ce::254", "never"),
        ("localhost", "never"),
        ("127.1", "never"),
        ("", "never"),
    ],
)
def test_ipv6_and_what_is_no_address(address: str, expected: str) -> None:
    assert verdict(address) == expected


def test_a_refusal_names_the_setting_that_would_allow_the_endpoint() -> None:
    options = LiveOptions(("www.example.com", "*.apps.example.com"), networks=(IPv4Network("10.0.0.0/8"),))
    refusals = {
        Endpoint("www.example.com"): "",
        Endpoint("a.b.apps.example.com", 8443, "10.1.2.3"): "",
        Endpoint("www.example.com", address="8.8.8.8"): "",
        Endpoint("apps.example.com"): "apps.example.com is not in CERTFLOW_LIVE_HOSTS.",
        Endpoint("eapps.example.com"): "eapps.example.com is not in CERTFLOW_LIVE_HOSTS.",
        Endpoint("localhost"): "localhost is not in CERTFLOW_LIVE_HOSTS.",
        Endpoint("169.254.169.254"): "169.254.169.254 is not in CERTFLOW_LIVE_HOSTS.",
        Endpoint("www.example.com", 22): "Port 22 is not in CERTFLOW_LIVE_PORTS.",
        Endpoint("www.example.com", address="192.168.0.1"): (
            "192.168.0.1 is not public, and not in CERTFLOW_LIVE_NETWORKS."
        ),
        Endpoint("www.example.com", address="168.63.129.16"): (
            "168.63.129.16 is never looked at: it is not an address of a server."
        ),
    }
    assert {one: endpoint_refusal(one, options) for one in refusals} == refusals


def test_without_hosts_nothing_is_looked_at() -> None:
    assert not LiveOptions().is_on
    assert endpoint_refusal(Endpoint("www.example.com"), LiveOptions()) != ""


@pytest.mark.parametrize(("address", "expected"), [("10.0.0.1", True), ("::ffff:10.0.0.1", True), ("::1", True),
                                                   ("8.8.8.8", False), ("64:ff9b::808:808", False),
                                                   ("2606:4700::1111", False)])  # fmt: skip
def test_a_way_to_an_address_that_is_not_public_depends_on_the_network(address: str, expected: bool) -> None:
    assert is_private(address) == expected
