"""Writes what a browser runs of the console: `make console`.

What the pages take from others goes into one file beside them, with their licences; then all of it goes into the one
script that is deployed. A browser would ask for each module after the one that imports it: with 31 of them the rows are
on the screen half a second later (benchmarks/console.py), and each would be an invocation of the app.

The same input gives the same bytes on every machine: the lock file names each package with its hash, and esbuild
depends on nothing else. A test builds it anew and compares.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from local.node_tools import node_tool
from local.setup import CONSOLE, ROOT

PAGES = ROOT / "functions" / "console"
VENDOR, SCRIPT, LICENCES = "source/v/vendor.js", "static/v/app.js", "static/v/licences.txt"
WRITTEN = (VENDOR, SCRIPT, LICENCES)
OPTIONS = ("--bundle", "--format=esm", "--minify", "--target=es2022", "--charset=utf8", "--legal-comments=none")
LINE = "--line-limit=120"  # characters, so that a change does not change all of one line
HEAD = "// Written by `make console`; never changed by hand."
OF_OTHERS = f"{HEAD} Whose work it is: ../../static/v/licences.txt.\n"
OF_US = f"{HEAD} Its source: functions/console/source. The licences of others: licences.txt.\n"


def main() -> int:
    """Writes the files; the exit status."""
    write(PAGES)
    print(f"{(PAGES / SCRIPT).relative_to(ROOT)}: functions/console/source, {', '.join(packages())}")
    return 0


def write(folder: Path) -> None:
    """Writes the files into a folder as in PAGES. Raises subprocess.CalledProcessError if esbuild fails."""
    for name in WRITTEN:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / VENDOR).write_text(OF_OTHERS + _bundled(CONSOLE / "vendor.js"))
    (folder / SCRIPT).write_text(OF_US + _bundled(PAGES / "source" / "main.js", LINE))
    (folder / LICENCES).write_text("\n".join(_licence(*one) for one in packages().items()))


def packages() -> dict[str, str]:
    """The packages that are in it by name, with their folders: those of package.json, and what these need."""
    locked = json.loads((CONSOLE / "package-lock.json").read_text())["packages"]
    return {
        path.removeprefix("node_modules/"): path
        for path, one in sorted(locked.items())
        if path and not one.get("dev") and not one.get("optional")
    }


def _bundled(entry: Path, *more: str) -> str:
    return node_tool("esbuild", str(entry), *OPTIONS, *more, check=True).stdout


def _licence(name: str, path: str) -> str:
    folder = CONSOLE / path
    version = json.loads((folder / "package.json").read_text())["version"]
    text = next(file for file in sorted(folder.iterdir()) if file.stem.upper() in {"LICENSE", "LICENCE"})
    return f"{name} {version}\n\n{text.read_text().strip()}\n"


if __name__ == "__main__":
    sys.exit(main())
