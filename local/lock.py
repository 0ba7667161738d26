"""Compiles the lock files, with a hash of every file that may be installed: `make lock`.

`requirements.lock` is what the app runs on: requirements.txt and all that this needs. `requirements-apprise.lock` is
the same with Apprise, and `requirements-dev.lock` adds the workspace and the tools, all in the same versions. A version
stays as it is until its requirement asks for another; delete the files to move all of them.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from local.setup import ROOT, find_uv

# Each has what the one before it has.
LOCKS = {
    "requirements.lock": "requirements.txt",
    "requirements-apprise.lock": "requirements-apprise.txt",
    "requirements-dev.lock": "requirements-dev.txt",
}
OPTIONS = ("--quiet", "--universal", "--generate-hashes", "--no-header")


def main() -> int:
    """Writes all files; the exit status."""
    head = f"# Made by `make lock` of requirements with the SHA-256 {fingerprint(ROOT)}\n"
    python = (ROOT / ".python-version").read_text().strip()
    constraints: tuple[str, ...] = ()
    for lock, requirements in LOCKS.items():
        command = [find_uv(), "pip", "compile", *OPTIONS, "--python-version", python, *constraints]
        done = subprocess.run([*command, requirements, "-o", lock], cwd=ROOT, check=False)
        if done.returncode != 0:
            return done.returncode
        (ROOT / lock).write_text(head + (ROOT / lock).read_text())
        constraints = ("-c", lock)
    return 0


def fingerprint(root: Path) -> str:
    """SHA-256 of all that the project in `root` requires; comments do not count."""
    return hashlib.sha256(json.dumps(list(_required(root))).encode()).hexdigest()


def _required(root: Path) -> Iterator[object]:
    yield (root / ".python-version").read_text().strip()
    for name in LOCKS.values():
        lines = (line.strip() for line in (root / name).read_text().splitlines())
        yield [line for line in lines if line and not line.startswith("#")]
    for file in sorted((root / "packages").glob("*/pyproject.toml")):
        project = tomllib.loads(file.read_text())["project"]
        wanted = ("name", "requires-python", "dependencies", "optional-dependencies")
        yield [project.get(key) for key in wanted]


if __name__ == "__main__":
    sys.exit(main())
