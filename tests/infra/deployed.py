"""What would be deployed: the committed snapshots of the examples, and snapshots of shapes made up for a test."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.bicep_check import INFRA, PLACE, bicep, run

Resource = dict[str, Any]
EXAMPLES = ("smallest", "private", "many-vaults")
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
        settings = {one["name"]: one["value"] for one in listed}
        assert len(settings) == len(listed)
        return settings


@functools.cache
def example(name: str) -> Snapshot:
    """The committed snapshot of an example; `make check` sees to it that it is not stale."""
    return _read(INFRA / "examples" / f"{name}.snapshot.json")


def snapshot(directory: Path, template: str, parameters: str) -> Snapshot:
    """The snapshot of a template with these parameters. Raises ValueError with what the Bicep CLI says."""
    directory.mkdir(parents=True, exist_ok=True)
    copy = directory / "infra"
    if not copy.exists():
        shutil.copytree(INFRA, copy)
    file = copy / "examples" / "made-up.bicepparam"
    file.write_text(f"using '../{template}.bicep'\n{parameters}\n")
    done = run("snapshot", file, "--mode", "overwrite", *PLACE)
    if done.returncode or done.stderr:
        raise ValueError(done.stderr)
    return _read(file.with_suffix(".snapshot.json"))


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


def _read(file: Path) -> Snapshot:
    read = json.loads(file.read_text())
    assert read["diagnostics"] == []
    return Snapshot(tuple(read["predictedResources"]), read["outputs"])
