"""With roles 'list', what needs a grant waits for it: a deployment that fails has no outputs, so no list of grants."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from local.bicep_check import INFRA
from tests.infra.deployed import Resource, needs_bicep, snapshot

pytestmark = needs_bicep

WAITING = re.compile(r"Microsoft\.Web/sites/extensions|Microsoft\.EventGrid/\w+/eventSubscriptions")


def placed(directory: Path, parameters: str) -> list[Resource]:
    """The code and the event subscriptions of a deployment whose release has a package."""
    shutil.copytree(INFRA, directory / "infra")
    release = json.loads((INFRA / "release.json").read_text()) | {"repository": "https://forge.example.com/certflow"}
    (directory / "infra" / "release.json").write_text(json.dumps(release))
    return [one for one in snapshot(directory, "main", parameters).resources if WAITING.fullmatch(one["type"])]


def test_neither_package_nor_subscriptions_come_before_the_grants(tmp_path: Path) -> None:
    assert placed(tmp_path / "first", "param roles = 'list'") == []
    package = "param packageUri = 'https://packages.example.com/certflow.zip'"
    assert len(placed(tmp_path / "second", f"param roles = 'list'\n{package}")) == 4


def test_where_roles_are_assigned_nothing_waits(tmp_path: Path) -> None:
    assert len(placed(tmp_path, "")) == 4
