"""Start checks: what the platform would take in silence and then do wrong. Each problem says what to change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from azure.storage.blob import BlobServiceClient

from functions_host.blobs import BadBlobPath, parse_blob_path
from functions_host.connections import HOST_STORAGE, is_set
from functions_host.functions import BLOB, HTTP, QUEUE, TIMER, TRIGGERS, Binding, Function, connection_of, kind
from functions_host.ncrontab import BadSchedule, Schedule
from functions_host.routes import BadRoute, Route, overlapping, parse_route
from functions_host.settings import Settings

_QUEUE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")


def problems(functions: tuple[Function, ...], settings: Settings) -> list[str]:
    """Everything that keeps these functions (with their settings put in) from running as meant."""
    found = [f"Function {f.name}: {problem}" for f in functions for problem in _of_function(f, settings)]
    found += _of_routes(functions)
    if any(f.kind != HTTP for f in functions):
        for service in ("blob", "queue"):
            if not is_set(settings, HOST_STORAGE, service):
                found.append(f"Triggers other than HTTP need storage: {_how_to_set(HOST_STORAGE, service)}.")
    named = {connection_of(b) for f in functions for b in f.bindings} | {HOST_STORAGE}
    return found + [problem for name in sorted(named) for problem in _of_connection_string(name, settings)]


def http_routes(functions: tuple[Function, ...]) -> dict[str, tuple[Function, Route]]:
    """The routes of HTTP functions, in the order of indexing. Raises BadRoute for what the checks refuse."""
    return {f.name: (f, _route(f.name, f.trigger)) for f in functions if f.kind == HTTP}


def _of_function(function: Function, settings: Settings) -> Iterator[str]:
    if function.kind not in TRIGGERS:
        yield f"this host does not know the trigger {function.trigger['type']!r}; it knows {', '.join(TRIGGERS)}."
        return
    if function.retry is not None and function.kind != TIMER:
        yield "a retry policy is ignored by the platform for this trigger: remove @retry."
    if function.kind == TIMER:
        yield from _of_schedule(function.trigger)
    if function.kind == BLOB:
        yield from _of_blob(function.trigger)
    for binding in function.others:
        if (kind(binding), str(binding.get("direction")).lower()) not in (("http", "out"), ("queue", "out")):
            yield f"this host does not know the binding {binding['type']!r} of {binding['name']!r}: remove it."
    for binding in function.bindings:
        yield from _of_binding(binding, settings)


def _of_binding(binding: Binding, settings: Settings) -> Iterator[str]:
    if (binding.get("properties") or {}).get("SupportsDeferredBinding"):
        yield f"{binding['name']!r} is an SDK type, which this host does not pass: use func.InputStream."
    service = {BLOB: "blob", QUEUE: "queue", "queue": "queue"}.get(kind(binding))
    if service and not is_set(settings, connection_of(binding), service):
        yield f"{_how_to_set(connection_of(binding), service)}."
    if service == "queue" and not _QUEUE_NAME.fullmatch(str(binding.get("queueName", ""))):
        yield f"{binding.get('queueName')!r} cannot be a queue: use 3-63 lower-case letters, digits, single dashes."


def _of_schedule(trigger: Binding) -> Iterator[str]:
    try:
        Schedule(str(trigger.get("schedule", "")))
    except BadSchedule as error:
        yield f"schedule {trigger.get('schedule')!r} is not NCRONTAB: {error}."


def _of_blob(trigger: Binding) -> Iterator[str]:
    if str(trigger.get("source", "")).lower() != "eventgrid":
        yield (
            "a blob trigger with the polling source does not run on Flex Consumption: "
            "add source=func.BlobSource.EVENT_GRID."
        )
    try:
        parse_blob_path(str(trigger.get("path", "")))
    except BadBlobPath as error:
        yield f"{error}."


def _of_routes(functions: tuple[Function, ...]) -> list[str]:
    found, routes = [], {}
    for function in functions:
        if function.kind == HTTP:
            try:
                routes[function.name] = _route(function.name, function.trigger)
            except BadRoute as error:
                found.append(f"Function {function.name}: {error}.")
    for first, second in overlapping(routes):
        found.append(
            f"Functions {first} ({routes[first].template!r}) and {second} ({routes[second].template!r}) can take the "
            "same request, and the platform gives no precedence to either: change one route or its methods."
        )
    return found


def _of_connection_string(name: str, settings: Mapping[str, str]) -> Iterator[str]:
    if text := settings.get(name):
        try:
            BlobServiceClient.from_connection_string(text).close()
        except ValueError:
            # Not the SDK's text: it may repeat the setting, which holds a key.
            yield f"The app setting {name} is not a storage connection string: copy it anew."


def _route(name: str, trigger: Binding) -> Route:
    template = trigger.get("route")
    return parse_route(name if template is None else str(template), trigger.get("methods") or ())


def _how_to_set(name: str, service: str) -> str:
    identity = f"{name}__{service}ServiceUri"
    if service == "blob":
        identity += f" and {name}__queueServiceUri"
    return f"set the app setting {name} (a connection string), or {identity}, or {name}__accountName"
