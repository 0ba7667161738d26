"""The commands of docs/laptop.md, as they stand, in one shell: an access file lets in whom it names."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from local.functions_host import ROOT
from tests.doc_pages import run_page
from tests.e2e.stack import described_client, running_up


async def test_the_access_file_of_the_page_decides_and_lets_a_machine_read(tmp_path: Path) -> None:
    folder = tmp_path / "clone"
    folder.mkdir()
    with running_up(tmp_path / ".local") as (_, described):
        printed = await asyncio.to_thread(run_page, ROOT / "docs" / "laptop.md", folder, described)
        assert json.loads(printed.splitlines()[-1])["value"] == []  # the list of requests, which `idle` may now read
        async with described_client(described) as client:
            access = await (await client.call("GET", "access")).json()
            assert access["decided_by"]["state"] == "file"
