"""What the emulator keeps in a file, it has again at its next start; a file that it cannot read is an error."""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from keyvault_emulator.certificate import Certificate, Deleted, Version
from keyvault_emulator.issuing_ca import CAS
from keyvault_emulator.keeper import KeptUnreadable, read_state, write_whole
from keyvault_emulator.kept import (
    KeptCertificate,
    KeptDeleted,
    KeptDeletedKey,
    KeptKey,
    KeptKeyVersion,
    KeptState,
    KeptVersion,
)
from keyvault_emulator.own_keys import KeyVersion, OwnKey
from vault_client import QUICK, OutsideCa, VaultClient, b64, policy, vault_client

DELAY = 1000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "key-vault.json"
    write_whole(file, msgspec.json.encode(KeptState()))
    return file


@asynccontextmanager
async def a_run(file: Path) -> AsyncIterator[VaultClient]:
    """An emulator over the file, as a process of its own would be: with no CA made yet."""
    CAS.clear()
    async with vault_client(file.parent, issuing_delay=DELAY, kept_in=file) as client:
        yield client


async def pass_time(vault: VaultClient, seconds: float) -> None:
    assert (await vault.control("POST", "clock", {"advance": seconds}))[0] == 200


async def seen(vault: VaultClient) -> dict[str, Any]:
    """All that a caller can read of the vault, without the port."""
    found = {}
    for path in (
        "certificates",
        "certificates/issuers",
        "certificates/issuers/my-ca",
        "certificates/contacts",
        "deletedcertificates",
        "deletedcertificates/gone",
        "certificates/own",
        "certificates/own/versions",
        "certificates/own/policy",
        "secrets/own",
        "certificates/manual",
        "certificates/manual/pending",
        "certificates/bought/pending",
        "certificates/refused/pending",
    ):
        reply = await vault.call("GET", f"/{path}")
        body = reply.body
        if path.startswith("secrets/"):  # a PFX has a new salt each time
            body["value"] = key_in(body["value"])
        found[path] = reply.status, json.dumps(body).replace(f":{vault.emulator.port}", "")
    return found


def key_in(pfx: str) -> str:
    key = pkcs12.load_key_and_certificates(base64.b64decode(pfx), None)[0]
    assert key is not None
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def fill(vault: VaultClient) -> None:
    await vault.set_issuer()
    await vault.call("PUT", "/certificates/contacts", {"contacts": [{"email": "you@example.com"}]})
    await vault.create("gone", "Self")
    await vault.call("DELETE", "/certificates/gone")
    for _ in range(2):
        await vault.create("own", "Self", tags={"certflow-owner": "you@example.com"})
        await pass_time(vault, DELAY)
        assert (await vault.ended("own"))["status"] == "completed"
    await vault.outcome(name="refused", outcome="fail", delay=0)
    await vault.create("refused", "my-ca")
    await vault.ended("refused")
    await vault.create("manual", attributes={"enabled": False})
    await vault.create("bought", "my-ca")


async def test_all_that_a_caller_can_read_is_there_again(file: Path) -> None:
    async with a_run(file) as vault:
        await fill(vault)
        before = await seen(vault)
    async with a_run(file) as vault:
        assert await seen(vault) == before
        found = vault.emulator.found
    assert {path for path, (status, _) in before.items() if status != 200} == set()
    assert (found.certificates, found.pending, found.deleted, found.issuers) == (4, 2, 1, 1)


async def test_what_was_pending_is_merged_or_issued_in_the_next_run(file: Path) -> None:
    async with a_run(file) as vault:
        await fill(vault)
        csr = (await vault.pending("manual")).body["csr"]
        first = CAS["DigiCert"].root
    async with a_run(file) as vault:
        assert CAS["DigiCert"].root == first
        ca = OutsideCa()
        assert (await vault.merge("manual", [b64(ca.sign_csr(csr)), b64(ca.certificate)])).status == 201
        await pass_time(vault, DELAY)
        assert (await vault.ended("bought"))["status"] == "completed"
        target = (await vault.pending("bought")).body["target"]
        assert f":{vault.emulator.port}/" in target
        assert (await vault.call("POST", "/deletedcertificates/gone/recover")).status == 200
    async with a_run(file) as vault:
        assert (await vault.pending("bought")).body["target"].split("/")[3:] == target.split("/")[3:]
        assert (await vault.call("GET", "/certificates/gone")).status == 200


async def test_an_event_of_the_next_run_names_the_port_of_that_run(file: Path) -> None:
    told: list[dict[str, Any]] = []

    async def keep(event: dict[str, Any]) -> None:
        told.append(event)

    async with a_run(file) as vault:
        await vault.set_issuer()
        await vault.create("bought", "my-ca")
    async with vault_client(file.parent, issuing_delay=DELAY, kept_in=file, on_event=keep) as vault:
        await pass_time(vault, DELAY)
        await vault.ended("bought")
        assert [f":{vault.emulator.port}/" in event["data"]["Id"] for event in told] == [True]


async def test_what_is_confirmed_is_on_disk_already(file: Path) -> None:
    async with a_run(file) as vault:
        request_id = (await vault.create("manual")).body["request_id"]
        assert request_id in file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        await vault.call("DELETE", "/certificates/manual/pending")
        assert request_id not in file.read_text()


async def test_what_time_has_done_is_on_disk_before_it_is_told_to_a_caller(file: Path) -> None:
    async with a_run(file) as vault:
        await vault.create("own", "Self")
        await pass_time(vault, DELAY)
        await vault.ended("own")
        (version,) = (await vault.state())["own"]["versions"]
        assert version in file.read_text()
        assert read_state(file).ahead == DELAY


async def test_what_an_issuer_has_done_by_itself_is_on_disk_when_a_caller_sees_it(file: Path) -> None:
    async with vault_client(file.parent, issuing_delay=QUICK, kept_in=file) as vault:
        await vault.create("own", "Self")
        await vault.ended("own")
        (version,) = (await vault.state())["own"]["versions"]
        assert version in file.read_text()


async def test_a_writing_that_was_cut_short_or_fails_leaves_what_was_there(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_run(file) as vault:
        request_id = (await vault.create("manual")).body["request_id"]
    file.with_name("key-vault.json.new").write_text('{"format": 1, "vaul')
    async with a_run(file) as vault:
        assert (await vault.pending("manual")).body["request_id"] == request_id
        whole = file.read_bytes()

        def full(_descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            assert (await vault.create("lost", policy=policy())).status == 500
        assert file.read_bytes() == whole
        assert (await vault.create("next", policy=policy())).status == 202
    assert [one.name for one in read_state(file).vaults[0].certificates] == ["manual", "lost", "next"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "damaged"),
        (b'{"format":1,"vaults":[', "damaged"),
        (b"[]", "damaged"),
        (b'{"format":1,"vaults":[{"host":"localhost"}]}', "damaged"),
        (b'{"format":99}', "another version of Certflow: its format is 99"),
        (b'{"vaults":[]}', "another version of Certflow: its format is not named"),
    ],
)
async def test_a_file_that_cannot_be_read_is_an_error_and_stays(file: Path, content: bytes, why: str) -> None:
    file.write_bytes(content)
    with pytest.raises(KeptUnreadable, match=why):
        async with a_run(file):
            pass
    assert file.read_bytes() == content


@pytest.mark.parametrize("field", ["key", "chain"])
async def test_a_key_or_certificate_that_cannot_be_read_is_an_error(file: Path, field: str) -> None:
    async with a_run(file) as vault:
        await vault.create("own", "Self")
        await pass_time(vault, DELAY)
        await vault.ended("own")
    state = json.loads(file.read_text())
    state["vaults"][0]["certificates"][0]["versions"][0][field] = "QUJD" if field == "key" else ["QUJD"]
    file.write_text(json.dumps(state))
    with pytest.raises(KeptUnreadable, match="cannot be read"):
        async with a_run(file):
            pass


def test_every_field_is_kept() -> None:
    left_out = {"recovery", "managed"}  # the vault's own; always false of a key of one's own
    for live, kept in (
        (Version, KeptVersion),
        (Certificate, KeptCertificate),
        (KeyVersion, KeptKeyVersion),
        (OwnKey, KeptKey),
    ):
        assert set(kept.__struct_fields__) == {field.name for field in fields(live)} - left_out
    dates = {field.name for field in fields(Deleted)} - {"item"}
    assert set(KeptDeleted.__struct_fields__) == dates | {"certificate"}
    assert set(KeptDeletedKey.__struct_fields__) == dates | {"key"}


def test_a_document_from_before_there_were_keys_is_read() -> None:
    vault: dict[str, Any] = {"host": "localhost", "certificates": [], "deleted": [], "issuers": [], "contacts": None}
    before = msgspec.json.decode(json.dumps({"format": 1, "vaults": [vault]}), type=KeptState)
    assert (before.vaults[0].keys, before.vaults[0].deleted_keys) == ([], [])
