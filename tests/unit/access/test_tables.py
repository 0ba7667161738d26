"""The tables of `functions/access/`, row by row."""

from __future__ import annotations

import pytest

from tests.unit.access.tables import decisions, files, matching, policies, requests, shown
from tests.unit.access.tables.case import Case

TABLES = (matching, policies, requests, decisions, files, shown)


@pytest.mark.parametrize("case", [case for table in TABLES for case in table.CASES], ids=lambda case: case.title)
def test_it_is_so(case: Case) -> None:
    case.check()
