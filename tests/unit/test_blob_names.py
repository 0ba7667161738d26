"""No name of a file leads out of its container: whatever comes in, by HTTP, by an event in either delivery, by a poison
message, and whoever decodes it on the way to the storage.
"""

from __future__ import annotations

import json
from urllib.parse import quote

import azure.functions as func
import pytest
from hypothesis import example, given

from functions.adapters.blobs import Blobs, Chains, _cut
from functions.issuance.blob_names import blob_name
from functions.issuance.drop import handle_stuck, sweep
from functions.issuance.errors import InvalidRequest
from functions.issuance.files import Drop
from functions.triggers.chains import chains_blueprint
from functions.triggers.doctor import retry_chain
from functions.triggers.queued import queued_blueprint
from functions.triggers.routes import Context
from tests.blob_paths import LEADING_OUT, NAMES, leads_out
from tests.clock import NOW
from tests.integration.tokens import AnyToken
from tests.unit.fakes import FakeDrops, World
from tests.unit.test_queued_triggers import cloud_event, returns

ACCOUNT = "https://chains.blob.core.windows.net"


class WatchedDrops(FakeDrops):
    """The port, which hears of no name that leads out of its container, and no content."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def read(self, name: str, limit: int) -> Drop | None:
        self.asked.append(name)
        return None


async def deliver(world: World, name: str) -> None:
    """The name in every way in but HTTP: pushed and queued, and each of them as a poison message."""
    app = func.FunctionApp()
    app.register_functions(chains_blueprint(lambda: world.work))
    app.register_functions(queued_blueprint(lambda: world.certflow, dict, returns(world)))
    functions = {one.get_function_name(): one.get_user_function() for one in app.get_functions()}
    await functions["dropped_chain"](func.blob.InputStream(data=b"", name=f"chains/{name}"))
    poison = {"BlobName": name}
    await functions["stuck_chain"](func.QueueMessage(body=json.dumps(poison).encode()))
    for url in (f"{ACCOUNT}/chains/{name}", f"{ACCOUNT}/chains/{quote(name, errors='replace')}"):
        message = json.dumps(cloud_event("Microsoft.Storage.BlobCreated", {"api": "PutBlob", "url": url})).encode()
        for function in ("queued_drop", "queued_stuck_drop"):
            await functions[function](func.QueueMessage(body=message))


@pytest.mark.parametrize("name", LEADING_OUT)
async def test_a_name_that_leads_out_is_refused_where_it_comes_in(name: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^name: "):
        blob_name(name)
    world = World(drops=WatchedDrops())
    await deliver(world, name)
    assert [one for one in world.drops.asked if leads_out(one)] == []  # type: ignore[attr-defined]
    body = json.dumps({"name": name}).encode()
    request = func.HttpRequest("POST", "https://x/api/chains/retry", body=body)
    with pytest.raises(InvalidRequest, match=r"name: (.* unescaped|.* length )"):
        await retry_chain(request, Context(lambda: world.certflow, lambda: False))


@pytest.mark.parametrize(
    "name",
    [
        "web.pem",
        "from the CA (1).txt",
        "a/b/ü#%41?.p7b",
        "50%.pem",
        "a..b/c...",
        "..a/.hidden",
        "folder/",
        "~me/x&y=z;+.zip",
        "日本語/証明書.pem",
        "x" * 1024,
    ],
)
def test_other_names_are_fine(name: str) -> None:
    assert blob_name(name) == name
    assert not leads_out(name)


@given(NAMES)
@example("%25252e%25252e/csr/x")
async def test_no_name_however_escaped_reaches_another_container(name: str) -> None:
    world, blobs = World(drops=WatchedDrops()), Blobs(ACCOUNT, AnyToken())
    await deliver(world, name)
    assert [one for one in world.drops.asked if leads_out(one)] == []  # type: ignore[attr-defined]
    drop = Drop(name, b"", 0, "0" * 64, '"0x1"', NOW, {})
    if leads_out(name):
        with pytest.raises(InvalidRequest):
            await Chains(blobs, "chains").read(name, 1)
        with pytest.raises(InvalidRequest):
            await Chains(blobs, "chains").move(drop, "chains-rejected", "2026-11-24/x", b"{}", "")
    await blobs.close()


@given(NAMES.map(lambda name: f"{'x' * (1020 - len(name))}{name}/y.p7b"))
def test_a_name_that_is_cut_when_its_file_is_moved_stays_where_it_belongs(name: str) -> None:
    if not leads_out(name):
        for room in range(950, 1024):
            assert not leads_out(_cut(name, room))


@pytest.mark.parametrize("name", ["../csr/main/x.csr", "a//b.pem", "x%2e%2e/../y", "line\nbreak.pem", "x%ud800.pem"])
async def test_a_file_that_has_such_a_name_is_told_of_once_and_never_opened(name: str) -> None:
    world = World()
    world.drops.put(name, b"content")
    world.later(minutes=11)
    for _ in range(3):
        await sweep(world.certflow)
        await handle_stuck(world.certflow, name)
        world.later(minutes=10)
    (stuck,) = world.topic.published
    assert stuck.type == "Certflow.Chain.Stuck"
    assert stuck.data["sentence"].startswith("The file is not opened. name: ")
    assert stuck.data["next_step"] == "It is still in the container. Drop it again under another name."
    assert name in world.drops.files
    assert world.drops.moved == []
    world.drops.put(name, b"content", etag="0x2")
    await sweep(world.certflow)
    assert len(world.topic.published) == 2


def test_the_message_says_what_is_wrong_and_harms_no_terminal() -> None:
    with pytest.raises(InvalidRequest, match=r"'a\\x1b\[2J/\.\.' has a control character") as caught:
        blob_name("a\x1b[2J/..")
    assert caught.value.field == "name"
