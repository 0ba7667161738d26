"""host.json: the few things in it that this host acts on; the rest it leaves alone, as the real one does."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from functions_host.functions import StartRefused

LEVEL_SETTING = "AzureFunctionsJobHost__logging__logLevel__"
LEVELS = {
    "Trace": logging.DEBUG,
    "Debug": logging.DEBUG,
    "Information": logging.INFO,
    "Warning": logging.WARNING,
    "Error": logging.ERROR,
    "Critical": logging.CRITICAL,
    "None": logging.CRITICAL + 1,
}


@dataclass(frozen=True)
class QueueOptions:
    """`extensions.queues`, with the platform's defaults."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: int = 0  # seconds a message stays hidden after a failure
    message_encoding: str = "base64"


@dataclass(frozen=True)
class HostJson:
    """A valid host.json."""

    route_prefix: str = "api"
    custom_headers: dict[str, str] = field(default_factory=dict)
    max_outstanding_requests: int | None = None
    queues: QueueOptions = QueueOptions()
    poison_blob_threshold: int = 5
    log_levels: dict[str, int] = field(default_factory=dict)  # by category; with one goes all that it is a prefix of


def read_host_json(app_dir: Path, settings: Mapping[str, str]) -> HostJson:
    """Reads the app's host.json; raises StartRefused where the platform would not load the app.

    Settings such as `AzureFunctionsJobHost__logging__logLevel__Function` take precedence, of which this host knows
    those about log levels.
    """
    path = app_dir / "host.json"
    try:
        parsed = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise StartRefused(f'There is no host.json in {app_dir}: add one with at least {{"version": "2.0"}}.') from None
    except ValueError as error:
        raise StartRefused(f"host.json is not valid JSON ({error}): correct it.") from None
    if not isinstance(parsed, dict) or parsed.get("version") != "2.0":
        raise StartRefused('host.json must say "version": "2.0" at its top.')
    try:
        levels = _section(_section(parsed, "logging"), "logLevel") | {
            name.removeprefix(LEVEL_SETTING): level
            for name, level in settings.items()
            if name.startswith(LEVEL_SETTING)
        }
        return replace(_options(_section(parsed, "extensions")), log_levels=_log_levels(levels))
    except (TypeError, ValueError) as error:
        raise StartRefused(f"host.json: {error}") from None


def _options(extensions: dict[str, Any]) -> HostJson:
    http, queues = _section(extensions, "http"), _section(extensions, "queues")
    outstanding = http.get("maxOutstandingRequests", -1)
    return HostJson(
        route_prefix=str(http.get("routePrefix", "api")).strip("/"),
        custom_headers={str(k): str(v) for k, v in _section(http, "customHeaders").items()},
        max_outstanding_requests=None if outstanding == -1 else _number(outstanding, "http.maxOutstandingRequests"),
        queues=_queue_options(queues),
        poison_blob_threshold=_number(
            _section(extensions, "blobs").get("poisonBlobThreshold", 5), "blobs.poisonBlobThreshold"
        ),
    )


def _queue_options(queues: dict[str, Any]) -> QueueOptions:
    batch = _number(queues.get("batchSize", 16), "queues.batchSize", most=32)
    encoding = str(queues.get("messageEncoding", "base64")).lower()
    if encoding not in ("base64", "none"):
        raise ValueError(f"extensions.queues.messageEncoding is {encoding!r}: use base64 or none")
    return QueueOptions(
        batch_size=batch,
        new_batch_threshold=_number(queues.get("newBatchThreshold", batch // 2), "queues.newBatchThreshold", least=0),
        max_dequeue_count=_number(queues.get("maxDequeueCount", 5), "queues.maxDequeueCount"),
        visibility_timeout=_seconds(queues.get("visibilityTimeout", "00:00:00")),
        message_encoding=encoding,
    )


def _log_levels(levels: dict[str, Any]) -> dict[str, int]:
    for category, level in levels.items():
        if level not in LEVELS:
            raise ValueError(f"logging.logLevel.{category} is {level!r}: use {', '.join(LEVELS)}")
    return {category: LEVELS[level] for category, level in levels.items()}


def _section(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name, {})
    if not isinstance(value, dict):
        raise TypeError(f"{name} must be an object")
    return value


def _number(value: Any, name: str, *, least: int = 1, most: int = 2**31) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"extensions.{name} is {value!r}: use a whole number from {least} to {most}")
    return value


def _seconds(text: Any) -> int:
    parts = str(text).split(":")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        raise ValueError(f"extensions.queues.visibilityTimeout is {text!r}: use hh:mm:ss")
    hours, minutes, seconds = map(int, parts)
    return hours * 3600 + minutes * 60 + seconds
