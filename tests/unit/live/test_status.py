"""`GET status` says whether servers are looked at, and what of the endpoints cannot be read."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs

from functions.live.status import MAX_FAULTS_NAMED
from functions.model.inventory.endpoints import endpoint_rows
from functions.model.inventory.record import CertificateRecord, VaultSnapshot
from functions.ports.inventory import StoredSnapshot
from functions.triggers.http.types.answer_schemas import answer_schemas
from tests.clock import NOW
from tests.unit.fakes import World
from tests.unit.live.live_world import LiveWorld
from tests.unit.signed_in import ROUTE, Api

SCHEMA = answer_schemas()["VaultsStatus"]


def with_tags(world: World, **tags: str) -> World:
    """The inventory of the vault has certificates with these tags of endpoints."""
    records = tuple(CertificateRecord(name, tags={"certflow-endpoints": tag}) for name, tag in sorted(tags.items()))
    world.inventory_files.kept["main"] = StoredSnapshot(VaultSnapshot("main", NOW, NOW, records), "1")
    return world


async def live_of(world: World) -> dict[str, Any]:
    answer = await Api(world).call(ROUTE["status"], ["Certflow.Operator"])
    assert answer.status_code == 200, answer.get_body()
    status = json.loads(answer.get_body())
    jsonschema_rs.validate(SCHEMA, status)
    found: dict[str, Any] = status["live"]
    return found


async def test_where_no_host_is_listed_it_is_off_and_nothing_more_is_said() -> None:
    assert await live_of(with_tags(World(), web="no host")) == {"on": False}


async def test_what_can_be_read_is_no_fault() -> None:
    assert await live_of(with_tags(LiveWorld(), api="", web="www.example.com:8443")) == {
        "on": True,
        "file": {"count": 0, "faults": []},
        "unread_tags": {"count": 0, "certificates": [], "unsearched": []},
    }


async def test_faults_of_the_file_and_tags_that_cannot_be_read_are_named_with_the_reason() -> None:
    world = LiveWorld()
    world.file.kept = endpoint_rows('[{"vault": "main"}]', "rules/endpoints.json")
    with_tags(world, api="api.example.com", web="www.example.com, https://www.example.com/")
    live = await live_of(world)
    assert live["file"]["count"] == 1
    assert live["file"]["faults"][0].startswith("rules/endpoints.json, row 1: ")
    (web,) = live["unread_tags"]["certificates"]
    assert (web["vault"], web["name"], live["unread_tags"]["count"]) == ("main", "web", 1)
    assert "entry 2 ('https://www.example.com/')" in web["faults"][0]


async def test_of_many_the_first_are_named_and_all_are_counted() -> None:
    world = LiveWorld()
    world.file.kept = endpoint_rows(json.dumps(["no row"] * 50), "rules/endpoints.json")
    with_tags(world, **{f"c{number:02}": "no host" for number in range(30)})
    live = await live_of(world)
    assert (live["file"]["count"], len(live["file"]["faults"])) == (50, MAX_FAULTS_NAMED)
    tags = live["unread_tags"]
    assert (tags["count"], len(tags["certificates"]), tags["certificates"][0]["name"]) == (30, MAX_FAULTS_NAMED, "c00")


async def test_a_vault_without_an_inventory_is_named_and_the_status_is_there() -> None:
    world = LiveWorld()
    assert (await live_of(world))["unread_tags"]["unsearched"] == ["main"]
    with_tags(world, web="no host").inventory_files.broken.add("main")
    assert (await live_of(world))["unread_tags"] == {"count": 0, "certificates": [], "unsearched": ["main"]}


async def test_a_grace_that_cannot_be_read_is_named_for_the_tag_and_for_the_file() -> None:
    world = LiveWorld()
    row = {"vault": "main", "name": "api", "endpoints": ["api.example.com"]}
    world.file.kept = endpoint_rows(json.dumps([row | {"grace": "front-door"}]), "rules/endpoints.json")
    words = {"a": "frontdoor", "b": "90m", "c": "soon"}
    records = tuple(CertificateRecord(name, tags={"certflow-endpoints-grace": word}) for name, word in words.items())
    world.inventory_files.kept["main"] = StoredSnapshot(VaultSnapshot("main", NOW, NOW, records), "1")
    live = await live_of(world)
    (fault,) = live["file"]["faults"]
    assert fault.startswith("rules/endpoints.json, row of main/api: the grace 'front-door' is none of appgw, ")
    (found,) = live["unread_tags"]["certificates"]
    assert found["name"] == "c"
    assert found["faults"][0].startswith("certflow-endpoints-grace: the grace 'soon' is none of ")
