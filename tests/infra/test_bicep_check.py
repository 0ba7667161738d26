"""Which Bicep CLI is taken; what it finds is what `make check` says of infra/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local import bicep_check, bicep_cli


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing on PATH and nothing that az has installed."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path / "azure"))
    return tmp_path


def test_without_a_bicep_there_is_none(empty: Path) -> None:
    assert bicep_cli.bicep.__wrapped__() is None


def test_the_one_of_az_is_taken_as_it_is_since_az_bicep_takes_other_arguments(empty: Path) -> None:
    installed = empty / "azure" / "bin" / "bicep"
    installed.parent.mkdir(parents=True)
    installed.touch(mode=0o755)
    assert bicep_cli.bicep.__wrapped__() == (str(installed),)


def test_the_compiled_template_is_for_those_who_have_nothing_of_ours() -> None:
    """It has its modules in it, and refers to no registry of modules."""
    text = bicep_check.TEMPLATE.read_text()
    assert "templateLink" not in text
    assert not re.search(r"mcr\.microsoft|azurecr|\bbr[:/]", text)
