"""`make up` again: what was there is there; settings of the user's own hold; and nothing is taken for empty."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from local.api import Client, until
from local.entra import ACCESS_FILE
from local.functions_host import ROOT
from local.openssl_ca import OpensslCa
from tests.clock import HANG
from tests.e2e.certificate import Certificate, chain_of, csr_of
from tests.e2e.stack import described_client, running_up

SETTINGS = {"CERTFLOW_ISSUERS": "Unknown", "CERTFLOW_VAULTS": "main={main},staging:observe={staging}"}


@contextmanager
def up(state: Path, *options: str, ends_by: signal.Signals = signal.SIGTERM) -> Iterator[tuple[dict[str, Any], str]]:
    """A run of `make up` and what it has printed."""
    with running_up(state, "--keep", *options) as (process, described):
        yield described, (state / "up.log").read_text()
        process.send_signal(ends_by)
        process.wait(timeout=HANG)
    (state / "stack.json").unlink(missing_ok=True)  # SIGKILL leaves it


def refused(state: Path, *options: str) -> str:
    """What a start that is refused says."""
    command = [sys.executable, "-m", "local.up", "--state", str(state), "--free-ports", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


async def merged(client: Client, certificate: Certificate, ca: OpensslCa, answer: dict[str, Any]) -> None:
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in chain_of(ca, certificate, answer))
    await client.drop("from-the-ca.pem", chain)
    await certificate.ended("completed")

    async def filed() -> list[str] | None:
        return await client.files("chains-merged", f"main/{certificate.name}/")

    await until("the file is in chains-merged", filed)


@pytest.mark.parametrize("ends_by", [signal.SIGINT, signal.SIGKILL])
async def test_a_pending_request_is_merged_after_a_stop_and_a_start(
    tmp_path: Path, ca: OpensslCa, ends_by: signal.Signals
) -> None:
    settings = tmp_path / "mine.json"
    settings.write_text(json.dumps(SETTINGS))
    with up(tmp_path / "up", ends_by=ends_by) as (described, printed):
        assert "The stack begins empty." in printed
        async with described_client(described) as client:
            certificate = Certificate(client, "intranet", documented=False)
            started = await certificate.start()
            if ends_by is signal.SIGKILL:
                await saved_by_azurite(tmp_path / "up" / "kept", started["request_id"])
    with up(tmp_path / "up", "--settings", str(settings)) as (described, printed):
        assert "certificates: 1, pending: 1, deleted: 0" in printed
        assert "`make up FRESH=1` removes what is kept" in printed
        assert f"Set by {settings}: CERTFLOW_ISSUERS, CERTFLOW_VAULTS" in printed
        async with described_client(described) as client:
            certificate = Certificate(client, "intranet", documented=False)
            _, pending, _ = await certificate.call("GET", "/pending")
            assert (pending["status"], pending["request_id"]) == ("inProgress", started["request_id"])
            assert csr_of(pending) == csr_of(started)
            await merged(client, certificate, ca, started)
            history = await (await client.call("GET", "vaults/main/certificates/intranet/history")).json()
            assert {"created", "merged"} <= {act["act"] for act in history["value"]}
            await settings_hold(client)
    kept = tmp_path / "up" / "kept"
    assert stat.S_IMODE((kept / "key-vault.json").stat().st_mode) == 0o600
    with up(tmp_path / "up", "--fresh") as (described, printed):
        assert "The stack begins empty." in printed
        async with described_client(described) as client:
            assert (await client.pending("main", "intranet")).status == 404
            assert (await (await client.call("GET", "requests")).json())["value"] == []


async def test_an_access_file_that_is_kept_is_named_at_the_next_start(tmp_path: Path) -> None:
    with up(tmp_path / "up") as (described, printed):
        assert ACCESS_FILE not in printed
        async with described_client(described) as client:
            container, _, name = ACCESS_FILE.partition("/")
            await client.put(container, name, b'{"grants": []}')
        kept = tmp_path / "up" / "kept" / "azurite" / "__azurite_db_blob__.json"

        async def written() -> bool:
            return "access.json" in kept.read_text()

        await until("Azurite has saved", written)
    with up(tmp_path / "up") as (_, printed):
        assert f"The access file from before, {ACCESS_FILE} in the storage, decides who may do what." in printed


async def saved_by_azurite(kept: Path, request_id: str) -> None:
    """Azurite saves its tables every five seconds; the vaults are saved before they answer."""
    assert request_id in (kept / "key-vault.json").read_text()

    async def written() -> bool:
        return request_id in (kept / "azurite" / "__azurite_db_table__.json").read_text()

    await until("Azurite has saved", written)


async def settings_hold(client: Client) -> None:
    for vault, issuer, reason in (("main", "DigiCert", "issuer-not-allowed"), ("staging", "Unknown", "observed")):
        body = {"policy": {"x509_props": {"subject": "CN=other"}, "issuer": {"name": issuer}}}
        response = await client.create(vault, "other", body)
        assert (response.status, (await response.json())["reason"]) == (403, reason)


def test_state_that_cannot_be_read_stops_the_start_and_says_what_to_do(tmp_path: Path) -> None:
    with up(tmp_path):
        pass
    file = tmp_path / "kept" / "key-vault.json"
    for content, why in (('{"format": 0}', "another version of Certflow"), ('{"format": 1, "va', "is damaged")):
        file.write_text(content)
        said = refused(tmp_path)
        assert str(file) in said
        assert why in said
        assert "`make up FRESH=1` removes what is kept" in said
        assert file.read_text() == content


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        ("{", "is no JSON"),
        ('{"SSL_CERT_FILE": "mine.pem"}', "SSL_CERT_FILE is set by the stack itself"),
        ('{"CERTFLOW_PATIENCE": "1d"}', "Certflow has no setting CERTFLOW_PATIENCE"),
    ],
)
def test_settings_that_cannot_be_used_stop_the_start(tmp_path: Path, content: str | None, why: str) -> None:
    file = tmp_path / "mine.json"
    if content is not None:
        file.write_text(content)
    said = refused(tmp_path / "up", "--settings", str(file))
    assert str(file) in said
    assert why in said
