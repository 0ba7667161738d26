"""The dependencies of all use cases: ports and settings, assembled once by `function_app.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from functions.access.row_reader import AccessFault
from functions.access.rules import AccessRules
from functions.app.rate_limiter import RateLimiter
from functions.model.board.rows import Board
from functions.model.errors import UnknownVault
from functions.model.links import Links
from functions.model.options import Options
from functions.ports.access_files import (
    AccessFile,
    AccessFiles,
    AccessNotes,
    AccessState,
)
from functions.ports.approvals.store import Approvals
from functions.ports.chain_files import ChainFiles, CsrStore, TrustedCas
from functions.ports.endpoints import LivePorts
from functions.ports.inventory import FreshRecords, InventoryFiles, StoredSnapshot
from functions.ports.issuing_cas import IssuingCas
from functions.ports.ledger import Ledger
from functions.ports.monitoring_store import MonitoringStore
from functions.ports.notifications import Channel, Deliveries, MessageRecords
from functions.ports.record.acts import ActFiles, WaitingActs
from functions.ports.record.history import History
from functions.ports.record.retention import Retention
from functions.ports.rules import Rules
from functions.ports.start_counts import StartCounts
from functions.ports.topic import Topic
from functions.ports.vault import Vault
from functions.ports.work_queue import WorkQueue

DEFAULT_OPTIONS, DEFAULT_LINKS = Options(), Links()
A_MINUTE = timedelta(minutes=1)
# The source of events that older versions sent. Now the name of the deployment's topic follows it
# (notifications/provenance.py).
UNNAMED_SOURCE = "/certflow"


def _utc_now() -> datetime:
    return datetime.now(UTC)


def see_all(_vault: str, _name: str) -> bool:
    """The sight of whatever runs for no caller: every name in every vault."""
    return True


@dataclass
class SearchTurn:
    """Lets one process run one search of a vault at a time. All searches share one rate limit, so
    that parallel ones would not end sooner; and one search is enough for many files with the same
    unknown certificate.
    """

    gate: asyncio.Lock = field(default_factory=asyncio.Lock)
    _through: dict[str, datetime] = field(default_factory=dict)

    def knows(self, keys: Collection[str], since: datetime) -> bool:
        """Whether the vault was searched for all of these keys at `since` or later, and had none of
        them.
        """
        return all(key in self._through and self._through[key] >= since for key in keys)

    def note(self, keys: Collection[str], now: datetime) -> None:
        """Records that the vault was searched for these keys and had none of them. Drops what was
        recorded more than a minute ago: no search that waits now began before.
        """
        recent = {key: at for key, at in self._through.items() if at > now - A_MINUTE}
        self._through = recent | dict.fromkeys(keys, now)


@dataclass
class Health:
    """The last answer of this process about its health, and when it was obtained (UTC)."""

    good: bool = False
    at: datetime | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class InForce:
    """What decides who may do what: `rules`, because of `state`, since `since` (UTC). `sha256` is
    the hash of the file that they are from; empty for none.

    `file` is the file that was seen, which may be another one, with `faults`. `noted`: whether
    other instances know of it.
    """

    rules: AccessRules
    state: AccessState
    sha256: str = ""
    since: datetime | None = None
    file: AccessFile | None = None
    faults: tuple[AccessFault, ...] = ()
    noted: bool = True


@dataclass
class AccessCache:
    """What decides who may do what, as this process saw it at `seen_at`; `failed_at` is when the
    last look failed, None after one that did not (UTC).
    """

    in_force: InForce | None = None
    seen_at: datetime | None = None
    failed_at: datetime | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class BoardCache:
    """The board as this process read it last (board/kept.py): all of it at `whole_at`, and since
    then what has changed. `mark` is the change mark that was there, `newest` the storage's time of
    the newest row, `heartbeats` the last good check runs by alias, and `seen_at` when this process
    last looked (UTC). `seen` are the boards of the last readers, by version and sight.
    """

    board: Board | None = None
    whole_at: datetime | None = None
    seen_at: datetime | None = None
    mark: str | None = None
    newest: datetime | None = None
    heartbeats: Mapping[str, datetime] = field(default_factory=dict)
    seen: dict[object, Board] = field(default_factory=dict)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Certflow:
    """The dependencies of the use cases. `vaults` is keyed by alias, lower-case.

    `source` is what events of this deployment name as their source. `mailboxes` get the mail for
    which no other recipient is known. `include_root`: whether a root that came with a chain is
    merged with it; TLS servers need not send it (RFC 8446 §4.4.2). `setting_faults` are settings
    that cannot work, each with its remedy. `access_files` is None where nobody signs in: then no
    file decides; where people sign in, `tenant` is the id of theirs. `live` is None where no server
    may be looked at.

    These fields hold state of this process: `paces`, the rate limits of the vaults by alias and
    share, filled on use (vault_limiters.py); `searches`, whose turn it is to search a vault for the
    keys of files (chains/key_search.py); `health`, the last answer about it; `access`, who may do
    what (access.py); `board`, its rows (board/kept.py); `counting`, whose turn it is to count a
    start; `acts_turn`, whose it is to write acts; `empty_outboxes`, when the outbox of a vault
    (None: of none) was last found empty (outbox.py); `snapshots`, what the inventory last was, by
    alias (inventory/read.py).

    `may_see` (the alias of a vault, the name of a certificate) says which requests exist for
    whoever this context works for: for a caller those of the grants, otherwise all.
    """

    vaults: Mapping[str, Vault]
    ledger: Ledger
    monitoring_store: MonitoringStore
    chain_files: ChainFiles
    trusted: TrustedCas
    issuing_cas: IssuingCas
    csr_store: CsrStore
    topic: Topic
    deliveries: Deliveries
    message_records: MessageRecords
    work_queue: WorkQueue
    rules: Rules
    access_notes: AccessNotes
    start_counts: StartCounts
    approvals: Approvals
    inventory_files: InventoryFiles
    fresh_records: FreshRecords
    history: History
    retention: Retention
    waiting_acts: WaitingActs
    act_files: ActFiles
    access_files: AccessFiles | None = None
    tenant: str | None = None
    live: LivePorts | None = None
    source: str = UNNAMED_SOURCE
    channels: tuple[Channel, ...] = ()
    mailboxes: tuple[str, ...] = ()
    options: Options = DEFAULT_OPTIONS
    links: Links = DEFAULT_LINKS
    include_root: bool = False
    setting_faults: tuple[str, ...] = ()
    rate_limiters: dict[str, RateLimiter] = field(default_factory=dict)
    searches: dict[str, SearchTurn] = field(default_factory=dict)
    health: Health = field(default_factory=Health)
    access: AccessCache = field(default_factory=AccessCache)
    board: BoardCache = field(default_factory=BoardCache)
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)
    acts_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    empty_outboxes: dict[str | None, datetime] = field(default_factory=dict)
    snapshots: dict[str, StoredSnapshot] = field(default_factory=dict)
    may_see: Callable[[str, str], bool] = see_all
    now: Callable[[], datetime] = _utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def access_sha256(self) -> str | None:
        """The SHA-256 (hex) of the access file that decides, as this process last saw it; None
        where none does.
        """
        return (self.access.in_force.sha256 if self.access.in_force else "") or None

    def with_vault(self, alias: str, vault: Vault) -> Certflow:
        """The same context, with this vault under an alias."""
        return replace(self, vaults={**self.vaults, alias: vault})

    def narrowed(self, vaults: Collection[str], may_see: Callable[[str, str], bool]) -> Certflow:
        """The same context for somebody for whom only these vaults (aliases) exist, and in them
        only the names that `may_see` shows.
        """
        known = {alias: vault for alias, vault in self.vaults.items() if alias in vaults}
        return replace(self, vaults=known, may_see=may_see)

    def vault(self, alias: str) -> Vault:
        """The vault under an alias, in any case. Raises UnknownVault."""
        try:
            return self.vaults[alias.lower()]
        except KeyError:
            raise UnknownVault(alias, tuple(self.vaults)) from None
