"""What `make check` finds in a folder of Bicep files that is not as it should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.bicep_check import examples, findings, stale_snapshot
from local.bicep_cli import BICEP
from tests.infra.deployed import needs_bicep

pytestmark = needs_bicep

GOOD = "param name string\n\noutput said string = name\n"


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    """A folder in which everything is right."""
    examples = tmp_path / "infra" / "examples"
    examples.mkdir(parents=True)
    (tmp_path / "infra" / "main.bicep").write_text(GOOD)
    file = examples / "one.bicepparam"
    file.write_text("using '../main.bicep'\n\nparam name = 'a'\n")
    file.with_suffix(".snapshot.json").write_text(json.dumps(BICEP.snapshot(file)))
    return tmp_path / "infra"


def test_nothing_is_found_where_all_is_right(infra: Path) -> None:
    assert len(examples(infra)) == 1
    assert list(findings(infra)) == []


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("main.bicep", GOOD + "param two string\n", "infra/main.bicep(4,7) : Warning no-unused-params"),
        ("main.bicep", GOOD.replace("name\n", " name\n"), "infra/main.bicep is not formatted"),
        ("other.bicep", "output one int = 'a'\n", "infra/other.bicep(1,18) : Error BCP033"),
        ("examples/one.bicepparam", "using '../main.bicep'\n", "Error BCP258"),
        ("examples/one.bicepparam", "using '../main.bicep'\n\nparam name  = 'a'\n", "one.bicepparam is not formatted"),
        ("examples/two.bicepparam", "using '../main.bicep'\n\nparam name = 1\n", "BCP033"),
        ("examples/one.snapshot.json", "{}", "This is not what one.bicepparam deployed before"),
    ],
)
def test_what_is_wrong_is_found(file: str, text: str, said: str, infra: Path) -> None:
    (infra / file).write_text(text)
    assert said in "\n".join(findings(infra))


def test_what_differs_in_a_snapshot_is_shown(infra: Path) -> None:
    file = infra / "examples" / "one.bicepparam"
    file.write_text(file.read_text().replace("'a'", "'b'"))
    (said,) = stale_snapshot(file)
    assert "--write" in said
    assert any(line.startswith("+") and '"b"' in line for line in said.splitlines())
