"""HTTP routes: templates as ASP.NET Core reads them, matching, and the overlaps that the platform lets pass.

The host tries routes in order and the first match wins; a literal has no precedence over `{x}`. It refuses only
*identical* templates with a shared method, so `a/{x}` quietly hides `a/b`, or does not, by the order of indexing.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

CONSTRAINTS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "bool": r"true|false",
    "alpha": r"[a-z]*",
    "guid": r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?",
}
RESERVED = ("admin", "runtime")  # the host's own paths; an app with such a route does not start

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)(?::(\w+))?(\?)?\}")


class BadRoute(ValueError):
    """A template that cannot be used; the text says what to change."""


@dataclass(frozen=True)
class Segment:
    """A literal, or a parameter."""

    text: str  # the literal, or the parameter's name
    parameter: bool = False
    constraint: str | None = None
    optional: bool = False
    catch_all: bool = False

    def matches(self, value: str) -> bool:
        """Whether one segment of a path fits; an empty one never fits a parameter."""
        if not self.parameter:
            return value.lower() == self.text.lower()
        if self.constraint is None:
            return bool(value)
        return re.fullmatch(CONSTRAINTS[self.constraint], value, re.IGNORECASE) is not None

    def meets(self, other: Segment) -> bool:
        """Whether some value fits both. Two parameters always might: constraints are not compared."""
        if self.parameter:
            return other.parameter or self.matches(other.text)
        return other.matches(self.text)


@dataclass(frozen=True)
class Route:
    """One function's template and methods (none: all of them)."""

    template: str
    methods: frozenset[str]
    segments: tuple[Segment, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """The parameters of a matching path (escaped, without the prefix), or None."""
        given = path.removesuffix("/")
        values = [_decoded(part) for part in given.split("/")] if given else []
        found: dict[str, str] = {}
        for position, segment in enumerate(self.segments):
            if segment.catch_all:
                rest = "/".join(values[position:])
                return found | ({segment.text: rest} if rest else {})
            if position >= len(values):
                if segment.optional:
                    continue
                return None
            if not segment.matches(values[position]):
                return None
            if segment.parameter:
                found[segment.text] = values[position]
        return found if len(values) <= len(self.segments) else None

    def allows(self, method: str) -> bool:
        """Whether the function takes this method."""
        return not self.methods or method.upper() in self.methods

    def overlaps(self, other: Route) -> bool:
        """Whether some request could be meant for both."""
        if self.methods and other.methods and not self.methods & other.methods:
            return False
        return any(_meet(a, b) for a, b in itertools.product(_variants(self.segments), _variants(other.segments)))


def parse_route(template: str, methods: Iterable[str] = ()) -> Route:
    """Reads a template such as `vaults/{vault}/certificates/{name?}`."""
    if template.startswith(("/", "~")):
        raise BadRoute(f"route {template!r} starts with {template[0]!r}: the platform refuses that, remove it")
    segments = tuple(_segment(part, template) for part in template.split("/")) if template else ()
    if segments and segments[0].text.lower() in RESERVED and not segments[0].parameter:
        raise BadRoute(f"route {template!r} starts with {segments[0].text!r}, which is the host's own: rename it")
    for segment in segments[:-1]:
        if segment.optional or segment.catch_all:
            raise BadRoute(f"route {template!r}: {{{segment.text}}} may be optional or catch all only at the end")
    names = [segment.text.lower() for segment in segments if segment.parameter]
    if len(names) != len(set(names)):
        raise BadRoute(f"route {template!r} uses a parameter twice: give each its own name")
    return Route(template, frozenset(m.upper() for m in methods), segments)


def overlapping(routes: dict[str, Route]) -> Iterator[tuple[str, str]]:
    """Pairs of function names whose routes could take the same request."""
    for (first, a), (second, b) in itertools.combinations(routes.items(), 2):
        if a.overlaps(b):
            yield first, second


def _segment(part: str, template: str) -> Segment:
    if not part:
        raise BadRoute(f"route {template!r} has an empty segment: remove the extra '/'")
    if "{" not in part and "}" not in part:
        return Segment(part)
    read = _PARAMETER.fullmatch(part)
    if read is None:
        raise BadRoute(
            f"route {template!r}: this host reads whole-segment parameters only, such as {{name}}, {{name?}}, "
            f"{{name:int}}, {{*rest}}; rewrite {part!r}"
        )
    stars, name, constraint, question = read.groups()
    if constraint is not None and constraint.lower() not in CONSTRAINTS:
        raise BadRoute(f"route {template!r}: constraint {constraint!r} is not one of {', '.join(CONSTRAINTS)}")
    return Segment(name, True, constraint and constraint.lower(), optional=bool(question), catch_all=bool(stars))


def _variants(segments: tuple[Segment, ...]) -> Iterator[tuple[Segment, ...]]:
    yield segments
    if segments and segments[-1].optional:
        yield segments[:-1]


def _meet(a: tuple[Segment, ...], b: tuple[Segment, ...]) -> bool:
    for left, right in itertools.zip_longest(a, b):
        if (left and left.catch_all) or (right and right.catch_all):
            return True
        if left is None or right is None or not left.meets(right):
            return False
    return True


def _decoded(segment: str) -> str:
    """A segment without its escapes, but for %2F, which ASP.NET Core leaves as it is."""
    return re.sub("%252f", "%2F", unquote(re.sub("%2f", "%25252F", segment, flags=re.IGNORECASE)), flags=re.IGNORECASE)
