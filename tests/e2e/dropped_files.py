"""What became of dropped files: reports beside them, merges in Key Vault."""

from __future__ import annotations

import json
from typing import Any

from local.api import Client, until


async def merges(client: Client, name: str) -> int:
    """How often the emulator has merged a chain into this certificate."""
    async with client.session.get(f"{client.stack['keyvault_control']}/state") as response:
        state = await response.json()
    return int(state["vaults"]["localhost"]["certificates"][name]["merges"])


async def reports(client: Client, container: str, contains: str, count: int) -> list[dict[str, Any]]:
    """Waits for so many moved files, and reads the report beside each."""

    async def look() -> list[str] | None:
        files = [file for file in await client.files(container, contains) if not file.endswith("/report.json")]
        return files if len(files) == count else None

    files = await until(f"{count} files in {container}", look)
    folders = [file.rsplit("/", 1)[0] for file in files]
    return [json.loads(await client.content(container, f"{folder}/report.json")) for folder in folders]


async def run_check(client: Client) -> None:
    """Runs the timer's function now, as the portal would."""
    headers = {"x-functions-key": client.stack["master_key"]}
    url = f"{client.stack['admin']}/functions/check"
    async with client.session.post(url, headers=headers, json={"input": ""}) as response:
        assert response.status == 202
