"""Checks the types of the console's files, against those of the API, which are made of its own description: a part of
`make check`.
"""

from __future__ import annotations

import sys

from local.node_tools import node_tool
from local.setup import CONSOLE, ROOT

DESCRIPTION = ROOT / "tests" / "golden" / "openapi.json"
API_TYPES = CONSOLE / "api.d.ts"


def main() -> int:
    """Prints what is wrong; the exit status."""
    made = node_tool("openapi-typescript", str(DESCRIPTION), "--output", str(API_TYPES))
    checked = node_tool("tsc", "--project", str(CONSOLE), "--pretty", "false") if made.returncode == 0 else made
    if checked.returncode != 0:
        print(checked.stdout + checked.stderr, end="", file=sys.stderr)
    return checked.returncode


if __name__ == "__main__":
    sys.exit(main())
