"""Builds what is deployed, with all that it needs in it: `make package` writes dist/certflow.zip, the list of what is
in it (certflow.cdx.json), the template that deploys it (azuredeploy.json), the form that the portal asks with
(createUiDefinition.json), and the SHA-256 of each. `make package EXTRAS=apprise` adds what CERTFLOW_NOTIFY_URLS needs.

Nothing is installed where it is deployed. What the lock names is put where the platform's worker looks for it
(CUSTOMER_PACKAGES_PATH in azure_functions_runtime/utils/constants.py): wheels for the platform alone, each held against
its hash in the lock. Two builds of the same files are equal byte for byte, on every machine with the same uv and zlib.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from local.sbom import SbomFailed, write_sbom
from local.setup import ROOT, find_uv
from local.working_copy import working_copy

SITE_PACKAGES = Path(".python_packages") / "lib" / "site-packages"
# The oldest glibc for which all of them have wheels. The platform's is newer: Microsoft's images for Python 3.13 are
# Debian 12, with glibc 2.36 (azure-functions-docker, host/4/bookworm/python/python313).
PLATFORM = "x86_64-manylinux_2_28"
# What is in it, by the extra that is asked for.
REQUIREMENTS = {"": "requirements.txt", "apprise": "requirements-apprise.txt"}
PACKAGE, SBOM, SUMS = "certflow.zip", "certflow.cdx.json", "SHA256SUMS"
TEMPLATE, FORM = "azuredeploy.json", "createUiDefinition.json"  # of infra/
FILE_MODE = 0o100644 << 16  # where a zip has the mode of Unix


class PackageFailed(RuntimeError):
    """The package cannot be built; the message says why, and what to do."""


def main(extra: str = "") -> int:
    """Builds the package in dist/ and says what it is; the exit status. `extra` is one of REQUIREMENTS."""
    try:
        built = build(ROOT / "dist", extra)
    except (PackageFailed, SbomFailed) as error:
        print(f"make package: {error}", file=sys.stderr)
        return 1
    with zipfile.ZipFile(built) as archive:
        count = len(archive.namelist())
    of_it = f" with {extra}" if extra else ""
    print(f"{built.relative_to(ROOT)}: Certflow {version()}{of_it}, {count} files, {built.stat().st_size / 1e6:.1f} MB")
    return 0


def build(folder: Path, extra: str = "", *, validated: bool = True) -> Path:
    """Writes the package, what is in it, the template, the form and their sums into `folder`, in place of those there;
    returns the package. `extra` is one of REQUIREMENTS; `validated`: whether the list of what is in it is held against
    its schema. Raises PackageFailed and SbomFailed.
    """
    if extra not in REQUIREMENTS:
        raise PackageFailed(
            f"there is no extra {extra!r}; EXTRAS is left out, or {', '.join(filter(None, REQUIREMENTS))}"
        )
    requirements = REQUIREMENTS[extra]
    with tempfile.TemporaryDirectory() as temporary:
        app = Path(temporary)
        for path in app_files():
            (app / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, app / path)
        install_requirements(app / SITE_PACKAGES, Path(requirements).with_suffix(".lock").name)
        folder.mkdir(parents=True, exist_ok=True)
        write_zip(app, folder / PACKAGE)
        write_sbom(app / SITE_PACKAGES, version(), folder / SBOM, requirements, validated=validated)
    for name in (TEMPLATE, FORM):
        shutil.copyfile(ROOT / "infra" / name, folder / name)
    names = (SBOM, PACKAGE, TEMPLATE, FORM)
    sums = (f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (folder / SUMS).write_text("".join(sums))
    return folder / PACKAGE


def version() -> str:
    """The version of the product, as functions/__init__.py has it: local/ does not import the app."""
    found = re.search(r'^__version__ = "(.+)"$', (ROOT / "functions" / "__init__.py").read_text(), re.MULTILINE)
    if found is None:
        raise PackageFailed("functions/__init__.py has no line with __version__")
    return found[1]


def app_files() -> list[Path]:
    """The app's own files: those of the working copy that .funcignore leaves, relative to the root, in order."""
    patterns = [line for line in (ROOT / ".funcignore").read_text().splitlines() if line]
    return [path for path in working_copy() if not _matches(path.parts, patterns)]


def _matches(parts: Iterable[str], patterns: Iterable[str]) -> bool:
    """Whether a name on the path is ignored: the lines of .funcignore are names or patterns of files and folders, as
    Core Tools and azd read them.
    """
    return any(fnmatch.fnmatch(part, pattern) for part in parts for pattern in patterns)


def install_requirements(folder: Path, lock: str) -> None:
    """Puts what a lock file names into `folder`. Raises PackageFailed, also for a file that is not the lock's."""
    python = (ROOT / ".python-version").read_text().strip()
    options = ("--quiet", "--require-hashes", "--only-binary", ":all:", "--no-compile-bytecode")
    platform = ("--python-platform", PLATFORM, "--python-version", python)
    command = (find_uv(), "pip", "install", "--python", sys.executable, "--target", str(folder), *options, *platform)
    done = subprocess.run([*command, "-r", lock], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip()[-2000:]
        raise PackageFailed(f"what {lock} names could not be installed for {PLATFORM}:\n{reason}")
    _remove_commands(folder)


def _remove_commands(folder: Path) -> None:
    """Takes away the commands of the packages, which nobody calls there: each names the Python that has installed it,
    so that no two machines would build the same. Also uv's own lock.
    """
    shutil.rmtree(folder / "bin", ignore_errors=True)
    (folder / ".lock").unlink(missing_ok=True)
    for record in folder.glob("*.dist-info/RECORD"):
        rows = record.read_text().splitlines(keepends=True)
        record.write_text("".join(row for row in rows if not row.startswith("bin/")))


def write_zip(folder: Path, target: Path) -> None:
    """Packs all files of `folder`, in the order of their names, with the same time and mode for each."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in files:
            entry = zipfile.ZipInfo(name)  # of 1980-01-01, the first day that a zip knows
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, FILE_MODE, 3
            archive.writestr(entry, (folder / name).read_bytes())


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
