"""Nothing in functions/ is too long to be read at once, and `Any` says nothing, so the core has little of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "function_app.py", *sorted((ROOT / "functions").rglob("*.py"))]
CORE = ("x509", "model", "access", "ports", "app", "requests", "notifications", "chains", "monitoring")
MAX_LINES = 25
MAX_ANY = 20


def functions() -> Iterator[tuple[str, int]]:
    """Each function, and its lines: without its docstring, and with its longest statement as one line, which is a table
    or the call that makes a record.
    """
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first, *rest = node.body
                docstring = lines_of(first) if isinstance(first, ast.Expr) and rest else 0
                simple = [one for one in ast.walk(node) if isinstance(one, ast.Return | ast.Assign | ast.Expr)]
                longest = max((lines_of(one) for one in simple if one is not first or not docstring), default=1)
                yield f"{file.relative_to(ROOT)}: {node.name}", lines_of(node) - docstring - longest + 1


def lines_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_a_function_is_read_at_once() -> None:
    found = dict(functions())
    assert {name: lines for name, lines in found.items() if lines > MAX_LINES} == {}
    assert 4 <= median(found.values()) <= 8


def test_the_core_says_of_almost_everything_what_it_is() -> None:
    files = (file for file in FILES if file.relative_to(ROOT).parts[1:2] and file.relative_to(ROOT).parts[1] in CORE)
    trees = [ast.parse(file.read_text()) for file in files]
    found = [one for tree in trees for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id == "Any"]
    assert len(trees) > 100
    assert len(found) < MAX_ANY
