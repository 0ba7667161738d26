"""Hosts as processes: killed and started again, in a hurry, several on one storage, and never left behind."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobLeaseClient

from functions_host.testing import environment, eventually
from functions_host.timers import CONTAINER
from local.functions_host import ROOT, FunctionsHost, HostFailed, Keys, running_functions_host
from local.hosts import Hosts, free_ports, running_hosts
from tests.clock import HANG
from tests.laptop.host.storage import Storage, running_storage

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Its queue and its timer write down which process did what: a killed host takes its own memory along.
APP = """
import json, os, time
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

def note(*what) -> None:
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(json.dumps([os.getpid(), *what]) + "\\n")

@app.route(route="pid", methods=["GET"])
def pid(req: func.HttpRequest) -> str:
    return str(os.getpid())

@app.timer_trigger(arg_name="timer", schedule="* * * * * *")
def tick(timer: func.TimerRequest) -> None:
    note("tick")

@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="AzureWebJobsStorage")
def work(message: func.QueueMessage) -> None:
    body = message.get_body().decode()
    note("work", body, message.dequeue_count)
    if body == "hangs once" and message.dequeue_count == 1:
        time.sleep(3600)
    if body == "fails once" and message.dequeue_count == 1:
        raise RuntimeError("once")
"""


class Running:
    """Hosts of that app, and what they wrote down."""

    def __init__(self, hosts: Hosts, keys: Keys, directory: Path) -> None:
        self.hosts, self._keys, self.directory = hosts, keys, directory

    async def pid(self, number: int) -> int:
        """The process that answers as a host."""
        headers = {"x-functions-key": self._keys.function}
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.hosts.urls[number]}/api/pid", headers=headers) as answer,
        ):
            assert answer.status == 200
            return int(await answer.text())

    async def notes(self) -> list[list[Any]]:
        lines = (self.directory / "notes").read_text().splitlines()
        return [json.loads(line) for line in lines]

    async def notes_on(self, subject: str) -> list[list[Any]]:
        return [note for note in await self.notes() if note[1] == subject]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def storage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Storage]:
    async with running_storage(tmp_path_factory.mktemp("storage")) as running:
        yield running


@asynccontextmanager
async def running(
    directory: Path, settings: Mapping[str, str], *, count: int = 1, hurry: float = 1.0
) -> AsyncIterator[Running]:
    (directory / "function_app.py").write_text(APP)
    (directory / "host.json").write_text(
        '{"version": "2.0", "extensions": {"queues": {"visibilityTimeout": "00:10:00"}}}'
    )
    (directory / "notes").touch()
    keys, given = Keys(), {"NOTES": str(directory / "notes"), "QUEUE": directory.name.replace("_", "-"), **settings}
    instances = [
        FunctionsHost(given, keys, port=port, log=directory / f"{number}.log", app=directory, hurry=hurry)
        for number, port in enumerate(free_ports(count))
    ]
    async with running_hosts(instances) as hosts:
        yield Running(hosts, keys, directory)


async def test_a_killed_host_starts_again_where_it_was_and_its_log_goes_on(storage: Storage, tmp_path: Path) -> None:
    async with running(tmp_path, storage.settings) as app:
        first = await app.pid(0)
        await eventually(lambda: app.notes_on("tick"), len)
        await app.hosts.kill(0)
        assert app.hosts.running() == []
        with pytest.raises(aiohttp.ClientConnectorError):
            await app.pid(0)
        await app.hosts.kill(0)  # once more is nothing
        await app.hosts.start(0)
        second = await app.pid(0)
        assert second != first
        await eventually(lambda: app.notes_on("tick"), lambda notes: second in {pid for pid, *_ in notes})
        with pytest.raises(HostFailed, match="runs already"):
            await app.hosts.start(0)
        assert await app.pid(0) == second
    assert (tmp_path / "0.log").read_text().count("Functions host ready") == 2


async def test_only_an_end_that_nobody_asked_for_is_one(storage: Storage, tmp_path: Path) -> None:
    async with running(tmp_path, storage.settings) as app:
        ended = asyncio.create_task(app.hosts.ended())
        await app.hosts.kill(0)
        await app.hosts.start(0)
        assert not ended.done()
        os.kill(await app.pid(0), signal.SIGKILL)
        assert await asyncio.wait_for(ended, HANG) == -signal.SIGKILL


async def test_in_a_hurry_a_message_comes_back_long_before_its_time(storage: Storage, tmp_path: Path) -> None:
    """Both waits are ten minutes: that of a message whose host was killed, and host.json's between two tries."""
    async with running(tmp_path, storage.settings, hurry=300) as app:
        queue = tmp_path.name.replace("_", "-")
        await storage.send(queue, "fails once")  # by itself: a host that is killed might have fetched both
        await eventually(lambda: app.notes_on("work"), lambda notes: len(notes) >= 2)
        await storage.send(queue, "hangs once")
        await eventually(lambda: app.notes_on("work"), lambda notes: "hangs once" in {body for _, _, body, _ in notes})
        await app.hosts.kill(0)
        await app.hosts.start(0)
        notes = await eventually(lambda: app.notes_on("work"), lambda notes: len(notes) >= 4)
        assert sorted((body, tries) for _, _, body, tries in notes) == [
            ("fails once", 1),
            ("fails once", 2),
            ("hangs once", 1),
            ("hangs once", 2),
        ]
    assert "(3 functions, hurry 300)" in (tmp_path / "0.log").read_text()


async def test_without_hurry_it_does_not(storage: Storage, tmp_path: Path) -> None:
    async with running(tmp_path, storage.settings) as app:
        await storage.send(tmp_path.name.replace("_", "-"), "fails once")
        await eventually(lambda: app.notes_on("work"), len)
        await asyncio.sleep(3)
        assert len(await app.notes_on("work")) == 1


def at_least(count: int, notes: list[list[Any]]) -> bool:
    return len(notes) >= count


async def test_two_hosts_share_the_queue_and_a_timer_is_on_one_of_them(storage: Storage, tmp_path: Path) -> None:
    async with running(tmp_path, storage.settings, count=2) as app:
        pids = [await app.pid(0), await app.pid(1)]
        sent, worked = 0, list[list[Any]]()
        while {pid for pid, *_ in worked} != set(pids) and sent < 1000:  # one may be faster for a while
            for number in range(sent, sent + 60):
                await storage.send(tmp_path.name.replace("_", "-"), str(number))
            sent += 60
            worked = await eventually(lambda: app.notes_on("work"), functools.partial(at_least, sent))
        assert sorted(int(body) for _, _, body, _ in worked) == list(range(sent)), "each message once"
        assert {pid for pid, *_ in worked} == set(pids)
        ticks = await eventually(lambda: app.notes_on("tick"), lambda notes: len(notes) >= 4)
        (ticking,) = {pid for pid, *_ in ticks}
        await app.hosts.kill(pids.index(ticking))
        # Not before the lease of the killed one is over, and it lasts a quarter of a minute.
        ticks = await eventually(lambda: app.notes_on("tick"), lambda notes: notes[-1][0] != ticking)
        await app.hosts.start(pids.index(ticking))
        back = await app.pid(pids.index(ticking))
        before = len(await app.notes_on("tick"))
        ticks = await eventually(lambda: app.notes_on("tick"), lambda notes: len(notes) >= before + 3)
        assert back not in {pid for pid, *_ in ticks}, "it stays where it went"


async def test_a_host_that_is_stopped_gives_its_timers_away_at_once(storage: Storage, tmp_path: Path) -> None:
    settings = {**storage.settings, "AzureFunctionsWebHost__hostid": "given-away"}
    async with running(tmp_path, settings) as app:
        before = await app.pid(0)
        await eventually(lambda: app.notes_on("tick"), len)
    blob = storage.blobs.get_blob_client(CONTAINER, "locks/given-away/Host.Functions.tick.Listener")
    assert (await blob.get_blob_properties()).lease.state == "available"
    async with running(tmp_path, settings) as app:
        after = await app.pid(0)
        await eventually(lambda: app.notes_on("tick"), lambda notes: {before, after} == {pid for pid, *_ in notes})


async def test_a_timer_rests_while_another_holds_its_lease(storage: Storage, tmp_path: Path) -> None:
    async with running(tmp_path, {**storage.settings, "AzureFunctionsWebHost__hostid": "robbed"}) as app:
        await eventually(lambda: app.notes_on("tick"), len)
        blob = storage.blobs.get_blob_client(CONTAINER, "locks/robbed/Host.Functions.tick.Listener")
        await BlobLeaseClient(blob).break_lease(0)
        taken = await blob.acquire_lease(-1)

        async def rests() -> bool:
            before = len(await app.notes_on("tick"))
            await asyncio.sleep(2.5)
            return len(await app.notes_on("tick")) == before

        await eventually(rests, bool)
        await taken.release()
        before = len(await app.notes_on("tick"))
        await eventually(lambda: app.notes_on("tick"), lambda notes: len(notes) > before)


def processes_in(directory: Path) -> list[str]:
    """The command lines that name a directory (Linux and macOS have ps)."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "command"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(directory) in line]


HTTP_APP = """
import azure.functions as func

app = func.FunctionApp()

@app.route(route="pid", methods=["GET"])
def pid(req: func.HttpRequest) -> str:
    return ""
"""
STARTER = """
import asyncio, sys
from pathlib import Path
from local.azurite import running_azurite
from local.functions_host import Keys, running_functions_host
from local.hosts import free_ports
from keyvault_emulator.tls import LocalCa

async def main() -> None:
    directory = Path(sys.argv[1])
    async with (
        running_azurite(LocalCa(), directory, log=directory / "azurite.log"),
        running_functions_host({}, Keys(), port=free_ports(1)[0], log=directory / "host.log", app=directory),
    ):
        print("running", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_nothing_outlives_a_starter_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text(HTTP_APP)
    starter = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STARTER, str(tmp_path)), env=environment({"PYTHONPATH": str(ROOT)}), stdout=PIPE
    )

    async def processes() -> list[str]:
        return processes_in(tmp_path)

    try:
        assert starter.stdout is not None
        assert await asyncio.wait_for(starter.stdout.readline(), HANG) == b"running\n"
        assert len(await processes()) == 3
    finally:
        starter.kill()
        await starter.wait()
    await eventually(processes, lambda left: not left)


async def test_a_host_that_cannot_start_says_why_and_is_gone(tmp_path: Path) -> None:
    log = tmp_path / "host.log"
    (tmp_path / "host.json").write_text('{"version": "1.0"}')
    (tmp_path / "function_app.py").touch()
    with pytest.raises(HostFailed, match=r"must say \"version\": \"2\.0\""):
        async with running_functions_host({}, Keys(), port=free_ports(1)[0], log=log, app=tmp_path):
            pass
