"""The parts of a context: a Protocol for each thing that a use case can reach. No part can be
replaced.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    import asyncio
    from datetime import datetime

    from functions.app.context import AccessCache, BoardCache, Health, SearchTurn
    from functions.app.rate_limiter import RateLimiter
    from functions.model.links import Links
    from functions.model.options import Options
    from functions.ports.access_files import AccessFiles, AccessNotes
    from functions.ports.approvals.store import Approvals
    from functions.ports.chain_files import ChainFiles, CsrStore, TrustedCas
    from functions.ports.endpoints import LivePorts
    from functions.ports.inventory import FreshRecords, InventoryFiles, StoredSnapshot
    from functions.ports.issuing_cas import IssuingCas
    from functions.ports.ledger import Ledger
    from functions.ports.monitoring_store import MonitoringStore
    from functions.ports.notifications import Channel, Deliveries, MessageRecords
    from functions.ports.record.acts import ActFiles, WaitingActs
    from functions.ports.record.retention import Retention
    from functions.ports.rules import Rules
    from functions.ports.start_counts import StartCounts
    from functions.ports.topic import Topic
    from functions.ports.vault import Vault
    from functions.ports.work_queue import WorkQueue


class HasNow(Protocol):
    """The clock."""

    @property
    def now(self) -> Callable[[], datetime]:
        """Returns the current time (UTC)."""


class HasSleep(Protocol):
    """Waiting."""

    @property
    def sleep(self) -> Callable[[float], Awaitable[None]]:
        """Waits for a number of seconds."""


class HasVaults(Protocol):
    """Key Vault."""

    @property
    def vaults(self) -> Mapping[str, Vault]:
        """The vaults by alias, lower-case."""

    def vault(self, alias: str) -> Vault:
        """The vault under an alias, in any case. Raises UnknownVault."""


class HasLedger(Protocol):
    """Tracked requests, intents, the outbox, the history, and marks of dropped files."""

    @property
    def ledger(self) -> Ledger:
        """The ledger."""


class HasMonitoringStore(Protocol):
    """The monitoring store: notes on vaults, certificates and issuers, and leases."""

    @property
    def monitoring_store(self) -> MonitoringStore:
        """The monitoring store."""


class HasInventory(Protocol):
    """The inventory."""

    @property
    def inventory_files(self) -> InventoryFiles:
        """The snapshots of the vaults, and the parts of scans under way."""

    @property
    def fresh_records(self) -> FreshRecords:
        """The records of certificates that were read since the last scan."""

    @property
    def snapshots(self) -> dict[str, StoredSnapshot]:
        """The snapshots that this process has read last, by the vault's alias."""


class HasChainFiles(Protocol):
    """Dropped files."""

    @property
    def chain_files(self) -> ChainFiles:
        """The container for chains, and those to which files are moved from there."""


class HasTrusted(Protocol):
    """The files that say whose certificates a vault accepts."""

    @property
    def trusted(self) -> TrustedCas:
        """Those files, by vault."""


class HasIssuingCas(Protocol):
    """The CA certificates of chains that were merged."""

    @property
    def issuing_cas(self) -> IssuingCas:
        """Those certificates, by vault."""


class HasCsrStore(Protocol):
    """The CSRs that are published for people."""

    @property
    def csr_store(self) -> CsrStore:
        """Those CSRs."""


class HasTopic(Protocol):
    """The topic to which events are published."""

    @property
    def topic(self) -> Topic:
        """The topic."""

    @property
    def empty_outboxes(self) -> dict[str | None, datetime]:
        """When this process last found the outbox of a vault (None: of none) empty (UTC)."""


class HasDeliveries(Protocol):
    """Messages that wait or that were sent."""

    @property
    def deliveries(self) -> Deliveries:
        """Those messages, by channel."""


class HasMessageRecords(Protocol):
    """What became of each message."""

    @property
    def message_records(self) -> MessageRecords:
        """Those records."""


class HasChannels(Protocol):
    """The ways to reach people."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that are configured."""


class HasWorkQueue(Protocol):
    """Work for all instances of the app."""

    @property
    def work_queue(self) -> WorkQueue:
        """The queues."""


class HasRules(Protocol):
    """The rules that say which message goes where."""

    @property
    def rules(self) -> Rules:
        """The routing rules."""


class HasMailboxes(Protocol):
    """The default mailboxes: they get mail for which no other recipient is known."""

    @property
    def mailboxes(self) -> tuple[str, ...]:
        """Their mail addresses."""


class HasOptions(Protocol):
    """What the operator has chosen."""

    @property
    def options(self) -> Options:
        """The settings of the use cases."""


class HasLinks(Protocol):
    """Addresses that people are shown."""

    @property
    def links(self) -> Links:
        """Addresses of the portal, of the API and of the containers."""


class HasRootChoice(Protocol):
    """Whether roots are merged."""

    @property
    def include_root(self) -> bool:
        """Whether a root that came with a chain is merged with it."""


class HasRateLimiters(Protocol):
    """The rate limits of the vaults."""

    @property
    def rate_limiters(self) -> dict[str, RateLimiter]:
        """Those of this process, by alias and share, for all that no caller asked for."""

    def with_vault(self, alias: str, vault: Vault) -> Self:
        """The same context, with this vault under an alias."""


class HasSearches(Protocol):
    """Searches for the keys of files."""

    @property
    def searches(self) -> dict[str, SearchTurn]:
        """Whose turn it is to search, by the vault's alias."""


class HasSight(Protocol):
    """Which requests exist for whoever a use case works for."""

    @property
    def may_see(self) -> Callable[[str, str], bool]:
        """Whether a name (second) in the vault of an alias (first) may be told of."""


class HasSource(Protocol):
    """The source of this deployment's events."""

    @property
    def source(self) -> str:
        """What events of this deployment name as their source."""


class HasSettingFaults(Protocol):
    """Settings that cannot work."""

    @property
    def setting_faults(self) -> tuple[str, ...]:
        """A sentence for each, with its remedy."""


class HasHealth(Protocol):
    """The last answer about the app's health."""

    @property
    def health(self) -> Health:
        """The last answer of this process."""


class HasBoard(Protocol):
    """The board that a process keeps."""

    @property
    def board(self) -> BoardCache:
        """Its rows as they were read last."""


class HasAccess(Protocol):
    """Who may do what."""

    @property
    def access_files(self) -> AccessFiles | None:
        """The place of the access file; None where nobody signs in."""

    @property
    def tenant(self) -> str | None:
        """The id of the tenant in which people sign in; None where nobody does."""

    @property
    def access_notes(self) -> AccessNotes:
        """The store of the note on it, and of the last good file."""

    @property
    def access(self) -> AccessCache:
        """What decides, as this process last saw it."""


class HasAccessHash(Protocol):
    """The access file that is in force, for acts to name."""

    @property
    def access_sha256(self) -> str | None:
        """Its SHA-256 (hex), as this process last saw it; None where no file decides."""


class HasActs(Protocol):
    """The record of acts."""

    @property
    def waiting_acts(self) -> WaitingActs:
        """The acts that wait for it in the outbox."""

    @property
    def act_files(self) -> ActFiles:
        """Its files."""

    @property
    def acts_turn(self) -> asyncio.Lock:
        """Whose turn it is in this process to append."""


class HasStartCounts(Protocol):
    """The requests that each caller has started today."""

    @property
    def start_counts(self) -> StartCounts:
        """The store of their counts."""

    @property
    def counting(self) -> asyncio.Lock:
        """Whose turn it is in this process to count."""


class HasApprovals(Protocol):
    """Requests that wait for the yes of somebody else."""

    @property
    def approvals(self) -> Approvals:
        """The store of approvals."""


class HasRetention(Protocol):
    """What is too old."""

    @property
    def retention(self) -> Retention:
        """The rows that are to be deleted."""


class HasLive(Protocol):
    """TLS servers, and what they showed."""

    @property
    def live(self) -> LivePorts | None:
        """The ports to them; None where live is off."""
