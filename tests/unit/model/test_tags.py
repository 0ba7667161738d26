"""The tags that people set: what is understood, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.adapters.azure_tables.rows import sortable
from functions.model.tags import FOREVER, is_unread, muted_until
from tests.clock import NOW


@pytest.mark.parametrize(
    ("word", "until"),
    [
        ("2026-12-31", "20261231T235959.999999Z"),
        ("2026-12-31T12:00+05:30", "20261231T063000.000000Z"),
        ("9999-12-31T23:00-05:00", sortable(FOREVER)),
        ("true", sortable(FOREVER)),
        ("2026-11-23", None),
        ("31.12.2026", None),
    ],
)
def test_quiet_ends_when_the_tag_says_in_whatever_time_zone(word: str, until: str | None) -> None:
    found = muted_until({"certflow-mute": word}, NOW)
    assert (sortable(found) if found else None) == until


def test_times_sort_by_when_they_are() -> None:
    assert sortable(datetime.fromisoformat("2026-11-25T17:50:00+05:30")) == "20261125T122000.000000Z"
    assert sortable(datetime(2026, 11, 25, 12, 20, tzinfo=UTC)) == "20261125T122000.000000Z"


@pytest.mark.parametrize(
    ("tags", "unread"),
    [
        ({}, False),
        ({"certflow-renew": "Auto", "certflow-mute": "2020-01-01"}, False),
        ({"certflow-renew": "automatic"}, True),
        ({"certflow-mute": "31.12.2026"}, True),
    ],
)
def test_what_a_tag_of_ours_says_and_nobody_understands_is_noticed(tags: dict[str, str], unread: bool) -> None:
    assert is_unread(tags) is unread
