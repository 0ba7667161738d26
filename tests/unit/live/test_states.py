"""`GET` of a certificate shows its endpoints as they were at the last look, and `PATCH` names them."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs

from functions.model.inventory.endpoints import endpoint_rows
from functions.triggers.http.types.answer_schemas import answer_schemas
from tests.unit.fakes import World, version_of
from tests.unit.live.live_world import HOST, LiveWorld, leaf
from tests.unit.signed_in import ROUTE, Api

SCHEMA = answer_schemas()["Certificate"]


async def seen(world: World, change: dict[str, Any] | None = None) -> dict[str, Any]:
    route, roles = (ROUTE["get_certificate"], "Reader") if change is None else (ROUTE["tag_certificate"], "Requester")
    answer = await Api(world).call(route, [f"Certflow.{roles}"], body=change)
    assert answer.status_code == 200, answer.get_body()
    found: dict[str, Any] = json.loads(answer.get_body())
    jsonschema_rs.validate(SCHEMA, found)
    return found


async def served() -> LiveWorld:
    """A world whose endpoint has shown the current version since the first look."""
    world = LiveWorld()
    world.serve_version(world.new_version())
    await world.heard()
    await world.look(minutes=6)
    return world


async def test_an_endpoint_has_its_state_since_when_and_when_it_was_looked_at() -> None:
    world = await served()
    since = world.now
    await world.look(hours=1)
    assert world.now > since
    assert (await seen(world))["endpoints"] == [
        {
            "host": HOST,
            "port": 443,
            "state": "live",
            "since": since.isoformat(),
            "looked": world.now.isoformat(),
            "sentence": "It shows the current version.",
        }
    ]


async def test_what_shows_another_version_has_no_since() -> None:
    world = await served()
    world.new_version()
    await world.heard()
    await world.look(minutes=6)
    (endpoint,) = (await seen(world))["endpoints"]
    assert (endpoint["state"], "since" in endpoint) == ("old", False)
    assert endpoint["sentence"].startswith("It shows an earlier version")


async def test_a_state_of_the_version_before_is_not_shown_for_the_new_one() -> None:
    world = await served()
    world.new_version()
    assert (await seen(world))["endpoints"] == [{"host": HOST, "port": 443}]


async def test_endpoints_of_the_file_are_there_too_and_what_cannot_be_read_is_said() -> None:
    world = await served()
    world.file.kept = endpoint_rows('[{"vault": "main", "name": "WEB", "endpoints": ["[2001:db8::1]:8443"]}]', "")
    world.vault.tagged["web"] = {"certflow-endpoints": f"{HOST}:8443@10.1.2.3, https://x/"}
    found = await seen(world)
    assert found["endpoints"] == [
        {"host": HOST, "port": 8443, "address": "10.1.2.3"},
        {"host": "2001:db8::1", "port": 8443},
    ]
    (unread,) = found["endpoints_unread"]
    assert "entry 2 ('https://x/')" in unread


async def test_where_live_is_off_the_endpoints_of_the_tag_are_there_without_a_state() -> None:
    world = World()
    world.vault.certificates["web"] = version_of(leaf())
    assert (await seen(world))["endpoints"] == []
    world.vault.tagged["web"] = {"certflow-endpoints": HOST}
    assert (await seen(world))["endpoints"] == [{"host": HOST, "port": 443}]


async def test_endpoints_are_named_and_taken_away_and_other_tags_stay() -> None:
    world = await served()
    changed = await seen(world, {"endpoints": f"{HOST}, api.apps.example.com:8443"})
    assert [(one["host"], one.get("state")) for one in changed["endpoints"]] == [
        (HOST, "live"),
        ("api.apps.example.com", None),
    ]
    owner = {"certflow-owner": "owner@example.com"}
    assert world.vault.tagged["web"] == owner | {"certflow-endpoints": f"{HOST}, api.apps.example.com:8443"}
    assert (await seen(world, {"endpoints": None}))["endpoints"] == []
    assert world.vault.tagged["web"] == owner
