"""What docs/scale.md says that one step asks of each service is what it asks today."""

from __future__ import annotations

import itertools

from benchmarks.own_process import in_own_process
from local.functions_host import ROOT

HEADING = "| step | function | Key Vault | tables | blobs written | blobs read | queues | our events |"


def said() -> list[list[float]]:
    """The table's figures, line by line; an empty cell is none."""
    lines = (ROOT / "docs" / "scale.md").read_text().split("\n")
    rows = itertools.takewhile(lambda line: line.startswith("|"), lines[lines.index(HEADING) + 2 :])
    return [[float(cell.strip() or 0) for cell in line.split("|")[3:-1]] for line in rows]


async def test_the_figures_of_each_step_are_those_that_are_counted() -> None:
    counted: dict[str, list[float]] = {}
    for row in await in_own_process("benchmarks.scale"):
        counted.setdefault(row.what.partition("|")[0], []).append(row.value)
    assert said() == list(counted.values())
