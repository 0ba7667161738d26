"""A name that modules keep to themselves means one thing: constants everywhere, private functions in their room."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# (name, place of its definition, value); the place of a constant is its module, the value that of a running app.
Definition = tuple[str, str, Any]


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / "functions").rglob("*.py")):
        if path.name != "__init__.py":
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts), ast.parse(path.read_text())


def assigned(tree: ast.Module) -> Iterator[str]:
    """The upper-case and the private names that a module assigns."""
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            for one in ast.walk(target):
                if isinstance(one, ast.Name) and (one.id.isupper() or one.id.startswith("_")):
                    yield one.id


def constants() -> Iterator[Definition]:
    for module, tree in modules():
        for name in assigned(tree):
            yield name, module, getattr(import_module(module), name)


def private_functions() -> Iterator[Definition]:
    for module, tree in modules():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name.startswith("_"):
                yield node.name, module, ast.dump(ast.Module([node], []))


def room_of(module: str) -> str:
    return module.split(".")[1]


def several(definitions: list[Definition], *, within_a_room: bool = False) -> list[str]:
    """The names with two meanings, each with the two modules that define it."""
    by_name: dict[str, list[tuple[str, Any]]] = defaultdict(list)
    for name, module, value in definitions:
        by_name[name].append((module, value))
    return [
        f"{name}: {one} and {other}"
        for name, found in sorted(by_name.items())
        for (one, value), (other, another) in combinations(found, 2)
        if value != another and (not within_a_room or room_of(one) == room_of(other))
    ]


def test_a_constant_has_one_value_in_all_of_functions() -> None:
    assert several(list(constants())) == []


def test_a_private_function_has_one_meaning_in_its_room() -> None:
    assert several(list(private_functions()), within_a_room=True) == []


@pytest.mark.parametrize(
    ("other", "within_a_room", "found"),
    [
        (("HELD", "functions.chains.b", 2), False, ["HELD: functions.chains.a and functions.chains.b"]),
        (("HELD", "functions.app.b", 2), False, ["HELD: functions.chains.a and functions.app.b"]),
        (("HELD", "functions.chains.b", 1), False, []),
        (("WITHIN", "functions.chains.b", 2), False, []),
        (("HELD", "functions.chains.parsing.b", 2), True, ["HELD: functions.chains.a and functions.chains.parsing.b"]),
        (("HELD", "functions.app.b", 2), True, []),
    ],
)
def test_two_modules_with_two_meanings_are_named(other: Definition, within_a_room: bool, found: list[str]) -> None:
    assert several([("HELD", "functions.chains.a", 1), other], within_a_room=within_a_room) == found
