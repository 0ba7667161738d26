"""What time it is for whatever the tests and the benchmarks make: no other file there reads a clock.

There are two times, and whoever makes a certificate says by which (`tests.certificates.Ca.root`):

- `fixed_now` for the worlds of `tests.unit.fakes`, whose clock stands at NOW until a test moves it, so that an
  assertion may name a date;
- `real_now` for what a running program sees: the stand-in, the host, `openssl`, the app.

A date further on than NOW proves nothing about the product, and neither does one before it: `make test-any-date` runs
the unit tests with the machine's own date moved, and they must not notice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

type Clock = Callable[[], datetime]

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

# Seconds until a test gives up waiting for what an idle machine does at once: against hangs, so it measures nothing.
HANG = 100.0


def fixed_now() -> datetime:
    """NOW."""
    return NOW


def real_now() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)
