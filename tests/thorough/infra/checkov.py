"""Checkov over what would be deployed.

On a template of symbolic names checkov finds nothing and reports no failure, so it is given the snapshots, in which
every module is laid open and every name is put in, as plain ARM templates. It is installed on first use, into an
environment of its own under `.local`: it needs a hundred packages that nothing else here does, and the network once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.setup import ROOT, find_uv

VERSION = "3.3.30"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


@dataclass(frozen=True)
class Seen:
    """What it has looked at and found wrong: checks by their id, each with the type of the resource."""

    passed: frozenset[tuple[str, str]]
    failed: frozenset[tuple[str, str]]
    resources: int


def plain(resources: list[dict[str, Any]]) -> str:
    """An ARM template of the resources of a snapshot."""
    return json.dumps({"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": resources})


def look_at(folder: Path) -> Seen:
    """What checkov says of the templates in a folder. Raises ValueError with its words if it could not read them."""
    arguments = ("--directory", folder, "--framework", "arm", "--output", "json", "--compact", "--skip-download")
    done = subprocess.run([_installed(), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode > 1 or not done.stdout:
        raise ValueError(done.stderr)
    told = json.loads(done.stdout)
    if told.get("results", {}).get("parsing_errors"):
        raise ValueError(told["results"]["parsing_errors"])
    results, count = told["results"], told["summary"]["resource_count"]
    return Seen(_of(results["passed_checks"]), _of(results["failed_checks"]), count)


def _of(checks: list[dict[str, Any]]) -> frozenset[tuple[str, str]]:
    # A resource is called Microsoft.Web/sites.{name}; names have no dot.
    return frozenset((one["check_id"], one["resource"].rpartition(".")[0]) for one in checks)


def _installed() -> Path:
    """The program, installed if it is not there yet in this version."""
    environment = ROOT / ".local" / f"checkov-{VERSION}"
    program = environment / "bin" / "checkov"
    if not (environment / "whole").exists():
        uv = find_uv()
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment], check=True)
        python = environment / "bin" / "python"
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, f"checkov=={VERSION}"], check=True)
        (environment / "whole").touch()
    return program
