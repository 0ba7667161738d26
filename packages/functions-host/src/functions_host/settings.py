"""App settings: the process's environment, as on Azure. `%NAME%` in a binding is replaced by the setting NAME."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions_host.functions import Binding, Function

Settings = Mapping[str, str]

HOST_ID = "AzureFunctionsWebHost__hostid"
_REFERENCE = re.compile(r"%([^%]+)%")


def resolved(function: Function, settings: Settings) -> tuple[Function, list[str]]:
    """The function with its `%NAME%`s replaced, and one sentence for each setting that is missing."""
    missing: list[str] = []

    def value_of(reference: re.Match[str]) -> str:
        name = reference[1]
        if name not in settings:
            missing.append(f"Function {function.name}: {reference[0]} is used but the app setting {name} is not set.")
        return settings.get(name, "")

    def put_in(value: Any) -> Any:
        return _REFERENCE.sub(value_of, value) if isinstance(value, str) else value

    bindings: tuple[Binding, ...] = tuple({k: put_in(v) for k, v in b.items()} for b in function.bindings)
    return function.with_bindings(bindings), missing


def is_disabled(function: Function, settings: Settings) -> bool:
    """`AzureWebJobs.<name>.Disabled` switches a function off without a deployment."""
    return is_true(settings.get(f"AzureWebJobs.{function.name}.Disabled"))


def is_true(value: str | None) -> bool:
    """How the host reads a switch."""
    return (value or "").strip().lower() in ("true", "1")


def host_id(settings: Settings, app_dir: Path) -> str:
    """The name under which this app keeps its queues and timer status: the same at every start."""
    if given := settings.get(HOST_ID):
        return given
    return hashlib.sha256(str(app_dir.resolve()).encode()).hexdigest()[:32]


def host_id_problems(identity: str) -> list[str]:
    """The host id is part of a queue's name, so it must obey the rules for one."""
    if re.fullmatch(r"[a-z0-9](?:-?[a-z0-9]){0,31}", identity) and len(identity) <= 32:
        return []
    return [f"{HOST_ID} is {identity!r}: use at most 32 lower-case letters, digits and single dashes."]
