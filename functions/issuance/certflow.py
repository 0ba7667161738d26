"""What every use case is given: the ports, assembled once by `function_app.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from functions.issuance.choices import Choices
from functions.issuance.errors import UnknownVault
from functions.issuance.files import Drops, Handouts, TrustedCas
from functions.issuance.health import Health
from functions.issuance.issuing_cas import IssuingCas
from functions.issuance.links import Links
from functions.issuance.ports import Ledger, Topic, Vault, Work
from functions.issuance.rules import Rules
from functions.issuance.telling import Channel, Deliveries
from functions.issuance.watchbook import Watchbook

if TYPE_CHECKING:
    from functions.issuance.pace import Pace

CHOICES, LINKS = Choices(), Links()
A_MINUTE = timedelta(minutes=1)
UNNAMED_SOURCE = "/certflow"  # of events that older versions sent; now the deployment's topic follows (provenance.py)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Turn:
    """One search of a vault at a time by one process. All share one pace, so that several would be no sooner through
    than the last of them; and of many files with the same stranger in them, one search is enough.
    """

    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    _through: dict[str, datetime] = field(default_factory=dict)

    def knows(self, keys: Collection[str], since: datetime) -> bool:
        """Whether the vault was looked through for all of these keys, and has none of them, since then."""
        return all(key in self._through and self._through[key] >= since for key in keys)

    def note(self, keys: Collection[str], now: datetime) -> None:
        """Notes that it was. What was noted before a minute helps nobody who waits now."""
        young = {key: at for key, at in self._through.items() if at > now - A_MINUTE}
        self._through = young | dict.fromkeys(keys, now)


@dataclass(frozen=True, slots=True)
class Certflow:
    """The dependencies of the use cases. `vaults` is keyed by alias, lower-case.

    `paces` is filled as vaults are worked: by alias (and share), for all that goes on by itself in this process
    (pace.py). `searches`: whose turn it is to look for the keys of files in a vault (key_search.py).
    `health` is what was answered last, in this process.
    `source` is what events of this deployment name as their source. `mailboxes` get the mail that is nobody else's;
    `setting_faults` are settings that cannot work, with their cure.
    `include_root` merges a root that came with the chain, too; TLS servers need not send it (RFC 8446 §4.4.2).
    """

    vaults: Mapping[str, Vault]
    ledger: Ledger
    watchbook: Watchbook
    drops: Drops
    trusted: TrustedCas
    issuing_cas: IssuingCas
    handouts: Handouts
    topic: Topic
    deliveries: Deliveries
    work: Work
    rules: Rules
    source: str = UNNAMED_SOURCE
    channels: tuple[Channel, ...] = ()
    mailboxes: tuple[str, ...] = ()
    choices: Choices = CHOICES
    links: Links = LINKS
    include_root: bool = False
    setting_faults: tuple[str, ...] = ()
    paces: dict[str, Pace] = field(default_factory=dict)
    searches: dict[str, Turn] = field(default_factory=dict)
    health: Health = field(default_factory=Health)
    now: Callable[[], datetime] = _utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def vault(self, alias: str) -> Vault:
        """The vault under an alias, in any case. Raises UnknownVault."""
        try:
            return self.vaults[alias.lower()]
        except KeyError:
            raise UnknownVault(alias, tuple(self.vaults)) from None
