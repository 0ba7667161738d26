"""What time it is for whatever the tests and the benchmarks make: nothing else of theirs reads the machine's clock.

Whoever makes a certificate says by which clock (`testkit.certificates.Ca.root`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

type Clock = Callable[[], datetime]

# Seconds until a test gives up waiting for what an idle machine does at once: against hangs, so it measures nothing.
HANG = 300.0


def real_now() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)
