"""CloudEvents 1.0 in JSON: what a topic takes, and a sentence that names the attribute where it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

type Event = dict[str, Any]

MAX_BYTES = 1_048_576  # an event, and a request with several of them (Learn, "Event Grid quotas and limits")
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"

_REQUIRED = ("id", "source", "type", "specversion")
_OPTIONAL = ("subject", "time", "datacontenttype", "dataschema")
_NAME = re.compile(r"[a-z0-9]+")  # CloudEvents 1.0, "Attribute Naming Convention"
_PAYLOAD = ("data", "data_base64")


class InvalidEventError(ValueError):
    """The publisher has to change what it sends."""


def parse_request(content_type: str, body: bytes) -> list[Event]:
    """The events of one request to a topic; all of them are valid, or InvalidEventError says which is not."""
    if content_type not in (SINGLE, BATCH):
        raise InvalidEventError(
            f"This resource is configured to receive events in 'CloudEventSchemaV1_0' schema: Content-Type must be "
            f"'{SINGLE}' or '{BATCH}', not '{content_type}'."
        )
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidEventError(f"The request body is not JSON: {error}.") from None
    except RecursionError:
        raise InvalidEventError("The request body is nested too deeply.") from None
    if content_type == SINGLE:
        return [parse_event(decoded)]
    if not isinstance(decoded, list):
        raise InvalidEventError(f"With Content-Type '{BATCH}' the request body must be an array of events.")
    return [parse_event(item, where=f"events[{index}]") for index, item in enumerate(decoded)]


def parse_event(candidate: object, *, where: str = "event") -> Event:
    """The event as it was given, once every attribute is as CloudEvents 1.0 wants it."""
    if not isinstance(candidate, Mapping):
        raise InvalidEventError(f"{where} must be a JSON object.")
    event = dict(candidate)
    for name in _REQUIRED:
        if name not in event:
            raise InvalidEventError(f"{where}: the required attribute '{name}' is missing.")
    for name, value in event.items():
        if name not in _PAYLOAD:
            _check_attribute(where, name, value)
    if event["specversion"] != "1.0":
        raise InvalidEventError(f"{where}: attribute 'specversion' must be '1.0'.")
    if all(name in event for name in _PAYLOAD):
        raise InvalidEventError(f"{where}: 'data' and 'data_base64' must not both be present.")
    if len(msgspec.json.encode(event)) > MAX_BYTES:
        raise InvalidEventError(f"{where}: larger than the maximum of {MAX_BYTES} bytes.")
    return event


def _check_attribute(where: str, name: object, value: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidEventError(f"{where}: attribute name '{name}' must be made of lower-case letters and digits.")
    if value is None and name not in _REQUIRED:
        return  # JSON format of CloudEvents, section 2.2: null is the same as absent
    if name in _REQUIRED or name in _OPTIONAL:
        if not isinstance(value, str) or not value:
            raise InvalidEventError(f"{where}: attribute '{name}' must be a non-empty string.")
    elif not isinstance(value, str | int | bool):
        raise InvalidEventError(f"{where}: extension attribute '{name}' must be a string, an integer or a boolean.")
    if name == "time" and not _is_rfc3339(str(value)):
        raise InvalidEventError(f"{where}: attribute 'time' must be an RFC 3339 time with an offset.")


def _is_rfc3339(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
