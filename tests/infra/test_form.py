"""What the form of the Deploy-to-Azure button asks: no less than the template, and in good time."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local.bicep_check import INFRA
from tests.infra.ui_definition import elements, outputs, shown
from tests.infra.ui_forms import ALL, DEFINITION, NOTHING, WORKSPACE, rule


@pytest.mark.parametrize("text", ["-", "-a", "a-", "-a-"])
def test_a_hyphen_first_or_last_is_refused_as_the_template_does(text: str) -> None:
    """modules/checks.bicep; the deployment would end with it only when all was filled in."""
    for one in (rule(("basics", "name")), rule(("vaults", "existing"), "alias")):
        assert not one.search(text)
        assert one.search("a-a")


def test_it_asks_for_the_providers_that_preflight_looks_for() -> None:
    (line,) = re.findall(r"^providers \"\$subscription\" '(.+)'$", (INFRA / "preflight.sh").read_text(), re.MULTILINE)
    asked = DEFINITION["parameters"]["config"]["basics"]["subscription"]["resourceProviders"]
    assert asked == [f"Microsoft.{one}" for one in line.split()]


def given(form: dict[tuple[str, ...], Any]) -> tuple[Any, ...]:
    found = outputs(DEFINITION, form, hidden_is_kept=False)
    return found["roles"], found["workspaceId"], found["keepLogsDays"]


def test_roles_and_logs_are_those_of_the_template_unless_one_chooses() -> None:
    template = json.loads((INFRA / "azuredeploy.json").read_text())["parameters"]
    assert given(NOTHING) == tuple(template[name]["defaultValue"] for name in ("roles", "workspaceId", "keepLogsDays"))
    assert given(ALL) == ("list", WORKSPACE, 30)  # the workspace itself says how long it keeps logs


def test_a_workspace_is_chosen_or_how_long_a_new_one_keeps_logs() -> None:
    chosen, days = ("shape", "workspace"), ("shape", "keepLogsDays")
    assert {chosen, days} <= set(elements(DEFINITION))
    assert shown(DEFINITION, NOTHING) & {chosen, days} == {days}
    assert shown(DEFINITION, ALL) & {chosen, days} == {chosen}
