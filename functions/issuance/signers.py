"""Who has the CSRs signed: the rows of CERTFLOW_SIGNERS.

```json
[
  {"vaults": ["prod"], "names": ["pay-*"], "to": ["pay-pki@example.com"]},
  {"dns": ["*.shop.example.com"], "to": ["pki@example.com", "teams:pki"]}
]
```

The first row that fits has the request. A row without patterns fits all. `dns` fits if any alternative name does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class SignerRow:
    """One line of the table: mail addresses and channels (`to`), and whose requests they have signed. The patterns are
    those of a shell (`*`, `?`), and ignore case; none given fits all.
    """

    to: tuple[str, ...]
    vaults: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()

    def fits(self, vault: str | None, name: str | None, dns: Sequence[str]) -> bool:
        """Whether a certificate is this row's: by its vault (alias), its name and its alternative names."""
        return matches(self.vaults, [vault]) and matches(self.names, [name]) and matches(self.dns, dns)


def matches(patterns: Sequence[str], values: Iterable[str | None]) -> bool:
    """Whether one of the patterns fits one of the values; without patterns anything does."""
    given = [(value or "").lower() for value in values]
    return not patterns or any(fnmatchcase(value, pattern.lower()) for pattern in patterns for value in given)


def row_for(rows: Iterable[SignerRow], vault: str | None, name: str | None, dns: Sequence[str]) -> SignerRow | None:
    """The row that a certificate falls to, if it falls to any."""
    return next((row for row in rows if row.fits(vault, name, dns)), None)
