"""Thirty requests of thirty owners, as a PKI team lives through them: what it is told, and does by what it is told."""

from __future__ import annotations

import asyncio
import email
import email.policy
import io
import json
import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from local.api import Client, client_of, until
from local.openssl_ca import OpensslCa
from local.stack import running_stack
from tests.clock import HANG
from tests.e2e.telling import NO_SERVERS, SELDOM_CHECKED, nothing_waits, tellings

SIGNERS, COUNT, FILES = "pki-team@example.com", 30, 3
# Seconds that what is alike waits for others: CSRs as long as CERTFLOW_GATHER is by default, certificates a moment.
CSRS_GATHER, ISSUED_GATHER = 60, 5


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with (
        running_stack(tmp_path / "stack", settings=NO_SERVERS | SELDOM_CHECKED) as stack,
        client_of(stack.describe()) as client,
    ):
        yield client


def host(number: int) -> str:
    return f"shop-{number:02}.example.com"


async def ask(client: Client, number: int) -> None:
    sans = {"dns_names": [host(number), f"www.{host(number)}"]}
    policy = {
        "key_props": {"kty": "EC", "crv": "P-256"},
        "x509_props": {"subject": f"CN={host(number)}", "sans": sans, "ekus": ["1.3.6.1.5.5.7.3.1"]},
    }
    vault = ("main", "staging")[number % 2]
    asked = {"policy": policy, "owner": f"owner-{number:02}@example.com", "requested_by": "portal"}
    created = await client.create(vault, f"shop-{number:02}", asked)
    assert created.status == 202, await created.text()


def csrs_in(mail: dict[str, Any]) -> dict[str, bytes]:
    """The CSRs that are attached to a mail, by name: as a zip, or alone."""
    message = email.message_from_string(mail["raw"], policy=email.policy.default)
    (attached,) = message.iter_attachments()
    if attached.get_content_type() == "text/plain":
        return {str(attached.get_filename()).removesuffix(".csr"): attached.get_content().encode()}
    assert attached.get_content_type() == "application/zip"
    found = zipfile.ZipFile(io.BytesIO(attached.get_content()))
    manifest = json.loads(found.read("manifest.json"))
    assert manifest["returns_to"] in mail["text"]  # the next step says where, and that is where
    return {entry["name"]: found.read(entry["file"]) for entry in manifest["csrs"]}


def more_since(began: float, gathers: int) -> int:
    """How many messages of a kind there may be beside the first if what they tell happened since then: each waits so
    long for others. A busy machine takes several of these times.
    """
    return max(0, int((time.monotonic() - began - gathers) // gathers))


def files_of(chains: list[bytes], issuing: bytes) -> dict[str, bytes]:
    """Three of what CAs send: one PEM, a zip of files, a PKCS#7."""
    one, two, three = (chains[at :: len(chains) // (COUNT // FILES)] for at in range(FILES))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, leaf in enumerate(two):
            archive.writestr(f"{number}.crt", leaf + issuing)
    certificates = [x509.load_pem_x509_certificate(pem) for pem in (*three, issuing)]
    return {
        "monday.pem": b"".join(one) + issuing,
        "more.zip": packed.getvalue(),
        "rest.p7b": pkcs7.serialize_certificates(certificates, Encoding.DER),
    }


async def test_the_signers_get_three_mails_and_cards_at_most_and_each_owner_one(client: Client, tmp_path: Path) -> None:
    ca = OpensslCa(tmp_path / "ca")

    async def mails(to: str, kind: str) -> list[dict[str, Any]]:
        return [one for one in await client.messages(kind) if one["channel"] == "email" and one["to"] == to]

    began = time.monotonic()
    for number in range(COUNT):
        await ask(client, number)

    async def csrs_are_told() -> list[dict[str, bytes]] | None:
        found = [csrs_in(mail) for mail in await mails(SIGNERS, "shop-")]
        return found if sum(map(len, found)) >= COUNT else None

    mailed = await until("the mail with the CSRs", csrs_are_told, 3 * HANG)
    more = more_since(began, CSRS_GATHER)
    assert len(mailed) <= 1 + more
    by_name = {name: csr for one in mailed for name, csr in one.items()}
    assert sorted(by_name) == [f"shop-{number:02}" for number in range(COUNT)]
    csrs = [by_name[name] for name in sorted(by_name)]
    chains = [
        await asyncio.to_thread(ca.sign, csr, f"shop-{number:02}", f"{host(number)},DNS:www.{host(number)}")
        for number, csr in enumerate(csrs)
    ]
    began = time.monotonic()
    for name, content in files_of(chains, ca.issuing.read_bytes()).items():
        await client.drop(name, content)

    async def all_owners_are_told() -> bool:
        return len({one["to"] for one in await client.messages("Certificate issued")} - {"teams"}) >= COUNT

    await until("each owner's mail", all_owners_are_told, 3 * HANG)
    await nothing_waits(client)
    more_issued = more_since(began, ISSUED_GATHER)
    about = [one for one in await client.messages("shop-") if one["refused"] is None]
    by_owner = {one["to"]: one for one in about if one["to"].startswith("owner-")}
    assert len(by_owner) == COUNT
    assert sum(one["to"].startswith("owner-") for one in about) == COUNT
    for number in range(COUNT):
        issued = by_owner[f"owner-{number:02}@example.com"]
        assert (
            issued["subject"] == f"[Certflow] Certificate issued: shop-{number:02} in {('main', 'staging')[number % 2]}"
        )
    assert 1 <= sum(one["to"] == SIGNERS for one in about) <= 3 + more
    cards = [one for one in about if one["channel"] == "teams"]
    assert 1 <= len(cards) <= max(3, 2 + more + more_issued)
    told = {one["event"].rpartition(":")[2] for one in tellings(cards)}
    assert told == {"started", "completed"}
    assert await client.files("chains") == []
