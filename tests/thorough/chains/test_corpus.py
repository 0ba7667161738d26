"""Pairs of format, kind of key and order, dropped as files, and judged by what Key Vault has then.

A third of them is tried, another one each time; CERTFLOW_TEST_CORPUS=all has all, and 0, 1 or 2 that third. Each value
is in each third, and tests/robustness/test_corpus.py tries every format and kind of key in every order without a stack.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import secrets
import ssl
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.api import Client, LocalIdentity, until
from tests.certificates import pem
from tests.clock import real_now
from tests.corpus import FORMATS, KEYS, ORDERS, Hierarchy, arrange, hierarchy, openssl

AT_ONCE = 8
STRIDE = 7  # spreads the cases of a group over the ways in which certificates can be shuffled
MERGED, REJECTED = "chains-merged", "chains-rejected"
THIRDS = 3
WHICH = os.environ.get("CERTFLOW_TEST_CORPUS", str(secrets.randbelow(THIRDS)))


@dataclass(frozen=True)
class Case:
    """A file of the corpus, and the certificate name that it is for."""

    format_: str
    key: str
    order: str
    turn: int
    name: str

    @property
    def host(self) -> str:
        return f"{self.name}.example.com"

    @property
    def file(self) -> str:
        """Says nothing of what is in it."""
        return f"{self.name}.bin"

    @property
    def cas(self) -> Hierarchy:
        return hierarchy(KEYS[self.key].kty, real_now)


def cases(order: str) -> list[Case]:
    """One case a format; the kinds of key take turns, so that together each meets every format and every order."""
    shift = list(ORDERS).index(order)
    keys = itertools.islice(itertools.cycle(KEYS), shift, None)
    tag = secrets.token_hex(4)
    return [
        Case(format_, key, order, turn * STRIDE, f"corpus-{shift}-{turn}-{tag}")
        for turn, (format_, key) in enumerate(zip(FORMATS, keys, strict=False))
    ]


def chosen(order: str, which: str) -> list[Case]:
    """The cases of an order that are tried: every third of an order, and of a format."""
    shift, found = list(ORDERS).index(order), cases(order)
    if which == "all":
        return found
    return [case for turn, case in enumerate(found) if (turn - shift) % THIRDS == int(which)]


@pytest.mark.parametrize("which", ["0", "1", "2"])
def test_every_value_is_in_a_case_that_is_tried(which: str) -> None:
    tried = [case for order in ORDERS for case in chosen(order, which)]
    assert {case.format_ for case in tried} == set(FORMATS)
    assert {case.key for case in tried} == set(KEYS)
    assert {case.order for case in tried} == set(ORDERS)
    assert len(tried) <= len(FORMATS) * len(ORDERS) // THIRDS + len(ORDERS)


def test_every_pair_of_values_is_in_a_case() -> None:
    triples = [(one.format_, one.key, one.order) for order in ORDERS for one in cases(order)]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        values = (FORMATS, KEYS, ORDERS)
        pairs = set(itertools.product(values[first], values[second]))
        assert pairs == {(triple[first], triple[second]) for triple in triples}


@pytest.mark.parametrize("order", ORDERS)
async def test_formats_in(client: Client, tmp_path: Path, order: str) -> None:
    """Each is merged, read back and verified; without the intermediate it is rejected, and its request still pending,
    unless a whole chain of that CA was merged there before.
    """
    group = chosen(order, WHICH)
    leaves = await together(group, lambda case: dropped(client, case))
    reports = await moved(client, group)
    if order == "intermediate missing":
        pending = [case for case in group if "chain-filled" not in codes_of(reports[case])]
        await together(pending, lambda case: assert_still_pending(client, case, reports[case]))
        group = [case for case in group if case not in pending]
    if group:
        await together(group, lambda case: assert_merged(client, case, leaves[case], reports[case], tmp_path))


def codes_of(report: dict[str, Any]) -> set[str]:
    return {one["code"] for one in report["findings"]}


async def together[T](group: Iterable[Case], step: Callable[[Case], Coroutine[Any, Any, T]]) -> dict[Case, T]:
    """A step of all cases, some at once. A failure names its case."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> tuple[Case, T]:
        async with gate:
            try:
                return case, await step(case)
            except Exception as error:
                error.add_note(str(case))
                raise

    return dict(await asyncio.gather(*(one(case) for case in group)))


async def dropped(client: Client, case: Case) -> x509.Certificate:
    """Starts a request, has its CSR signed, and drops the file; returns the leaf."""
    policy = {
        "key_props": KEYS[case.key].props,
        "secret_props": {"contentType": "application/x-pem-file"},
        "x509_props": {"subject": f"CN={case.host}", "sans": {"dns_names": [case.host]}},
        "issuer": {"name": "Unknown"},
    }

    async def started() -> dict[str, Any] | None:
        """The operation; None if the key has taken longer than Key Vault is waited for, as it may on a busy machine.

        An intent lasts for 24 s on this clock. If the key has taken longer than that, the request that the first try
        has started is in the way of the next.
        """
        path, again = f"vaults/main/certificates/{case.name}/create", {"Idempotency-Key": case.name}
        response = await client.call("POST", path, headers=again, json={"policy": policy})
        assert response.status in {202, 409, 503}, await response.text()
        if response.status == 409:
            response = await client.pending("main", case.name)
        return dict(await response.json()) if response.status in {200, 202} else None

    operation = await until("Key Vault to have made the key", started)
    leaf = case.cas.sign(base64.b64decode(operation["csr"]))
    certificates = arrange(case.order, leaf, case.cas, case.turn)
    await client.drop(case.file, await asyncio.to_thread(FORMATS[case.format_], certificates))
    return leaf


async def moved(client: Client, group: Iterable[Case]) -> dict[Case, dict[str, Any]]:
    """The reports beside the files, once all files have been moved."""
    wanted = {case.file: case for case in group}

    async def look() -> dict[Case, tuple[str, str]] | None:
        left = await client.files("chains")
        found = {
            wanted[path.rsplit("/", 1)[1]]: (container, path.rsplit("/", 1)[0])
            for container in (MERGED, REJECTED)
            for path in await client.files(container, "corpus-")
            if path.rsplit("/", 1)[1] in wanted
        }
        return found if len(found) == len(wanted) and not wanted.keys() & set(left) else None

    places = await until("all files of the group moved", look)

    async def report(case: Case) -> dict[str, Any]:
        container, folder = places[case]
        return dict(json.loads(await client.content(container, f"{folder}/report.json")))

    return await together(group, report)


async def assert_merged(
    client: Client, case: Case, leaf: x509.Certificate, report: dict[str, Any], directory: Path
) -> None:
    """Key Vault has the leaf, and in the secret its chain without the root; a client with the root alone verifies it.

    A cross-signed CA leads to two roots, and nothing says here which of them is trusted.
    """
    # A handling that is cut off after the merge, as on a busy machine, is done again.
    assert report["outcome"] in {"merged", "already-merged"}, report["findings"]
    certificate = await client.certificates["main"].get_certificate(case.name)
    assert certificate.cer is not None
    assert certificate.properties is not None
    assert certificate.properties.version == report["leaves"][0]["version"]
    read_back = x509.load_der_x509_certificate(bytes(certificate.cer))
    assert read_back == leaf
    secret = await secret_of(client, case.name)
    assert load_pem_private_key(secret, None).public_key() == leaf.public_key()
    chain = x509.load_pem_x509_certificates(secret)
    crossed = case.order == "cross-signed" and case.cas.cross in chain
    issuing, root = (case.cas.cross, case.cas.other_root) if crossed else (case.cas.issuing, case.cas.root)
    assert chain == [leaf, issuing]
    await asyncio.to_thread(verify, directory / f"{case.name}-certificate", case.host, root, [read_back, issuing])
    await asyncio.to_thread(verify, directory / f"{case.name}-secret", case.host, root, chain)


async def assert_still_pending(client: Client, case: Case, report: dict[str, Any]) -> None:
    assert report["outcome"] == "rejected", report["findings"]
    assert report["findings"][0]["code"] == "missing-intermediate"
    operation = await client.certificates["main"].get_certificate_operation(case.name)
    assert operation.status == "inProgress"


def verify(directory: Path, host: str, root: x509.Certificate, chain: list[x509.Certificate]) -> None:
    """As a TLS client would: it trusts the root alone, and the server sends it the chain, leaf first."""
    directory.mkdir()
    for name, certificates in (("root", [root]), ("leaf", chain[:1]), ("rest", chain[1:])):
        (directory / f"{name}.pem").write_bytes(pem(*certificates))
    trusted = ("-CAfile", "root.pem", "-no-CApath", "-no-CAstore", "-untrusted", "rest.pem")
    judged = ("-x509_strict", "-purpose", "sslserver", "-verify_hostname", host)
    assert openssl(directory, "verify", *trusted, *judged, "leaf.pem") == b"leaf.pem: OK\n"


async def secret_of(client: Client, name: str) -> bytes:
    """The secret beside a certificate, as Key Vault's REST API hands it out."""
    identity = LocalIdentity(client.stack["identity"]["endpoint"], client.stack["identity"]["header"], client.session)
    token = await identity.get_token("https://vault.azure.net/.default")
    url = f"{client.stack['vaults']['main']}/secrets/{name}?api-version=7.4"
    trust = ssl.create_default_context(cafile=client.stack["ca_file"])
    async with client.session.get(url, headers={"Authorization": f"Bearer {token.token}"}, ssl=trust) as response:
        assert response.status == 200, await response.text()
        return str((await response.json())["value"]).encode()
