"""Which files share a stack, and with whom: what asks for the stack is in one of two groups, and each has some."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.one_stack import LONG, OneStack, group_of, shares_a_stack

TESTS = Path(__file__).parents[1]


def test_what_shares_a_stack_is_in_one_of_two_groups_and_each_has_some() -> None:
    sharing = [one.relative_to(TESTS.parent) for one in TESTS.rglob("test_*.py") if shares_a_stack(one)]
    groups = {group_of(one): [other for other in sharing if group_of(other) == group_of(one)] for one in sharing}
    assert len(groups) == 2
    assert {one.parent for one in groups["the other shared stack"]} == LONG
    assert len(groups["the shared stack"]) > 5


def test_a_file_with_a_stack_of_its_own_shares_none() -> None:
    assert not shares_a_stack(TESTS / "thorough/requests/test_documented_scenarios.py")
    assert not shares_a_stack(TESTS / "thorough/notifications/test_urgent.py")
    assert not shares_a_stack(Path(__file__))


@pytest.mark.parametrize(
    ("test", "unit"),
    [
        ("tests/thorough/chains/test_corpus.py::test_formats_in[reversed]", "the other shared stack"),
        ("tests/thorough/requests/test_openapi.py::test_one", "the shared stack"),
        ("tests/thorough/notifications/test_urgent.py::test_one", "tests/thorough/notifications/test_urgent.py"),
    ],
)
def test_the_scheduler_gives_a_group_to_one_worker(test: str, unit: str) -> None:
    scheduler = OneStack.__new__(OneStack)
    scheduler.config = SimpleNamespace(rootpath=TESTS.parent)
    assert scheduler._split_scope(test) == unit
