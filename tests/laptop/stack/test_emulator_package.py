"""The Key Vault emulator by itself: it runs when it is installed from its folder into an empty environment."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from local.functions_host import ROOT
from testkit.skips import skip_loudly
from tests.clock import HANG
from tests.infra.package import uv

FOLDER = ROOT / "packages" / "keyvault-emulator"


def python_of(request: pytest.FixtureRequest, version: str) -> str:
    if (program := uv()) is None:
        skip_loudly(request, "uv, which makes the empty environment, is not here")
    found = subprocess.run(
        [program, "python", "find", "--no-project", "--no-python-downloads", "--system", version],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode != 0:
        skip_loudly(request, f"there is no Python {version}: the emulator was NOT tried on it")
    return found.stdout.strip()


@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_it_installs_alone_and_its_command_answers(
    request: pytest.FixtureRequest, tmp_path: Path, version: str
) -> None:
    base, program, venv = python_of(request, version), str(uv()), tmp_path / "venv"
    subprocess.run([program, "venv", "--quiet", "--python", base, str(venv)], check=True)
    python, folder = str(venv / "bin" / "python"), tmp_path / "empty"
    folder.mkdir()
    subprocess.run([program, "pip", "install", "--quiet", "--python", python, str(FOLDER)], cwd=folder, check=True)
    listed = subprocess.run(
        [program, "pip", "list", "--python", python, "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = {one["name"] for one in json.loads(listed.stdout)}
    assert {name for name in names if name.startswith("certflow")} == {"certflow-keyvault-emulator"}
    assert {"pytest", "azure-core"}.isdisjoint(names)  # those are for its extras
    command = [str(venv / "bin" / "keyvault-emulator"), "--port", "0", "--identity-port", "0", "--ca-file", "ca.pem"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        try:
            (port,) = re.findall(r"https://localhost:(\d+)", line)
            trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
            with pytest.raises(urllib.error.HTTPError, match="401") as refused:
                urllib.request.urlopen(f"https://localhost:{port}/certificates", context=trust, timeout=HANG)
            refused.value.close()
        finally:
            process.terminate()
        assert process.wait(HANG) == 0
