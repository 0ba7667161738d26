"""A row of a table: a sentence, and what has to hold. Tables run as tests, and against mutants in one process."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True)
class Case:
    """One row. `check` raises if it does not hold."""

    title: str
    check: Callable[[], None]


def equal(title: str, function: Callable[..., object], *args: object, gives: object) -> Case:
    """A row that compares what a function returns."""

    def check() -> None:
        found = function(*args)
        assert found == gives, f"{title}: {found!r} is not {gives!r}"

    return Case(title, check)


def refused(title: str, function: Callable[..., object], *args: object, says: str) -> Case:
    """A row in which a function raises ValueError with a text in its sentence."""

    def check() -> None:
        with pytest.raises(ValueError, match=re.escape(says)):
            function(*args)

    return Case(title, check)
