"""The commands of the documentation, as they stand, in a shell: a first certificate is merged by README alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from local.api import Client
from tests.doc_pages import README, run_page, scripts
from tests.e2e.telling import told

# What is set there holds for all of the stack: tests/thorough/docs.
CHANGES_THE_STACK = {"laptop.md", "own-ca.md"}
OTHERS = [page for page in scripts() if page != README and page.name not in CHANGES_THE_STACK]


async def test_readmes_first_certificate_is_merged(client: Client, stack: dict[str, Any], tmp_path: Path) -> None:
    printed = await asyncio.to_thread(run_page, README, tmp_path, stack)
    assert '"act": "merged"' in printed
    assert '"note":' not in printed.partition('"act"')[0]  # the example asks for nothing that is warned of
    (root,) = (x509.load_pem_x509_certificate(one.read_bytes()) for one in tmp_path.glob("*/root.pem"))
    merged = await client.certificates["main"].get_certificate("intranet")
    x509.load_der_x509_certificate(bytes(merged.cer or b"")).verify_directly_issued_by(root)
    assert await told(client, "Certificate issued: intranet")


@pytest.mark.parametrize("page", OTHERS, ids=lambda page: page.name)
async def test_a_pages_commands_work(page: Path, stack: dict[str, Any], tmp_path: Path) -> None:
    await asyncio.to_thread(run_page, page, tmp_path, stack)
