"""Vaults' names under `.localhost`, and what to do where the system does not lead them to this machine.

RFC 6761, 6.3, wants every name under `.localhost` to be this machine. systemd-resolved, browsers and curl do so; plain
glibc, and with it Python and Node, knows only what /etc/hosts says.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

SUFFIX = ".localhost"
ANY_VAULT = f"myvault{SUFFIX}"


def resolves(name: str = ANY_VAULT) -> bool:
    """Whether the system's resolver finds a name."""
    try:
        socket.getaddrinfo(name, 443)
    except socket.gaierror:
        return False
    return True


def advice(port: int) -> str:
    """What somebody reads at the start: how clients reach a vault of a name of its own from here."""
    url = f"https://{ANY_VAULT}:{port}"
    if resolves():
        return f"Every name under {SUFFIX} is a vault: {url}"
    return (
        f"Names under {SUFFIX} do not resolve here. For {url} add the line '127.0.0.1 {ANY_VAULT}' to /etc/hosts, or "
        f"use https://localhost:{port} with verify_challenge_resource=False"
    )


@contextmanager
def localhost_resolved() -> Iterator[None]:
    """Leads every name under `.localhost` to 127.0.0.1 in this process while the block runs.

    That is for what asks `socket.getaddrinfo`, as requests and aiohttp do, and so the SDK's clients. What the system
    finds stays as it is.
    """
    of_the_system = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if not isinstance(name, str) or not name.lower().rstrip(".").endswith(SUFFIX):
            return of_the_system(host, *arguments, **named)
        try:
            return of_the_system(host, *arguments, **named)
        except socket.gaierror:
            return of_the_system("127.0.0.1", *arguments, **named)

    with mock.patch.object(socket, "getaddrinfo", getaddrinfo):
        yield
