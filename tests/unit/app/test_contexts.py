"""What a use case may touch stands in its signature: it takes a narrow context, and mypy holds it to that."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOMS = (
    *("app", "requests", "notifications", "approvals", "chains", "inventory", "monitoring", "live", "board", "record"),
)
FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"
CORE = sorted(file for room in ROOMS for file in (FUNCTIONS / room).rglob("*.py") if file.stem != "__init__")


def given_to(file: Path) -> list[tuple[str, str]]:
    """The functions of a module, each with the annotation of something that it is given."""
    return [
        (one.name, ast.unparse(argument.annotation))
        for one in ast.walk(ast.parse(file.read_text()))
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        for argument in (*one.args.args, *one.args.kwonlyargs)
        if argument.annotation
    ]


@pytest.mark.parametrize("file", CORE, ids=lambda file: str(file.relative_to(FUNCTIONS)))
def test_no_use_case_takes_the_whole_context(file: Path) -> None:
    assert [name for name, annotation in given_to(file) if "Certflow" in annotation] == []


def test_every_context_is_taken_by_somebody() -> None:
    taken = {annotation for file in CORE for _, annotation in given_to(file)}
    described = {
        one.name
        for one in ast.parse((FUNCTIONS / "app" / "contexts.py").read_text()).body
        if isinstance(one, ast.ClassDef)
    }
    assert len(described) > 10
    assert described - taken == set()
