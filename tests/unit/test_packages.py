"""Each package stands by itself: it imports its own modules and those of the distributions that it says it needs."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.functions_host import ROOT

PACKAGES = sorted(file.parent for file in (ROOT / "packages").glob("*/pyproject.toml"))
MODULES_OF = {
    "azure-functions-runtime": "azure_functions_runtime",
    "pyjwt": "jwt",
}  # the others are called as what they hold


def project(package: Path) -> dict[str, Any]:
    about: dict[str, Any] = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    return about


def own_module(package: Path) -> str:
    (module,) = (folder.name for folder in (package / "src").iterdir() if (folder / "__init__.py").exists())
    return module


OURS = {project(package)["name"]: own_module(package) for package in PACKAGES}


def modules_needed(wanted: list[str]) -> set[str]:
    names = {re.split(r"[\[<>=~ ]", one)[0] for one in wanted}
    return {OURS.get(name) or MODULES_OF.get(name) or name.replace("-", ".") for name in names}


def foreign(file: Path, known: set[str]) -> Iterator[str]:
    """The imports of a file, late ones too, that are of neither the standard library nor a known module."""
    for node in ast.walk(ast.parse(file.read_text())):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        for name in [node.module or ""] if isinstance(node, ast.ImportFrom) else names:
            is_known = any(f"{name}.".startswith(f"{module}.") for module in known)
            if not is_known and name.split(".")[0] not in sys.stdlib_module_names:
                yield f"{file.name}: {name}"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_package_imports_itself_and_what_it_says_it_needs(package: Path) -> None:
    about, files = project(package), sorted((package / "src").glob("*/**/*.py"))
    plugin = [file for file in files if file.name == "pytest_plugin.py"]
    known = modules_needed([*about["dependencies"], about["name"]])
    extras = {name: known | modules_needed(more) for name, more in about.get("optional-dependencies", {}).items()}
    found = [one for file in files if file not in plugin for one in foreign(file, known | extras.get("browser", set()))]
    found += [one for file in plugin for one in foreign(file, extras["pytest"])]
    assert files
    assert found == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_the_tests_of_a_package_need_nothing_of_the_product(package: Path) -> None:
    elsewhere = {"functions", "function_app", "local", "tests", "benchmarks"}
    files = [file for folder in ("src", "tests") for file in (package / folder).rglob("*.py")]
    told = [one for file in files for one in foreign(file, set()) if one.split(": ")[1].split(".")[0] in elsewhere]
    assert told == []


def test_the_emulator_needs_no_other_package_of_ours() -> None:
    wanted = project(ROOT / "packages" / "keyvault-emulator")["dependencies"]
    assert modules_needed(wanted).isdisjoint(OURS.values())


@pytest.mark.parametrize(
    "line", ["import functions.model", "from local.api import Client", "def f():\n    import yaml"]
)
def test_an_import_from_elsewhere_is_noticed(line: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"import json\nfrom azure.storage.blob.aio import BlobClient\n{line}\n")
    assert len([*foreign(tmp_path / "a.py", {"azure.storage.blob"})]) == 1
