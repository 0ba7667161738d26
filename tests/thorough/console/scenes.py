"""Requests in every state that the console shows, each with what is to be done now, in a stack of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.api import Client, until
from local.openssl_ca import OpensslCa
from tests.e2e.request_and_chain import body, chain_for, started
from tests.e2e.stack import HURRIED, running_up, unkind
from tests.e2e.telling import MUCH_MAIL, NO_SERVERS

# Requests at an issuer are stalled after three seconds, and a vault is down after fifteen. Those that wait for somebody
# are not: reminders of so many would take most of what this stack costs.
SETTINGS = {
    **MUCH_MAIL,
    **NO_SERVERS,
    "TESTS_SPEED": "20",
    "CERTFLOW_PATIENCE_ISSUER": "1m",
}
MANY = 50  # more rows than a window holds
STATES = {"stalled", "failed", "your-turn", "done", "cancelled"}


@contextmanager
def running_scenes(state: Path) -> Iterator[dict[str, Any]]:
    """The stack."""
    state.mkdir(parents=True, exist_ok=True)
    (state / "given.json").write_text(json.dumps(SETTINGS))
    options = ("--issuing-delay", "0.5", "--app", str(HURRIED), "--settings", str(state / "given.json"))
    with running_up(state, *options) as (_, described):
        yield described


async def requests_of_all_kinds(client: Client, ca: OpensslCa) -> dict[str, str]:
    """Makes them, and returns the address of one for each next step."""
    await client.set_outcome("main", "failing", "fail", code="Refused", message="The domain is not validated.")
    for name in ("asking", "stopping"):
        await client.set_outcome("main", name, "hang")
    await unkind(client, cancellation="ignored")
    begun = {
        "sign-csr": await started(client, "signing"),
        "ask-issuer": await started(client, "asking", "DigiCert"),
        "wait-for-cancel": await started(client, "stopping", "DigiCert"),
        "look-at-error": await started(client, "failing", "DigiCert"),
        "nothing-to-do": await started(client, "finished"),
        "start-again": await started(client, "deleted"),
        "delete-or-sign": await started(client, "unstoppable"),
    }
    for name in ("stopping", "unstoppable"):
        await client.call("PATCH", f"vaults/main/certificates/{name}/pending", json={"cancellation_requested": True})
    await client.call("DELETE", "vaults/main/certificates/deleted/pending")
    chain = await chain_for(ca, begun["nothing-to-do"], "finished")
    assert (await client.call("POST", "chains", data=chain)).status == 200
    for start in range(0, MANY, 5):
        await asyncio.gather(*(_one_of_many(client, number) for number in range(start, start + 5)))
    names = dict(
        zip(begun, ("signing", "asking", "stopping", "failing", "finished", "deleted", "unstoppable"), strict=True)
    )
    return {step: f"#/request/main/{names[step]}/{one['request_id']}" for step, one in begun.items()}


async def _one_of_many(client: Client, number: int) -> None:
    vault = ("main", "staging")[number % 2]
    name = f"{vault}-{number}"
    asked = body(name, signer="pia@example.com")
    asked["policy"]["key_props"] = {"kty": "EC", "crv": "P-256"}
    assert (await client.create(vault, name, asked)).status == 202


async def board_of(client: Client) -> dict[str, Any]:
    """The board as somebody sees it."""
    return dict(await (await client.call("GET", "board")).json())


async def all_states(client: Client) -> None:
    """Waits until the board has a row of each state that lasts."""

    async def there() -> bool:
        return set((await board_of(client))["columns"]["state"]) >= STATES

    await until("a row of each state", there)
