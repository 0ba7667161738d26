"""No mutant of what decides about grants passes its tables: each verb, each filter, each field is held by a row."""

from __future__ import annotations

from types import ModuleType

import pytest

from functions.access import (
    coverage,
    decide,
    file,
    file_rows,
    limits,
    missing,
    permissions,
    policy,
    roles,
    row_reader,
    rules,
    who,
)
from functions.access.matching import dns_names, keys, other_names, patterns, subject
from tests.mutants import judge_by_rows, rows_of
from tests.unit.access.tables import decisions, files, matching, policies, requests, shown
from tests.unit.access.tables.case import Case

FASTER = "what is kept there is only looked at again, in no endless loop"
# The tables that hold a module, and the mutants of it that change nothing, each with its reason.
HELD_BY: dict[ModuleType, tuple[list[Case], dict[str, str]]] = {
    coverage: (requests.CASES, {}),
    decide: (decisions.CASES, {"without ''": "nobody as owner is None or empty for read_addresses"}),
    dns_names: (matching.CASES, {}),
    file: (files.CASES, {}),
    file_rows: (files.CASES, {}),
    keys: (matching.CASES, {}),
    limits: (requests.CASES, {}),
    missing: ([*requests.CASES, *decisions.CASES], {}),
    other_names: (matching.CASES, {}),
    patterns: (matching.CASES, dict.fromkeys(("dropped: seen.add(place)", "always: place not in seen"), FASTER)),
    permissions: (shown.CASES, {"always: vault not in by_vault": FASTER}),
    policy: (policies.CASES, {}),
    roles: (decisions.CASES, {}),
    row_reader: (files.CASES, {}),
    rules: (decisions.CASES, {}),
    subject: ([*matching.CASES, *requests.CASES], {}),
    who: (decisions.CASES, {}),
}


@pytest.mark.parametrize("module", HELD_BY, ids=lambda module: module.__name__.rpartition(".")[2])
def test_no_mutant_passes_the_tables(module: ModuleType) -> None:
    cases, equivalent = HELD_BY[module]
    rows = rows_of((case.check for case in cases), [module], permissions.granted.cache_clear)
    verdict = judge_by_rows(module, rows, permissions.granted.cache_clear)
    for row in rows:
        row.check()
    assert [one for one in verdict.survivors if one.split(": ", 1)[1] not in equivalent] == []
    assert len(verdict.survivors) == len(equivalent) < verdict.count
