"""What the docs name in backticks is there: `functions/…` and `tests/…` as files, `file::name` as names in them."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
# A path in backticks that may be followed by the name of something in it; a folder ends with a slash.
REFERENCE = re.compile(r"`((?:functions|tests)/[\w./-]*)(?:::(\w+))?`")


@cache
def names_in(file: Path) -> frozenset[str]:
    """Functions, classes and assigned names of a module, also those within others."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return frozenset(found)


def faults(text: str) -> list[str]:
    """The references of a page that lead nowhere."""
    return [
        f"{path}::{name}" if name else path
        for path, name in REFERENCE.findall(text)
        if not (ROOT / path).exists() or (name and name not in names_in(ROOT / path))
    ]


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_of_the_code_is_there(page: Path) -> None:
    assert faults(page.read_text()) == []


def test_the_architecture_leads_into_the_code() -> None:
    found = REFERENCE.findall((ROOT / "docs" / "architecture.md").read_text())
    assert len({path for path, name in found if name}) > 30


def test_a_reference_that_leads_nowhere_is_found() -> None:
    here = "tests/unit/test_doc_paths.py"
    text = f"`{here}::faults` `{here}::REFERENCE` `functions/` `{here}::nothing` `functions/nothing.py` `tests/no/`"
    assert faults(text) == [f"{here}::nothing", "functions/nothing.py", "tests/no/"]
