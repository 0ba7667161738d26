"""The pages of the documentation, and the blocks of code in them.

What the first words of a block say:

- `sh`: a shell runs it. All of a page run one after the other in one shell (`run_page`), against a stack: by
  tests/e2e/docs, or, where a page changes the stack for others, by tests/thorough/docs.
- `sh azure`: it needs an Azure subscription. tests/infra/test_deploy_docs.py looks at its commands.
- `sh make`: targets of the Makefile, which other tests and CI run, and single tests.
- `text`, `json`, `mermaid`, `python`, or nothing: no command.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from local.functions_host import ROOT
from tests.clock import HANG

README = ROOT / "README.md"
# The emulator's page is one of a package, which has its own tests.
PAGES = [page for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]) if page.name != "CHANGELOG.md"]
RUN, AZURE, MAKE = "sh", "sh azure", "sh make"


@dataclass(frozen=True)
class Block:
    """A block of code: what stands behind its fence, its text, and its first line in the page, from 1."""

    info: str
    text: str
    line: int


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, those in lists too; without the indentation of their list."""
    for token in _fences(page):
        yield Block(token.info.strip(), token.content, (token.map or [0])[0] + 1)


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    lines = page.read_text().splitlines()
    for token in _fences(page):
        if token.map:
            lines[token.map[0] : token.map[1]] = [""] * (token.map[1] - token.map[0])
    return "\n".join(lines)


@functools.cache
def _fences(page: Path) -> list[Token]:
    """Without what stands inside of the lines, which takes two thirds of the time: each worker reads all pages."""
    return [token for token in MarkdownIt().disable("inline").parse(page.read_text()) if token.type == "fence"]


def scripts() -> dict[Path, str]:
    """The commands that a shell runs, by the page that has some."""
    found = {page: "".join(one.text for one in blocks(page) if one.info == RUN) for page in PAGES}
    return {page: script for page, script in found.items() if script}


def run_page(page: Path, folder: Path, stack: Mapping[str, Any]) -> str:
    """Runs a page's commands in one shell, as in a clone beside whose `make up` they are typed; a command that fails
    ends it. Returns what they print.
    """
    (folder / ".local").mkdir()
    (folder / ".local" / "stack.json").write_text(json.dumps(stack))
    (folder / ".venv").symlink_to(sys.prefix)
    for ours in ("functions", "local"):
        (folder / ours).symlink_to(ROOT / ours)
    done = subprocess.run(
        ["sh", "-e"],
        input=scripts()[page],
        cwd=folder,
        env=os.environ | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert done.returncode == 0, f"{page.name}:\n{done.stdout}\n{done.stderr}"
    assert '"error":{"code"' not in done.stdout, done.stdout
    return done.stdout
