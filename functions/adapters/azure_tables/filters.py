"""Joins parts of OData filters within what the table service takes."""

from __future__ import annotations

from collections.abc import Iterable

# Learn, "Querying tables and entities"; it refuses a filter with more. Azurite does not count.
MAX_COMPARISONS = 15
COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})


def joined(parts: Iterable[str], room: int = MAX_COMPARISONS) -> str:
    """Returns a filter of all parts, whose values are parameters, the most important one first. A
    part for which there is no room any more is left out, so whoever reads the rows filters them
    again.
    """
    taken = list[str]()
    for part in parts:
        count = sum(word in COMPARISONS for word in part.split())
        if count <= room:
            taken.append(part)
            room -= count
    return " and ".join(taken)


def beginning_with(beginnings: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Returns a part of a filter that lets names pass which begin in one of these ways, by the
    column `lower`, and its parameters.
    """
    ways, parameters = list[str](), dict[str, str]()
    for number, beginning in enumerate(sorted(beginnings)):
        ways.append(f"( lower ge @begin{number} and lower lt @end{number} )")
        parameters |= {f"begin{number}": beginning, f"end{number}": f"{beginning}~"}
    return f"( {' or '.join(ways)} )", parameters
