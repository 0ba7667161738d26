"""Holds events against the schemas that docs/events/ gives to subscribers."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs

from functions.model.events.event import Event

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "events"
SUFFIX = ".schema.json"
COMMON = "common"
SOURCE = "/certflow/evgt-certflow-abc123.westeurope-1.eventgrid.azure.net"


def schema_of(name: str) -> dict[str, Any]:
    """The schema of an event type, or of what they have in common."""
    schema: dict[str, Any] = json.loads((FOLDER / f"{name}{SUFFIX}").read_text())
    return schema


def documented_types() -> set[str]:
    return {file.name.removesuffix(SUFFIX) for file in FOLDER.glob(f"*{SUFFIX}")} - {COMMON}


def as_sent(event: Event) -> dict[str, Any]:
    """A domain event as a subscriber gets it."""
    envelope = {"specversion": "1.0", "source": SOURCE, "time": event.time.isoformat()}
    named = {"id": event.id, "type": event.type, "subject": event.subject}
    return {**envelope, **named, "data": json.loads(json.dumps(event.data))}


def check_event(event: Mapping[str, Any]) -> None:
    """The event (CloudEvents 1.0, as JSON has it) is as its schema says, with no field that is not described there."""
    try:
        _validator(event["type"]).validate(dict(event))
    except jsonschema_rs.ValidationError as error:
        raise AssertionError(f"{event['type']} {event['id']} is not as docs/events says: {error}") from None


def check_data(type_: str, data: Mapping[str, Any]) -> None:
    """The same for the data of an event alone."""
    _validator_of(_closed(schema_of(type_))["properties"]["data"], type_).validate(dict(data))


@functools.cache
def _validator(type_: str) -> jsonschema_rs.Validator:
    return _validator_of(_closed(schema_of(type_)) | {"unevaluatedProperties": False}, type_)


def _validator_of(schema: dict[str, Any], type_: str) -> jsonschema_rs.Validator:
    registry = jsonschema_rs.Registry([(f"schemas:/{COMMON}{SUFFIX}", _closed(schema_of(COMMON)))])
    return jsonschema_rs.Draft202012Validator(
        schema, registry=registry, base_uri=f"schemas:/{type_}", validate_formats=True
    )


def _closed(schema: Any) -> Any:
    """The schema with every object that stands in a field closed: subscribers are to bear new fields, but we are to
    describe ours.
    """
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if "properties" in closed:
        closed["properties"] = {name: _shut(field) for name, field in closed["properties"].items()}
    if isinstance(closed.get("items"), dict):
        closed["items"] = _shut(closed["items"])
    return closed


def _shut(field: dict[str, Any]) -> dict[str, Any]:
    return field | {"unevaluatedProperties": False} if field.keys() & {"properties", "$ref", "allOf"} else field
