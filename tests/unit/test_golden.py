"""The API's description and the events' schemas and data are what they were: the files under tests/golden/."""

from __future__ import annotations

import json
from typing import Any

import azure.functions as func
import pytest

from functions import __version__
from functions.notifications.samples import samples_of
from functions.triggers.http.context import Context
from functions.triggers.http.overview import get_openapi
from tests.event_schemas import COMMON, SUFFIX, check_data, documented_types, schema_of
from tests.golden_files import GOLDEN, differences, golden, meant
from tests.unit.fakes import World

PROSE = {"description", "summary"}
SCHEMAS = sorted(path.name for path in (GOLDEN / "events").glob(f"*{SUFFIX}"))


async def openapi() -> Any:
    """The document that the app of one vault serves."""
    url = "https://certflow.example.com/api/openapi.json"
    request = func.HttpRequest(method="GET", url=url, body=b"")
    response = await get_openapi(request, Context(lambda: World().certflow))
    return json.loads(response.get_body())


def of_document(document: Any) -> Any:
    return meant(document, PROSE)


def of_schema(schema: dict[str, Any]) -> Any:
    """Its own title, which names the type, stays; that of the common definitions is a sentence."""
    return meant(schema, PROSE if "properties" in schema else PROSE | {"title"})


async def test_the_document_that_the_app_serves_is_what_it_was() -> None:
    was, now = golden("openapi.json"), await openapi()
    assert now["info"].pop("version") == __version__  # moves with each release
    del was["info"]["version"]
    assert differences(of_document(was), of_document(now)) == []


def test_there_is_a_schema_for_each_event_that_there_was() -> None:
    assert {name.removesuffix(SUFFIX) for name in SCHEMAS} <= {*documented_types(), COMMON}
    assert len(SCHEMAS) > 25


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_of_an_event_is_what_it_was(name: str) -> None:
    was, now = golden(f"events/{name}"), schema_of(name.removesuffix(SUFFIX))
    assert differences(of_schema(was), of_schema(now)) == []


@pytest.mark.parametrize("name", sorted(golden("event_samples.json")))
def test_the_data_of_a_sample_is_what_it_was(name: str) -> None:
    now = json.loads(json.dumps(samples_of(World().certflow)[name]))
    check_data(name, now)
    assert differences(golden("event_samples.json")[name], now) == []


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        ({"a": 1}, {"a": 1, "b": None}, ["/b is new"]),
        ({"a": 1, "b": None}, {"a": 1}, ["/b is gone"]),
        ({"/vaults": {"a~": [1, 2]}}, {"/vaults": {"a~": [1, 3]}}, ["/~1vaults/a~0/1: 2 is now 3"]),
        ([1, 2], [1], ["/: [1, 2] is now [1]"]),
        ({"required": True}, {"required": 1}, ["/required: true is now 1"]),
        ({"properties": {"description": {"type": "string"}}}, {"properties": {}}, ["/properties/description is gone"]),
        (
            {"anyOf": [{"type": "a"}, {}]},
            {"anyOf": [{}, {"type": "a"}]},
            ["/anyOf/0/type is gone", "/anyOf/1/type is new"],
        ),
        ({"pattern": "^a$"}, {"pattern": "^b$"}, ['/pattern: "^a$" is now "^b$"']),
        ({"description": "Some", "required": ["a", "b"]}, {"description": "Other", "required": ["b", "a"]}, []),
        ({"description": "Some", "type": ["string", "null"]}, {"type": ["null", "string"]}, []),
    ],
    ids=str,
)
def test_a_change_is_found_but_for_texts_and_order_that_says_nothing(was: Any, now: Any, found: list[str]) -> None:
    assert differences(meant(was, PROSE), meant(now, PROSE)) == found
