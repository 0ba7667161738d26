"""What a caller with a function key tries against other people's certificates, over HTTP, and what comes of it."""

from __future__ import annotations

import base64
import email
import email.policy
import io
import ssl
import zipfile
from typing import Any

import pytest
from azure.keyvault.certificates import CertificatePolicy
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.x509.public_keys import key_sha256
from local.api import Client, until
from tests.certificates import Ca
from tests.clock import real_now
from tests.e2e.telling import told

ANN, BOB, BOX = "ann@example.com", "bob@example.com", "pki-team@example.com"


async def test_a_certificate_is_not_taken_over_in_silence(client: Client, name: str) -> None:
    policy = {"issuer": {"name": "DigiCert"}, "x509_props": {"subject": f"CN={name}.example.com"}}
    assert (await client.create("main", name, {"policy": policy, "owner": ANN})).status == 202
    await told(client, f"Certificate issued: {name}")
    own = {"issuer": {"name": "Self"}, "x509_props": {"subject": f"CN={name}.example.com"}}
    refused = await client.create("main", name, {"policy": own, "owner": BOB})
    assert refused.status == 403
    assert (await refused.json())["reason"] == "issuer-not-allowed"
    other = {"issuer": {"name": "Unknown"}, "x509_props": {"subject": "CN=lure.example.com"}}
    assert (await client.create("main", name, {"policy": other, "owner": BOB, "requested_by": ANN})).status == 202
    mail, _card = await told(client, f"Changed by somebody else: {name}")
    assert mail["to"] == ANN
    assert f"Changed: owner: {ANN} → {BOB}" in mail["text"]
    assert "Changed: policy.issuer.name: DigiCert → Unknown" in mail["text"]


async def test_a_create_with_900_names_can_be_repeated_and_leaves_nothing_unsettled(client: Client, name: str) -> None:
    names = [f"host-{number}.{name}.a-department-with-a-long-name.example.com" for number in range(900)]
    policy = {"issuer": {"name": "Unknown"}, "x509_props": {"subject": f"CN={name}", "sans": {"dns_names": names}}}
    path, key = f"vaults/main/certificates/{name}/create", {"Idempotency-Key": name}
    first, again = [await client.call("POST", path, headers=key, json={"policy": policy}) for _ in range(2)]
    assert (first.status, again.status) == (202, 202), await first.text()
    assert await again.json() == await first.json()
    assert len((await first.json())["csr"]) > 32_768


async def test_an_event_that_another_sends_to_the_topic_is_told_to_nobody(client: Client, name: str) -> None:
    topic, lure = client.stack["event_topic"], f"click-{name}"
    forged = {
        "specversion": "1.0",
        "id": f"forged-{name}",
        "source": "/certflow",
        "type": "Certflow.Chain.Rejected",
        "subject": "chains/x",
        "data": {"file": {"name": lure}, "sentence": lure, "next_step": lure, "owner": ANN},
    }
    trusted = ssl.create_default_context(cafile=client.stack["ca_file"])
    headers = {"aeg-sas-key": topic["key"], "content-type": "application/cloudevents+json"}
    before = (await (await client.call("GET", "status")).json())["refused_events"]
    for source in ("/attacker", "/certflow/another.example.com"):
        sent = forged | {"source": source}
        url = f"{topic['endpoint']}?api-version=2018-01-01"
        async with client.session.post(url, json=sent, headers=headers, ssl=trusted) as response:
            assert response.status == 200, await response.text()

    async def refused() -> bool:
        return bool((await (await client.call("GET", "status")).json())["refused_events"] >= before + 2)

    await until("both events to be refused", refused)
    assert await client.messages(lure) == []


async def test_reminders_are_not_held_back_for_years_nor_in_silence(client: Client, name: str) -> None:
    policy = {"x509_props": {"subject": f"CN={name}.example.com"}}
    assert (await client.create("main", name, {"policy": policy, "owner": ANN})).status == 202
    path = f"vaults/main/certificates/{name}/pending/acknowledge"
    for years in ("3650d", "31d", "2099-01-01"):
        refused = await client.call("POST", path, json={"until": years, "why": "hush"})
        assert refused.status == 400
        assert "30 days" in await refused.text()
    assert (await client.call("POST", path, json={"until": "30d", "why": "hush"})).status == 200
    mail, _card = await told(client, f"Reminders held back: {name}")
    assert mail["to"] == BOX
    assert "Why: hush" in mail["text"]


async def test_a_strangers_address_as_owner_gets_no_mail(client: Client, name: str) -> None:
    stranger = f"{name}@evil.example"
    policy = {"x509_props": {"subject": f"CN=click-{name}.example.com"}}
    body = {"policy": policy, "owner": stranger, "requested_by": "Your account expires: click here"}
    assert (await client.create("main", name, body)).status == 202
    mail, _card = await told(client, f"CSR ready to be signed: {name}")
    assert mail["to"] == BOX
    deleted = await client.call("DELETE", f"vaults/main/certificates/{name}/pending")
    assert deleted.status == 200
    mail, _card = await told(client, f"Certificate request deleted: {name}")
    assert mail["to"] == BOX
    assert "Not told: the owner" in mail["text"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"owner": "ann@example.com\u2028Next line"}, "owner"),
        ({"owner": "   "}, "owner"),
        ({"requested_by": "\u202emoc.elpmaxe@nna"}, "requested_by"),
        ({"tags": {"certflow-owner": "a\u0085b"}}, "tags.certflow-owner"),
        ({"policy": {"x509_props": {"subject": "CN=a\u200b"}}}, "policy.x509_props.subject"),
    ],
)
async def test_what_cannot_be_seen_is_refused_where_it_comes_in(
    client: Client, name: str, body: dict[str, Any], field: str
) -> None:
    refused = await client.create("main", name, body)
    assert refused.status == 400
    assert (await refused.json())["error"]["message"].startswith(f"{field}: ")


@pytest.mark.parametrize("key", ["schlüssel", "k\u2028"])
async def test_an_idempotency_key_that_is_not_ascii_is_refused(client: Client, name: str, key: str) -> None:
    headers = {"Idempotency-Key": key}
    refused = await client.call("POST", f"vaults/main/certificates/{name}/create", headers=headers, json={})
    assert refused.status == 400
    assert (await refused.json())["error"]["message"].startswith("Idempotency-Key: ")


async def test_a_csr_that_was_exchanged_in_storage_is_known_by_its_key(client: Client, name: str) -> None:
    policy = {"x509_props": {"subject": f"CN={name}.example.com"}}
    started = await client.create("main", name, {"policy": policy, "owner": ANN})
    key = key_sha256(x509.load_der_x509_csr(base64.b64decode((await started.json())["csr"])))
    mail, card = await told(client, f"CSR ready to be signed: {name}")
    assert f"SHA-256 of its key: {key}" in mail["text"]
    assert key in card["text"]
    history = await (await client.call("GET", f"vaults/main/certificates/{name}/history")).json()
    assert history["value"][0]["note"] == f"SHA-256 of the CSR's key: {key}"


async def test_no_mail_brings_a_csr_that_was_exchanged_in_storage(client: Client, name: str) -> None:
    csrs = dict[str, bytes]()
    for one in (f"{name}-a", f"{name}-b"):
        policy = {"x509_props": {"subject": f"CN={one}.example.com"}}
        started = await (await client.create("main", one, {"policy": policy, "owner": ANN})).json()
        csrs[f"main/{one}/{started['request_id']}.csr"] = base64.b64decode(started["csr"])
    ours, others = csrs
    await client.put("csr", ours, await client.content("csr", others))  # the mail waits for others of its kind
    mail, _card = await told(client, f"CSR ready to be signed: {name}-a")
    message = email.message_from_string(mail["raw"], policy=email.policy.default)
    (attached,) = message.iter_attachments()
    content = attached.get_content()
    if attached.get_content_type() == "application/zip":
        content = zipfile.ZipFile(io.BytesIO(content)).read(f"main/{name}-a.csr").decode()
    assert x509.load_pem_x509_csr(content.encode()).public_bytes(Encoding.DER) == csrs[ours]


async def test_what_others_do_to_a_request_of_the_portal_is_told_to_the_owner_of_its_tag(
    client: Client, name: str
) -> None:
    policy = CertificatePolicy("Unknown", subject=f"CN={name}.example.com")
    await client.certificates["main"].create_certificate(name, policy, tags={"certflow-owner": ANN})
    deleted = await client.call("DELETE", f"vaults/main/certificates/{name}/pending?requested_by=bob")
    assert deleted.status == 200
    mail, _card = await told(client, f"Certificate request deleted: {name}")
    assert mail["to"] == f"{ANN}, {BOX}"


async def test_a_merge_mutes_nobodys_certificate_in_silence(client: Client, name: str) -> None:
    policy = {"x509_props": {"subject": f"CN={name}.example.com"}}
    started = await (await client.create("main", name, {"policy": policy, "owner": ANN})).json()
    root = Ca.root("Root", at=real_now)
    chain = [root.signs(base64.b64decode(started["csr"])), root.certificate]
    body = {"x5c": [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in chain]}
    path = f"vaults/main/certificates/{name}/pending/merge"
    for owner, field in (("   ", "This is blank."), (BOB, "does not change the owner")):
        refused = await client.call("POST", path, json=body | {"tags": {"certflow-owner": owner}})
        assert refused.status == 400
        assert field in (await refused.json())["error"]["message"]
    lure = {"tags": {"certflow-mute": "true", "certflow-renew": "off"}, "attributes": {"enabled": False}}
    merged = await client.call("POST", path, json=body | lure)
    assert merged.status == 201, await merged.text()
    mail, _card = await told(client, f"Changed by somebody else: {name}")
    assert mail["to"] == ANN
    assert "Changed: tags.certflow-mute: none → true" in mail["text"]
    assert "Changed: tags.certflow-renew: none → off" in mail["text"]
    assert "Changed: attributes.enabled: none → False" in mail["text"]


async def test_a_certificate_that_was_nobodys_is_not_taken_in_silence(client: Client, name: str) -> None:
    policy = {"issuer": {"name": "DigiCert"}, "x509_props": {"subject": f"CN={name}.example.com"}}
    assert (await client.create("main", name, {"policy": policy})).status == 202
    await told(client, f"Certificate issued: {name}")
    assert (await client.create("main", name, {"owner": BOB})).status == 202
    mail, _card = await told(client, f"Changed by somebody else: {name}")
    assert mail["to"] == BOX
    assert f"Changed: owner: none → {BOB}" in mail["text"]


async def test_an_owner_that_fits_no_row_is_refused_and_leaves_nothing_unsettled(client: Client, name: str) -> None:
    policy = {"x509_props": {"subject": f"CN={name}.example.com"}}
    assert (await client.create("main", name, {"policy": policy})).status == 202
    for more in ({}, {"if_pending": "adopt"}, {"if_pending": "replace"}):
        refused = await client.create("main", name, {"tags": {"certflow-owner": "x" * 40_000}} | more)
        assert refused.status == 400
        assert "512" in (await refused.json())["error"]["message"]


async def test_a_subject_of_9000_units_is_started_and_watched(client: Client, name: str) -> None:
    units = ",".join(f"OU=unit-{number}" for number in range(9000))
    started = await client.create("main", name, {"policy": {"x509_props": {"subject": f"CN={name},{units}"}}})
    assert started.status == 202, await started.text()
    assert (await client.pending("main", name)).status == 200
    listed = await (await client.call("GET", "requests", params={"limit": "100"})).json()
    assert len(next(one["subject"] for one in listed["value"] if one["name"] == name)) == 500


async def test_an_owner_is_several_addresses_with_names_and_what_is_none_is_answered(client: Client, name: str) -> None:
    policy = {"issuer": {"name": "DigiCert"}, "x509_props": {"subject": f"CN={name}.example.com"}}
    owner = f"Doe, Ann <{ANN}>; {BOB}"
    assert (await client.create("main", name, {"policy": policy, "owner": owner})).status == 202
    mail, _card = await told(client, f"Certificate issued: {name}")
    assert mail["to"] == f"{ANN}, {BOB}"
    found = await (await client.call("GET", "requests", params={"owner": BOB, "name": name})).json()
    assert [one["owner"] for one in found["value"]] == [owner]
    created = await client.create("main", f"{name}-2", {"policy": policy, "owner": "a@@x.y", "signer": "nobody"})
    assert created.status == 202
    note = (await created.json())["note"]
    assert "owner: 'a@@x.y' is no mail address. Mail goes to the default mailboxes (CERTFLOW_MAIL_TO) instead." in note
    assert "signer: 'nobody' is no mail address. Mail goes to whom CERTFLOW_SIGNERS names" in note
    mail, _card = await told(client, f"Certificate issued: {name}-2")
    assert mail["to"] == BOX
