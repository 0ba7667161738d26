"""Writes tables as CSV that spreadsheets read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import azure.functions as func

from functions.model.humanize import harmless_cell
from functions.triggers.http.queries import quality_of

CSV = "text/csv"


def wants_csv(req: func.HttpRequest) -> bool:
    """Whether the caller names CSV in `Accept`, and JSON not before it."""
    accepted = req.headers.get("accept", "")
    csv_quality = quality_of(accepted, CSV) or 0
    return csv_quality > 0 and csv_quality >= (quality_of(accepted, "application/json") or 0)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Returns a table as CSV (RFC 4180), with no cell that a spreadsheet takes for a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(header)
    writer.writerows([_cell(one) for one in row] for row in rows)
    return written.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    return harmless_cell(value) if isinstance(value, str) else value
