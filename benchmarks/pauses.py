"""What a longer pause between two looks at a request in progress costs: calls, dollars, and the time until a failure is
noticed. Each pause is the longest one of the product's own schedule, in the simulated week of `week.py`, of which every
fourth request is taken. docs/scale.md has the rows as a table.

The dollars are those of the calls from the starts to the ends of the requests of a million certificates in a month, at
the price of `scale_month.py`: Key Vault's alone, without tables. Scans do not depend on this pause.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from benchmarks.scale_month import KEY_VAULT, requests_a_month
from benchmarks.table import Row, print_rows
from benchmarks.week import Side, failures, fates, ours
from functions.model import timing

TAKEN = 4  # every fourth request
PAUSES = (15, 20, 30, 60)  # minutes
HOUR_AFTER = timedelta(days=1)  # from this age on the longest pause comes, where it is longer than half an hour


@contextmanager
def longest_pause(pause: timedelta) -> Iterator[None]:
    """The product's schedule, with another longest pause."""
    *rest, (oldest, usual) = timing.CHECK_INTERVALS
    longer = [(HOUR_AFTER, usual)] if pause > usual else []
    intervals = [(age, min(interval, pause)) for age, interval in (*rest, *longer)]
    with patch.object(timing, "CHECK_INTERVALS", (*intervals, (oldest, pause))):
        yield


def looked_at_each(pause: timedelta) -> Side:
    """The week with this longest pause."""
    with longest_pause(pause):
        return asyncio.run(ours(fates()[::TAKEN]))


def measure() -> list[Row]:
    """Three rows for each pause."""
    failing = failures(fates()[::TAKEN])
    rows = []
    for minutes in PAUSES:
        side = looked_at_each(timedelta(minutes=minutes))
        dollars = side.per_request * requests_a_month() * KEY_VAULT
        rows += [
            Row(f"longest pause {minutes} minutes: calls for a finished request", side.per_request),
            Row("  95 of 100 failures noticed within, seconds", side.times(failing)[1]),
            Row("  US$ a month, a million certificates of 47 days", dollars),
        ]
    return rows


def main() -> int:
    """Prints the rows."""
    print_rows(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
