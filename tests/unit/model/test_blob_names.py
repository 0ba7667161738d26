"""No name of a file leads out of its container: whatever comes in, by HTTP, by an event in either delivery, by a poison
message, and whoever decodes it on the way to the storage.
"""

from __future__ import annotations

import json
import posixpath
import unicodedata
from urllib.parse import quote, unquote

import azure.functions as func
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.adapters.blob_storage.containers import BlobChainFiles, Blobs, moved_name
from functions.chains.handle_upload import handle_stuck, sweep_files
from functions.model.blob_names import blob_name
from functions.model.errors import InvalidRequest
from functions.ports.chain_files import DroppedFile
from functions.ports.work_queue import UPLOAD_QUEUE
from functions.triggers.blob import chains_blueprint
from functions.triggers.http.chains import retry_chain
from functions.triggers.http.context import Context
from testkit.tokens import AnyToken
from tests.blob_paths import LEADING_OUT, NAMES, ROUNDS, leads_out
from tests.clock import NOW
from tests.unit.blob_events import ACCOUNT, deliver
from tests.unit.fakes import FakeDrops, World
from tests.unit.queue_messages import cloud_event, receive


class WatchedDrops(FakeDrops):
    """The port, which hears of no name that leads out of its container, and no content."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def read(self, name: str, limit: int) -> DroppedFile | None:
        self.asked.append(name)
        return None


@pytest.mark.parametrize("name", LEADING_OUT)
async def test_a_name_that_leads_out_is_refused_where_it_comes_in(name: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^name: "):
        blob_name(name)
    world = World(chain_files=WatchedDrops())
    await deliver(world, name)
    assert [one for one in world.chain_files.asked if leads_out(one)] == []  # type: ignore[attr-defined]
    body = json.dumps({"name": name}).encode()
    request = func.HttpRequest("POST", "https://x/api/chains/retry", body=body)
    with pytest.raises(InvalidRequest, match=r"name: (.* unescaped|.* length )"):
        await retry_chain(request, Context(lambda: world.certflow))


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
    world, blobs = World(chain_files=WatchedDrops()), Blobs(ACCOUNT, AnyToken())
    await deliver(world, name)
    assert [one for one in world.chain_files.asked if leads_out(one)] == []  # type: ignore[attr-defined]
    drop = DroppedFile(name, b"", 0, "0" * 64, '"0x1"', NOW, {})
    if leads_out(name):
        with pytest.raises(InvalidRequest):
            await BlobChainFiles(blobs, "chains").read(name, 1)
        with pytest.raises(InvalidRequest):
            await BlobChainFiles(blobs, "chains").move(drop, "chains-rejected", "2026-11-24/x", b"{}", "")
    await blobs.close()


def is_taken(name: str) -> bool:
    try:
        blob_name(name)
    except InvalidRequest:
        return False
    return True


@given(NAMES.filter(is_taken))
@example("chains/x.pem")
@example("a?b#c%3f.pem")
@example("a/chains/b%252f.pem")
async def test_a_name_means_the_same_file_in_either_delivery(name: str) -> None:
    url = f"{ACCOUNT}/chains/{quote(name, safe='~/')}"
    pushed, queued = WatchedDrops(), WatchedDrops()
    world = World(chain_files=pushed)
    app = func.FunctionApp()
    app.register_functions(chains_blueprint(lambda: world.work_queue))
    functions = {one.get_function_name(): one.get_user_function() for one in app.get_functions()}
    await functions["dropped_chain"](func.blob.InputStream(data=b"", name=f"chains/{name}"))
    await functions["stuck_chain"](func.QueueMessage(body=json.dumps({"BlobName": name}).encode()))
    event = cloud_event("Microsoft.Storage.BlobCreated", {"api": "PutBlob", "url": url})
    for drops, messages in ((pushed, world.work_queue.queue(UPLOAD_QUEUE)), (queued, [event])):
        for message in messages:
            for function in ("queued_drop", "queued_stuck_drop"):
                await receive(World(chain_files=drops), function, dict(message))
    assert (pushed.asked, queued.asked) == ([name] * 4, [name] * 2)


FOLDERS = (f"2026-11-24/{'a' * 16}-{'b' * 16}", f"{'v' * 24}/{'n' * 127}/{'c' * 32}/{'a' * 16}-{'b' * 16}")
LONG = st.tuples(NAMES, NAMES, st.integers(700, 1024)).map(
    lambda given: f"{given[0]}{'x' * (given[2] - len(given[0]) - len(given[1]))}{given[1]}"
)
REPEATED = st.tuples(NAMES, st.integers(700, 1024)).map(lambda given: (given[0] * given[1])[: given[1]])
FULL_OF_ESCAPES = "%25E2%2582%25AC" * 68


@given(st.one_of(NAMES, LONG, REPEATED).filter(is_taken), st.sampled_from(FOLDERS))
@example(FULL_OF_ESCAPES, FOLDERS[0])
@example(FULL_OF_ESCAPES, FOLDERS[1])
@example("%u00e9" * 170, FOLDERS[1])
@example("\U0001f600" * 500, FOLDERS[0])
@example("a/" * 252 + "a", FOLDERS[0])
@example("report.json", FOLDERS[0])
@example("x/REPORT.JSON", FOLDERS[0])
@example("REPORT.JSON", FOLDERS[0])
@example("report.json. .", FOLDERS[0])
@example("report%252ejson", FOLDERS[0])
@example("%72eport.json/", FOLDERS[0])
@example("\uff52eport\u2024json", FOLDERS[0])
def test_a_file_is_moved_beside_its_report_and_nowhere_else_whatever_its_name(name: str, folder: str) -> None:
    moved = f"{folder}/{moved_name(name, folder)}"
    assert blob_name(moved) == moved
    assert len(moved.encode("utf-16-le")) // 2 <= 1024
    assert len(moved.split("/")) <= 254
    path = f"/{moved}"
    for _ in range(ROUNDS):
        seen = posixpath.normpath(unicodedata.normalize("NFKC", path).replace("\\", "/"))
        assert seen.startswith(f"/{folder}/")
        assert seen.rstrip(". ").lower() != f"/{folder}/report.json"
        path = unquote(unicodedata.normalize("NFKC", path))


@given(st.one_of(NAMES, LONG), st.one_of(NAMES, LONG))
@example(FULL_OF_ESCAPES, FULL_OF_ESCAPES.replace("E2", "e2", 1))
@example("report.json", "report.json.dropped")
def test_two_names_are_two_places_also_for_one_content_at_one_time(one: str, other: str) -> None:
    drops = [DroppedFile(name, b"x", 1, "0" * 64, '"0x1"', NOW, {}) for name in (one, other)]
    assert (drops[0].id == drops[1].id) is (one == other)


def test_a_name_that_is_too_long_keeps_its_end() -> None:
    moved = moved_name("x" * 1000 + "/from the CA (1).p7b", FOLDERS[0])
    assert moved.startswith("cut-")
    assert moved.endswith("xxx_from_the_CA__1_.p7b")
    assert moved != moved_name("y" + "x" * 999 + "/from the CA (1).p7b", FOLDERS[0])


@pytest.mark.parametrize("name", ["../csr/main/x.csr", "a//b.pem", "x%2e%2e/../y", "line\nbreak.pem", "x%ud800.pem"])
async def test_a_file_that_has_such_a_name_is_told_of_once_and_never_opened(name: str) -> None:
    world = World()
    world.chain_files.put(name, b"content")
    world.later(minutes=11)
    for _ in range(3):
        await sweep_files(world.certflow)
        await handle_stuck(world.certflow, name)
        world.later(minutes=10)
    (stuck,) = world.topic.published
    assert stuck.type == "Certflow.Chain.Stuck"
    assert stuck.data["sentence"].startswith("The file is not opened. name: ")
    assert stuck.data["next_step"] == "It is still in the container chains. Drop it again under another name."
    assert name in world.chain_files.files
    assert world.chain_files.moved == []
    world.chain_files.put(name, b"content", etag="0x2")
    await sweep_files(world.certflow)
    assert len(world.topic.published) == 2


def test_the_message_says_what_is_wrong_and_harms_no_terminal() -> None:
    with pytest.raises(InvalidRequest, match=r"'a\\x1b\[2J/\.\.' has a control character") as caught:
        blob_name("a\x1b[2J/..")
    assert caught.value.field == "name"
