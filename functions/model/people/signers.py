"""The rows of the setting CERTFLOW_SIGNERS: who has which CSRs signed, and when they are told.

```json
[
  {"vaults": ["prod"], "names": ["pay-*"], "to": ["pay-pki@example.com"]},
  {"dns": ["*.shop.example.com"], "to": ["pki@example.com", "teams:pki"], "at": ["08:00", "14:00"],
   "days": ["mon", "tue", "wed", "thu", "fri"], "zone": "Europe/Berlin"}
]
```

The first row that fits gets the request. A row without patterns fits all. `dns` fits if any
alternative name does. With `at`, its CSRs and reminders are sent as work lists at these times, not
one by one (notifications/work_lists.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fnmatch import fnmatchcase

A_DAY = timedelta(days=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(len(DAYS)))
MAX_DAYS = 8  # from one slot to the next: a week, and a day for the difference of the zone


@dataclass(frozen=True, slots=True)
class SignerRow:
    """One row: the mail addresses and channels (`to`), and patterns for the requests that they have
    signed. The patterns are those of a shell (`*`, `?`) and ignore case; without one, all requests
    fit. `at` are the times of the work lists, on `days` (0: Monday) in `zone` (IANA); without any,
    each CSR is sent at once.
    """

    to: tuple[str, ...]
    vaults: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    at: tuple[time, ...] = ()
    days: frozenset[int] = EVERY_DAY
    zone: str = "UTC"

    @property
    def key(self) -> str:
        """The key of the row's work lists. It changes as soon as anything in the row changes."""
        shown = (self.to, self.vaults, self.names, self.dns, self.at, sorted(self.days), self.zone)
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:32]

    def fits(self, vault: str | None, name: str | None, dns: Sequence[str]) -> bool:
        """Whether the row fits a certificate, by its vault (alias), its name and its alternative
        names.
        """
        return (
            matches(self.vaults, [vault]) and matches(self.names, [name]) and matches(self.dns, dns)
        )


def matches(patterns: Sequence[str], values: Iterable[str | None]) -> bool:
    """Whether one of the patterns fits one of the values; without patterns anything does."""
    given = [(value or "").lower() for value in values]
    return not patterns or any(
        fnmatchcase(value, pattern.lower()) for pattern in patterns for value in given
    )


def row_for(
    rows: Iterable[SignerRow], vault: str | None, name: str | None, dns: Sequence[str]
) -> SignerRow | None:
    """The first row that fits a certificate, if one does."""
    return next((row for row in rows if row.fits(vault, name, dns)), None)


def slots_around(row: SignerRow, now: datetime) -> tuple[datetime | None, datetime]:
    """The last time for a work list that is not after now, and the next one, both UTC. `row` has at
    least one time (`at`) and one day.

    A time that the clocks skip is as much later; of a time that comes twice the first counts (PEP
    495, `fold`).
    """
    # Imported late: it searches for the system's database, and few installations set times.
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(row.zone)
    today, slots = now.astimezone(zone).date(), set[datetime]()
    for days in range(-MAX_DAYS, MAX_DAYS + 1):
        day = today + days * A_DAY
        if day.weekday() in row.days:
            slots |= {datetime.combine(day, at, zone).astimezone(UTC) for at in row.at}
    return max((slot for slot in slots if slot <= now), default=None), min(
        slot for slot in slots if slot > now
    )


def row_listing(
    rows: Sequence[SignerRow],
    named: Sequence[str],
    vault: str | None,
    name: str | None,
    dns: Sequence[str],
) -> SignerRow | None:
    """The row in whose work lists a request is listed, if it is. `named` are the mail addresses of
    the signer that the request itself names: if a row with times has all of them, they get its work
    lists, whatever its patterns are.
    """
    if not named:
        row = row_for(rows, vault, name, dns)
        return row if row and row.at else None
    wanted = {one.lower() for one in named}
    return next((row for row in rows if row.at and wanted <= {one.lower() for one in row.to}), None)
