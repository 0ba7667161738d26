"""The four stories of the demo, judged by the public SDK clients."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from local.api import Client, until
from local.openssl_ca import OpensslCa
from tests.e2e.request_and_chain import OWNER, body, chain_for, started
from tests.e2e.telling import told


async def test_an_integrated_issuer_is_watched_until_it_completes(client: Client, name: str) -> None:
    response = await client.create("main", name, body(name, "DigiCert"))
    operation = await response.json()
    assert response.status == 202
    assert response.headers["Location"] == (
        f"{client.stack['api']}/vaults/main/certificates/{name}/pending?request_id={operation['request_id']}"
    )
    assert operation["status"] == "inProgress"
    csr = x509.load_der_x509_csr(base64.b64decode(operation["csr"]))
    assert csr.subject.rfc4514_string() == f"CN={name}.example.com"
    found = await told(client, f"Certificate issued: {name}")
    assert {one["to"] for one in found if one["channel"] == "email"} == {OWNER}
    certificate = await client.certificates["main"].get_certificate(name)
    assert certificate.properties is not None
    assert certificate.properties.enabled
    pending = await (await client.pending("main", name)).json()
    assert pending["status"] == "completed"
    assert pending["target"].endswith(f"/certificates/{name}")


async def test_a_chain_dropped_the_wrong_way_round_is_merged(
    client: Client, name: str, ca: OpensslCa, tmp_path: Path
) -> None:
    operation = await started(client, name)
    content = await chain_for(ca, operation, name)
    await client.drop(f"from the CA {name}.txt", content)
    await told(client, f"Certificate issued: {name}")
    certificate = await client.certificates["main"].get_certificate(name)
    assert certificate.cer is not None
    assert certificate.properties is not None
    read_back = tmp_path / "read-back.pem"
    read_back.write_bytes(x509.load_der_x509_certificate(bytes(certificate.cer)).public_bytes(Encoding.PEM))
    assert ca.verify(read_back).endswith("OK")
    files = await until("the moved file", lambda: _both(client, "chains-merged", f"main/{name}/"))
    assert {file.split("/")[2] for file in files} == {certificate.properties.version}
    kept = next(file for file in files if file.endswith(".txt"))
    assert await client.content("chains-merged", kept) == content
    report = json.loads(await client.content("chains-merged", f"{kept.rsplit('/', 1)[0]}/report.json"))
    assert report["outcome"] == "merged"
    assert report["leaves"][0]["request"]["request_id"] == operation["request_id"]
    assert await client.files("chains", name) == []


async def test_an_issuers_refusal_is_told_with_its_reason(client: Client, name: str) -> None:
    reason = f"The domain {name}.corp is not validated."
    await client.set_outcome("main", name, "fail", code="Request rejected", message=reason, delay=0.5)
    await started(client, name, "DigiCert")
    for message in await told(client, reason):
        assert f"Certificate request failed: {name}" in message["subject"]
        assert "Request rejected" in message["text"]
    with pytest.raises(ResourceNotFoundError):
        await client.certificates["main"].get_certificate_version(name, "0" * 32)


async def test_a_chain_for_another_key_is_rejected_and_the_request_still_pending(
    client: Client, name: str, ca: OpensslCa
) -> None:
    operation = await started(client, name)
    content = ca.sign_another_key(name, f"{name}.example.com") + ca.issuing.read_bytes()
    await client.drop(f"{name}.pem", content)
    for message in await told(client, f"Chain rejected: {name}.pem"):
        assert "No request has the public key" in message["text"]
        assert f"Pending for such names, each with a key of its own: {name} in vault main" in message["text"]
    files = await until("the moved file", lambda: _both(client, "chains-rejected", f"{name}.pem"))
    assert await client.content("chains-rejected", files[0]) == content
    assert await client.files("chains", name) == []
    pending = await client.certificates["main"].get_certificate_operation(name)
    assert (pending.status, pending.request_id) == ("inProgress", operation["request_id"])
    # The next step, as it is told: the CSR from the address that is named, signed, and dropped.
    (address,) = set(re.findall(r"GET (\S+/pending/csr\?request_id=\w+)", message["text"]))
    csr = await (await client.call("GET", address.rpartition("/api/")[2])).text()
    right = ca.sign(csr.encode(), f"{name}-right", f"{name}.example.com")
    await client.drop(f"{name}-right.pem", right + ca.issuing.read_bytes())
    await until("the merged file", lambda: _both(client, "chains-merged", f"{name}-right.pem"))
    version = await client.certificates["main"].get_certificate(name)
    assert bytes(version.cer or b"") == x509.load_pem_x509_certificate(right).public_bytes(Encoding.DER)


async def _both(client: Client, container: str, contains: str) -> list[str] | None:
    """The file and its report; the file is the last to come."""
    return await client.files(container, contains) or None
