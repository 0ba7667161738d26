"""An owner who is replaced over the API is told, with who did it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.app.outbox import publish_left_behind
from functions.inventory.owners import change_tags
from functions.model.errors import Refused, Unavailable
from functions.model.events.event import Event
from functions.model.request.actor import UNNAMED, Actor
from functions.model.request.tracked import TrackedRequest
from functions.model.tags import OWNER_TAG
from tests.actors import person, saying
from tests.clock import NOW
from tests.unit.fakes import World
from tests.unit.listing_vault import Listing, issue

EVE = person("eve@example.com")


def owned(owner: str | None = "ann@example.com") -> World:
    world = World(vault=Listing())
    issue(world, "web")
    world.vault.tagged["web"] = {OWNER_TAG: owner} if owner else {}
    return world


async def change(world: World, owner: str | None, by: Actor = EVE, name: str = "web", **more: str) -> None:
    tags = more | ({OWNER_TAG: owner} if owner else {})
    await change_tags(world.certflow, "MAIN", name, tags, by)


def told(world: World) -> list[Event]:
    return [one for one in world.topic.published if one.type == "Certflow.Certificate.OwnerReplaced"]


async def test_the_owner_before_is_told_who_is_the_owner_now_and_who_did_it() -> None:
    world = owned()
    await change(world, "bob@example.com")
    (event,) = told(world)
    assert event.data["owner"] == "ann@example.com"
    assert event.data["new_owner"] == "bob@example.com"
    assert event.data["by"] == "eve@example.com"
    assert event.data["actor"]["oid"] == EVE.oid
    assert event.data["caused_by"] == f"{EVE.tid}:{EVE.oid}"
    assert world.vault.tagged["web"] == {OWNER_TAG: "bob@example.com"}
    assert world.ledger.outbox == {}


async def test_also_where_nobody_is_the_owner_any_more() -> None:
    world = owned()
    await change(world, None)
    (event,) = told(world)
    assert "new_owner" not in event.data


@pytest.mark.parametrize("before", [None, "bob@example.com"])
async def test_nobody_is_told_where_nobody_is_replaced(before: str | None) -> None:
    world = owned(before)
    await change(world, "bob@example.com", renew="auto")
    assert told(world) == []
    assert world.vault.tagged["web"][OWNER_TAG] == "bob@example.com"


async def test_without_a_tag_the_owner_is_that_of_the_newest_request() -> None:
    world = owned(None)
    for number, owner in enumerate(("old@example.com", "new@example.com")):
        created = NOW + timedelta(minutes=number)
        made = TrackedRequest("main", "web", f"{number:032x}", "Unknown", "", "key", created, owner=owner)
        world.ledger.tracked["main", "web", made.request_id] = made
    await change(world, "bob@example.com")
    assert [one.data["owner"] for one in told(world)] == ["new@example.com"]


async def test_two_changes_are_two_events() -> None:
    world = owned()
    for owner in ("bob@example.com", "ann@example.com", "bob@example.com"):
        await change(world, owner)
        world.later(seconds=1)
    assert len({one.id for one in told(world)}) == 3


async def test_the_owner_of_before_is_the_owner_again_by_the_call_that_is_named() -> None:
    world = owned()
    await change(world, "bob@example.com")
    await change(world, "ann@example.com", person("ann@example.com"))
    assert world.vault.tagged["web"] == {OWNER_TAG: "ann@example.com"}
    assert [one.data["owner"] for one in told(world)] == ["ann@example.com", "bob@example.com"]


async def test_of_a_change_that_key_vault_refuses_nobody_is_told() -> None:
    world = owned()

    async def refusing(_name: str, _tags: Any) -> Any:
        raise Refused(403, "Forbidden", "no")

    world.vault.set_tags = refusing  # type: ignore[assignment,method-assign]
    with pytest.raises(Refused):
        await change(world, "bob@example.com")
    assert world.ledger.outbox == {}
    assert told(world) == []


@pytest.mark.parametrize("fault", [Unavailable("Key Vault", "HTTP 503"), KeyboardInterrupt()])
async def test_of_a_change_whose_outcome_is_lost_the_owner_is_told_with_the_outbox(fault: BaseException) -> None:
    world = owned()

    async def lost(_name: str, _tags: Any) -> Any:
        raise fault

    world.vault.set_tags = lost  # type: ignore[assignment,method-assign]
    with pytest.raises(type(fault)):
        await change(world, "bob@example.com")
    world.later(minutes=10)
    await publish_left_behind(world.certflow, "main")
    assert len(told(world)) == 1


@pytest.mark.parametrize(("by", "shown"), [(saying("eve"), "eve"), (UNNAMED, None)])
async def test_of_a_caller_with_a_key_is_told_what_it_says(by: Actor, shown: str | None) -> None:
    world = owned()
    await change(world, "bob@example.com", by)
    (event,) = told(world)
    assert event.data.get("by") == shown
    assert event.data["actor"]["kind"] == "key"
