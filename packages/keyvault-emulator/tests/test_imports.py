"""What importing the emulator imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

import keyvault_emulator


def test_the_ca_is_made_before_aiohttp_is_imported_which_reads_whom_to_trust() -> None:
    look = "import sys, keyvault_emulator.tls; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert "trustme" in done.stdout.split()
    assert "aiohttp" not in done.stdout.split()


def test_what_is_not_there_is_missing_as_everywhere() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'running_stand'"):
        keyvault_emulator.running_stand  # noqa: B018  asked for


def test_the_old_names_are_those_of_the_same_for_a_release() -> None:
    old = [getattr(keyvault_emulator, name) for name in ("StandIn", "running_standin")]
    assert old == [keyvault_emulator.Emulator, keyvault_emulator.running_emulator]
