"""How long a vault of the Key Vault emulator keeps what is deleted, and who may purge it before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from certificate_files import Family
from keyvault_emulator.unkindness import Unkindness
from vault_client import VaultClient, vault_client

A_DAY = 24 * 3600
PFX = Family().pfx()
PROTECTED = (
    403,
    "Forbidden",
    (
        'Operation "purge" is not allowed because purge protection is enabled for this vault. Key Vault service will '
        "automatically purge it after the retention period has passed.\r\nVault: localhost;location=local"
    ),
)


@asynccontextmanager
async def vault_with(tmp_path: Path, **switches: Any) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, unkindness=Unkindness(deletion_delay=0, **switches)) as vault:
        yield vault


async def imported(vault: VaultClient, name: str = "web-1") -> dict[str, Any]:
    reply = await vault.call("POST", f"/certificates/{name}/import", {"value": PFX})
    assert reply.status == 200, reply.text
    return dict(reply.body)


async def advance(vault: VaultClient, seconds: float) -> None:
    assert (await vault.control("POST", "clock", {"advance": seconds}))[0] == 200


@pytest.mark.parametrize(
    ("days", "protected", "level"),
    [
        (90, False, "Recoverable+Purgeable"),
        (90, True, "Recoverable"),
        (7, False, "CustomizedRecoverable+Purgeable"),
        (89, False, "CustomizedRecoverable+Purgeable"),
        (30, True, "CustomizedRecoverable"),
    ],
)
async def test_every_answer_says_how_the_vault_recovers(
    tmp_path: Path, days: int, level: str, *, protected: bool
) -> None:
    recovery = {"recoveryLevel": level, "recoverableDays": days}
    async with vault_with(tmp_path, retention_days=days, purge_protection=protected) as vault:
        await imported(vault)
        for path in ("/certificates/web-1", "/secrets/web-1", "/keys/web-1"):
            attributes = (await vault.call("GET", path)).body["attributes"]
            assert {key: attributes[key] for key in recovery} == recovery
        deleted = (await vault.call("DELETE", "/certificates/web-1")).body
        assert deleted["scheduledPurgeDate"] == deleted["deletedDate"] + days * A_DAY
        [listed] = (await vault.call("GET", "/deletedcertificates")).body["value"]
        for body in (deleted, listed, (await vault.call("GET", "/deletedcertificates/web-1")).body):
            assert {key: body["attributes"][key] for key in recovery} == recovery


async def test_a_vault_keeps_for_ninety_days_and_lets_purge_unless_told_otherwise(tmp_path: Path) -> None:
    async with vault_with(tmp_path) as vault:
        assert (await imported(vault))["attributes"]["recoveryLevel"] == "Recoverable+Purgeable"
        await vault.call("DELETE", "/certificates/web-1")
        assert (await vault.call("DELETE", "/deletedcertificates/web-1")).status == 204


async def test_with_purge_protection_nobody_purges_but_time(tmp_path: Path) -> None:
    async with vault_with(tmp_path, retention_days=7, purge_protection=True) as vault:
        assert (await vault.call("DELETE", "/deletedcertificates/web-1")).status == 404
        await imported(vault)
        await vault.call("DELETE", "/certificates/web-1")
        assert (await vault.call("DELETE", "/deletedcertificates/web-1")).error == PROTECTED
        await advance(vault, 6 * A_DAY)
        assert (await vault.call("DELETE", "/deletedcertificates/web-1")).error == PROTECTED
        assert (await vault.create("web-1")).body["error"]["innererror"] == {"code": "ObjectIsDeletedButRecoverable"}
        assert (await vault.call("POST", "/deletedcertificates/web-1/recover")).status == 200
        await vault.call("DELETE", "/certificates/web-1")
        await advance(vault, 7 * A_DAY + 1)
        assert (await vault.call("DELETE", "/deletedcertificates/web-1")).status == 404
        assert (await vault.create("web-1")).status == 202


@pytest.mark.parametrize("days", [7, 90])
async def test_what_is_deleted_is_gone_when_its_days_are_over(tmp_path: Path, days: int) -> None:
    async with vault_with(tmp_path, retention_days=days) as vault:
        await imported(vault, "web-1")
        await vault.call("DELETE", "/certificates/web-1")
        await advance(vault, days * A_DAY - 60)
        await imported(vault, "web-2")
        await vault.call("DELETE", "/certificates/web-2")
        assert len((await vault.call("GET", "/deletedcertificates")).body["value"]) == 2
        await advance(vault, 61)
        assert (await vault.call("GET", "/deletedcertificates/web-1")).status == 404
        assert (await vault.call("POST", "/deletedcertificates/web-1/recover")).status == 404
        assert set(await vault.state()) == {"web-2"}
        [left] = (await vault.call("GET", "/deletedcertificates")).body["value"]
        assert left["id"].endswith("/web-2")
        await imported(vault, "web-1")


async def test_a_backup_restored_elsewhere_is_recovered_as_that_vault_does(tmp_path: Path) -> None:
    async with vault_with(tmp_path, retention_days=90) as vault:
        await imported(vault)
        blob = (await vault.call("POST", "/certificates/web-1/backup")).body
        async with vault_with(tmp_path, retention_days=14, purge_protection=True) as other:
            restored = (await other.call("POST", "/certificates/restore", blob)).body
            assert restored["attributes"]["recoveryLevel"] == "CustomizedRecoverable"
        assert (await vault.call("GET", "/certificates/web-1")).body["attributes"]["recoverableDays"] == 90


async def test_both_can_be_switched_while_it_runs(tmp_path: Path) -> None:
    async with vault_with(tmp_path) as vault:
        await imported(vault)
        await vault.control("POST", "unkindness", {"retention_days": 8, "purge_protection": True})
        attributes = (await vault.call("GET", "/certificates/web-1")).body["attributes"]
        assert (attributes["recoveryLevel"], attributes["recoverableDays"]) == ("CustomizedRecoverable", 8)


@pytest.mark.parametrize("days", [0, 6, 91, "7", 7.5])
async def test_a_retention_that_no_vault_can_have_is_refused(tmp_path: Path, days: Any) -> None:
    async with vault_with(tmp_path) as vault:
        status, answer = await vault.control("POST", "unkindness", {"retention_days": days})
        assert status == 400
        assert "$.retention_days" in answer["error"]["message"]
