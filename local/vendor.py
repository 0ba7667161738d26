"""Writes what the console takes from others into one file, and their licences: `make vendor`.

The same input gives the same bytes on every machine: the lock file names each package with its hash, and esbuild
depends on nothing else. A test builds it anew and compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from local.node_tools import node_tool
from local.setup import CONSOLE, ROOT

VENDORED = ROOT / "functions" / "console" / "static" / "v"
SCRIPT, LICENCES = "vendor.js", "licences.txt"
ENTRY = "vendor.js"  # in local/console
OPTIONS = ("--bundle", "--format=esm", "--minify", "--target=es2022", "--charset=utf8", "--legal-comments=none")
HEAD = "// Written by `make vendor`; never changed by hand. Whose work it is, and the licences: licences.txt.\n"


def main() -> int:
    """Writes both files; the exit status."""
    write(VENDORED)
    print(f"{(VENDORED / SCRIPT).relative_to(ROOT)}: {', '.join(packages())}")
    return 0


def write(folder: Path) -> None:
    """Writes both files into a folder. Raises subprocess.CalledProcessError if esbuild fails."""
    (folder / SCRIPT).write_text(HEAD + _bundled())
    (folder / LICENCES).write_text("\n".join(_licence(*one) for one in packages().items()))


def packages() -> dict[str, str]:
    """The packages that are in it by name, with their folders: those of package.json, and what these need."""
    locked = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    return {
        path.removeprefix("node_modules/"): path
        for path, one in sorted(locked.items())
        if path and not one.get("dev") and not one.get("optional")
    }


def _bundled() -> str:
    return node_tool("esbuild", ENTRY, *OPTIONS, check=True).stdout


def _licence(name: str, path: str) -> str:
    folder = CONSOLE / path
    version = json.loads((folder / "package.json").read_text())["version"]
    text = next(file for file in sorted(folder.iterdir()) if file.stem.upper() in {"LICENSE", "LICENCE"})
    return f"{name} {version}\n\n{text.read_text().strip()}\n"


if __name__ == "__main__":
    sys.exit(main())
