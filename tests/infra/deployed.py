"""What would be deployed: the committed snapshots of the examples, and snapshots of shapes made up for a test."""

from __future__ import annotations

import functools
import json
import re
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.bicep_check import INFRA, PLACE, TEMPLATE, bicep, compiled, run

Resource = dict[str, Any]
EXAMPLES = ("smallest", "private", "many-vaults", "hub-and-spoke")
needs_bicep = pytest.mark.skipif(bicep() is None, reason="SKIPPED: there is no Bicep CLI on this machine")


@dataclass(frozen=True)
class Snapshot:
    """The resources of one deployment, every name put in; what only Azure knows stays an expression."""

    resources: tuple[Resource, ...]
    outputs: dict[str, Any]

    def of(self, kind: str) -> list[Resource]:
        return [one for one in self.resources if one["type"] == kind]

    @property
    def site(self) -> Resource:
        (site,) = self.of("Microsoft.Web/sites")
        return site

    @property
    def settings(self) -> dict[str, str]:
        listed = self.site["properties"]["siteConfig"]["appSettings"]
        settings = {_in_public_cloud(one["name"]): one["value"] for one in listed}
        assert len(settings) == len(listed)
        return settings


def _in_public_cloud(name: str) -> str:
    """The name of a setting; which cloud it is, the Bicep CLI does not say."""
    return re.sub(r"\[if\(equals\(environment\(\)\.name, 'AzureCloud'\), '([^']*)', '[^']*'\)\]", r"\1", name)


@functools.cache
def example(name: str) -> Snapshot:
    """The committed snapshot of an example; `make check` sees to it that it is not stale."""
    return read_snapshot(INFRA / "examples" / f"{name}.snapshot.json")


def snapshot(directory: Path, template: str, parameters: str, infra: Path = INFRA) -> Snapshot:
    """The snapshot of a template with these parameters: of ours, compiled once; of those in `infra`; or of the copy
    that a test has put into the directory, and changed. Raises ValueError with what the Bicep CLI says.
    """
    copy = directory / "infra"
    if infra != INFRA and not copy.exists():
        shutil.copytree(infra, copy)
    if copy.exists():
        (copy / "examples").mkdir(exist_ok=True)
        using, file = f"../{template}.bicep", copy / "examples" / "made-up.bicepparam"
    else:
        using, file = f"./{template}.json", directory / "made-up.bicepparam"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / using).write_text(_compiled(template))
    file.write_text(f"using '{using}'\n{parameters}\n")
    done = run("snapshot", file, "--mode", "overwrite", *PLACE)
    if done.returncode or done.stderr:
        raise ValueError(done.stderr)
    return read_snapshot(file.with_suffix(".snapshot.json"))


@functools.cache
def _compiled(template: str) -> str:
    """The template for ARM: that of main.bicep is committed, and `make check` sees to it that it is not stale."""
    return TEMPLATE.read_text() if template == "main" else json.dumps(compiled(INFRA / f"{template}.bicep"))


def texts(value: object) -> Iterator[str]:
    """Every text in a JSON value, names of properties too."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def read_snapshot(file: Path) -> Snapshot:
    """The snapshot in a file, as if somebody had deployed it: his object id stands where only Azure knows it."""
    read = json.loads(file.read_text())
    assert read["diagnostics"] == []
    return Snapshot(tuple(_deployed_by_somebody(one) for one in read["predictedResources"]), read["outputs"])


# The Bicep CLI knows nobody who deploys, so `deployer()` and what is made of it stay expressions.
DEPLOYER = "dddddddd-dddd-dddd-dddd-dddddddddddd"
OF_ARM = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")  # guid() of ARM is version 5 in this namespace
_GUID = re.compile(r"guid\('([^']*)', deployer\(\)\.objectId, '([^']*)'\)")


def _deployed_by_somebody(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _deployed_by_somebody(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_deployed_by_somebody(one) for one in value]
    if value == "[deployer().objectId]":
        return DEPLOYER
    if isinstance(value, str) and (made := _GUID.search(value)):
        name = str(uuid.uuid5(OF_ARM, f"{made[1]}-{DEPLOYER}-{made[2]}"))
        scoped = value.startswith("[extensionResourceId(")
        return f"{made[1]}/providers/Microsoft.Authorization/roleAssignments/{name}" if scoped else name
    return value


def as_azure_would(name: str, value: str) -> str:
    """The setting with an address in place of an expression that only Azure can work out."""
    if not value.startswith("["):
        return value
    if name == "CERTFLOW_VAULTS":
        found = re.findall(r"format\('\{0\}\{1\}=https://\{2\}\{3\}', '([^']*)', '([^']*)', '([^']*)'", value)
        return ",".join(f"{alias}{mode}=https://{vault}.vault.azure.net" for alias, mode, vault in found)
    if name == "CERTFLOW_MAIL_FROM":
        return "DoNotReply@mail.example.com"
    if value.startswith("[environment().portal"):
        return "https://portal.azure.com"
    return "https://azure.example.com"
