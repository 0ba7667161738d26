"""With roles 'list', what needs a grant waits for it: a deployment that fails has no outputs, so no list of grants."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from local.bicep_check import INFRA
from tests.infra.deployed import Resource, needs_bicep, snapshot

pytestmark = needs_bicep

WAITING = re.compile(r"Microsoft\.Web/sites/extensions|Microsoft\.EventGrid/\w+/eventSubscriptions")


@pytest.fixture(scope="module")
def infra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy whose release has a package."""
    copy = tmp_path_factory.mktemp("copy") / "infra"
    shutil.copytree(INFRA, copy)
    release = json.loads((INFRA / "release.json").read_text()) | {"repository": "https://forge.example.com/certflow"}
    (copy / "release.json").write_text(json.dumps(release))
    return copy


def placed(infra: Path, parameters: str) -> list[Resource]:
    """The code and the event subscriptions of a deployment."""
    return [one for one in snapshot("main", parameters, infra).resources if WAITING.fullmatch(one["type"])]


def test_neither_package_nor_subscriptions_come_before_the_grants(infra: Path) -> None:
    assert placed(infra, "param roles = 'list'") == []
    package = "param packageUri = 'https://packages.example.com/certflow.zip'"
    assert len(placed(infra, f"param roles = 'list'\n{package}")) == 4


def test_where_roles_are_assigned_nothing_waits(infra: Path) -> None:
    assert len(placed(infra, "")) == 4
