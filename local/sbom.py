"""What is in the package, in CycloneDX (ECMA-424): each distribution with version, license, and what it needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local.setup import ROOT


class SbomFailed(RuntimeError):
    """The list could not be made; the message is the tool's."""


def write_sbom(
    packages: Path, version: str, target: Path, requirements: str = "requirements.txt", *, validated: bool = True
) -> None:
    """Lists the distributions that are installed in `packages` as the parts of this version of Certflow, which needs
    what the file `requirements` names. The same distributions give the same bytes. `validated`: whether the tool holds
    them against the schema, which takes it eight times as long as all else. Raises SbomFailed.
    """
    with tempfile.TemporaryDirectory() as folder:
        product = Path(folder) / "pyproject.toml"
        product.write_text(_product(version, requirements))
        # -S: of the Python that runs the tool only the standard library, so that its own packages are not in the list.
        options = ("environment", "-S", "--output-reproducible", "--pyproject", str(product), "-o", str(target))
        validate = () if validated else ("--no-validate",)
        done = subprocess.run(
            [sys.executable, "-m", "cyclonedx_py", *options, *validate, sys.executable],
            env=os.environ | {"PYTHONPATH": str(packages)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise SbomFailed(f"cyclonedx-py could not list what is in the package:\n{done.stderr.strip()[-2000:]}")


def _product(version: str, requirements: str) -> str:
    """What the list is of. Not our pyproject.toml, which describes the doctor's package."""
    about = {"name": "certflow", "version": version, "dependencies": list(_required(requirements))}
    return "[project]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in about.items())


def _required(requirements: str) -> Iterator[str]:
    """The requirements of a file, and of those that it includes."""
    for line in (ROOT / requirements).read_text().splitlines():
        one = line.partition("#")[0].strip()
        if one.startswith("-r "):
            yield from _required(one.removeprefix("-r "))
        elif one:
            yield one
