"""What was a part of `local` before it became a package goes on under its old name, for a release."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from keyvault_emulator.pytest_plugin import EmulatorCredential
from local.functions_host import ROOT
from local.keyvault.pytest_plugin import StandInCredential
from tests.clock import HANG

USES_IT = """
def test_listed(key_vault):
    assert key_vault.control("GET", "state")["vaults"] == {}
    assert key_vault.standin is key_vault.emulator
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=HANG, check=False
    )


def test_the_command_has_the_options_of_the_emulator() -> None:
    old, new = run("local.keyvault", "--help"), run("keyvault_emulator", "--help")
    assert "--ca-file" in old.stdout
    assert (old.returncode, old.stdout) == (0, new.stdout)
    assert run("local.keyvault", "--ca-file", "x", "--port", "70000").returncode == 2


@pytest.mark.parametrize("plugin", ["local.keyvault.pytest_plugin", "keyvault_emulator.pytest_plugin"])
def test_the_pytest_plugin_gives_its_fixture(plugin: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(f'pytest_plugins = ["{plugin}"]\n')
    (tmp_path / "test_with_key_vault.py").write_text(USES_IT)
    done = run("pytest", "-q", "--strict-markers", "--rootdir", str(tmp_path), "-p", "no:cacheprovider", str(tmp_path))
    assert "1 passed" in done.stdout, done.stdout


def test_the_credential_is_the_same() -> None:
    assert StandInCredential is EmulatorCredential
