"""What would be deployed: the committed snapshots of the examples, and snapshots of shapes made up for a test."""

from __future__ import annotations

import functools
import json
import re
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.bicep_check import INFRA, TEMPLATE
from local.bicep_cli import BICEP, bicep, run

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


@functools.cache
def snapshot(template: str, parameters: str, infra: Path = INFRA) -> Snapshot:
    """The snapshot of a template with these parameters: of ours, or of the copy in `infra` that a test has changed.
    Raises ValueError with what the Bicep CLI says.
    """
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "template.json").write_text(compiled(infra / f"{template}.bicep"))
        file = Path(directory, "made-up.bicepparam")
        file.write_text(f"using './template.json'\n{parameters}\n")
        return _of_somebody(BICEP.snapshot(file))


@functools.cache
def compiled(file: Path) -> str:
    """The template for ARM, without spaces, since each snapshot reads it again: that of main.bicep is committed, and
    `make check` sees to it that it is not stale.
    """
    text = TEMPLATE.read_text() if file == INFRA / "main.bicep" else BICEP.compiled(file)
    return json.dumps(json.loads(text), separators=(",", ":"))


def by_azd(directory: Path, template: str) -> Path:
    """A copy of the file of parameters for azd, whose template is compiled already: the Bicep CLI reads the environment
    variables only as its process starts, and would compile the template in each.
    """
    (directory / f"{template}.json").write_text(compiled(INFRA / f"{template}.bicep"))
    file = directory / f"{template}.bicepparam"
    text, using = (INFRA / file.name).read_text(), f"using '{template}.bicep'\n"
    assert using in text
    file.write_text(text.replace(using, f"using './{template}.json'\n"))
    return file


def parameters_of(file: Path) -> dict[str, Any]:
    """What a file of parameters gives in this environment."""
    done = run("build-params", file, "--stdout")
    assert done.stderr == ""
    return dict(json.loads(json.loads(done.stdout)["parametersJson"])["parameters"])


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
    return _of_somebody(json.loads(file.read_text()))


def _of_somebody(read: dict[str, Any]) -> Snapshot:
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
