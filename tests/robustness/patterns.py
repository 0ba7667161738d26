"""The regular expressions of `functions/`, found in its source: where each stands, and how it is applied."""

from __future__ import annotations

import ast
import functools
import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.functions_host import ROOT

METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
FUNCTIONS = {*METHODS, "compile"}
READ_ONLY = {"pattern", "flags", "groups", "groupindex"}  # attributes of a pattern that apply it to nothing
META = "Meta"  # msgspec.Meta(pattern=…) is searched for, as JSON Schema says


@dataclass
class Found:
    """A pattern and the methods by which it is applied; none were seen of one that is handed on: then it may be any."""

    pattern: re.Pattern[Any]
    methods: set[str] = field(default_factory=set)


class Unreadable(Exception):
    """A pattern that is not known before the code runs: text from outside might be part of it. Give it a name."""


@functools.cache
def in_functions() -> dict[str, Found]:
    """The patterns of the deployed code, by `module.NAME`, or `module: pattern` for one without a name."""
    files = sorted((ROOT / "functions").rglob("*.py"))
    return found_in({_module(file): file.read_text() for file in files})


def found_in(sources: dict[str, str]) -> dict[str, Found]:
    """The patterns of modules that can be imported, by their names and sources. Raises Unreadable."""
    readers = [_Reader(module, ast.parse(source)) for module, source in sources.items()]
    found: dict[str, Found] = {}
    for reader in readers:
        for key, pattern in reader.patterns():
            found.setdefault(key, Found(pattern))
    for reader in readers:
        for key, methods in reader.applied(found):
            found[key].methods |= methods
    return found


def users_of(module: str) -> set[str]:
    """The modules of the deployed code that import a module."""
    found = set()
    for file in (ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if module in names or (isinstance(node, ast.ImportFrom) and node.module == module):
                found.add(_module(file))
    return found


def _module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


class _Reader:
    """One module: the names by which it knows `re`, its functions, and the constants of others."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module, self.tree, self.nodes = module, tree, list(ast.walk(tree))
        self.parents = {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}
        self.imported: dict[str, tuple[str, str]] = {}  # local name: module, name there
        self.re_names: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.Import):
                self.re_names |= {one.asname or one.name for one in node.names if one.name == "re"}
            elif isinstance(node, ast.ImportFrom) and node.module:
                self.imported |= {one.asname or one.name: (node.module, one.name) for one in node.names}
        self.calls = list(self._calls())

    def patterns(self) -> Iterator[tuple[str, re.Pattern[Any]]]:
        """Every pattern that this module writes down, and its key."""
        for call, function, pattern in self.calls:
            name = self._assigned(call) if function == "compile" else None
            if name:
                yield f"{self.module}.{name}", self._value(self.module, name)
            else:
                yield self._key(pattern), re.compile(self._text(pattern))

    def applied(self, found: dict[str, Found]) -> Iterator[tuple[str, set[str]]]:
        """How this module applies the patterns, its own and those of others."""
        for call, function, pattern in self.calls:
            if function != "compile":
                yield self._key(pattern), {function}
            elif not self._assigned(call):
                yield self._key(pattern), set(METHODS)
        texts = {id(pattern) for _, _, pattern in self.calls}
        for node in self.nodes:
            key = self._constant(node)
            if key in found and id(node) not in texts and isinstance(getattr(node, "ctx", None), ast.Load):
                yield key, self._methods(node)

    def _methods(self, node: ast.AST) -> set[str]:
        parent = self.parents[node]
        if not isinstance(parent, ast.Attribute):
            return set(METHODS)
        return {parent.attr} & set(METHODS) if parent.attr in {*METHODS, *READ_ONLY} else set(METHODS)

    def _calls(self) -> Iterator[tuple[ast.Call, str, ast.expr]]:
        """The calls that take a pattern as text: the call, the function, the text."""
        for node in self.nodes:
            if not isinstance(node, ast.Call):
                continue
            name = self._re_function(node.func)
            if name:
                given = {one.arg: one.value for one in node.keywords}
                yield node, name, node.args[0] if node.args else given["pattern"]
            elif self._is_meta(node.func):
                yield from ((node, "search", one.value) for one in node.keywords if one.arg == "pattern")

    def _re_function(self, func: ast.expr) -> str | None:
        match func:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in self.re_names and name in FUNCTIONS:
                return name
            case ast.Name(id=local) if self.imported.get(local, ("", ""))[0] == "re":
                name = self.imported[local][1]
                return name if name in FUNCTIONS else None
        return None

    def _is_meta(self, func: ast.expr) -> bool:
        match func:
            case ast.Attribute(attr=name):
                return name == META
            case ast.Name(id=local):
                return self.imported.get(local, ("", local))[1] == META
        return False

    def _assigned(self, call: ast.Call) -> str | None:
        """The constant of the module that the call's result is."""
        parent = self.parents[call]
        match parent:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return name if self.parents[parent] is self.tree else None
        return None

    def _constant(self, node: ast.AST) -> str:
        """The key that a name or an attribute stands for, if it is a constant of a module of ours."""
        match node:
            case ast.Name(id=name):
                module, original = self.imported.get(name, (self.module, name))
                return f"{module}.{original}"
            case ast.Attribute(value=ast.Name(id=local), attr=name) if local in self.imported:
                return f"{'.'.join(self.imported[local])}.{name}"
        return ""

    def _key(self, pattern: ast.expr) -> str:
        return self._constant(pattern) or f"{self.module}: {_readable(self._text(pattern))}"

    def _text(self, pattern: ast.expr) -> str | bytes:
        match pattern:
            case ast.Constant(value=str() | bytes() as text):
                return text
            case ast.Name(id=name):
                module, original = self.imported.get(name, (self.module, name))
                value = self._value(module, original)
                if isinstance(value, str | bytes):
                    return value
        raise Unreadable(f"{self.module}, line {pattern.lineno}")

    def _value(self, module: str, name: str) -> Any:
        return getattr(importlib.import_module(module), name, None)


def _readable(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("latin-1")


def apply_all(pattern: re.Pattern[Any], methods: Iterable[str], text: str) -> None:
    """Applies a pattern to a whole text in each of these ways."""
    given: Any = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
    for method in methods:
        if method in {"sub", "subn"}:
            getattr(pattern, method)(given[:0], given)
        elif method == "finditer":
            for _ in pattern.finditer(given):
                pass
        else:
            getattr(pattern, method)(given)
