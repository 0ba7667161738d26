"""The board and the view of one request over the running app, from the create to the merge and after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp

from local.api import Client, until
from local.openssl_ca import OpensslCa
from tests.e2e.request_and_chain import OWNER, body, chain_for, started
from tests.e2e.second_host import another_host


async def board(client: Client, etag: str = "") -> aiohttp.ClientResponse:
    return await client.call("GET", "board", headers={"If-None-Match": etag} if etag else {})


async def row_of(client: Client, name: str) -> dict[str, Any] | None:
    columns = (await (await board(client)).json())["columns"]
    if name not in columns["name"]:
        return None
    place = columns["name"].index(name)
    return {column: values[place] for column, values in columns.items()}


async def in_state(client: Client, name: str, state: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        row = await row_of(client, name)
        return row if row and row["state"] == state else None

    return await until(f"{name}, {state}", look)


async def view(client: Client, name: str, request_id: str) -> dict[str, Any]:
    path = f"vaults/main/certificates/{name}/pending/view"
    answer = await client.call("GET", path, params={"request_id": request_id})
    assert answer.status == 200
    return dict(await answer.json())


async def test_a_manual_request_is_followed_on_two_hosts_from_its_csr_to_its_version(
    client: Client, name: str, ca: OpensslCa, tmp_path: Path
) -> None:
    async with another_host(client, tmp_path) as other:
        await board(other)  # which keeps its rows from here on
        operation = await started(client, name)
        waiting = await in_state(other, name, "your-turn")
        assert (waiting["vault"], waiting["owner"], waiting["issuer"]) == ("main", OWNER, "Unknown")
        assert waiting["request_id"] == operation["request_id"]
        seen = await view(client, name, operation["request_id"])
        assert (seen["state"], seen["what_now"]["code"], seen["key_vault"]) == ("your-turn", "sign-csr", None)
        assert seen["csr"]["subject"] == f"CN={name}.example.com"
        assert seen["csr"]["key"] == "RSA 2048"
        assert [entry["act"] for entry in seen["history"]] == ["created"]
        content = await chain_for(ca, operation, name)
        merged = await client.call("POST", f"vaults/main/certificates/{name}/pending/merge", data=content)
        assert merged.status == 201
        assert (await in_state(other, name, "done"))["status"] == "completed"
    done = await view(client, name, operation["request_id"])
    assert done["certificate"]["version"] == (await merged.json())["id"].rsplit("/", 1)[1]
    assert (done["what_now"]["code"], [entry["act"] for entry in done["history"]]) == (
        *("nothing-to-do", ["created", "merged"]),
    )


async def test_whoever_has_the_board_gets_304_until_something_changes(client: Client, name: str) -> None:
    async def same() -> bool:
        first = await board(client)
        return (await board(client, first.headers["ETag"])).status == 304

    assert await until("two answers without a change in between", same)
    before = (await board(client)).headers["ETag"]
    await started(client, name, "DigiCert")

    async def changed() -> bool:
        return (await board(client, before)).status == 200

    assert await until("the change", changed)


async def test_a_request_that_was_deleted_is_told_by_its_id(client: Client, name: str) -> None:
    operation = await started(client, name)
    path = f"vaults/main/certificates/{name}/pending"
    assert (await client.call("DELETE", path)).status == 200
    gone = await view(client, name, operation["request_id"])
    assert (gone["state"], gone["status"], gone["csr"]) == ("cancelled", "deleted", None)
    assert gone["what_now"]["code"] == "start-again"
    nothing = await client.call("GET", f"{path}/view")
    assert (nothing.status, (await nothing.json())["reason"]) == (404, "deleted")
    second = await (await client.create("main", name, body(name))).json()
    again = await view(client, name, operation["request_id"])
    assert again["current"] == second["request_id"]
    other = await client.call("GET", f"{path}/view", params={"request_id": "f" * 32})
    found = await other.json()
    assert (other.status, found["reason"], found["request_id"]) == (404, "another-request", second["request_id"])
