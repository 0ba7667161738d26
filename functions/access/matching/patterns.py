"""Patterns in which `*` stands for any characters, also none. They compare ASCII letters in any
case, as Azure does with names of vaults, certificates and issuers.
"""

from __future__ import annotations

from collections.abc import Iterable


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern describes. Text that is not ASCII never is:
    other alphabets have letters that become ASCII in lower case, as the Kelvin sign does.
    """
    if not text.isascii():
        return False
    first, *rest = pattern.lower().split("*")
    text = text.lower()
    if not rest:
        return text == first
    *middle, last = rest
    if not text.startswith(first):
        return False
    place = len(first)
    for part in middle:
        found = text.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return text[place:].endswith(last)


def matches_any(patterns: Iterable[str], text: str) -> bool:
    """Whether a text is what one of the patterns describes."""
    return any(matches(pattern, text) for pattern in patterns)


def covers(patterns: tuple[str, ...], text: str | None) -> bool:
    """Whether patterns that limit a row let a vault or a name through: no patterns, no limit. None
    is the whole app, which only `*` covers.
    """
    if not patterns:
        return True
    return "*" in patterns if text is None else matches_any(patterns, text)


def overlap(one: str, other: str) -> bool:
    """Whether there is a text that both patterns describe."""
    one, other = one.lower(), other.lower()
    seen, todo = set[tuple[int, int]](), [(0, 0)]
    while todo:
        place = todo.pop()
        if place == (len(one), len(other)):
            return True
        if place not in seen:
            seen.add(place)
            todo += _next_places(one, other, *place)
    return False


def _next_places(one: str, other: str, i: int, j: int) -> list[tuple[int, int]]:
    """Where a common text can go on, after `i` characters of one pattern and `j` of the other."""
    a, b = one[i : i + 1], other[j : j + 1]
    steps = list[tuple[int, int]]()
    if a == "*":
        steps += [(i + 1, j), *([(i, j + 1)] if b else [])]
    if b == "*":
        steps += [(i, j + 1), *([(i + 1, j)] if a else [])]
    if a == b:
        steps.append((i + 1, j + 1))
    return steps
