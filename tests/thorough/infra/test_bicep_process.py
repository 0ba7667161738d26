"""The Bicep CLI that tests keep running says what its commands say to people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.bicep_check import INFRA, TEMPLATE
from local.bicep_cli import PLACE, BicepProcess, run
from tests.infra.deployed import needs_bicep

pytestmark = needs_bicep

REFUSED = {
    "Error BCP033": "param instances = 'x'",
    "Error BCP259": "param nosuch = 1",
    "Warning BCP037": "param outbound = { nix: 2 }",
    "name is 'A_B'": "param name = 'A_B'",
}


@pytest.fixture(scope="module")
def warm() -> Iterator[BicepProcess]:
    warm = BicepProcess()
    yield warm
    warm.close()


def parameters(directory: Path, given: str) -> Path:
    (directory / "main.json").write_text(TEMPLATE.read_text())
    file = directory / "made-up.bicepparam"
    file.write_text(f"using './main.json'\n{given}\n")
    return file


def test_its_snapshot_is_that_of_the_command(warm: BicepProcess, tmp_path: Path) -> None:
    file = parameters(tmp_path, "param privateNetwork = true\nparam notifications = { mailTo: ['a@example.com'] }")
    assert run("snapshot", file, "--mode", "overwrite", *PLACE).stderr == ""
    # As values: the order of the outputs is another in each process.
    assert warm.snapshot(file) == json.loads(file.with_suffix(".snapshot.json").read_text())


def test_its_template_is_that_of_the_command(warm: BicepProcess) -> None:
    done = run("build", INFRA / "subscriptions.bicep", "--stdout")
    assert warm.compiled(INFRA / "subscriptions.bicep") == done.stdout.rstrip("\n")


def test_its_template_of_a_file_that_has_changed_is_another(warm: BicepProcess, tmp_path: Path) -> None:
    file = tmp_path / "one.bicep"
    for number in (1, 2):
        file.write_text(f"output N int = {number}\n")
        assert json.loads(warm.compiled(file))["outputs"]["N"]["value"] == number


@pytest.mark.parametrize("words", REFUSED)
def test_what_it_refuses_the_command_refuses_in_the_same_words(words: str, warm: BicepProcess, tmp_path: Path) -> None:
    file = parameters(tmp_path, REFUSED[words])
    with pytest.raises(ValueError, match=words) as raised:
        warm.snapshot(file)
    assert str(raised.value) in run("snapshot", file, "--mode", "overwrite", *PLACE).stderr


def test_a_file_with_a_finding_has_no_template(warm: BicepProcess, tmp_path: Path) -> None:
    file = tmp_path / "one.bicep"
    file.write_text("param unused string\n")
    with pytest.raises(ValueError, match="no-unused-params") as raised:
        warm.compiled(file)
    assert str(raised.value) in run("build", file, "--stdout").stderr
