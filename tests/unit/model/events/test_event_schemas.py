"""What docs/events/ promises to subscribers: a schema for each type, which refuses what is not such an event.

That our own events are as they say is seen to in the fakes' ledger, so by every unit test; and on the wire in
tests/e2e/monitoring/test_watching.py.
"""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import pytest

from functions.model.events.registry import BY_NAME
from tests.event_schemas import COMMON, FOLDER, check_event, documented_types, schema_of

PAGE = (FOLDER.parent / "events.md").read_text()
ROW = re.compile(r"^\| \[`(Certflow\.\w+\.\w+)`\]\(events/(\S+)\.schema\.json\) \|", re.MULTILINE)
EXAMPLE = re.compile(r"^```json\n(.+?)\n```$", re.MULTILINE | re.DOTALL)


def examples() -> list[dict[str, Any]]:
    return [json.loads(one) for one in EXAMPLE.findall(PAGE)]


def test_every_type_has_a_schema_and_a_row_on_the_page() -> None:
    assert documented_types() == BY_NAME.keys()
    assert ROW.findall(PAGE) == [(one, one) for one, _ in ROW.findall(PAGE)]
    assert {one for one, _ in ROW.findall(PAGE)} == BY_NAME.keys()


@pytest.mark.parametrize("name", sorted({*documented_types(), COMMON}))
def test_a_schema_is_one_itself_and_says_what_it_is_about(name: str) -> None:
    schema = schema_of(name)
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"].endswith("/draft/2020-12/schema")
    if name != COMMON:
        assert schema["title"] == schema["properties"]["type"]["const"] == name
        assert schema["description"].endswith(".")


def test_the_examples_on_the_page_are_such_events() -> None:
    assert len({one["type"] for one in examples()}) == len(examples()) == 3
    for one in examples():
        check_event(one)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "web"},
        {"subject": "web"},
        {"source": "/other"},
        {"time": "yesterday"},
        {"specversion": "0.3"},
        {"data": {}},
        {"extension": "unsaid"},
    ],
    ids=str,
)
def test_what_is_no_such_event_is_refused(wrong: dict[str, Any]) -> None:
    for one in examples():
        with pytest.raises(AssertionError, match=re.escape(one["type"])):
            check_event(one | wrong)


def test_a_field_that_no_schema_describes_is_refused_wherever_it_stands() -> None:
    (failed,) = (one for one in examples() if one["type"].endswith("Failed"))
    for data in (failed["data"] | {"new": 1}, failed["data"] | {"error": failed["data"]["error"] | {"new": 1}}):
        with pytest.raises(AssertionError, match="new"):
            check_event(failed | {"data": data})
