"""Dropped files: one merge and one notification, however often and however badly timed."""

from __future__ import annotations

import asyncio
import json

import pytest

from local.api import Client
from local.openssl_ca import OpensslCa
from tests.e2e.dropped_files import merges, reports, run_check
from tests.e2e.request_and_chain import chain_for, started
from tests.e2e.telling import told


async def test_the_same_chain_twice_is_one_merge_and_one_notification(client: Client, name: str, ca: OpensslCa) -> None:
    operation = await started(client, name)
    content = await chain_for(ca, operation, name)
    await asyncio.gather(client.drop(f"{name}-1.pem", content), client.drop(f"{name}-2.pem", content))
    found = await reports(client, "chains-merged", f"main/{name}/", 2)
    await client.drop(f"{name}-3.pem", content)
    found = await reports(client, "chains-merged", f"main/{name}/", 3)
    codes = [[finding["code"] for finding in report["findings"]] for report in found]
    assert sorted(some.count("already-merged") for some in codes) == [0, 1, 1]
    assert {report["leaves"][0]["version"] for report in found} == {found[0]["leaves"][0]["version"]}
    assert await merges(client, name) == 1
    await run_check(client)
    await asyncio.sleep(2)
    await told(client, f"Certificate issued: {name}")


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "empty-file"), (b"Dear customer,\n\nsee attachment.\n", "not-a-certificate")]
)
async def test_what_is_no_chain_is_rejected_unharmed_with_one_notification(
    client: Client, name: str, content: bytes, code: str
) -> None:
    file = f"{name}-{code} ü #1.pem"
    await client.drop(file, content)
    (report,) = await reports(client, "chains-rejected", f"{name}-{code}", 1)
    assert [finding["code"] for finding in report["findings"]] == [code]
    assert report["file"]["name"] == file
    kept = [one for one in await client.files("chains-rejected", f"{name}-{code}") if one.endswith(".pem")]
    assert await client.content("chains-rejected", kept[0]) == content
    assert await client.files("chains", name) == []
    for message in await told(client, file):
        assert report["sentence"] in message["text"]
        assert report["next_step"] in message["text"]


async def test_a_private_key_in_a_file_appears_nowhere_else(client: Client, name: str, ca: OpensslCa) -> None:
    operation = await started(client, name)
    secret = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
    key = f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n".encode()
    await client.drop(f"{name}.pem", await chain_for(ca, operation, name) + key)
    (report,) = await reports(client, "chains-quarantine", f"{name}.pem", 1)
    assert [finding["code"] for finding in report["findings"]] == ["contains-private-key"]
    assert await client.files("chains-rejected", f"{name}.pem") == []
    found = await told(client, f"{name}.pem")
    assert secret not in json.dumps([report, found])
    assert await merges(client, name) == 0
