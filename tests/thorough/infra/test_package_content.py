"""The package that `make package` builds: the product, what its lock names for the platform, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from functions import __version__
from local import package, sbom
from local.functions_host import ROOT
from local.package import FORM, PACKAGE, SBOM, SUMS, TEMPLATE, app_files, build
from tests.clock import HANG
from tests.thorough.infra.built_package import (
    PREFIX,
    dependencies,
    distributions,
    hash_of,
    normalized,
    recorded,
    requirements_of_linux,
)

OF_ALL = {"/usr", "/usr/local"}  # where any Linux may have its Python


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("built") / "dist").parent


@pytest.fixture(scope="module")
def files(built: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(built / PACKAGE) as archive:
        return dependencies(archive)


def test_a_second_build_is_equal_byte_for_byte(built: Path, tmp_path: Path) -> None:
    again = build(tmp_path, validated=False).parent  # the same list, if it is equal
    for name in (PACKAGE, SBOM, SUMS):
        assert (again / name).read_bytes() == (built / name).read_bytes(), name


def test_it_is_as_large_as_the_pages_say(built: Path) -> None:
    (told,) = re.findall(r"package is about (\d+) MB", (ROOT / "docs" / "operations.md").read_text())
    assert (built / PACKAGE).stat().st_size == pytest.approx(int(told) * 1e6, rel=0.1)


def test_the_sums_are_of_what_was_built(built: Path) -> None:
    done = subprocess.run(["sha256sum", "-c", SUMS], cwd=built, capture_output=True, text=True, timeout=HANG)
    assert done.stdout.splitlines() == [f"{name}: OK" for name in (SBOM, PACKAGE, TEMPLATE, FORM)]


def test_the_apps_files_are_those_of_the_working_copy(built: Path) -> None:
    with zipfile.ZipFile(built / PACKAGE) as archive:
        own = {name: archive.read(name) for name in archive.namelist() if not name.startswith(PREFIX)}
    assert own == {path.as_posix(): (ROOT / path).read_bytes() for path in app_files()}


def test_the_rest_is_what_the_lock_names_each_file_as_its_wheel_has_it(files: dict[str, bytes]) -> None:
    assert distributions(files) == requirements_of_linux()
    lists = {name for name in files if name.endswith(".dist-info/RECORD")}
    assert {name: hash_of(content) for name, content in files.items() if name not in lists} == recorded(files)


def test_extensions_are_for_the_platform(files: dict[str, bytes]) -> None:
    extensions = [name for name in files if name.endswith(".so")]
    assert len(extensions) > 10
    assert all(name.endswith((".cpython-313-x86_64-linux-gnu.so", ".abi3.so")) for name in extensions), extensions


def test_nothing_in_it_names_the_machine_that_built_it(built: Path) -> None:
    here = [str(place).encode() for place in (ROOT, sys.prefix, sys.base_prefix) if str(place) not in OF_ALL]
    with zipfile.ZipFile(built / PACKAGE) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents[SBOM] = (built / SBOM).read_bytes()
    assert [name for name, content in contents.items() for one in here if one + b"/" in content] == []


def test_the_list_of_what_is_in_it_has_each_distribution(built: Path) -> None:
    listed: dict[str, Any] = json.loads((built / SBOM).read_text())
    assert listed["bomFormat"] == "CycloneDX"
    product = listed["metadata"]["component"]
    assert (product["name"], product["version"]) == ("certflow", __version__)
    parts = {normalized(one["name"]): one["version"] for one in listed["components"]}
    assert parts == requirements_of_linux()
    asked = {normalized(one.split("==")[0]) for one in package_requirements()}
    (needs,) = (one["dependsOn"] for one in listed["dependencies"] if one["ref"] == product["bom-ref"])
    assert {normalized(one.split("==")[0]) for one in needs} == asked


def test_apprise_is_in_the_package_that_asks_for_it_and_in_no_other(built: Path, tmp_path: Path) -> None:
    package = build(tmp_path, "apprise")
    with zipfile.ZipFile(package) as archive:
        assert distributions(dependencies(archive)) == requirements_of_linux("requirements-apprise.lock")
    for folder, is_in_it in ((tmp_path, True), (built, False)):
        listed: dict[str, Any] = json.loads((folder / SBOM).read_text())
        product = listed["metadata"]["component"]["bom-ref"]
        (needs,) = (one["dependsOn"] for one in listed["dependencies"] if one["ref"] == product)
        assert ("apprise" in {normalized(one.split("==")[0]) for one in needs}) is is_in_it
        assert ("apprise" in {one["name"] for one in listed["components"]}) is is_in_it


def package_requirements() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_a_file_that_is_not_the_one_of_the_lock_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("requirements.lock", ".python-version"):
        shutil.copy(ROOT / name, tmp_path)
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("certifi=="))
    (tmp_path / "requirements.lock").write_text(f"{lines[start]}\n    --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(package, "ROOT", tmp_path)
    with pytest.raises(package.PackageFailed, match=r"(?s)requirements\.lock.*certifi"):
        package.install_requirements(tmp_path / "packages", "requirements.lock")


def test_a_list_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    with pytest.raises(sbom.SbomFailed, match="cyclonedx-py could not list"):
        sbom.write_sbom(tmp_path, "1.2.3", tmp_path / "no-such-folder" / SBOM)
