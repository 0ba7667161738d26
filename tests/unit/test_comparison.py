"""The page that compares Certflow with others: each number has a source, each source is used, each row is whole."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "comparison.md").read_text()
BODY, _, SOURCES = TEXT.partition("## Sources")


def test_each_number_has_a_source_and_each_source_is_used() -> None:
    used = {int(number) for cited in re.findall(r"\[(\d+(?:, \d+)*)\]", BODY) for number in cited.split(", ")}
    listed = [int(number) for number in re.findall(r"^(\d+)\. ", SOURCES, flags=re.MULTILINE)]
    assert listed == list(range(1, len(listed) + 1))
    assert used == set(listed)


def test_each_source_is_a_public_address() -> None:
    lines = re.findall(r"^\d+\. .*$", SOURCES, flags=re.MULTILINE)
    assert lines
    assert [line for line in lines if "](https://" not in line] == []


def test_each_row_says_something_of_everybody() -> None:
    rows = [line.strip("|").split("|") for line in BODY.splitlines() if line.startswith("|")]
    assert len(rows) > 15
    assert {len(row) for row in rows} == {6}
    assert [row for row in rows[1:] if not all(cell.strip() for cell in row)] == []


def test_the_page_is_dated() -> None:
    assert re.search(r"^State of \d{4}-\d\d-\d\d\.", BODY, flags=re.MULTILINE)
