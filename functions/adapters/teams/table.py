"""Draws a table on a card, as rows of columns: every client draws those (Adaptive Cards have a
Table only since version 1.5).

A row that would make the card too tall is only named below the table, with the place where it can
be read. Rows with a warning are the first to be shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from functions.adapters.teams.markdown import HTTPS, plain, text_block
from functions.adapters.texts import clean
from functions.notifications.tables import (
    WARNING,
    Facts,
    Row,
    first_title,
    owner_title,
    steps_once,
)

type Json = dict[str, Any]

# Labels of the facts that a row shows below its columns; the others are in the mail and the
# history. Facts that no other text of the row holds come first.
CARD_FACTS = (
    "Rules",
    "Not told",
    "Done by",
    "Acknowledged by",
    "Failed",
    "Also",
    "Of the file",
    "Pending for",
    "Valid until",
    "After",
    "Issuer",
    "File",
    "Why",
    "Requested by",
    "Subject",
)
# Characters in a line of a column, and of the whole card, where Teams is as narrow as on a phone
# (400 px).
IN_COLUMN, IN_WIDTH = 14, 46
BETWEEN = 0.4  # lines; the space between two rows
MAX_NAMED = 1200  # characters for the names of rows that are not shown


@dataclass(frozen=True, slots=True)
class Size:
    """How large a table may be: `lines` of text (20 px each), `text` characters of each text,
    `facts` of a row by number, and whether names are links.
    """

    lines: int
    text: int
    facts: int
    links: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns a table has besides the first one: those that any shown row fills."""

    names: bool
    owner: bool


def table(rows: Sequence[Row], size: Size, elsewhere: str) -> list[Json]:
    """Returns the elements of a table, with as many rows as fit. `elsewhere` says where the rows
    that do not fit can be read.
    """
    shown = _rows_that_fit(rows, size)
    columns = _filled_columns(shown)
    elements = [element for row in steps_once(shown) for element in _elements(row, columns, size)]
    if elements and (columns.names or columns.owner):
        elements.insert(0, _head(first_title(rows), columns, owner_title(rows)))
    if left := [row for row in rows if row not in shown]:
        elements += _not_shown(left, size, elsewhere)
    return elements


def _filled_columns(rows: Sequence[Row]) -> Columns:
    return Columns(
        names=any(row.names for row in rows),
        owner=any(row.owner or row.asked for row in rows),
    )


def _not_shown(left: Sequence[Row], size: Size, elsewhere: str) -> Iterator[Json]:
    """Yields the names of the rows that do not fit, and where they can be read."""
    warned = sum(map(_warns, left))
    warnings = f", {warned} of them with warnings" if warned else ""
    named = ", ".join(
        f"{row.certificate} in {row.vault}" if row.vault else row.certificate for row in left
    )
    more = f"And {len(left)} more{warnings}: {named}"
    yield _small_text(plain(more, min(MAX_NAMED, 4 * size.text))) | {"separator": True}
    if elsewhere:
        yield _small_text(plain(elsewhere, size.text))


def events(rows: Sequence[Row], limit: int) -> list[Json]:
    """Returns an invisible text with the title and the event id of each row, as many as fit into
    `limit` characters. Programs recognise by it an event that is told again.
    """
    lines, left = list[str](), limit
    for row in (row for row in rows if row.event):
        left -= len(row.title) + len(row.event)
        if left < 0:
            break
        lines.append(clean(f"{row.title} | Event {row.event}").replace("\n", " "))
    return [text_block("\n".join(lines)) | {"id": "events", "isVisible": False}] if lines else []


def _rows_that_fit(rows: Sequence[Row], size: Size) -> list[Row]:
    """Returns the rows that fit, in their order; rows with a warning are taken first."""
    left, kept = float(size.lines), set[int]()
    for place, row in sorted(enumerate(steps_once(rows)), key=lambda one: not _warns(one[1])):
        left -= _lines_of(row, size)
        if left < 0:
            break
        kept.add(place)
    return [row for place, row in enumerate(rows) if place in kept]


def _warns(row: Row) -> bool:
    return any(label == WARNING for label, _ in row.facts)


def _lines_of(row: Row, size: Size) -> float:
    """Estimates the height of a row, in lines of text."""

    def lines(text: str, width: int) -> int:
        return math.ceil(min(len(text), size.text) / width)

    beside = (
        math.ceil(len(row.certificate) / IN_COLUMN) + bool(row.vault),
        lines(row.names, IN_COLUMN),
        lines(row.owner, IN_COLUMN) + 2 * bool(row.asked),
    )
    below = sum(lines(text, IN_WIDTH) for text in _below(row, size))
    return max(beside) + below + BETWEEN


def _below(row: Row, size: Size) -> Iterator[str]:
    """Yields the texts of a row below its columns; warnings at every size."""
    yield from (f"Warning: {value}" for label, value in row.facts if label == WARNING)
    if row.said:
        yield row.said
    if row.next_step:
        yield f"Next step: {row.next_step}"
    facts = [f"{label}: {value}" for label, value in card_facts(row.facts)[: size.facts]]
    if facts:
        yield " · ".join(facts)


def card_facts(facts: Facts) -> list[tuple[str, str]]:
    """Returns the facts that a card shows, in the order of CARD_FACTS."""
    return [(label, value) for title in CARD_FACTS for label, value in facts if label == title]


def _head(first: str, columns: Columns, owner: str) -> Json:
    titles = [first]
    if columns.names:
        titles.append("Names")
    if columns.owner:
        titles.append(owner)
    return _column_set([_small_text(title) | {"isSubtle": True} for title in titles])


def _elements(row: Row, columns: Columns, size: Size) -> Iterator[Json]:
    """Yields the elements of one row: its columns, and the texts below them."""
    name, place = _name_and_place(row, size)
    more = _further_cells(row, columns, size)
    if more:
        first = f"{name}\n\n{place}" if place else name
        yield _column_set([_small_text(cell) for cell in (first, *more)]) | {"separator": True}
    else:
        yield _small_text(f"{name} in {place}" if place else name) | {"separator": True}
    for text in _below(row, size):
        element = _small_text(plain(text, size.text))
        if element["text"].startswith("Warning: "):
            element["color"] = "Warning"
        yield element | {"spacing": "None"}


def _further_cells(row: Row, columns: Columns, size: Size) -> list[str]:
    cells = []
    if columns.names:
        cells.append(plain(row.names, size.text))
    if columns.owner:
        cells.append("\n\n".join(plain(one, size.text) for one in (row.owner, row.asked) if one))
    return cells


def _name_and_place(row: Row, size: Size) -> tuple[str, str]:
    """Returns the name of a row as Markdown, which its first link makes a link, and its vault, with
    the other links after it.
    """
    name, place = f"**{plain(row.certificate, size.text)}**", plain(row.vault, size.text)
    links = [(title, url) for title, url in row.links if HTTPS.fullmatch(url)]
    if not (links and size.links):
        return name, place
    (_, first), *others = links
    more = [f"[{plain(title.partition(' in ')[0], 30)}]({url})" for title, url in others]
    return f"[{name}]({first})", " · ".join([place, *more])


def _column_set(cells: Sequence[Json]) -> Json:
    return {
        "type": "ColumnSet",
        "spacing": "Small",
        "columns": [{"type": "Column", "width": "stretch", "items": [cell]} for cell in cells],
    }


def _small_text(text: str) -> Json:
    return text_block(text) | {"size": "Small"}
