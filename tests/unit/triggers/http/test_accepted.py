"""What a caller accepts is read with its qualities (RFC 9110 §12.5): what has none is not sent."""

from __future__ import annotations

import azure.functions as func
import pytest

from functions.triggers.http.inventory.csv_text import wants_csv
from functions.triggers.http.queries import takes_gzip


def asking(**headers: str) -> func.HttpRequest:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return func.HttpRequest(method="GET", url="https://certflow.example.com/api/history", headers=given, body=b"")


@pytest.mark.parametrize(
    ("accept", "csv"),
    [
        ("text/csv", True),
        ("TEXT/CSV; charset=utf-8", True),
        ("text/csv;q=0.5, */*;q=0.1", True),
        ("text/csv;header=present;q=0.001", True),
        ("application/json;q=0.5, text/csv", True),
        ("application/json, text/csv", True),
        ("application/json, text/csv;q=0", False),
        ("text/csv; Q=0.000", False),
        ("application/json, text/csv;q=0.9", False),
        ("application/json", False),
        ("text/*", False),
        ("*/*", False),
        ("x-text/csv", False),
        ("text/csv-schema", False),
        ("text/csv;q=much", True),
        ("", False),
        (";,;q=0", False),
    ],
)
def test_csv_is_for_who_names_it_and_json_not_before_it(accept: str, csv: bool) -> None:
    assert wants_csv(asking(accept=accept)) == csv


@pytest.mark.parametrize(
    ("accepted", "gzip"),
    [
        ("gzip, deflate, br", True),
        ("br, GZIP;q=0.2", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("x-gzip", False),
    ],
)
def test_nothing_is_compressed_for_who_refuses_it(accepted: str, gzip: bool) -> None:
    assert takes_gzip(asking(accept_encoding=accepted)) == gzip
    assert not takes_gzip(asking())
