"""docs/access.md has every field and every verb of the file, and its example is one."""

from __future__ import annotations

import re

import pytest

from functions.access.file import MAX_ACCESS_BYTES, MAX_ACCESS_ROWS, parse_access
from functions.access.file_rows import CONDITION_FIELDS, GRANT_FIELDS, MAX_APPROVALS
from functions.access.limits import RequestLimits
from functions.access.roles import VERBS_OF_ROLES
from functions.access.row_reader import MAX_ROW_ITEMS
from functions.access.verbs import Verb
from local.functions_host import ROOT

PAGE = (ROOT / "docs" / "access.md").read_text().partition("## The file")[2].partition("\n## ")[0]
TABLES = "\n".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| "))


def test_its_example_is_a_file() -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example
    access = parse_access(example[1].encode())
    assert (len(access.grants), len(access.conditions)) == (3, 2)


@pytest.mark.parametrize("word", [*RequestLimits.__slots__, *Verb])
def test_each_limit_and_each_verb_has_a_row(word: str) -> None:
    assert f"`{word}`" in TABLES


@pytest.mark.parametrize("word", sorted({*GRANT_FIELDS, *CONDITION_FIELDS}))
def test_each_field_is_on_the_page(word: str) -> None:
    assert re.search(rf"`\"?{word}\b", PAGE)


def test_the_numbers_are_those_of_the_code() -> None:
    size = f"at most {MAX_ACCESS_BYTES // 1024} KiB"
    said = f"{size}, with at most {MAX_ACCESS_ROWS:,} rows of each kind and {MAX_ROW_ITEMS} texts"
    assert said in " ".join(PAGE.split())
    assert f"(to {MAX_APPROVALS})" in PAGE


@pytest.mark.parametrize("role", VERBS_OF_ROLES)
def test_the_roles_are_those_of_the_code(role: str) -> None:
    assert f"`{role}`" in PAGE
