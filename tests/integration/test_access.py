"""Who may do what by a file in Azurite, on two hosts that share nothing but the storage: replaced, broken, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from functions.access.permissions import visible
from functions.adapters.azure_tables.access_notes import TableAccessNotes
from functions.adapters.azure_tables.history.waiting_acts import TableWaitingActs
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.service import Tables
from functions.adapters.blob_storage.access_files import AccessInBlob
from functions.adapters.blob_storage.containers import Blobs
from functions.app.access import access_in_force, access_rules
from functions.app.context import AccessCache, Certflow
from functions.model.caller import Caller
from functions.model.request.actor import Actor, ActorKind
from functions.ports.access_files import AccessState
from local.azurite import Azurite
from testkit.tokens import AnyToken
from tests.clock import NOW
from tests.unit.fakes import FakeTopic, World

pytestmark = pytest.mark.asyncio(loop_scope="module")
FILE, ADA = "access.json", "22222222-0000-4000-8000-000000000001"
GOOD = b'{"grants": [{"who": ["oid:%s"], "may": ["read"]}]}' % ADA.encode()
DENIED = GOOD[:-1] + b', "conditions": [{"who": ["oid:%s"], "deny": true, "say": "left"}]}' % ADA.encode()
BROKEN = GOOD.replace(b'"who"', b'"whom"')


@dataclass
class Hosts:
    """Makes instances of one app, each with connections of its own, and one clock for all."""

    azurite: Azurite
    container: ContainerClient
    stack: AsyncExitStack
    topic: FakeTopic = field(default_factory=FakeTopic)
    now: datetime = NOW

    def new(self) -> Certflow:
        tables, blobs = Tables(self.azurite.table_url, AnyToken()), Blobs(self.azurite.blob_url, AnyToken())
        for one in (tables, blobs):
            self.stack.push_async_callback(one.close)
        return replace(
            World(topic=self.topic).certflow,
            ledger=TableLedger(tables),
            waiting_acts=TableWaitingActs(tables),
            access_notes=TableAccessNotes(tables),
            access_files=AccessInBlob(blobs, f"{self.container.container_name}/{FILE}"),
            access=AccessCache(),
            now=lambda: self.now,
        )

    async def write(self, content: bytes | None) -> None:
        """Writes the file, or deletes it; then a minute goes by."""
        if content is None:
            await self.container.delete_blob(FILE)
        else:
            await self.container.upload_blob(FILE, content, overwrite=True)
        self.now += timedelta(minutes=1)

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(event.type.removeprefix("Certflow.Access."), event.data["state"]) for event in self.topic.published]


@pytest_asyncio.fixture(loop_scope="module")
async def hosts(azurite: Azurite) -> AsyncIterator[Hosts]:
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(BlobServiceClient.from_connection_string(azurite.connection_string))
        container = await service.create_container("access")
        yield Hosts(azurite, container, stack)


async def reads(host: Certflow, *roles: str) -> bool:
    caller = Caller(Actor(ActorKind.PERSON, tid="tenant", oid=ADA), frozenset(roles))
    return visible(await access_rules(host), caller, "main", "web")


async def states(*running: Certflow) -> set[AccessState]:
    return {one.state for one in await asyncio.gather(*(access_in_force(host) for host in running))}


async def test_two_hosts_and_new_ones_decide_alike_through_all_that_becomes_of_the_file(hosts: Hosts) -> None:
    running = [hosts.new(), hosts.new()]
    assert await states(*running) == {AccessState.ROLES}
    assert await reads(running[0], "Certflow.Reader")

    await hosts.write(GOOD)
    assert await states(*running) == {AccessState.FILE}
    assert [await reads(host) for host in running] == [True, True]

    await hosts.write(BROKEN)
    running.append(hosts.new())
    assert await states(*running) == {AccessState.LAST_GOOD}
    assert [await reads(host) for host in running] == [True, True, True]

    await hosts.write(DENIED)
    assert await states(*running) == {AccessState.FILE}
    assert [await reads(host) for host in running] == [False, False, False]

    await hosts.write(None)
    running.append(hosts.new())
    assert await states(*running) == {AccessState.LAST_GOOD}
    assert not any([await reads(host, "Certflow.Operator") for host in running])

    await hosts.container.delete_container()
    hosts.now += timedelta(minutes=1)
    assert await states(*running) == {AccessState.LAST_GOOD}
    assert hosts.told == [
        ("Changed", "file"),
        ("Faulty", "last-good"),
        ("Changed", "file"),
        ("Faulty", "last-good"),
    ]
    assert len({event.id for event in hosts.topic.published}) == 4
