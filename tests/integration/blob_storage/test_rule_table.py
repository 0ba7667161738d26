"""The table of rules in a blob, on Azurite: read as it is now, and a fault in it named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from functions.adapters.blob_storage.containers import Blobs
from functions.adapters.rule_table import RulesInBlob, RulesInSetting
from functions.model.errors import BadSettings, Unavailable
from functions.ports.rules import Rule
from local.azurite import Azurite
from testkit.tokens import AnyToken

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATH = "settings/teams/rules.json"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def container(azurite: Azurite) -> AsyncIterator[ContainerClient]:
    async with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        yield await service.create_container("settings")


@pytest_asyncio.fixture(loop_scope="module")
async def blobs(container: ContainerClient) -> AsyncIterator[Blobs]:
    blobs = Blobs(container.url.rpartition("/")[0], AnyToken())
    yield blobs
    await blobs.close()


async def written(container: ContainerClient, content: bytes) -> None:
    await container.upload_blob("teams/rules.json", content, overwrite=True)


async def test_a_change_of_the_blob_counts_from_the_next_event_on(container: ContainerClient, blobs: Blobs) -> None:
    rules = RulesInBlob(blobs, PATH)
    for to in ("teams", "owner"):
        await written(container, json.dumps([{"to": [to], "names": ["ü-*"]}]).encode())
        assert await rules.read() == (Rule((to,), names=("ü-*",)),)


async def test_its_hash_is_that_of_what_is_written_and_of_a_missing_one_it_is_empty(
    container: ContainerClient, blobs: Blobs
) -> None:
    await written(container, b'\xef\xbb\xbf[{"to": ["\xff"]}]')
    assert await RulesInBlob(blobs, PATH).sha256() == hashlib.sha256(b'\xef\xbb\xbf[{"to": ["\xff"]}]').hexdigest()
    assert await RulesInBlob(blobs, "settings/none.json").sha256() == ""
    assert await RulesInSetting("").sha256() == ""
    assert await RulesInSetting("[]").sha256() == hashlib.sha256(b"[]").hexdigest()


async def test_a_blob_that_an_editor_saved_with_a_byte_order_mark_is_read(
    container: ContainerClient, blobs: Blobs
) -> None:
    await written(container, b"\xef\xbb\xbf" + b'[{"to": ["teams"]}]')
    assert await RulesInBlob(blobs, PATH).read() == (Rule(("teams",)),)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", f"{PATH}: this is no JSON"),
        (b'[{"to": ["teams"]}, {}]', f"{PATH}, rule 2: 'to' is needed"),
        (b'[{"to": ["\xff"]}]', f"{PATH}: this is no UTF-8"),
    ],
)
async def test_a_fault_in_the_blob_is_named(
    container: ContainerClient, blobs: Blobs, content: bytes, says: str
) -> None:
    await written(container, content)
    with pytest.raises(BadSettings) as caught:
        await RulesInBlob(blobs, PATH).read()
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("path", ["settings/none.json", "nowhere/rules.json"])
async def test_a_blob_that_is_not_there_is_named_with_its_setting(blobs: Blobs, path: str) -> None:
    with pytest.raises(BadSettings, match=rf"^CERTFLOW_NOTIFY_RULES: .*{path}"):
        await RulesInBlob(blobs, path).read()


async def test_storage_that_does_not_answer_is_unavailable() -> None:
    blobs = Blobs("https://127.0.0.1:9/devstoreaccount1", AnyToken())
    with pytest.raises(Unavailable, match="chain storage"):
        await RulesInBlob(blobs, PATH).read()
    await blobs.close()


async def test_rules_of_a_setting() -> None:
    assert await RulesInSetting('[{"to": ["teams"]}]').read() == (Rule(("teams",)),)
    assert await RulesInSetting("").read() == ()
    with pytest.raises(BadSettings, match=r"CERTFLOW_NOTIFY_RULES, rule 1"):
        await RulesInSetting('[{"severity": "high"}]').read()
