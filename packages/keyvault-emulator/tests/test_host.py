"""The Key Vault emulator on another address than 127.0.0.1: what it says of where it is, and that TLS holds there."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from pathlib import Path

import aiohttp
import pytest

from keyvault_emulator import Emulator, running_emulator
from keyvault_emulator.tls import LocalCa
from testkit.skips import skip_loudly

ELSEWHERE = "127.0.0.2"  # loopback, too, and on Linux always there


@pytest.mark.parametrize(
    ("host", "seen_from_here"),
    [
        (str(ipaddress.IPv4Address(0)), "127.0.0.1"),
        (str(ipaddress.IPv6Address(0)), "[::1]"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "[2001:db8::7]"),
    ],
)
def test_addresses_are_said_as_a_url_has_them(host: str, seen_from_here: str) -> None:
    emulator = Emulator(port=1, identity_port=2, identity_header="", host=host)
    assert emulator.identity_endpoint == f"http://{seen_from_here}:2/msi/token"
    assert emulator.control_url == f"http://{seen_from_here}:2/control"


async def test_everything_is_at_the_address_that_was_asked_for(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if not can_listen(ELSEWHERE):
        skip_loudly(request, f"this machine has no {ELSEWHERE}")
    ca = LocalCa()
    trust = ssl.create_default_context(cafile=ca.write_ca(tmp_path / "ca.pem"))
    async with running_emulator(ca, host=ELSEWHERE) as emulator, aiohttp.ClientSession() as session:
        async with session.get(f"https://{ELSEWHERE}:{emulator.port}/keys", ssl=trust) as answer:
            assert answer.status == 401
        async with session.get(f"{emulator.control_url}/state") as answer:
            assert list((await answer.json())["vaults"]) == [ELSEWHERE]
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(f"https://127.0.0.1:{emulator.port}/keys", ssl=trust)


def can_listen(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
