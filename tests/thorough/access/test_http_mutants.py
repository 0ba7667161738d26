"""No mutant of the API's own check passes the tables of every route and of the five teams: the verb of each
route (187 mutants), the branches of the check (63), what a caller may do, start and see (197), and the filters of
lists (15).
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import ModuleType
from typing import Any

import pytest

from functions.access import permissions
from functions.access.verbs import Verb
from functions.app import context
from functions.chains import match
from functions.model import request_filter
from functions.triggers.http import blueprint, caller_access
from functions.triggers.http.grants import admission, judge, own
from functions.triggers.http.routes import ROUTES, Gate, Route
from local.functions_host import ROOT
from tests import mutants
from tests.unit.signed_in import FORGE, Api
from tests.unit.triggers.http.grants import test_check, test_every_route, test_five_teams, test_shown, test_starts

WHOLE = " (whole app)"
# The routes on which every token is tried here: the tables of tokens have mutants of their own.
TOKENS_ON = {"health", "list_requests"}


def each_row(test: Callable[..., Any]) -> list[dict[str, Any]]:
    """The arguments of each run of a test, as its marks say."""
    rows: list[dict[str, Any]] = [{}]
    for mark in getattr(test, "pytestmark", ()):
        named, values = mark.args
        given = [{named: one} if isinstance(named, str) else dict(zip(named, one, strict=True)) for one in values]
        rows = [row | more for row in rows for more in given]
    return rows


def run(test: Callable[..., Any], row: Mapping[str, Any]) -> None:
    found = test(**row)
    if inspect.iscoroutine(found):
        asyncio.run(found)


def checks_of(*modules: ModuleType) -> Iterator[Callable[[], None]]:
    """Each row of each test of these modules."""
    for module in modules:
        for name, test in vars(module).items():
            if name.startswith("test_"):
                for row in each_row(test):
                    if "good_token" not in name or row["route"].name in TOKENS_ON:
                        yield partial(run, test, row)


async def is_let_in(route: Route, may: str, **more: Any) -> bool:
    """Whether the check lets somebody in whom one row grants this. No handler goes on with such a query, so that what a
    handler asks for by itself hides nothing of the check.
    """
    file = json.dumps({"grants": [{"who": ["role:x"], "may": [may], **more}]}).encode()
    answer = await Api(file=file).call(route, ["x"], query="nonsense=1")
    status: int = answer.status_code
    assert status in {400, 403}
    return status == 400


def documented() -> dict[tuple[str, str], str]:
    """What each route needs, by its method and its path, as docs/api.md has it."""
    text = (ROOT / "docs/api.md").read_text()
    rows = re.findall(r"^\| `(GET|POST|PATCH|DELETE) ([^`? ]+)`[^|]*\| ([^|]+) \|", text, re.MULTILINE)
    # A handler may ask for a second verb by itself ("request and read").
    return {(method, path): needs.partition(" and ")[0].strip().replace("`", "") for method, path, needs in rows}


async def opens_to_whom_it_should(route: Route, needs: str) -> None:
    """A route lets in who has the one verb that it needs, and who has it for a vault unless it is about the whole
    app; without a token nobody but at `health`.
    """
    without = await Api().send(route, None)
    assert (without.status_code != 401) == (route.name == "health")
    bad = await Api().send(route, FORGE.bearer(FORGE.person(roles=["Certflow.Operator"], aud="x")))
    assert (bad.status_code != 401) == (route.name == "health")
    for verb in Verb:
        assert await is_let_in(route, verb.value) == (needs.removesuffix(WHOLE) in {verb.value, "–"}), verb
    if needs != "–":
        in_a_vault = await is_let_in(route, needs.removesuffix(WHOLE), vaults=["main"])
        assert in_a_vault == (not needs.endswith(WHOLE))


def mutants_of(route: Route) -> Iterator[Route]:
    for other in (*Verb, *Gate):
        if other is not route.verb:
            yield route._replace(verb=other)
    if isinstance(route.verb, Verb):
        yield route._replace(whole=not route.whole)


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: one.name)
def test_another_verb_of_a_route_is_noticed(route: Route) -> None:
    needs = documented()[route.method, route.template.replace("vaults/{vault}/certificates/{name}", "…")]
    asyncio.run(opens_to_whom_it_should(route, needs))
    survivors = []
    changed = list(mutants_of(route))
    for mutant in changed:
        try:
            asyncio.run(opens_to_whom_it_should(mutant, needs))
        except AssertionError:
            continue
        survivors.append(f"{mutant.verb} {mutant.whole}")
    assert survivors == []


TABLES = (test_shown, test_starts, test_check, test_five_teams, test_every_route)
NO_LIMIT = "the number is looked at only where a grant has a limit"
OVERWRITTEN = "it is set anew before anybody reads it"
# The mutants of a module that change nothing, by function and change, each with its reason.
HELD: dict[ModuleType, dict[str, str]] = {
    admission: {"admitted: always: app.access_files": "without files there are no rules, and the check ends before"},
    blueprint: {},
    caller_access: {
        "sight: never: verb is Verb.READ": "the answer is the same, and comes later",
        "readable_beginnings: returns None: return readable_beginnings(self.rules, self.caller)": (
            "they spare rows to read; who sees which is decided by another filter"
        ),
    },
    judge: {"admit: 0 + 1": NO_LIMIT, "dry_run_answer: 0 + 1": NO_LIMIT, "_would_answer: True": OVERWRITTEN},
    own: {"seen_by: never: access is None": "with function keys, all may be seen"},
}


def survivors_of(verdict: mutants.Verdict) -> set[str]:
    """The survivors by function and change, for lines move."""
    assert verdict.count > 0
    return {one.split(" in ", 1)[1] for one in verdict.survivors}


@pytest.fixture(scope="module")
def rows() -> Iterator[list[mutants.Row]]:
    """The rows of the tables. They pass before and after all mutants, or raise."""
    found = mutants.rows_of(checks_of(*TABLES), {**HELD, **FILTERS}, permissions.granted.cache_clear)
    yield found
    for one in found:
        one.check()


@pytest.mark.parametrize("module", HELD, ids=lambda module: module.__name__.rpartition(".")[2])
def test_no_mutant_passes_the_tables(rows: list[mutants.Row], module: ModuleType) -> None:
    verdict = mutants.judge_by_rows(module, rows, permissions.granted.cache_clear)
    assert survivors_of(verdict) == set(HELD[module])


# Modules outside of the API that show a caller no more than may be seen, by a word of the filter in them, and how many
# mutants there are of it.
FILTERS: dict[ModuleType, tuple[str, int]] = {
    context: ("alias", 6),
    match: ("certflow.may_see", 4),
    request_filter: ("request_filter.may_see", 5),
}


@pytest.mark.parametrize("module", FILTERS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_no_mutant_of_a_filter_passes_the_tables(rows: list[mutants.Row], module: ModuleType) -> None:
    word, count = FILTERS[module]
    verdict = mutants.judge_by_rows(module, rows, permissions.granted.cache_clear, lambda _, change: word in change)
    assert survivors_of(verdict) == set()
    assert verdict.count == count
