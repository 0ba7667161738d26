"""The API's own description, held against the running host by schemathesis."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.api import Client
from tests.clock import HANG
from tests.e2e.second_host import another_host
from tests.e2e.stack import HURRIED

# Each call that is right sends some twenty mails, and the inbox is the other tests' too. One within a minute of another
# is answered with 503, as the document says.
CONFIG = """
[[operations]]
include-operation-id = "test_notifications"
generation.max-examples = 3
checks.not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""
# Calls for each route in the random phases. CERTFLOW_OPENAPI_EXAMPLES=20 takes some minutes, and may find more.
EXAMPLES = os.environ.get("CERTFLOW_OPENAPI_EXAMPLES", "5")
# What the platform itself cannot pass, each with its reason; all other checks are on.
EXCLUDED = {
    "unsupported_method": "the Functions host answers another method with 404; it knows no 405",
    "positive_data_acceptance": "not every string is an X.500 name, and Key Vault, not a schema, says which are",
}


async def test_the_document_names_every_route_and_the_vaults_that_there_are(client: Client) -> None:
    document = await (await client.call("GET", "openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": client.stack["api"]}]
    operations = {
        (path, method) for path, item in document["paths"].items() for method in item if method != "parameters"
    }
    certificate = "/vaults/{vault}/certificates/{name}"
    assert operations == {
        (certificate, "get"),
        (certificate, "patch"),
        (f"{certificate}/create", "post"),
        (f"{certificate}/pending", "get"),
        (f"{certificate}/pending", "patch"),
        (f"{certificate}/pending", "delete"),
        (f"{certificate}/pending/merge", "post"),
        (f"{certificate}/pending/csr", "get"),
        (f"{certificate}/pending/acknowledge", "post"),
        (f"{certificate}/history", "get"),
        ("/chains", "post"),
        ("/chains/inspect", "post"),
        ("/chains/retry", "post"),
        ("/requests", "get"),
        ("/csrs", "get"),
        ("/approvals", "get"),
        ("/approvals/{id}", "get"),
        ("/approvals/{id}/approve", "post"),
        ("/approvals/{id}/refuse", "post"),
        ("/approvals/{id}/withdraw", "post"),
        ("/certificates", "get"),
        ("/vaults", "get"),
        ("/messages", "get"),
        ("/history", "get"),
        ("/audit", "get"),
        ("/plan", "get"),
        ("/board", "get"),
        (f"{certificate}/pending/view", "get"),
        ("/access", "get"),
        ("/status", "get"),
        ("/rebuild", "post"),
        ("/notifications/test", "post"),
        ("/health", "get"),
        ("/openapi.json", "get"),
    }
    vault = document["paths"][f"{certificate}/create"]["parameters"][0]
    assert vault["schema"]["enum"] == ["main", "staging"]


async def test_schemathesis_finds_no_answer_that_is_not_as_described(client: Client, tmp_path: Path) -> None:
    examine(client.stack, await client.credentials(), tmp_path, "examples,coverage,fuzzing,stateful", least=1000)


async def test_nor_does_it_where_callers_have_function_keys(client: Client, tmp_path: Path) -> None:
    async with another_host(client, tmp_path, HURRIED, CERTFLOW_AUTH="keys", CERTFLOW_ACCESS="") as other:
        # The handlers are those that the other run covers: what differs is who checks the caller, and the document.
        key = {"x-functions-key": str(other.stack["function_key"])}
        examine(other.stack, key, tmp_path, "examples,coverage", least=200)


def examine(
    stack: Mapping[str, Any], credentials: Mapping[str, str], directory: Path, phases: str, *, least: int
) -> None:
    """Runs schemathesis with these headers; `least` is how many calls it makes at least."""
    (directory / "schemathesis.toml").write_text(CONFIG)
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "run", f"{stack['api']}/openapi.json"),
        *(part for name, value in credentials.items() for part in ("--header", f"{name}: {value}")),
        *("--exclude-checks", ",".join(EXCLUDED), "--phases", phases),
        *("--max-examples", EXAMPLES, "--seed", "1", "--continue-on-failure", "--no-color"),
    ]
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=HANG
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "33 selected / 33 total" in done.stdout  # all but the document's own route, which it loads from
    cases = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert cases, done.stdout[-3000:]
    assert int(cases[1]) == int(cases[2]) > least
