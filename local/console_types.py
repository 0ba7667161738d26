"""Checks the types of the console's files, against those of the API, which are made of its own description: a part of
`make check`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from local.setup import CONSOLE, ROOT, VENV

DESCRIPTION = ROOT / "tests" / "golden" / "openapi.json"
API_TYPES = CONSOLE / "api.d.ts"


def main() -> int:
    """Prints what is wrong; the exit status."""
    made = _run("openapi-typescript", str(DESCRIPTION), "--output", str(API_TYPES))
    checked = _run("tsc", "--project", str(CONSOLE), "--pretty", "false") if made.returncode == 0 else made
    if checked.returncode != 0:
        print(checked.stdout + checked.stderr, end="", file=sys.stderr)
    return checked.returncode


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    command: list[str | Path] = [CONSOLE / "node_modules" / ".bin" / program, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
