"""Sizes, retention, who may call, and settings of one's own: what they deploy, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local.bicep_check import INFRA
from tests.app_settings import bindings
from tests.infra.deployed import EXAMPLES, Snapshot, example

STORAGE = "Microsoft.Storage/storageAccounts"


def scale(deployed: Snapshot) -> dict[str, Any]:
    return dict(deployed.site["properties"]["functionAppConfig"]["scaleAndConcurrency"])


def test_the_defaults_are_those_of_before() -> None:
    deployed = example("smallest")
    assert scale(deployed) == {"instanceMemoryMB": 2048, "maximumInstanceCount": 40, "alwaysReady": []}
    assert deployed.of("Microsoft.Web/serverfarms")[0]["properties"]["zoneRedundant"] is False
    assert {one["sku"]["name"] for one in deployed.of(STORAGE)} == {"Standard_LRS"}
    assert deployed.site["properties"]["siteConfig"]["ipSecurityRestrictions"] == []


def test_the_groups_that_can_always_run_are_those_of_the_functions() -> None:
    kinds = {name: {one["type"] for one in some} for name, some in bindings().items()}
    own = {f"function:{name}" for name, types in kinds.items() if not types & {"httpTrigger", "blobTrigger"}}
    (group,) = re.findall(r"type readyGroup = \{.*?\n\}", (INFRA / "modules" / "types.bicep").read_text(), re.DOTALL)
    assert set(re.findall(r"\| '([\w:]+)'", group)) == own | {"blob"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_setting_of_ours_is_known_as_ours(name: str) -> None:
    """So that no further setting takes the place of one: the names in modules/sizes.bicep."""
    source = (INFRA / "modules" / "sizes.bicep").read_text()
    ours = tuple(re.findall(r"^  '(\w+)'$", source, re.MULTILINE))
    assert [one for one in example(name).settings if not one.lower().startswith(ours)] == []
