"""Sets the project up: `.venv/` with Python 3.13 and all packages, Node and Azurite. Run by `make setup`.

Runs on any Python from 3.10 on and imports the standard library only, for nothing is installed yet. Safe to run twice
and by two processes at once (the second waits for the first).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = ROOT / ".local"
NODE = ROOT / "local" / "node"  # of Azurite
UV = "uv==0.13.9"
CONSOLE = ROOT / "local" / "console"  # what makes and checks the console
NODE_OF_INBOX = ROOT / "packages" / "inbox" / "src" / "inbox" / "node"
LOCK = "requirements-dev.lock"
PACKAGES = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "packages").glob("*/pyproject.toml"))
PYTHON_INPUTS = (LOCK, *PACKAGES, ".python-version", "local/setup.py")


def main() -> int:
    """Sets up what is not set up yet; 1 if a step failed."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        steps = (
            ("Python 3.13 and packages", PYTHON_INPUTS, VENV, _install_python_packages),
            (
                "Node packages (Azurite)",
                _node_inputs(NODE),
                NODE / "node_modules",
                lambda: _install_node_packages(NODE),
            ),
            (
                "Node packages (the inbox's cards)",
                _node_inputs(NODE_OF_INBOX),
                NODE_OF_INBOX / "node_modules",
                lambda: _install_node_packages(NODE_OF_INBOX),
            ),
            (
                "Node packages (what checks the console)",
                _node_inputs(CONSOLE),
                CONSOLE / "node_modules",
                lambda: _install_node_packages(CONSOLE),
            ),
        )
        for what, inputs, folder, install in steps:
            stamp, wanted = folder / ".certflow-setup", _fingerprint(inputs)
            if stamp.exists() and stamp.read_text() == wanted:
                continue
            started = time.monotonic()
            print(f"Setting up: {what} …", flush=True)
            try:
                install()
            except SetupError as error:
                print(f"set-up failed: {error}", file=sys.stderr)
                return 1
            stamp.write_text(wanted)
            print(f"  done in {time.monotonic() - started:.0f} s", flush=True)
    return 0


class SetupError(Exception):
    """A step of the set-up failed; the message says which, and what to do."""


def _fingerprint(inputs: tuple[str, ...]) -> str:
    digest = hashlib.sha256(str(ROOT).encode())  # a moved folder breaks the scripts in .venv/bin
    for name in inputs:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def find_uv() -> str:
    """The uv on PATH, else one of our own in .local/uv, installed by pip."""
    found = shutil.which("uv")
    if found:
        return found
    home = STATE / "uv"
    if not (home / "bin" / "uv").exists():
        _run(
            [sys.executable, "-m", "venv", "--clear", str(home)],
            "this Python cannot make a virtual environment; install its venv module (Debian: python3-venv), or uv",
        )
        _run([str(home / "bin" / "pip"), "install", "--quiet", UV], "pip could not install uv")
    return str(home / "bin" / "uv")


def _install_python_packages() -> None:
    uv = find_uv()
    version = (ROOT / ".python-version").read_text().strip()
    if not (VENV / "bin" / "python").exists():
        _run(
            [uv, "venv", "--quiet", "--clear", "--python", version, str(VENV)],
            f"no Python {version} found, and uv could not fetch one; install Python {version}",
        )
    python = str(VENV / "bin" / "python")
    _run(
        [uv, "pip", "install", "--quiet", "--python", python, "-r", LOCK],
        f"the packages of {LOCK} could not be installed",
    )


def _node_inputs(folder: Path) -> tuple[str, ...]:
    return (str((folder / "package-lock.json").relative_to(ROOT)), "local/setup.py")


def _install_node_packages(folder: Path) -> None:
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    _run(
        ["npm", "ci", "--silent", "--no-progress"],
        f"npm could not install what {folder / 'package-lock.json'} names",
        cwd=folder,
        env={**os.environ, "PATH": path},
    )


def _run(command: list[str], meaning: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Runs one step, silent unless it fails. Raises SetupError with the step's own output."""
    environment = dict(env or os.environ)
    environment.pop("VIRTUAL_ENV", None)
    command = [shutil.which(command[0], path=environment.get("PATH")) or command[0], *command[1:]]
    try:
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise SetupError(f"{meaning}\n{error}") from None
    if done.returncode != 0:
        raise SetupError(f"{meaning}\n{' '.join(command)}\n{(done.stdout + done.stderr).strip()[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
