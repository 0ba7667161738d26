"""One deployment places the code and subscribes to events after it; azd and pipelines place the code themselves."""

from __future__ import annotations

import json
import re

from functions import __version__
from local.bicep_check import INFRA
from local.functions_host import ROOT
from local.working_copy import working_copy
from tests.infra.deployed import Resource, Snapshot, example

RELEASE: dict[str, str] = json.loads((INFRA / "release.json").read_text())
FORGE = re.compile(r"(?:github\.com|githubusercontent\.com)/[\w.-]+/certflow\b", re.IGNORECASE)


def placed(deployed: Snapshot) -> list[Resource]:
    return deployed.of("Microsoft.Web/sites/extensions")


def test_the_code_is_placed_as_flex_consumption_takes_it() -> None:
    (code,) = placed(example("many-vaults"))
    assert code["name"] == f"{example('many-vaults').site['name']}/onedeploy"
    assert code["properties"] == {"packageUri": "https://packages.example.com/certflow.zip", "remoteBuild": False}


def test_the_release_is_of_the_version_of_the_product() -> None:
    assert RELEASE.keys() == {"repository", "version"}
    assert RELEASE["version"] == __version__


def test_the_address_of_the_repository_stands_in_one_place() -> None:
    """Not even as an address that somebody else could take; azuredeploy.json is made of that place."""
    files = [path for path in working_copy() if path.suffix in {".md", ".bicep", ".bicepparam", ".json", ".yml", ".sh"}]
    assert len(files) > 50
    read = {path: (ROOT / path).read_text() for path in files}
    address = RELEASE["repository"]
    found = [path.as_posix() for path, text in read.items() if FORGE.search(text) or (address and address in text)]
    assert set(found) <= {"infra/release.json", "infra/azuredeploy.json"}


def test_azd_places_the_code_itself() -> None:
    parameters = (INFRA / "main.bicepparam").read_text()
    assert re.search(r"^param packageUri = ''", parameters, re.MULTILINE)
