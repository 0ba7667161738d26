"""The two times of the tests and the benchmarks; whoever makes a certificate says by which (`Ca.root`):

- `fixed_now` for the worlds of `tests.unit.fakes`, whose clock stands at NOW until a test moves it, so that an
  assertion may name a date;
- `real_now` (`testkit.clock`) for what a running program sees: the emulator, the host, `openssl`, the app.

A date further on than NOW proves nothing about the product, and neither does one before it: `make test-any-date` runs
the unit tests with the machine's own date moved, and they must not notice.
"""

from __future__ import annotations

from datetime import UTC, datetime

from testkit.clock import HANG, Clock, real_now

__all__ = ["HANG", "NOW", "Clock", "fixed_now", "real_now"]

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def fixed_now() -> datetime:
    """NOW."""
    return NOW
