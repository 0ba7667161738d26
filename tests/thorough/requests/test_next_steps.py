"""The next step of each message about a request or a file, carried out by its words alone on the real stack."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from azure.core.exceptions import ResourceNotFoundError
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.api import Client
from tests.certificates import ec_key, make_csr, pem
from tests.e2e.next_steps import (
    OWNER,
    call,
    credentials_of,
    csr_of,
    drop_where_it_says,
    is_started_again,
    merged,
    policy,
    signed,
    started,
    step_told,
)
from tests.e2e.telling import told
from tests.e2e.watched import CA


async def test_a_csr_that_is_ready_is_signed_and_its_chain_dropped_where_the_message_says(
    client: Client, name: str
) -> None:
    await started(client, name)
    step = await step_told(client, f"CSR ready to be signed: {name}")
    await drop_where_it_says(client, step, f"{name}.pem", *signed(await csr_of(client, name)))
    # What is told then is looked at where the certificate is in use: it has the end that the message names.
    mail, _card = await told(client, f"Certificate issued: {name}")
    assert "the server shows the new certificate's end" in mail["text"]
    version = await client.certificates["main"].get_certificate(name)
    assert version.properties is not None
    assert version.properties.expires_on is not None
    assert f"It is valid until {version.properties.expires_on:%Y-%m-%d}." in mail["text"]


@pytest.mark.parametrize("code", ["Request rejected", "Certificate issuer error", "Something else"])
async def test_a_failed_request_is_started_again_by_the_call_that_is_named(
    client: Client, name: str, code: str
) -> None:
    await client.set_outcome("main", name, "fail", code=code, message="Not this time.", delay=0.2)
    await started(client, name, "DigiCert")
    step = await step_told(client, f"Certificate request failed: {name}")
    await client.set_outcome("main", name, "issue", delay=0.2)
    await is_started_again(client, step, name)
    await told(client, f"Certificate issued: {name}")


async def test_a_chain_for_a_failed_request_can_still_be_dropped_as_is_said(client: Client, name: str) -> None:
    await client.set_outcome("main", name, "fail", code="Request rejected", message="Not here.", delay=0.2)
    await started(client, name, "DigiCert")
    step = await step_told(client, f"Certificate request failed: {name}")
    await drop_where_it_says(client, step, f"{name}.pem", *signed(await csr_of(client, name)))


@pytest.mark.parametrize("wanted", [False, True], ids=["not wanted", "still wanted"])
async def test_after_a_wish_to_cancel_that_nobody_acts_on_a_request_is_deleted_or_signed_all_the_same(
    client: Client, name: str, wanted: bool
) -> None:
    await started(client, name)
    cancelled = await client.call(
        "PATCH", f"vaults/main/certificates/{name}/pending", json={"cancellation_requested": True}
    )
    assert cancelled.status == 200
    step = await step_told(client, f"Cancellation asked for: {name}")
    if wanted:
        await client.drop(f"{name}.pem", pem(*signed(await csr_of(client, name))))
        await merged(client, f"{name}.pem")
    else:
        await is_deleted(client, step, name)


async def is_deleted(client: Client, step: str, name: str) -> None:
    status, _ = await call(client, step, "DELETE", "/pending")
    assert status == 200
    with pytest.raises(ResourceNotFoundError):
        await client.certificates["main"].get_certificate_operation(name)


async def test_a_cancelled_request_is_started_again_by_the_call_that_is_named(client: Client, name: str) -> None:
    await client.set_outcome("main", name, "hang")
    await started(client, name, "DigiCert")
    await client.certificates["main"].cancel_certificate_operation(name)
    await client.pending("main", name)
    await is_started_again(client, await step_told(client, f"Certificate request cancelled: {name}"), name)


async def test_a_deleted_request_is_started_again_and_the_old_ones_chain_is_not_taken(
    client: Client, name: str
) -> None:
    await started(client, name)
    old = signed(await csr_of(client, name))
    await client.call("DELETE", f"vaults/main/certificates/{name}/pending")
    await is_started_again(client, await step_told(client, f"Certificate request deleted: {name}"), name)
    await client.drop(f"{name}-old.pem", pem(*old))
    await told(client, f"Chain rejected: {name}-old.pem")


async def test_the_csr_of_the_request_that_took_anothers_place_is_where_the_message_says(
    client: Client, name: str
) -> None:
    await started(client, name)
    await started(client, name, if_pending="replace")
    step = await step_told(client, f"Certificate request replaced: {name}")
    status, answer = await call(client, step, "GET", "/pending/csr")
    assert status == 200
    csr = x509.load_pem_x509_csr(answer["text"].encode()).public_bytes(Encoding.DER)
    assert csr == await csr_of(client, name)
    await client.drop(f"{name}.pem", pem(*signed(csr)))
    await merged(client, f"{name}.pem")


async def test_an_issuers_request_that_took_the_place_of_a_manual_one_needs_no_signature_as_is_said(
    client: Client, name: str
) -> None:
    await started(client, name)
    await started(client, name, "DigiCert", if_pending="replace")
    step = await step_told(client, f"Certificate request replaced: {name}")
    assert step.startswith("Unless an issuer works on the new request")
    await told(client, f"Certificate issued: {name}")


async def test_an_issuers_request_that_took_anothers_place_needs_nothing_as_is_said(client: Client, name: str) -> None:
    await client.set_outcome("main", name, "hang")
    await started(client, name, "DigiCert")
    await client.call("DELETE", f"vaults/main/certificates/{name}/pending")
    await told(client, f"Certificate request deleted: {name}")
    await client.set_outcome("main", name, "issue", delay=0.2)
    await started(client, name, "DigiCert")
    await told(client, f"Certificate issued: {name}")


async def test_the_call_for_three_failed_requests_starts_each_by_its_name(client: Client, name: str) -> None:
    names = [f"{name}-{number}" for number in range(3)]
    for one in names:
        await client.set_outcome("main", one, "fail", code="Certificate issuer error", message="No account.", delay=0.2)
        await started(client, one, "GlobalSign")
    step = await step_told(client, "Issuer in trouble: GlobalSign")
    for one in names:
        await client.set_outcome("main", one, "issue", delay=0.2)
        await is_started_again(client, step, one, NAME=one)


async def test_what_somebody_else_started_is_deleted_by_the_call_that_is_named(client: Client, name: str) -> None:
    await client.set_outcome("main", name, "issue", delay=0.2)
    await started(client, name, "DigiCert")
    await told(client, f"Certificate issued: {name}")
    await client.create("main", name, {"policy": policy(f"{name}-other"), "owner": "bob@example.com"})
    await is_deleted(client, await step_told(client, f"Changed by somebody else: {name}"), name)


async def test_what_somebody_else_merged_is_set_right_in_key_vault(client: Client, name: str) -> None:
    await started(client, name)
    leaf, above = signed(await csr_of(client, name))
    body = {"x5c": [pem(leaf).decode(), pem(above).decode()], "tags": {"certflow-mute": "true"}}
    body["x5c"] = ["".join(one.splitlines()[1:-1]) for one in body["x5c"]]
    response = await client.call("POST", f"vaults/main/certificates/{name}/pending/merge", json=body)
    assert response.status == 201, await response.text()
    step = await step_told(client, f"Changed by somebody else: {name}")
    assert "set its tags and attributes right in Key Vault" in step
    tags = {"certflow-owner": OWNER}
    await client.certificates["main"].update_certificate_properties(name, tags=tags)
    version = await client.certificates["main"].get_certificate(name)
    assert version.properties is not None
    assert version.properties.tags == tags


async def test_certificates_are_dropped_alone_after_a_key_and_the_copy_in_quarantine_is_deleted(
    client: Client, name: str
) -> None:
    await started(client, name)
    chain = pem(*signed(await csr_of(client, name)))
    key = ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    await client.drop(f"{name}.pem", chain + key)
    step = await step_told(client, f"Private key dropped: {name}.pem")
    assert "the one in chains-quarantine" in step
    (copy,) = [one for one in await client.files("chains-quarantine", name) if not one.endswith("report.json")]
    blob = client.blobs.get_blob_client("chains-quarantine", copy)
    await blob.delete_blob()
    assert not await blob.exists()
    await client.drop(f"{name}.pem", chain)
    await merged(client, f"{name}.pem")


async def test_an_issuer_that_works_on_a_request_is_waited_for_or_its_request_cancelled_and_the_file_dropped_again(
    client: Client, name: str
) -> None:
    await client.set_outcome("main", name, "hang")
    await started(client, name, "DigiCert")
    chain = pem(*signed(await csr_of(client, name)))
    await client.drop(f"{name}.pem", chain)
    step = await step_told(client, f"Chain rejected: {name}.pem")
    assert "cancel it first" in step
    (asked,) = re.findall(r"the body (\{[^}]+\})", step)
    status, _ = await call(client, step, "PATCH", "/pending", json.loads(asked))
    assert status == 200
    await told(client, f"Certificate request cancelled: {name}")
    await client.drop(f"{name}.pem", chain)
    await merged(client, f"{name}.pem")


async def test_the_right_csr_is_among_all_that_wait_where_the_rejection_says(client: Client, name: str) -> None:
    await started(client, name)
    stranger = CA.signs(make_csr(f"nobody-{name}.example.org")[1])
    await client.drop(f"{name}-x.pem", pem(stranger, CA.certificate))
    step = await step_told(client, f"Chain rejected: {name}-x.pem")
    (address,) = set(re.findall(r"GET (https?://\S+/csrs),", step))
    signed_in = await credentials_of(client, step)
    async with client.session.get(address, headers=signed_in, params={"name": name}) as response:
        assert response.status == 200
        archive = zipfile.ZipFile(io.BytesIO(await response.read()))
    (csr,) = [archive.read(one) for one in archive.namelist() if one.endswith(".csr")]
    leaf, above = signed(x509.load_pem_x509_csr(csr).public_bytes(Encoding.DER))
    await client.drop(f"{name}-right.pem", pem(leaf, above))
    await merged(client, f"{name}-right.pem")
