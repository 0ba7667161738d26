"""Mutants by their names, as somebody picks some of them by hand: `module function: change`, as tests/mutants.py says
it, or `route name: verb` for a route that needs another verb. One that is not there (any more) raises LookupError.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from unittest.mock import patch

from functions.access.permissions import granted
from functions.access.verbs import Verb
from functions.triggers.http.caller_access import CallerAccess
from functions.triggers.http.grants import admission
from functions.triggers.http.routes import ROUTES, Gate, Route
from tests.mutants import Mutant, installed, mutants_of


@contextmanager
def in_force(named: str) -> Iterator[None]:
    """A mutant of this process while it lasts."""
    place, _, change = named.partition(": ")
    where, _, what = place.partition(" ")
    granted.cache_clear()
    if where == "route":
        with needing(route_named(what), change):
            yield
    else:
        mutant = mutant_named(where, what, change)
        with installed(import_module(where), mutant.code):
            yield
    granted.cache_clear()


def mutant_named(module: str, function: str, change: str) -> Mutant:
    """The one mutant with this name. Raises LookupError if there is none, or several."""
    there: list[str] = []

    def wanted(where: str, what: str) -> bool:
        there.extend([what] if where == function else [])
        return (where, what) == (function, change)

    found = list(mutants_of(import_module(module), wanted))
    if len(found) != 1:
        raise LookupError(f"{len(found)} × {change} in {module}:{function}, of {there}")
    return found[0]


def route_named(name: str) -> Route:
    """The route. Raises LookupError."""
    for one in ROUTES:
        if one.name == name:
            return one
    raise LookupError(f"no route {name}")


@contextmanager
def needing(route: Route, verb: str) -> Iterator[None]:
    """The route with another verb while it lasts, for the check before all handlers."""
    other = next(one for one in (*Verb, *Gate) if one == verb)
    assert other is not route.verb, f"{route.name} needs {verb} anyway"
    check = admission._check

    def changed(asked: Route, path: Mapping[str, str], access: CallerAccess) -> None:
        check(asked._replace(verb=other) if asked is route else asked, path, access)

    with patch.object(admission, "_check", changed):
        yield
