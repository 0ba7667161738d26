"""The rooms of functions/ stay rooms: few modules in each, and each says what it is for (imports: `make check`)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = sorted({file.parent for file in (ROOT / "functions").rglob("*.py")})
MOST_MODULES = 16


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_a_room_can_be_looked_over_and_says_what_it_is_for(room: Path) -> None:
    modules = [file.name for file in room.glob("*.py") if file.name != "__init__.py"]
    assert len(modules) <= MOST_MODULES, f"find the second subject in it, and give that a folder: {sorted(modules)}"
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text()))
