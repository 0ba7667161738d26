"""README's commands for the laptop, as they stand, in one shell: they end in certificates that are merged."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

from cryptography import x509

from local.functions_host import ROOT
from tests.clock import HANG
from tests.e2e.conftest import described_client, running_up

SECTIONS = ("The API, by example", "A CA of your own: CSR out, chain in")


def blocks() -> list[str]:
    """The shell blocks of the sections, in their order; those of a list are indented as its items are."""
    text = (ROOT / "README.md").read_text()
    sections = [text.split(f"\n## {title}\n")[1].split("\n## ")[0] for title in SECTIONS]
    found = re.findall(r"^( *)```sh\n(.*?)^\1```", "\n".join(sections), flags=re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """In one shell, which a command that fails ends (-e)."""
    return subprocess.run(
        ["sh", "-e"], input=script, cwd=folder, capture_output=True, text=True, timeout=HANG, check=False
    )


async def test_the_commands_for_the_laptop_end_in_merged_certificates(tmp_path: Path) -> None:
    script = "".join(blocks())
    assert all(word in script for word in ("API=", "/create", "openssl", "upload ", "/pending/merge"))
    with running_up(tmp_path / ".local", "--issuing-delay", "1.5") as (_, described):
        done = await asyncio.to_thread(run, script, tmp_path)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert done.stdout.rpartition('"findings":')[2] == "[]}"  # the answer to the last command, the merge
        root = x509.load_pem_x509_certificate((tmp_path / "root.pem").read_bytes())
        async with described_client(described) as client:
            for name in ("intranet", "wiki"):
                merged = await client.certificates["main"].get_certificate(name)
                leaf = x509.load_der_x509_certificate(bytes(merged.cer or b""))
                leaf.verify_directly_issued_by(root)
                history = await (await client.call("GET", f"vaults/main/certificates/{name}/history")).json()
                assert "merged" in {act["act"] for act in history["value"]}
            status = await (await client.call("GET", "status")).json()
            assert [one["trusted_cas"]["state"] for one in status["vaults"] if one["vault"] == "main"] == ["set"]
