"""What the measurements have in common: a result that can be put in a table, and the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

WHOLE = 100  # from here on decimals say nothing


@dataclass(frozen=True, slots=True)
class Row:
    """One measured value. `what` names its unit unless it is a ratio; `target` is what it should be, or empty."""

    what: str
    value: float
    target: str = ""


def print_rows(rows: Sequence[Row]) -> None:
    """Prints a table."""
    table = Table("measured", "value", "target")
    table.columns[1].justify = "right"
    for row in rows:
        table.add_row(row.what, f"{row.value:,.{0 if row.value >= WHOLE else 2}f}", row.target)
    Console().print(table)
