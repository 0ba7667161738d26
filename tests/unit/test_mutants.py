"""The generator of mutants: what it changes, that a mutant is in force everywhere and only while it is judged."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests import mutants
from tests.mutants import judge, judge_by_rows, mutants_of, rows_of

SOURCE = '''
"""A module."""
LIMIT = 3

class Box:
    def __init__(self, size: int) -> None:
        self.size = size

    @property
    def large(self) -> bool:
        """Whether it is large."""
        return not self.size < LIMIT

def fits(box: Box, name: str) -> bool:
    """Whether it fits."""
    if name == "none":
        raise ValueError(f"No {name} here.")
    return box.large and name in {one for one in ("a", "b") if one != "b"}
'''


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    path = tmp_path / "boxes.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("boxes", path)
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def check(module: ModuleType) -> None:
    assert module.fits(module.Box(3), "a")
    assert not module.fits(module.Box(2), "a")
    assert not module.fits(module.Box(3), "b")
    assert not module.fits(module.Box(3), "b~")
    with pytest.raises(ValueError, match="No none here"):
        module.fits(module.Box(3), "none")


def test_each_kind_of_change_is_made(module: ModuleType) -> None:
    assert sorted(f"{one.line} {one.change}" for one in mutants_of(module)) == sorted(
        [
            "7 dropped: self.size = size",
            "12 returns None: return not self.size < LIMIT",
            "12 without not: not self.size < LIMIT",
            "12 LtE: self.size < LIMIT",
            "12 GtE: self.size < LIMIT",
            "18 returns None: return box.large and name in {one for one in ('a', 'b') if one != 'b'}",
            "16 never: name == 'none'",
            "16 always: name == 'none'",
            "17 dropped: raise ValueError(f'No {name} here.')",
            "16 NotEq: name == 'none'",
            "18 Or: box.large and name in {one for one in ('a', 'b') if one != 'b'}",
            "18 without box.large",
            "18 without name in {one for one in ('a', 'b') if one != 'b'}",
            "16 'none' is another word",
            "18 NotIn: name in {one for one in ('a', 'b') if one != 'b'}",
            "18 without if one != 'b'",
            "18 'a' is another word",
            *["18 'b' is another word"] * 2,
            "18 Eq: one != 'b'",
        ]
    )


def test_a_good_check_leaves_no_mutant_and_the_module_is_as_before(module: ModuleType) -> None:
    verdict = judge(module, lambda: check(module))
    assert verdict.survivors == []
    assert verdict.count == len(list(mutants_of(module))) > 15
    check(module)


def test_a_check_that_looks_away_is_seen(module: ModuleType) -> None:
    verdict = judge(module, lambda: module.Box(3).large or pytest.fail("it is large"))
    assert any("name == 'none'" in one for one in verdict.survivors)
    assert not any("self.size < LIMIT" in one for one in verdict.survivors if "LtE" in one)


def test_a_mutant_meets_the_rows_that_reach_its_function_alone(module: ModuleType) -> None:
    small = module.Box(2)
    checks = [lambda: module.Box(3), lambda: check(module), lambda: small.large and pytest.fail("it is small")]
    rows = rows_of(checks, [module], lambda: None)
    assert [{name for _, name in one.reaches} for one in rows] == [
        {"__init__"},
        {"__init__", "large", "fits"},
        {"large"},
    ]
    verdict = judge_by_rows(module, rows, lambda: None)
    assert (verdict.survivors, verdict.count) == ([], len(list(mutants_of(module))))
    looks_away = judge_by_rows(module, [rows[0], rows[2]], lambda: None)
    assert any("in fits: never: name == 'none'" in one for one in looks_away.survivors)
    chosen = judge_by_rows(module, rows, lambda: None, lambda function, _: function == "large")
    assert (chosen.survivors, chosen.count) == ([], 4)
    check(module)


def test_a_mutant_is_in_force_for_who_imported_the_function_by_name(module: ModuleType) -> None:
    fits = module.fits
    with pytest.raises(AssertionError), mutants.installed(module, next(_returning_none(module))):
        assert fits(module.Box(3), "a")
    assert fits(module.Box(3), "a")


def test_a_check_that_fails_by_itself_proves_nothing(module: ModuleType) -> None:
    with pytest.raises(pytest.fail.Exception):
        judge(module, lambda: module.fits(module.Box(1), "a") or pytest.fail("it does not fit"))


def test_a_mutant_that_never_ends_is_killed(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants, "MAX_SECONDS", 0.05)

    def turns() -> None:
        while not module.Box(3).large:
            pass

    assert not any("self.size < LIMIT" in one for one in judge(module, turns).survivors if "LtE" in one)


def _returning_none(module: ModuleType) -> Iterator[CodeType]:
    return (one.code for one in mutants_of(module) if one.line == 18 and "returns None" in one.change)
