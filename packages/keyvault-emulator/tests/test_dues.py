"""Issuers decide when their time has come, whatever happened to the certificate or to their intentions meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from vault_client import VaultClient, vault_client


@pytest.fixture
async def told() -> list[str]:
    return []


@pytest.fixture
async def vault(tmp_path: Path, told: list[str]) -> AsyncIterator[VaultClient]:
    async def keep(event: dict[str, Any]) -> None:
        told.append(event["data"]["ObjectName"])

    async with vault_client(tmp_path, issuing_delay=100, on_event=keep) as client:
        await client.set_issuer()
        yield client


async def pass_time(vault: VaultClient, seconds: float) -> None:
    assert (await vault.control("POST", "clock", {"advance": seconds}))[0] == 200


async def test_they_decide_in_the_order_of_their_times(vault: VaultClient, told: list[str]) -> None:
    for name, delay in (("third", 30), ("first", 10), ("second", 20), ("later", 60)):
        await vault.outcome(name=name, outcome="issue", delay=delay)
        await vault.create(name, "my-ca")
    await pass_time(vault, 40)
    assert [(await vault.pending(name)).body["status"] for name in ("first", "third", "later")] == [
        "completed",
        "completed",
        "inProgress",
    ]
    assert told == ["first", "second", "third"]


async def test_one_that_is_put_off_is_not_decided_at_its_first_time(vault: VaultClient) -> None:
    await vault.create("web", "my-ca")
    await vault.outcome(name="web", outcome="fail", delay=1000)
    await pass_time(vault, 500)
    assert (await vault.pending("web")).body["status"] == "inProgress"
    await pass_time(vault, 600)
    assert (await vault.pending("web")).body["status"] == "failed"


async def test_one_whose_time_came_while_it_was_deleted_is_decided_when_it_is_back(
    vault: VaultClient, told: list[str]
) -> None:
    await vault.create("web", "my-ca")
    assert (await vault.call("DELETE", "/certificates/web")).status == 200
    await pass_time(vault, 200)
    assert (await vault.call("GET", "/deletedcertificates/web")).status == 200
    assert told == []
    assert (await vault.call("POST", "/deletedcertificates/web/recover")).status == 200
    assert (await vault.pending("web")).body["status"] == "completed"
    assert told == ["web"]


async def test_a_name_that_was_taken_anew_keeps_its_own_time(vault: VaultClient) -> None:
    await vault.create("web", "my-ca")
    assert (await vault.call("DELETE", "/certificates/web/pending")).status == 200
    await pass_time(vault, 60)
    await vault.create("web", "my-ca")
    await pass_time(vault, 60)
    assert (await vault.pending("web")).body["status"] == "inProgress"
    await pass_time(vault, 60)
    assert (await vault.pending("web")).body["status"] == "completed"
