"""What the form of the Deploy-to-Azure button gives is what the template takes, by the Bicep CLI's own types."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from functions.settings.load import load_settings
from local.bicep_check import INFRA
from tests.infra.deployed import Snapshot, as_azure_would, compiled, needs_bicep, snapshot
from tests.infra.ui_definition import faults, outputs
from tests.infra.ui_forms import ALL, DEFINITION, FORMS, rule


def deployed(given: dict[str, Any]) -> Snapshot:
    """What would be deployed with these values. Raises ValueError where Bicep takes one for the wrong type."""
    return snapshot("main", "\n".join(f"param {name} = {_bicep(value)}" for name, value in given.items()))


def _bicep(value: object) -> str:
    if isinstance(value, dict):
        return "{\n" + "\n".join(f"{name}: {_bicep(one)}" for name, one in value.items()) + "\n}"
    if isinstance(value, list):
        return "[\n" + "\n".join(map(_bicep, value)) + "\n]"
    return "'" + value.replace("'", "\\'") + "'" if isinstance(value, str) else json.dumps(value)


@needs_bicep
def test_it_says_what_the_portal_understands_and_feeds_parameters_that_exist() -> None:
    assert list(faults(DEFINITION, json.loads(compiled(INFRA / "main.bicep"))["parameters"])) == []


@needs_bicep
@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("kept", [True, False], ids=["hidden-kept", "hidden-gone"])
def test_what_a_form_gives_is_of_the_types_of_the_parameters(name: str, kept: bool) -> None:
    found = deployed(outputs(DEFINITION, FORMS[name], hidden_is_kept=kept))
    settings = {key: as_azure_would(key, value) for key, value in found.settings.items()}
    assert load_settings(settings).faults == ()


@needs_bicep
@pytest.mark.parametrize("name", ["c", "certflow-prod", "x" * 20])
def test_a_name_that_the_form_takes_is_taken(name: str) -> None:
    assert rule(("basics", "name")).search(name)
    assert deployed(outputs(DEFINITION, {("basics", "name"): name}, hidden_is_kept=False)).site


# Names of objects in Key Vault: 1 to 127 letters, digits and hyphens (Learn, "About keys, secrets and certificates").


@needs_bicep
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("instances", "[string(steps('shape').instances)]"),
        ("alertsTo", "[coalesce(steps('messages').alertsTo, '')]"),
        ("vaults", "[parse('[]')]"),
        ("vaults", '[parse(\'[{"name":"main"}]\')]'),
        ("people", '[parse(\'{"uploader":"x"}\')]'),
        ("privateNetwork", "[string(steps('shape').private)]"),
    ],
)
def test_bicep_says_what_is_of_another_type(name: str, text: str) -> None:
    broken = copy.deepcopy(DEFINITION)
    broken["parameters"]["outputs"][name] = text
    with pytest.raises(ValueError, match="BCP"):
        deployed(outputs(broken, ALL, hidden_is_kept=False))
