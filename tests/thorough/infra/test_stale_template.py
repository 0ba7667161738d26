"""A compiled template that is not that of main.bicep is found."""

from __future__ import annotations

import json
from pathlib import Path

from local import bicep_check
from tests.infra.deployed import needs_bicep


@needs_bicep
def test_a_compiled_template_that_is_not_that_of_main_bicep_is_found(tmp_path: Path) -> None:
    assert list(bicep_check.stale_template(bicep_check.TEMPLATE)) == []
    template = json.loads(bicep_check.TEMPLATE.read_text())
    other = tmp_path / "azuredeploy.json"
    (said,) = bicep_check.stale_template(other)
    assert "bicep_check --write" in said
    template["metadata"]["_generator"]["version"] = "0.0.1"  # another compiler says the same
    other.write_text(json.dumps(template))
    assert list(bicep_check.stale_template(other)) == []
    template["resources"]["code"]["properties"]["template"]["resources"]["site::code"]["properties"] = {}
    other.write_text(json.dumps(template))
    assert len(list(bicep_check.stale_template(other))) == 1
