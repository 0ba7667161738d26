"""What decides who may do what: the file; the last good one while it has a fault; without storage nobody for long."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from functions.access.permissions import visible
from functions.access.rules import AccessRules
from functions.app import access as access_module
from functions.app.access import access_in_force, access_rules, watch_access
from functions.app.context import AccessCache, InForce
from functions.model.caller import Caller
from functions.model.errors import BadSettings, Unavailable
from functions.model.request.actor import Actor, ActorKind
from functions.ports.access_files import AccessFile, AccessState
from tests.unit.fakes import FakeAccessFiles, World

TENANT = "11111111-0000-4000-8000-000000000000"
ADA, BOB = ("22222222-0000-4000-8000-00000000000" + end for end in "12")
DOWN = Unavailable("The chain storage", "down")


def file_of(*oids: str, denied: str | None = None) -> bytes:
    """A file by which these people may read, but for one."""
    grants = [{"who": [f"oid:{one}"], "may": ["read"]} for one in oids]
    conditions = [{"who": [f"oid:{denied}"], "deny": True, "say": "left"}] if denied else []
    return json.dumps({"grants": grants, "conditions": conditions}).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


BROKEN = b'{"grants": [{"whom": ["role:x"], "may": ["read"]}]}'


def a_world(content: bytes | None = None) -> World:
    files = FakeAccessFiles()
    if content is not None:
        files.write(content)
    return World(access_files=files)


def write(world: World, content: bytes | None) -> None:
    assert world.access_files is not None
    world.access_files.file = None
    if content is not None:
        world.access_files.write(content)


def fault(world: World, error: Exception | None) -> None:
    assert world.access_files is not None
    world.access_files.fault = error


def another_host(world: World) -> World:
    """A new instance of the same app."""
    other = World(access_files=world.access_files, ledger=world.ledger, topic=world.topic)
    other.access_notes, other.now = world.access_notes, world.now
    return other


def person(oid: str, *roles: str) -> Caller:
    return Caller(Actor(ActorKind.PERSON, tid=TENANT, oid=oid), frozenset(roles))


async def reads(world: World, oid: str, *roles: str) -> bool:
    rules: AccessRules = await access_rules(world.certflow)
    return visible(rules, person(oid, *roles), "main", "web")


async def state(world: World) -> AccessState:
    return (await access_in_force(world.certflow)).state


def told(world: World) -> list[tuple[str, Any, Any]]:
    """What operators were told: type, what decides, and what decided before or the first fault."""
    return [
        (
            event.type.removeprefix("Certflow.Access."),
            event.data["state"],
            event.data.get("was") or [(one.get("row"), one.get("field")) for one in event.data.get("faults", ())],
        )
        for event in world.topic.published
    ]


async def test_without_a_file_that_ever_was_the_app_roles_decide_and_nobody_is_told() -> None:
    world = a_world()
    assert await reads(world, ADA, "Certflow.Reader")
    assert not await reads(world, ADA)
    assert await state(world) is AccessState.ROLES
    assert told(world) == []
    assert world.access_notes.known is None


async def test_a_file_decides_and_its_hash_is_known() -> None:
    world = a_world(file_of(ADA))
    assert await reads(world, ADA)
    assert not await reads(world, BOB, "Certflow.Reader")
    found = await access_in_force(world.certflow)
    assert (found.sha256, found.since) == (sha256(file_of(ADA)), world.now)
    assert told(world) == [("Changed", "file", [])]


async def test_a_row_that_denies_counts_on_each_host_within_a_minute() -> None:
    world = a_world(file_of(ADA, BOB))
    other = another_host(world)
    for host in (world, other):
        assert await reads(host, BOB)
    write(world, file_of(ADA, BOB, denied=BOB))
    for host in (world, other):
        host.later(seconds=31)
        assert not await reads(host, BOB)
        assert await reads(host, ADA)
    assert told(world) == [("Changed", "file", []), ("Changed", "file", "file")]


async def test_a_file_is_asked_for_once_in_half_a_minute_and_read_only_when_it_has_changed() -> None:
    world = a_world(file_of(ADA))
    assert world.access_files is not None
    await asyncio.gather(*(access_rules(world.certflow) for _ in range(20)))
    read = world.access_files.reads
    first = await access_in_force(world.certflow)
    world.later(seconds=29)
    write(world, file_of(BOB))
    assert await access_in_force(world.certflow) is first
    world.later(seconds=2)
    assert (await access_in_force(world.certflow)).sha256 == sha256(file_of(BOB))
    read_again = world.access_files.reads
    assert read_again > read
    for _ in range(5):
        world.later(seconds=31)
        await access_rules(world.certflow)
    assert world.access_files.reads == read_again


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (BROKEN, [("grants[0]", "whom")]),
        (b"", [(None, None)]),
        (None, [(None, None)]),
    ],
)
async def test_while_the_file_is_broken_or_gone_the_last_good_one_decides(
    content: bytes | None, place: list[tuple[str | None, str | None]]
) -> None:
    world = a_world(file_of(ADA))
    await access_rules(world.certflow)
    write(world, content)
    world.later(seconds=31)
    for host in (world, another_host(world)):
        assert await reads(host, ADA)
        assert not await reads(host, BOB, "Certflow.Operator")
        found = await access_in_force(host.certflow)
        assert (found.state, found.sha256) == (AccessState.LAST_GOOD, sha256(file_of(ADA)))
        assert found.faults
    (_, faulty) = told(world)
    assert faulty[:2] == ("Faulty", "last-good")
    assert faulty[2][: len(place)][0][0] == place[0][0]


async def test_a_fault_is_told_once_whoever_sees_it_and_so_is_its_end() -> None:
    world = a_world(file_of(ADA))
    await access_rules(world.certflow)
    write(world, BROKEN)
    hosts = [world, another_host(world)]
    for _ in range(4):
        for host in hosts:
            host.later(minutes=1)
            await watch_access(host.certflow)
    write(world, BROKEN + b"\n")  # another file with the same fault
    for host in hosts:
        host.later(minutes=1)
        await watch_access(host.certflow)
    assert [one[:2] for one in told(world)] == [("Changed", "file"), ("Faulty", "last-good")]
    write(world, file_of(ADA))
    for host in hosts:
        host.later(minutes=1)
        await watch_access(host.certflow)
    assert told(world)[2:] == [("Changed", "file", "last-good")]
    assert len({event.id for event in world.topic.published}) == 3


async def test_another_fault_is_told_again() -> None:
    world = a_world(BROKEN)
    await access_rules(world.certflow)
    write(world, None)
    world.later(minutes=1)
    await access_rules(world.certflow)
    assert [one[:2] for one in told(world)] == [("Faulty", "operators"), ("Faulty", "operators")]


async def test_before_there_was_a_good_file_nobody_but_operators_may_do_anything() -> None:
    world = a_world(BROKEN)
    for host in (world, another_host(world)):
        assert not await reads(host, ADA, "Certflow.Reader")
        assert await reads(host, ADA, "Certflow.Operator")
        assert await state(host) is AccessState.OPERATORS
    write(world, None)  # deleted, and still not as if there had never been one
    world.later(minutes=1)
    assert not await reads(world, ADA, "Certflow.Reader")


async def test_a_file_that_is_no_longer_set_is_as_none_and_told() -> None:
    world = a_world(file_of(ADA))
    await access_rules(world.certflow)
    write(world, None)
    assert world.access_files is not None
    world.access_files.place = ""
    host = another_host(world)
    assert await reads(host, BOB, "Certflow.Reader")
    assert told(world)[1:] == [("Changed", "roles", "file")]
    assert host.access_notes.known is not None
    assert host.access_notes.known.content == b""
    world.access_files.place = "access/access.json"
    assert await state(another_host(world)) is AccessState.ROLES


async def test_without_the_role_on_the_container_the_last_good_file_decides_and_the_role_is_named() -> None:
    world = a_world(file_of(ADA))
    await access_rules(world.certflow)
    fault(world, BadSettings("access/access.json cannot be read: it lacks a role."))
    for host in (world, another_host(world)):
        host.later(minutes=20)
        assert await reads(host, ADA)
    (_, event) = world.topic.published
    assert event.data["faults"] == [{"sentence": "access/access.json cannot be read: it lacks a role."}]


async def test_a_role_that_does_not_count_yet_is_not_taken_for_a_file_that_is_gone() -> None:
    world = a_world()
    fault(world, BadSettings("access/access.json cannot be read: it lacks a role."))
    assert not await reads(world, ADA, "Certflow.Reader")
    assert await reads(world, ADA, "Certflow.Operator")
    fault(world, None)
    world.later(minutes=1)
    assert await reads(world, ADA, "Certflow.Reader")
    assert [one[:2] for one in told(world)] == [("Faulty", "operators"), ("Changed", "roles")]


async def test_while_the_storage_is_away_what_was_read_decides_for_a_quarter_of_an_hour() -> None:
    world = a_world(file_of(ADA))
    await access_rules(world.certflow)
    fault(world, DOWN)
    world.later(minutes=14, seconds=50)
    assert await reads(world, ADA)
    world.later(seconds=10)
    with pytest.raises(Unavailable) as caught:
        await access_rules(world.certflow)
    assert caught.value.retry_after == 5
    fault(world, None)
    write(world, file_of(BOB))
    world.later(seconds=5)
    assert not await reads(world, ADA)
    assert told(world) == [("Changed", "file", []), ("Changed", "file", "file")]


async def test_a_new_instance_lets_nobody_in_before_it_has_read_the_file() -> None:
    world = a_world(file_of(ADA))
    fault(world, DOWN)
    with pytest.raises(Unavailable):
        await access_rules(world.certflow)
    fault(world, None)
    world.access_notes.down = True
    write(world, BROKEN)
    world.later(seconds=6)
    with pytest.raises(Unavailable):  # the last good file may be another
        await access_rules(world.certflow)


async def test_nobody_waits_for_storage_that_has_just_failed() -> None:
    world = a_world(file_of(ADA))
    await access_rules(world.certflow)
    fault(world, DOWN)
    world.later(seconds=31)
    await access_rules(world.certflow)
    fault(world, None)
    write(world, file_of(BOB))
    world.later(seconds=4)
    assert await reads(world, ADA)
    world.later(seconds=2)
    assert not await reads(world, ADA)


async def test_storage_that_hangs_holds_a_call_up_for_seconds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "LOOK_SECONDS", 0.01)
    world = a_world(file_of(ADA))
    await access_rules(world.certflow)

    class Hanging(FakeAccessFiles):
        async def read(self, known: AccessFile | None = None) -> AccessFile | None:
            await asyncio.Event().wait()
            return None

    world.access_files = Hanging()
    world.later(seconds=31)
    assert await reads(world, ADA)


async def test_a_row_that_denies_counts_also_while_the_tables_are_away() -> None:
    world = a_world(file_of(ADA, BOB))
    await access_rules(world.certflow)
    world.access_notes.down = True
    write(world, file_of(ADA, BOB, denied=BOB))
    world.later(seconds=31)
    assert not await reads(world, BOB)
    assert told(world) == [("Changed", "file", [])]
    world.access_notes.down = False
    world.later(seconds=31)
    assert not await reads(world, BOB)
    assert told(world)[1:] == [("Changed", "file", "file")]


async def test_a_slower_host_does_not_put_an_older_file_back() -> None:
    world = a_world(file_of(ADA))
    files, other = world.access_files, another_host(world)
    assert files is not None
    await access_rules(world.certflow)
    older = replace(files)  # the file as the slow host reads it

    async def meanwhile(known: AccessFile | None = None) -> AccessFile | None:
        slow.access_files = files
        write(world, file_of(BOB))
        other.later(seconds=31)
        await access_rules(other.certflow)
        return older.file

    slow = another_host(world)
    slow.access_notes.known = None  # so that there is something to write
    slow_files = FakeAccessFiles()
    slow_files.read = meanwhile  # type: ignore[method-assign]
    slow.access_files = slow_files
    context = slow.certflow
    first = await world.access_notes.note()
    assert first is None

    calls = 0

    async def read(known: AccessFile | None = None) -> AccessFile | None:
        nonlocal calls
        calls += 1
        return await meanwhile(known) if calls == 2 else await files.read(known)

    slow_files.read = read  # type: ignore[method-assign]
    found = await access_in_force(context)
    assert found.sha256 == sha256(file_of(BOB))
    note = await world.access_notes.note()
    assert note is not None
    assert note.content == file_of(BOB)


async def test_a_last_good_file_that_this_version_cannot_read_is_none_and_is_kept() -> None:
    world = a_world(file_of(ADA))
    await access_rules(world.certflow)
    assert world.access_notes.known is not None
    world.access_notes.known = replace(world.access_notes.known, content=BROKEN)
    write(world, BROKEN)
    host = another_host(world)
    assert await state(host) is AccessState.OPERATORS
    assert host.access_notes.known is not None
    assert host.access_notes.known.content == BROKEN


async def test_a_file_with_very_many_faults_is_told_by_its_first(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"whom": 1, "may": ["read"]} for _ in range(100)]
    world = a_world(json.dumps({"grants": rows}).encode())
    await access_rules(world.certflow)
    (event,) = world.topic.published
    assert len(event.data["faults"]) == 10
    assert event.data["count"] >= 10


async def test_the_timer_tells_of_a_fault_while_nobody_calls_and_bears_an_outage() -> None:
    world = a_world(file_of(ADA))
    await watch_access(world.certflow)
    fault(world, DOWN)
    world.later(minutes=20)
    await watch_access(world.certflow)
    assert told(world) == [("Changed", "file", [])]
    await watch_access(World().certflow)


async def test_where_nobody_signs_in_nothing_says_who_may_do_what() -> None:
    with pytest.raises(BadSettings, match="CERTFLOW_ACCESS"):
        await access_rules(World().certflow)


async def test_a_clock_that_is_set_back_makes_nothing_last_longer() -> None:
    world = a_world(file_of(ADA))
    await access_rules(world.certflow)
    write(world, file_of(BOB))
    world.later(hours=-1)
    assert await reads(world, BOB)
    assert isinstance(world.access, AccessCache)
    assert isinstance(world.access.in_force, InForce)
