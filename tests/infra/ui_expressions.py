"""The expressions of createUiDefinition.json: read, and worked out as the portal documents its functions.

Never kinder than that: both branches of an `if` are worked out, a text that is not there is no text, and a function
that no page describes is an error. Source: Learn, "CreateUiDefinition functions", with a page for each kind of them
(azure-resource-manager/managed-applications/create-ui-definition-collection-functions and its siblings).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|(\d+)|(\$?[A-Za-z_]\w*)|(=>|[().,]))")
WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Literal:
    value: object


@dataclass(frozen=True)
class Name:
    """The variable of a lambda."""

    name: str


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Member:
    of: Node
    name: str


@dataclass(frozen=True)
class Lambda:
    variable: str
    body: Node


type Node = Literal | Name | Call | Member | Lambda


def is_expression(text: object) -> bool:
    return isinstance(text, str) and text.startswith("[") and text.endswith("]")


def parsed(text: str) -> Node:
    """An expression with its square brackets. Raises ValueError for what is none."""
    tokens: list[tuple[str, str]] = []
    rest = text[1:-1]
    while rest.strip():
        found = TOKEN.match(rest)
        if not found or not is_expression(text):
            raise ValueError(f"no expression: {rest[:40]} in {text}")
        kind = ("string", "number", "word", "sign")[(found.lastindex or 1) - 1]
        tokens.append((kind, found[found.lastindex or 1]))
        rest = rest[found.end() :]
    reader = _Reader(tokens, text)
    node = reader.node()
    if reader.at != len(tokens):
        raise ValueError(f"something is left over in {text}")
    return node


def walk(node: Node, above: tuple[Node, ...] = ()) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """A node and all below it, each with those above it, the nearest last."""
    yield node, above
    below: tuple[Node, ...] = ()
    if isinstance(node, Call):
        below = node.arguments
    elif isinstance(node, Member):
        below = (node.of,)
    elif isinstance(node, Lambda):
        below = (node.body,)
    for one in below:
        yield from walk(one, (*above, node))


def worked_out(node: Node, world: Mapping[str, Callable[..., Any]], variables: Mapping[str, Any] | None = None) -> Any:
    """The value of an expression. `world` has what the portal knows: `steps`, `basics`, `location`, `subscription`.
    Raises ValueError where the portal would have no value.
    """
    here = variables or {}
    match node:
        case Literal(value):
            return value
        case Name(name):
            if name not in here:
                raise ValueError(f"nothing is called {name}")
            return here[name]
        case Member(of, name):
            value = worked_out(of, world, here)
            return value.get(name) if isinstance(value, dict) else None
        case Lambda(variable, body):
            return lambda value: worked_out(body, world, {**here, variable: value})
        case Call(function, arguments):
            known = {**FUNCTIONS, **world}
            if function not in known:
                raise ValueError(f"there is no function {function}")
            return known[function](*(worked_out(one, world, here) for one in arguments))


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], text: str) -> None:
        self.tokens, self.text, self.at = tokens, text, 0

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else ("end", "")

    def _take(self, sign: str) -> None:
        if self._peek() != ("sign", sign):
            raise ValueError(f"a {sign} is missing in {self.text}")
        self.at += 1

    def _word(self) -> str:
        kind, value = self._peek()
        if kind != "word":
            raise ValueError(f"a name is missing in {self.text}")
        self.at += 1
        return value

    def node(self) -> Node:
        node = self._primary()
        while self._peek() == ("sign", "."):
            self.at += 1
            node = Member(node, self._word())
        return node

    def _primary(self) -> Node:
        kind, value = self._peek()
        if (kind, value) == ("sign", "("):
            self.at += 1
            variable = self._word()
            self._take(")")
            self._take("=>")
            return Lambda(variable, self.node())
        self.at += 1
        if kind == "string":
            return Literal(value.replace("''", "'"))
        if kind == "number":
            return Literal(int(value))
        if kind != "word":
            raise ValueError(f"a value is missing in {self.text}")
        if self._peek() == ("sign", "("):
            return Call(value, self._arguments())
        return Literal(WORDS[value]) if value in WORDS else Name(value)

    def _arguments(self) -> tuple[Node, ...]:
        self._take("(")
        found: list[Node] = []
        while self._peek() != ("sign", ")"):
            if found:
                self._take(",")
            found.append(self.node())
        self._take(")")
        return tuple(found)


def _need(kind: type, *values: object) -> None:
    for value in values:
        if not isinstance(value, kind):
            raise ValueError(f"{value!r} is no {kind.__name__}")  # noqa: TRY004  as whatever the portal has no value for


def _concat(*texts: str) -> str:
    _need(str, *texts)
    return "".join(texts)


def _if(condition: bool, then: object, otherwise: object) -> object:
    _need(bool, condition)
    return then if condition else otherwise


def _all(*values: bool) -> bool:
    _need(bool, *values)
    return all(values)


def _any(*values: bool) -> bool:
    _need(bool, *values)
    return any(values)


def _not(value: bool) -> bool:
    _need(bool, value)
    return not value


def _replace(text: str, old: str, new: str) -> str:
    _need(str, text, old, new)
    return text.replace(old, new)


def _split(text: str, by: str) -> list[str]:
    _need(str, text, by)
    return text.split(by)


def _map(values: list[Any], change: Callable[[Any], Any]) -> list[Any]:
    _need(list, values)
    return [change(one) for one in values]


def _parse(text: str) -> object:
    _need(str, text)
    return json.loads(text)


def _skip(values: list[Any], count: int) -> list[Any]:
    _need(list, values)
    return values[count:]


def _first(values: list[Any]) -> object:
    _need(list, values)
    return values[0]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "and": _all,
    "coalesce": lambda *values: next((one for one in values if one is not None), None),
    "concat": _concat,
    "empty": lambda value: value is None or len(value) == 0,
    "equals": lambda one, other: type(one) is type(other) and one == other,
    "first": _first,
    "if": _if,
    "map": _map,
    "not": _not,
    "or": _any,
    "parse": _parse,
    "replace": _replace,
    "skip": _skip,
    "split": _split,
    "string": lambda value: json.dumps(value, separators=(",", ":")),
}
