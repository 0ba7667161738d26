"""The example for Terraform, which is not here to run it: a parser of its language reads it, and what it hands to the
template is there.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.bicep_check import INFRA
from tests.clock import HANG
from tests.infra.deployed import compiled, needs_bicep
from tests.thorough.infra.own_environments import HCL, environment

EXAMPLE = INFRA / "examples" / "terraform" / "main.tf"
READ = "import hcl2, json, sys; json.dump(hcl2.loads(sys.stdin.read()), sys.stdout)"


def read(text: str) -> dict[str, Any]:
    """A file of Terraform as JSON. Raises ValueError for what is none."""
    python = str(environment(HCL) / "bin" / "python")
    done = subprocess.run([python, "-c", READ], input=text, capture_output=True, text=True, timeout=HANG, check=False)
    if done.returncode:
        raise ValueError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def handed_over(text: str) -> list[str]:
    """The names of the parameters of the template that it sets."""
    body = re.search(r"parameters_content = jsonencode\(\{\n(.*?)\n  \}\)", text, re.DOTALL)
    assert body
    return re.findall(r"^    (\w+) += \{ value = .* \}$", body[1], re.MULTILINE)


def named(blocks: list[dict[str, Any]]) -> set[str]:
    return {name.strip('"') for one in blocks for name in one}


def test_a_parser_of_the_language_reads_it() -> None:
    found = read(EXAMPLE.read_text())
    kinds = named(found["resource"])
    assert kinds == {"azurerm_resource_group", "azurerm_resource_group_template_deployment"}
    assert set(re.findall(r"\bvar\.(\w+)", EXAMPLE.read_text())) == named(found["variable"])


@pytest.mark.parametrize(
    ("old", "new"), [("})\n}", "}\n}"), ('name     = "certflow"', 'name     = "certflow'), ("= [", "= ")]
)
def test_the_parser_refuses_what_is_broken(old: str, new: str) -> None:
    text = EXAMPLE.read_text()
    assert old in text
    with pytest.raises(ValueError, match=r"lark|hcl2"):
        read(text.replace(old, new, 1))


@needs_bicep
def test_it_hands_over_parameters_that_exist_and_reads_an_output_that_does() -> None:
    template, text = json.loads(compiled(INFRA / "main.bicep")), EXAMPLE.read_text()
    names = handed_over(text)
    assert len(names) == len(re.findall(r" = \{ value = ", text)) > 3
    assert set(names) <= set(template["parameters"])
    needed = {name for name, parameter in template["parameters"].items() if "defaultValue" not in parameter}
    assert needed <= set(names)
    assert set(re.findall(r"output_content\)\.(\w+)\.value", text)) <= set(template["outputs"])


def test_it_says_that_it_was_never_run() -> None:
    assert "NOT RUN" in EXAMPLE.read_text().splitlines()[0]


def test_the_template_is_where_it_looks_for_it() -> None:
    (path,) = re.findall(r'file\("\$\{path\.module\}/(.*?)"\)', EXAMPLE.read_text())
    assert (EXAMPLE.parent / path).resolve() == Path(INFRA / "azuredeploy.json").resolve()
