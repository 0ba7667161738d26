"""The operators hear of each change of the rules that say who gets which messages, and of no look at them."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from functions.model.errors import Unavailable
from functions.monitoring.rules_changes import watch_rules
from functions.ports.rules import RulesNote
from tests.unit.fakes import World


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def told(world: World) -> list[tuple[str, str | None, str | None]]:
    """The id of each event, and the hashes that it has."""
    found = [one for one in world.topic.published if one.type == "Certflow.Rules.Changed"]
    return [(one.id, one.data.get("before"), one.data.get("sha256")) for one in found]


async def test_each_change_is_told_once_and_the_first_sight_to_nobody() -> None:
    world = World()
    world.rules.content = "one"
    for content in ("one", "one", "two", "two", "one"):
        world.rules.content = content
        await watch_rules(world.certflow)
    assert told(world) == [
        ("rules:1", sha256("one"), sha256("two")),
        ("rules:2", sha256("two"), sha256("one")),
    ]


async def test_rules_that_are_gone_and_rules_at_another_place_are_changes() -> None:
    world = World()
    for content, place in (("one", "rules/a.json"), ("", "rules/a.json"), ("one", "rules/a.json"), ("one", "b/b.json")):
        world.rules.content, world.rules.place = content, place
        await watch_rules(world.certflow)
    assert [(before, after) for _, before, after in told(world)] == [
        (sha256("one"), None),
        (None, sha256("one")),
        (sha256("one"), sha256("one")),
    ]


async def test_storage_that_does_not_answer_is_no_change() -> None:
    world = World()
    world.rules.content = "one"
    await watch_rules(world.certflow)
    world.rules.fault = Unavailable("The chain storage", "down")
    await watch_rules(world.certflow)
    world.rules.fault = None
    await watch_rules(world.certflow)
    assert told(world) == []


async def test_of_two_hosts_that_see_a_change_at_once_one_tells_of_it() -> None:
    world = World()
    world.rules.content = "one"
    await watch_rules(world.certflow)
    store = world.monitoring_store
    known = store.rules_seen
    assert known is not None
    world.rules.content = "two"
    await watch_rules(world.certflow)

    async def before() -> RulesNote:
        return replace(known)

    store.rules_note = before  # type: ignore[method-assign]  # as the other host has read it
    await watch_rules(world.certflow)
    assert [id_ for id_, _, _ in told(world)] == ["rules:1"]
