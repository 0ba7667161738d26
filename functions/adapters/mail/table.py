"""Draws the rows of a table in a mail, as HTML (such that Outlook's Word engine draws it, too) and
as text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

from functions.adapters.mail.style import BREAK, FONT
from functions.notifications.tables import (
    WARNING,
    Facts,
    Row,
    first_title,
    owner_title,
    steps_once,
)

CELL = (
    f"padding:6px 8px 2px 0;{FONT};font-size:14px;line-height:20px;color:#242424;"
    f"vertical-align:top;{BREAK}"
)
DETAIL = (
    f"padding:0 8px 6px 0;{FONT};font-size:13px;line-height:18px;color:#242424;"
    f"vertical-align:top;{BREAK}"
)
ROW_BORDER = "border-top:1px solid #d1d1d1"


def rows_html(rows: Sequence[Row]) -> str:
    """Returns the table as HTML, with the columns that any row fills."""
    columns = _html_columns(rows)
    heads = "".join(
        '<th scope="col" align="left" '
        f'style="{CELL};font-size:12px;color:#616161;font-weight:normal">{title}</th>'
        for title, _ in columns
    )
    body = "".join(_row_html(row, columns) for row in steps_once(rows))
    return (
        '<table cellpadding="0" cellspacing="0" border="0" width="100%" '
        'style="table-layout:fixed">\n'
        f"<tr>{heads}</tr>\n{body}</table>"
    )


def rows_text(rows: Sequence[Row]) -> str:
    """Returns the rows as text, one below the other, each with its number."""
    return "\n".join(
        "\n".join(_row_text(number, row)) for number, row in enumerate(steps_once(rows), 1)
    )


def facts_text(facts: Facts) -> str:
    """Returns facts as text, one in a line."""
    return "\n".join(f"{label}: {value}" for label, value in facts)


def _html_columns(rows: Sequence[Row]) -> list[tuple[str, Callable[[Row], str]]]:
    columns: list[tuple[str, Callable[[Row], str]]] = [(first_title(rows), _certificate_cell)]
    if any(row.names for row in rows):
        columns.append(("Names", lambda row: escape(row.names)))
    if any(row.owner or row.asked for row in rows):
        columns.append(
            (
                owner_title(rows),
                lambda row: "<br>".join(escape(one) for one in (row.owner, row.asked) if one),
            )
        )
    return columns


def _certificate_cell(row: Row) -> str:
    name = f"<b>{escape(row.certificate)}</b>"
    if row.links:
        name = (
            f'<a href="{escape(row.links[0][1])}" style="color:#0f6cbd" '
            f'title="{escape(row.links[0][0])}">{name}</a>'
        )
    places = [_grey(row.vault)] if row.vault else []
    if row.csr:  # the manifest among the attachments has its address, its key and its request
        places += [
            f'<a href="{escape(url)}" style="color:#0f6cbd" title="{escape(title)}">CSR</a>'
            for title, url in row.links[1:]
        ]
    return "<br>".join((name, " &middot; ".join(places))) if places else name


def _row_html(row: Row, columns: Sequence[tuple[str, Callable[[Row], str]]]) -> str:
    cells = "".join(f'<td style="{CELL};{ROW_BORDER}">{cell(row)}</td>' for _, cell in columns)
    details = [
        escape(row.said),
        *(
            f'<b style="color:#8a4a00">Warning:</b> {escape(value)}'
            for label, value in row.facts
            if label == WARNING
        ),
        f"<b>Next step:</b> {escape(row.next_step)}" if row.next_step else "",
    ]
    if not row.csr:
        details += _particulars(row)
    said = "<br>\n".join(one for one in details if one)
    more = f'<tr><td colspan="{len(columns)}" style="{DETAIL}">{said}</td></tr>\n' if said else ""
    return f"<tr>{cells}</tr>\n{more}"


def _particulars(row: Row) -> list[str]:
    facts = (
        f"{_grey(f'{label}:')} {escape(value)}" for label, value in row.facts if label != WARNING
    )
    links = (
        f'<a href="{escape(url)}" style="color:#0f6cbd">{escape(title)}</a>'
        for title, url in row.links[1:]
    )
    return [" &middot; ".join(facts), " &nbsp; ".join(links)]


def _row_text(number: int, row: Row) -> Iterator[str]:
    place = f" in {row.vault}" if row.vault else ""
    yield f"{number}. {row.title or f'{row.certificate}{place}'}"
    told = (("", row.said), ("Names", row.names), ("Owner", row.owner), ("Asked for", row.asked))
    facts = sorted(row.facts, key=lambda fact: fact[0] != WARNING)
    for label, value in (*told, ("Next step", row.next_step), *facts, *row.links):
        if value:
            yield f"   {label}: {value}" if label else f"   {value}"
    if row.event:
        yield f"   Event {row.event}"


def _grey(text: str) -> str:
    return f'<span style="color:#616161">{escape(text)}</span>'
