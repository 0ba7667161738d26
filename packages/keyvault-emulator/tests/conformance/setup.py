"""Makes what Microsoft's suite runs in: an environment, the suite itself, and the CA that its merge test signs with."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from testkit.certificates import DAY, Ca, Wish, pem, rsa_key
from testkit.clock import real_now

ROOT = Path(__file__).resolve().parents[4]
HOME = ROOT / ".local" / "conformance"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
SDIST = "azure-keyvault-certificates==4.12.0"
SDIST_SHA256 = "ec5589c28889dce360d3ff9e9ec419db0fac4e127be1580f8a4a8e87384da4ea"
STEP_TIMEOUT = 180  # seconds; packages come over the network


class SetupFailed(Exception):
    """A step failed; the message says which, and ends in what the step itself said."""


@dataclass(frozen=True)
class Suite:
    """Where Microsoft's tests are, and the Python that runs them."""

    python: Path
    tests: Path


def set_up() -> Suite:
    """Makes what is not there yet, once for each set of pinned versions. Two at once: the second waits."""
    HOME.mkdir(parents=True, exist_ok=True)
    suite = Suite(HOME / "env" / "bin" / "python", HOME / "suite" / "tests")
    with _locked(HOME / "lock"):
        stamp = HOME / "stamp"
        if not stamp.exists() or stamp.read_text() != _fingerprint():
            stamp.unlink(missing_ok=True)
            _make_environment(suite.python)
            _unpack(_download(suite.python))
            _make_ca(suite.tests)
            stamp.write_text(_fingerprint())
    return suite


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint() -> str:
    parts = (REQUIREMENTS.read_text(), SDIST_SHA256, sys.version, str(HOME), Path(__file__).read_text())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _make_environment(python: Path) -> None:
    uv = shutil.which("uv") or str(ROOT / ".local" / "uv" / "bin" / "uv")  # as local/setup.py left it
    _run("make an environment", uv, "venv", "--quiet", "--clear", "--python", sys.executable, python.parents[1])
    install = (uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python)
    _run("install the suite's packages", *install, "-r", REQUIREMENTS)


def _download(python: Path) -> Path:
    downloads = HOME / "downloads"
    shutil.rmtree(downloads, ignore_errors=True)
    command = (python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", downloads)
    _run(f"download {SDIST}", *command, SDIST)
    found = list(downloads.glob("*.tar.gz"))
    if len(found) != 1:
        raise SetupFailed(f"could not download {SDIST}: there is no source distribution among {found}")
    if hashlib.sha256(found[0].read_bytes()).hexdigest() != SDIST_SHA256:
        raise SetupFailed(f"{found[0].name} is not the file that was looked at: its SHA-256 differs")
    return found[0]


def _unpack(sdist: Path) -> None:
    target = HOME / "suite"
    shutil.rmtree(target, ignore_errors=True)
    with tarfile.open(sdist) as archive:
        archive.extractall(HOME / "downloads", filter="data")
    (HOME / "downloads" / sdist.name.removesuffix(".tar.gz")).rename(target)
    shutil.rmtree(target / "tests" / "perfstress_tests")  # needs a framework of theirs, and measures


def _make_ca(tests: Path) -> None:
    """`ca.key` and `ca.crt`: theirs are not in the source distribution."""
    ca = Ca.root("Certflow conformance CA", Wish(end=3650 * DAY), rsa_key(), at=real_now)
    (tests / "ca.key").write_bytes(ca.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tests / "ca.crt").write_bytes(pem(ca.certificate))


def _run(meaning: str, *command: str | Path) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=STEP_TIMEOUT, cwd=ROOT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupFailed(f"could not {meaning}: {error}") from None
    if done.returncode != 0:
        raise SetupFailed(f"could not {meaning}:\n{(done.stdout + done.stderr).strip()[-2000:]}")
