"""Writes the tables of docs/settings.md from the catalogue of settings.

    python -m tests.settings_page --write

tests/unit/settings/test_catalogue.py fails while they are not what this would write. What stands above the first
heading of the second level is written by hand.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from functions.settings.catalogue import ALL_SETTINGS
from functions.settings.documented import Setting

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
HEAD = "| setting | what it means | default | while it is wrong |\n|---|---|---|---|\n"


def written(page: str) -> str:
    """The page with the tables that the catalogue asks for."""
    introduction = page.partition("\n## ")[0].rstrip("\n")
    sections = (f"\n## {title}\n\n{HEAD}{''.join(map(row, settings))}" for title, settings in ALL_SETTINGS.items())
    return "".join([introduction, "\n", *sections])


def row(setting: Setting) -> str:
    """A row of a table."""
    return f"| `{setting.name}` | {setting.meaning} | {setting.default} | {setting.if_wrong} |\n"


def main() -> int:
    """Says whether the page is current, or writes it; 1 if it is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write it")
    options = parser.parse_args()
    page = PAGE.read_text()
    if options.write:
        PAGE.write_text(written(page))
    elif page != written(page):
        sys.stderr.write("docs/settings.md is stale: run python -m tests.settings_page --write\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
