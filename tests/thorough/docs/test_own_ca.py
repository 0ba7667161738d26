"""The commands of docs/own-ca.md, as they stand, in one shell: they end in certificates that are merged."""

from __future__ import annotations

import asyncio
from pathlib import Path

from cryptography import x509

from local.functions_host import ROOT
from tests.doc_pages import run_page
from tests.e2e.stack import described_client, running_up


async def test_the_commands_for_the_laptop_end_in_merged_certificates(tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    folder.mkdir()
    with running_up(tmp_path / ".local", "--issuing-delay", "1.5") as (_, described):
        printed = await asyncio.to_thread(run_page, ROOT / "docs" / "own-ca.md", folder, described)
        assert printed.rpartition('"findings":')[2] == "[]}"  # the answer to the last command, the merge
        assert "✔ " in printed  # the doctor's
        root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())
        async with described_client(described) as client:
            for name in ("intranet", "wiki"):
                merged = await client.certificates["main"].get_certificate(name)
                leaf = x509.load_der_x509_certificate(bytes(merged.cer or b""))
                leaf.verify_directly_issued_by(root)
                history = await (await client.call("GET", f"vaults/main/certificates/{name}/history")).json()
                assert "merged" in {act["act"] for act in history["value"]}
            status = await (await client.call("GET", "status")).json()
            assert [one["trusted_cas"]["state"] for one in status["vaults"] if one["vault"] == "main"] == ["set"]
