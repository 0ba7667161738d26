"""A stack of two teams: one vault that is managed, one that is observed, and a second Teams by rules in a blob."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from azure.keyvault.certificates import CertificatePolicy
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa
from local.api import Client, until
from local.stack import Stack
from tests.e2e.watched import Watched, import_certificate, running_watch

TEAM = "team@example.com"
BOX = "pki-team@example.com"
SHORT = (1.0, 2.0)  # days gone and left: on a ladder that begins at 99 percent
LONG = (0.0, 300.0)
RULES = "rules/table.json"
TABLE = [
    {"names": ["pay-*"], "to": ["teams:payments", "oncall@example.com"]},
    {"names": ["gone-*"], "to": ["teams:payments"]},
]


def policy(name: str, issuer: str = "Unknown") -> CertificatePolicy:
    return CertificatePolicy(
        issuer_name=issuer,
        subject=f"CN={name}.example.com",
        san_dns_names=[f"{name}.example.com", f"www.{name}.example.com"],
    )


async def what_is_there_already(client: Client) -> None:
    await client.certificates["main"].create_certificate("before-pending", policy("before-pending"))
    await import_certificate(client, "main", "before-near", SHORT, certflow_owner=TEAM)
    await import_certificate(client, "main", "before-auto", SHORT, certflow_renew="auto")
    await write_rules(client, json.dumps(TABLE).encode())


async def write_rules(client: Client, content: bytes) -> None:
    container, _, name = RULES.partition("/")
    if container not in [one.name async for one in client.blobs.list_containers()]:
        await client.blobs.create_container(container)
    await client.put(container, name, content)


@asynccontextmanager
async def running_both(directory: Path) -> AsyncIterator[tuple[Watched, Inbox]]:
    """The stack, and the inbox of the payments team, which has a Teams of its own."""

    def settings(stack: Stack) -> dict[str, str]:
        return {
            "CERTFLOW_VAULTS": f"main={stack.vaults['main']},staging:observe={stack.vaults['staging']}",
            "CERTFLOW_EXPIRY_LADDER": "0.99",
            "CERTFLOW_NOTIFY_RULES": RULES,
            "CERTFLOW_TEAMS_WEBHOOK_URL__PAYMENTS": second.teams_url,
        }

    async with AsyncExitStack() as up:
        second = await up.enter_async_context(running_inbox(LocalCa()))
        running = await up.enter_async_context(running_watch(directory, settings, what_is_there_already))
        await running.baseline()
        yield running, second


def mailbox(found: list[dict[str, Any]]) -> str:
    return str(next(one["to"] for one in found if one["channel"] == "email"))


async def requests_for(client: Client, name: str) -> list[dict[str, Any]]:
    everything = (await (await client.call("GET", "requests", params={"limit": "100"})).json())["value"]
    return [one for one in everything if one["name"] == name]


async def csr_of(client: Client, vault: str, name: str) -> bytes:
    return bytes((await client.certificates[vault].get_certificate_operation(name)).csr or b"")


async def in_teams(inbox: Inbox, contains: str) -> list[str]:
    """What came to a Teams, once it is there and nothing is on its way any more."""

    async def look() -> list[str]:
        return [one.text for one in inbox.messages if one.matches("teams", contains)]

    return await until(f"a card with {contains}", look)


def ders(*certificates: x509.Certificate) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in certificates]
