"""How long public certificates may live (CA/Browser Forum, Baseline Requirements §6.3.2, ballot
SC-081v3), and what months of a policy are in days.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

# From when on a limit (days) counts, the latest first. Before the first: 398.
LIMITS = (
    (datetime(2029, 3, 15, tzinfo=UTC), 47),
    (datetime(2027, 3, 15, tzinfo=UTC), 100),
    (datetime(2026, 3, 15, tzinfo=UTC), 200),
)
LIMIT_BEFORE = 398


def limit_at(when: datetime) -> int:
    """How many days a public certificate may live that is issued then."""
    return next((days for since, days in LIMITS if when >= since), LIMIT_BEFORE)


def days_of(months: int) -> int:
    """How many days these months are, rounded up: 3 are 92, 6 are 183, 12 are 365."""
    return math.ceil(months * 365 / 12)
