"""What the measurements have in common: a result that can be put in a table, and the table."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

WHOLE = 100  # from here on decimals say nothing
SIGNS = {"≤": operator.le, "≥": operator.ge, "<": operator.lt}


@dataclass(frozen=True, slots=True)
class Row:
    """One measured value. `what` names its unit unless it is a ratio; `target` is what it should be (`≤ 1.1`), or
    empty.
    """

    what: str
    value: float
    target: str = ""


def met(row: Row) -> bool | None:
    """Whether a value is what it should be; None where nothing is asked of it."""
    if not row.target:
        return None
    sign, _, bound = row.target.partition(" ")
    return bool(SIGNS[sign](row.value, float(bound)))


def shown(row: Row) -> str:
    """The value, with as many digits as say something."""
    return f"{row.value:,.{0 if row.value >= WHOLE else 2}f}"


def print_rows(rows: Sequence[Row]) -> None:
    """Prints a table."""
    table = Table("measured", "value", "target")
    table.columns[1].justify = "right"
    for row in rows:
        table.add_row(row.what, shown(row), row.target)
    Console().print(table)
