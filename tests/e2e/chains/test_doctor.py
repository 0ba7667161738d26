"""The merge doctor: what it says before anything is merged, whose certificates it takes, and how a CSR goes out."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from azure.keyvault.certificates import CertificatePolicy, WellKnownIssuerNames
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.api import Client, until
from local.functions_host import ROOT
from local.openssl_ca import OpensslCa
from tests.certificates import ec_key
from tests.e2e.dropped_files import merges, reports
from tests.e2e.request_and_chain import csr_of, started
from tests.e2e.telling import told


async def doctor(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """`python -m functions.doctor`: its exit code and its report."""
    command = (sys.executable, "-m", "functions.doctor", *map(str, arguments), "--json")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out)


@pytest.mark.parametrize("fault", ["none", "intermediate missing", "private key", "another key"])
async def test_the_doctor_says_the_same_over_http_and_at_the_terminal(
    client: Client, name: str, tmp_path: Path, fault: str
) -> None:
    ca = OpensslCa(tmp_path / "ca")  # of which no chain was merged before: with that the app could fill this one
    operation = await started(client, name)
    leaf = ca.sign(csr_of(operation), name, f"{name}.example.com")
    files = {
        "none": ca.root.read_bytes() + leaf + ca.issuing.read_bytes() + leaf,
        "intermediate missing": leaf + ca.root.read_bytes(),
        "private key": leaf + b"-----BEGIN PRIVATE KEY-----\n",
        "another key": ca.issuing.read_bytes(),
    }
    (tmp_path / "chain.pem").write_bytes(files[fault])
    (tmp_path / "web.csr").write_bytes(csr_of(operation))
    response = await client.call("POST", "chains/inspect", data=files[fault])
    over_http = await response.json()
    code, at_the_terminal = await doctor(tmp_path / "chain.pem", "--csr", tmp_path / "web.csr")
    assert response.status == 200
    assert code == (0 if fault == "none" else 1)
    assert at_the_terminal["outcome"] == over_http["outcome"]
    assert _without_places(at_the_terminal) == _without_places(over_http)
    assert await merges(client, name) == 0
    pending = await client.certificates["main"].get_certificate_operation(name)
    assert pending.status == "inProgress"


async def test_a_private_key_that_is_sent_is_told_of_as_a_dropped_one_is_with_advice_that_fits(
    client: Client, name: str
) -> None:
    await started(client, name)
    key = f"{name}\n".encode() + ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for _ in range(2):  # told once
        merging = await client.call("POST", f"vaults/main/certificates/{name}/pending/merge?requested_by=bob", data=key)
        inspecting = await client.call("POST", "chains/inspect", data=b"\n" + key)
        answers = await merging.json(), await inspecting.json()
        assert (merging.status, inspecting.status) == (400, 200)
        for finding in (answers[0]["findings"][0], answers[1]["findings"][0]):
            assert finding["code"] == "contains-private-key"
            assert "counts as exposed" in finding["next_step"]
            assert "quarantine" not in json.dumps(finding)
        assert answers[1]["next_step"] == answers[1]["findings"][0]["next_step"]
    mail, _card = await told(client, f"Private key sent for {name} in vault main")
    assert "bob" in mail["text"]
    assert mail["to"] == "pki-team@example.com"  # who signs, and who runs the app
    assert await client.messages(hashlib.sha256(b"\n" + key).hexdigest())


def _without_places(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Code and severity; what differs is the name of a vault in a sentence."""
    return [(finding["code"], finding["severity"]) for finding in report["findings"]]


async def test_a_request_that_was_started_in_the_portal_takes_its_dropped_chain(
    client: Client, name: str, ca: OpensslCa
) -> None:
    policy = CertificatePolicy(issuer_name=WellKnownIssuerNames.unknown, subject=f"CN={name}.example.com")
    vault = client.certificates["main"]
    creating = asyncio.ensure_future(vault.create_certificate(name, policy))

    async def standing() -> Any:
        try:
            return await vault.get_certificate_operation(name)
        except Exception:  # noqa: BLE001  not there yet
            return None

    operation = await until("the portal's request", standing)
    csr = x509.load_der_x509_csr(bytes(operation.csr or b"")).public_bytes(Encoding.PEM)
    leaf = ca.sign(csr, name, f"{name}.example.com")
    await client.drop(f"{name}.pem", leaf + ca.issuing.read_bytes())
    (report,) = await reports(client, "chains-merged", f"main/{name}/", 1)
    assert report["leaves"][0]["request"]["request_id"] == operation.request_id
    await told(client, f"Certificate issued: {name}")
    await creating
    history = await (await client.call("GET", f"vaults/main/certificates/{name}/history")).json()
    assert [act["act"] for act in history["value"]] == ["adopted", "merged"]


async def test_a_csr_goes_out_with_its_card_and_its_signer_is_told_where(client: Client, name: str) -> None:
    operation = await started(client, name)
    folder = f"main/{name}/{operation['request_id']}"
    assert await client.content("csr", f"{folder}.csr") == csr_of(operation)
    card = json.loads(await client.content("csr", f"{folder}.json"))
    assert (card["subject"], card["owner"]) == (f"CN={name}.example.com", "owner@example.com")
    (mail, _card) = await told(client, f"CSR ready to be signed: {name}")  # a card of several things has no room for it
    assert mail["to"] == "pki-team@example.com"
    assert f"/csr/{folder}.csr" in mail["text"]


async def test_a_warning_reaches_the_owner_with_the_completion(client: Client, name: str, ca: OpensslCa) -> None:
    operation = await started(client, name)
    leaf = ca.sign(csr_of(operation), name, f"{name}.example.com,DNS:more.example.com")
    await client.drop(f"{name}.pem", b"\n".join((leaf, ca.issuing.read_bytes(), ca.root.read_bytes())))
    (mail, _card) = await told(client, f"Certificate issued: {name}")  # a card of several things has no room for it
    assert "DNS name more.example.com" in mail["text"]
    assert "whose certificates this vault takes" not in mail["text"]  # the operators' to say
