"""A table on a card: rows of columns, which every client draws (an Adaptive Card has no table before 1.5).

A row whose text would make the card too tall is named only, and told of where it can be read. Those with a warning come
first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from functions.adapters.mail_table import first_title, owner_title
from functions.adapters.teams_text import HTTPS, clean, plain, text_block
from functions.issuance.gathered import WARNING, Facts, Row, steps_once

type Json = dict[str, Any]

# What a row says below its columns; the rest is in the mail and the history. First what no other text has.
TELLING = (
    *("Rules", "Not told", "Done by", "Acknowledged by", "Failed", "Also", "Of the file", "Pending for", "Valid until"),
    *("After", "Issuer", "File", "Why", "Requested by", "Subject"),
)
# Letters in a line of a column and of the whole width of a card, where Teams is as narrow as a telephone's (400 px).
IN_COLUMN, IN_WIDTH = 14, 46
MOST_NAMED = 1200  # letters of the names of rows that are not shown


@dataclass(frozen=True, slots=True)
class Size:
    """How large a table may be: `lines` of text (20 px each), `text` letters of each text, `facts` of a row, and
    whether names are links.
    """

    lines: int
    text: int
    facts: int
    links: bool


def table(rows: Sequence[Row], size: Size, elsewhere: str) -> list[Json]:
    """The elements of a table, as many rows as fit."""
    shown = _fitting(rows, size)
    said = steps_once(shown)
    columns = [any(row.names for row in shown), any(row.owner or row.asked for row in shown)]
    elements = [element for row in said for element in _elements(row, columns, size)]
    if elements and any(columns):
        elements.insert(0, _head(first_title(rows), columns, owner_title(rows)))
    if left := [row for row in rows if row not in shown]:
        warned = sum(map(_warns, left))
        named = ", ".join(f"{row.certificate} in {row.vault}" if row.vault else row.certificate for row in left)
        more = f"And {len(left)} more{f', {warned} of them with warnings' if warned else ''}: {named}"
        elements.append(_small(plain(more, min(MOST_NAMED, 4 * size.text))) | {"separator": True})
        if elsewhere:
            elements.append(_small(plain(elsewhere, size.text)))
    return elements


def events(rows: Sequence[Row], most: int) -> list[Json]:
    """What a program knows a thing by that is told again: a text that nobody sees, with as many lines as fit."""
    lines, left = list[str](), most
    for row in (row for row in rows if row.event):
        left -= len(row.title) + len(row.event)
        if left < 0:
            break
        lines.append(clean(f"{row.title} | Event {row.event}").replace("\n", " "))
    return [text_block("\n".join(lines)) | {"id": "events", "isVisible": False}] if lines else []


def _fitting(rows: Sequence[Row], size: Size) -> list[Row]:
    """The rows that are shown, in their order."""
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
    cut = [min(len(text), size.text) for text in (row.names, row.owner)]
    beside = (
        math.ceil(len(row.certificate) / IN_COLUMN) + bool(row.vault),
        math.ceil(cut[0] / IN_COLUMN),
        math.ceil(cut[1] / IN_COLUMN) + 2 * bool(row.asked),
    )
    below = sum(math.ceil(min(len(text), size.text) / IN_WIDTH) for text in _below(row, size))
    return max(beside) + below + 0.4  # what is between two rows


def _below(row: Row, size: Size) -> Iterator[str]:
    """What a row says below its columns; a warning whatever the size."""
    yield from (f"Warning: {value}" for label, value in row.facts if label == WARNING)
    if row.said:
        yield row.said
    if row.next_step:
        yield f"Next step: {row.next_step}"
    facts = [f"{label}: {value}" for label, value in telling(row.facts)[: size.facts]]
    if facts:
        yield " · ".join(facts)


def telling(facts: Facts) -> list[tuple[str, str]]:
    """What a card says of facts, in the order in which it matters."""
    return [(label, value) for title in TELLING for label, value in facts if label == title]


def _head(first: str, columns: Sequence[bool], owner: str) -> Json:
    titles = [first, *(["Names"] if columns[0] else []), *([owner] if columns[1] else [])]
    return _columns([_small(title) | {"isSubtle": True} for title in titles])


def _elements(row: Row, columns: Sequence[bool], size: Size) -> Iterator[Json]:
    links = [(title, url) for title, url in row.links if HTTPS.fullmatch(url)] if size.links else []
    name, place = f"**{plain(row.certificate, size.text)}**", plain(row.vault, size.text)
    if links:
        name = f"[{name}]({links[0][1]})"
        place = " · ".join([place, *(f"[{plain(title.partition(' in ')[0], 30)}]({url})" for title, url in links[1:])])
    cells = [f"{name}\n\n{place}" if place else name]
    if columns[0]:
        cells.append(plain(row.names, size.text))
    if columns[1]:
        cells.append("\n\n".join(plain(one, size.text) for one in (row.owner, row.asked) if one))
    below = [_small(plain(text, size.text)) for text in _below(row, size)]
    for element in below:
        if element["text"].startswith("Warning: "):
            element["color"] = "Warning"
    if len(cells) == 1:
        yield _small(f"{name} in {place}" if place else name) | {"separator": True}
    else:
        yield _columns([_small(cell) for cell in cells]) | {"separator": True}
    yield from (element | {"spacing": "None"} for element in below)


def _columns(cells: Sequence[Json]) -> Json:
    return {
        "type": "ColumnSet",
        "spacing": "Small",
        "columns": [{"type": "Column", "width": "stretch", "items": [cell]} for cell in cells],
    }


def _small(text: str) -> Json:
    return text_block(text) | {"size": "Small"}
