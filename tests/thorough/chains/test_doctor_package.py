"""The doctor by itself: built and installed without the app, in an environment with nothing else, it judges a chain."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions import __version__
from local.functions_host import ROOT
from testkit.skips import skip_loudly
from tests.certificates import Ca, Wish, csr_of, ec_key, pem
from tests.clock import HANG, real_now
from tests.infra.package import uv

HOST = "web.example.com"


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=HANG, check=False)


@pytest.fixture(scope="module")
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    program, folder = uv(), tmp_path_factory.mktemp("wheel")
    if program is None:
        skip_loudly(request, "uv, which builds the doctor's package, is not here")
    options = ("--offline", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", str(folder))
    done = run(program, "build", *options, str(ROOT), folder=folder)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_it_has_the_doctor_and_the_core_and_nothing_of_the_app(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.endswith(".py")}
        (points,) = [archive.read(name).decode() for name in archive.namelist() if name.endswith("entry_points.txt")]
    of_the_app = ("functions/adapters/", "functions/triggers/", "functions/settings/")
    all_of_it = {str(file.relative_to(ROOT)) for file in (ROOT / "functions").rglob("*.py")}
    assert names == {name for name in all_of_it if not name.startswith(of_the_app)}
    assert "certflow-doctor = functions.doctor:command" in points


def test_its_version_is_that_of_the_product(wheel: Path) -> None:
    assert wheel.name.startswith(f"certflow_doctor-{__version__}-")


def test_it_needs_at_least_what_the_app_is_tested_with() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    pinned = re.findall(r"^\S+==\S+$", (ROOT / "requirements.txt").read_text(), flags=re.MULTILINE)
    assert {one.replace(">=", "==") for one in needed} <= set(pinned)


def test_it_judges_a_chain_in_an_environment_of_its_own(
    request: pytest.FixtureRequest, wheel: Path, tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    made = run(str(uv()), "venv", "--offline", "--python", sys.executable, str(venv), folder=tmp_path)
    assert made.returncode == 0, made.stderr
    install = ("pip", "install", "--offline", "--python", str(venv / "bin" / "python"), str(wheel))
    done = run(str(uv()), *install, folder=tmp_path)
    if done.returncode != 0:
        reason = f"the set-up's cache lacks the packages that the doctor needs: {done.stderr.strip()[-300:]}"
        skip_loudly(request, reason)
    key, root = ec_key(), Ca.root("Test Root", at=real_now)
    csr = csr_of(key, HOST, [HOST])
    leaf = root.signs(csr, Wish(names=[HOST]))
    (tmp_path / "web.csr").write_bytes(x509.load_der_x509_csr(csr).public_bytes(Encoding.PEM))
    (tmp_path / "root.pem").write_bytes(pem(root.certificate))
    (tmp_path / "good.pem").write_bytes(pem(leaf))
    (tmp_path / "other.pem").write_bytes(pem(root.signs(csr_of(ec_key(), HOST, [HOST]), Wish(names=[HOST]))))
    doctor = str(venv / "bin" / "certflow-doctor")
    told = {
        name: run(doctor, name, "--csr", "web.csr", "--trusted-ca", "root.pem", folder=tmp_path)
        for name in ("good.pem", "other.pem")
    }
    assert [one.returncode for one in told.values()] == [0, 1], told
    assert "each request has a key of its own" in told["other.pem"].stdout
    mozilla = run(doctor, "good.pem", "--csr", "web.csr", "--trusted-ca", "public", folder=tmp_path)
    assert mozilla.returncode == 1, mozilla
    assert run(doctor, "--help", folder=tmp_path).stdout.startswith("usage: certflow-doctor ")
