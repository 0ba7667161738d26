"""docs/deploy.md, "Every choice", has every parameter of the template, its default, and what can be set within it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local.functions_host import ROOT

TEMPLATE = json.loads((ROOT / "infra" / "azuredeploy.json").read_text())
PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["parameters"]
PAGE = (ROOT / "docs" / "deploy.md").read_text()
CHOICES = PAGE.partition("\n## Every choice\n")[2].partition("\n## ")[0]
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)
ROWS = {name: (default, who) for name, default, who, _ in ROW.findall(CHOICES)}


def test_each_parameter_is_in_the_table_once_and_nothing_else_is() -> None:
    assert sorted(name for name, *_ in ROW.findall(CHOICES)) == sorted(PARAMETERS)
    # A row that reads otherwise would not be found above.
    assert len(re.findall(r"^\| `", CHOICES, re.MULTILINE)) == len(PARAMETERS)


def default_of(parameter: dict[str, Any]) -> str | None:
    """How the table writes a default; None if that is more than a value."""
    match parameter.get("defaultValue"):
        case "":
            return "empty"
        case [] | {} as nothing if not nothing:
            return "none"
        case str(text) if text.startswith("["):
            return None
        case str() | int() as value:  # true and false, too
            return f"`{json.dumps(value).strip('"')}`"
    return None


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_it_says_the_default_that_the_template_has(name: str) -> None:
    wanted = default_of(PARAMETERS[name])
    said = ROWS[name][0]
    assert said == wanted if wanted else len(said) > 3


def test_most_defaults_are_compared() -> None:
    assert sum(default_of(one) is not None for one in PARAMETERS.values()) >= 25


def within(parameter: dict[str, Any]) -> dict[str, Any]:
    """What can be set in a parameter that is an object, or a list of objects."""
    name = parameter.get("$ref", "").rpartition("/")[2]
    shape = TEMPLATE["definitions"][name] if name else parameter
    return within(shape["items"]) if "items" in shape else shape.get("properties", {})


def test_what_can_be_set_within_each_is_named_there() -> None:
    inner = {name: within(one) for name, one in PARAMETERS.items()}
    assert {"alias", "observe"} <= inner["vaults"].keys()
    assert {"uploaders"} <= inner["people"].keys()
    missing = {name: names.keys() - set(re.findall(r"\w+", ROWS[name][1])) for name, names in inner.items()}
    assert {name: names for name, names in missing.items() if names} == {}


def test_the_groups_of_which_two_instances_run_in_zones_are_counted() -> None:
    others = within(PARAMETERS["alwaysReady"])["name"]["allowedValues"]
    (said,) = re.findall(r"each of (\d+) function groups", ROWS["zoneRedundant"][1])
    assert int(said) == len(others) + len(["http"])
