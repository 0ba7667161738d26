"""Which files share a stack, and with whom: what asks for the stack is in one of two groups, and each has some."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.one_stack import BICEP, LONG, OneStack, asks_bicep, group_of, shares_a_stack

TESTS = Path(__file__).parents[1]


def test_what_shares_a_stack_is_in_one_of_two_groups_and_each_has_some() -> None:
    sharing = [one.relative_to(TESTS.parent) for one in TESTS.rglob("test_*.py") if shares_a_stack(one)]
    groups = defaultdict[str, list[Path]](list)
    for one in sharing:
        groups[group_of(TESTS.parent, str(one))].append(one)
    assert len(groups) == 2
    assert {one.parent for one in groups["the other shared stack"]} == LONG
    assert len(groups["the shared stack"]) > 5


def test_a_file_with_a_stack_of_its_own_shares_none() -> None:
    assert not shares_a_stack(TESTS / "thorough/requests/test_documented_scenarios.py")
    assert not shares_a_stack(TESTS / "thorough/notifications/test_urgent.py")
    assert not shares_a_stack(Path(__file__))


def test_all_that_ask_the_bicep_cli_are_one_group() -> None:
    asking = [one.relative_to(TESTS.parent) for one in TESTS.rglob("test_*.py") if asks_bicep(one)]
    assert {one.parent.parent.name for one in asking} == {"tests", "thorough"}
    assert {group_of(TESTS.parent, str(one)) for one in asking} == {BICEP}


@pytest.mark.parametrize(
    ("test", "unit"),
    [
        ("tests/thorough/infra/test_shapes.py::test_each_shape_is_whole[short, new, public]", BICEP),
        ("tests/thorough/infra/test_prove.py::test_one", "tests/thorough/infra/test_prove.py"),
        ("tests/thorough/chains/test_corpus.py::test_formats_in[reversed]", "the other shared stack"),
        ("tests/thorough/requests/test_openapi.py::test_one", "the shared stack"),
        ("tests/thorough/notifications/test_urgent.py::test_one", "tests/thorough/notifications/test_urgent.py"),
    ],
)
def test_the_scheduler_gives_a_group_to_one_worker(test: str, unit: str) -> None:
    scheduler = OneStack.__new__(OneStack)
    scheduler.config = SimpleNamespace(rootpath=TESTS.parent)
    assert scheduler._split_scope(test) == unit
