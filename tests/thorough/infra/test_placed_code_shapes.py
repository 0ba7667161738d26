"""Which package is placed and which events are subscribed to, by what the parameters say."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from functions import __version__
from local.bicep_check import INFRA
from local.package import PACKAGE
from tests.infra.deployed import Resource, Snapshot, by_azd, needs_bicep, parameters_of, snapshot

SUBSCRIPTION = re.compile(r"Microsoft\.EventGrid/(systemTopics|topics)/eventSubscriptions")
RELEASE: dict[str, str] = json.loads((INFRA / "release.json").read_text())


def placed(deployed: Snapshot) -> list[Resource]:
    return deployed.of("Microsoft.Web/sites/extensions")


def subscribed(deployed: Snapshot) -> int:
    return sum(bool(SUBSCRIPTION.fullmatch(one["type"])) for one in deployed.resources)


@needs_bicep
def test_the_package_is_by_default_that_of_the_release(tmp_path: Path) -> None:
    shutil.copytree(INFRA, tmp_path / "infra")
    address = "https://forge.example.com/somebody/certflow"
    (tmp_path / "infra" / "release.json").write_text(json.dumps(RELEASE | {"repository": address}))
    (code,) = placed(snapshot("main", "", tmp_path / "infra"))
    assert code["properties"]["packageUri"] == f"{address}/releases/download/v{__version__}/{PACKAGE}"


@needs_bicep
@pytest.mark.parametrize("uri", ["", "https://packages.example.com/certflow.zip"])
@pytest.mark.parametrize("delivery", ["queues", "functions"])
def test_events_are_subscribed_to_unless_the_functions_that_are_called_come_later(delivery: str, uri: str) -> None:
    deployed = snapshot("main", f"param delivery = '{delivery}'\nparam packageUri = '{uri}'")
    assert len(placed(deployed)) == (1 if uri else 0)
    assert subscribed(deployed) == (0 if delivery == "functions" and not uri else 3)


@needs_bicep
@pytest.mark.parametrize(
    ("private", "asked", "chosen"),
    [
        ("false", "", "functions"),
        ("false", "queues", "queues"),
        ("true", "", "queues"),
    ],
)
def test_azd_delivers_to_functions_unless_the_app_is_private(
    private: str, asked: str, chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CERTFLOW_PRIVATE", private)
    monkeypatch.setenv("CERTFLOW_DELIVERY", asked)
    assert parameters_of(by_azd(tmp_path, "main"))["delivery"]["value"] == chosen
