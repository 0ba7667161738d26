"""docs/scale.md: the names in it are those of the code, which is renamed more often than the page is read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.app_settings import settings_of_bindings, settings_read

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/scale.md").read_text()
QUOTED = re.findall(r"`([^`\n]+)`", PAGE)
NAMES = [quoted for quoted in QUOTED if re.fullmatch(r"\w+\.[a-z_]+", quoted) and quoted != "host.json"]


def names_in(path: Path) -> set[str]:
    """What can be named with a module: its functions, those within them, and the fields of its classes."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(f"{path.stem}.{node.name}")
        if isinstance(node, ast.ClassDef):
            fields = (one.target for one in node.body if isinstance(one, ast.AnnAssign))
            found |= {f"{node.name}.{field.id}" for field in fields if isinstance(field, ast.Name)}
    return found


def test_each_function_and_option_that_the_page_names_exists() -> None:
    there = {name for path in (ROOT / "functions").rglob("*.py") for name in names_in(path)}
    assert len(NAMES) >= 12
    assert set(NAMES) <= there


def test_each_file_and_setting_that_the_page_names_exists() -> None:
    files = [quoted for quoted in QUOTED if re.fullmatch(r"\w+(/\w+)+\.\w+", quoted)]
    assert len(files) >= 3
    assert all((ROOT / file).is_file() for file in files)
    settings = set(re.findall(r"`(CERTFLOW_\w+)`", PAGE))
    assert settings
    assert settings <= settings_read() | settings_of_bindings()


def test_the_page_uses_todays_words() -> None:
    """An inventory scan was a survey, a check a look, and a run over a vault a shift."""
    assert not re.findall(r"\b(?:surveys?|shifts?|looks?|sweeps?)\b", PAGE)
