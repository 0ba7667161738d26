"""Narrow contexts: what the use cases of one subject may reach. The one context, `Certflow`,
satisfies all of them; a function takes the narrowest, and mypy proves that it reaches no more.

Each class lists all its parts, in the order of context_parts.py. A wide context can be passed on as
a narrow one because it has all parts of that.
"""

from __future__ import annotations

from typing import Protocol

from functions.app.context_parts import (
    HasAccess,
    HasAccessHash,
    HasActs,
    HasApprovals,
    HasBoard,
    HasChainFiles,
    HasChannels,
    HasCsrStore,
    HasDeliveries,
    HasHealth,
    HasInventory,
    HasIssuingCas,
    HasLedger,
    HasLinks,
    HasLive,
    HasMailboxes,
    HasMessageRecords,
    HasMonitoringStore,
    HasNow,
    HasOptions,
    HasRateLimiters,
    HasRetention,
    HasRootChoice,
    HasRules,
    HasSearches,
    HasSettingFaults,
    HasSight,
    HasSleep,
    HasSource,
    HasStartCounts,
    HasTopic,
    HasTrusted,
    HasVaults,
    HasWorkQueue,
)


class Outbox(HasNow, HasLedger, HasTopic, Protocol):
    """Storing events in the outbox, publishing them, and clearing them."""


class RateLimitContext(HasNow, HasSleep, HasVaults, HasOptions, HasRateLimiters, Protocol):
    """Calling vaults no faster than their rate limit."""


class CsrsContext(HasNow, HasVaults, HasLedger, HasCsrStore, Protocol):
    """CSRs and their requests."""


class CheckContext(
    HasNow,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasCsrStore,
    HasTopic,
    HasOptions,
    HasAccessHash,
    Protocol,
):
    """Applying what Key Vault says of a request to its row."""


class RequestsContext(
    HasNow,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasCsrStore,
    HasTopic,
    HasWorkQueue,
    HasOptions,
    HasAccessHash,
    Protocol,
):
    """The life of one request."""


class CreateContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasCsrStore,
    HasTopic,
    HasWorkQueue,
    HasMailboxes,
    HasOptions,
    HasAccess,
    HasAccessHash,
    HasActs,
    Protocol,
):
    """Starting requests, for callers and as renewals."""


class ApprovalsContext(HasNow, HasLedger, HasTopic, HasApprovals, HasAccessHash, Protocol):
    """Approvals, and telling people of them."""


class ApprovedContext(CreateContext, HasApprovals, Protocol):
    """Starting what may have to be approved first."""


class GateContext(HasVaults, HasAccess, ApprovalsContext, Protocol):
    """Keeping chains from requests that have to be approved first."""


class ValidateContext(HasNow, HasVaults, HasIssuingCas, HasOptions, HasRootChoice, Protocol):
    """Validating a chain."""


class MergeContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasIssuingCas,
    HasCsrStore,
    HasTopic,
    HasOptions,
    HasRootChoice,
    HasAccessHash,
    Protocol,
):
    """Merging a chain exactly once."""


class TrustContext(
    HasNow, HasVaults, HasLedger, HasMonitoringStore, HasTrusted, HasTopic, HasOptions, Protocol
):
    """Whose certificates a vault accepts, and telling operators of changes of that."""


class RulesWatchContext(HasNow, HasLedger, HasMonitoringStore, HasTopic, HasRules, Protocol):
    """The rules of who gets which messages, and telling operators of changes of them."""


class ManageContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasTrusted,
    HasIssuingCas,
    HasCsrStore,
    HasTopic,
    HasWorkQueue,
    HasOptions,
    HasRootChoice,
    HasAccessHash,
    HasAccess,
    HasApprovals,
    Protocol,
):
    """Every action on a pending request."""


class SearchContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasMonitoringStore,
    HasOptions,
    HasRateLimiters,
    HasSearches,
    Protocol,
):
    """Searching all vaults for a key."""


class MatchContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasCsrStore,
    HasTopic,
    HasOptions,
    HasLinks,
    HasRateLimiters,
    HasSearches,
    HasSight,
    HasAccessHash,
    Protocol,
):
    """Matching a file to its requests."""


class InspectContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasTrusted,
    HasIssuingCas,
    HasCsrStore,
    HasTopic,
    HasOptions,
    HasLinks,
    HasRootChoice,
    HasRateLimiters,
    HasSearches,
    HasSight,
    HasAccessHash,
    HasAccess,
    HasApprovals,
    Protocol,
):
    """Reporting what a drop of a file would do."""


class OwnFaultsContext(HasNow, HasLedger, HasMonitoringStore, HasChainFiles, HasTopic, Protocol):
    """Files that wait because of a fault of Certflow's own."""


class ChainsContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasChainFiles,
    HasTrusted,
    HasIssuingCas,
    HasCsrStore,
    HasTopic,
    HasWorkQueue,
    HasOptions,
    HasLinks,
    HasRootChoice,
    HasRateLimiters,
    HasSearches,
    HasSight,
    HasAccessHash,
    HasAccess,
    HasApprovals,
    Protocol,
):
    """Handling a file, from the container to the vault."""


class EventsContext(HasNow, HasLedger, HasMonitoringStore, HasTopic, Protocol):
    """Events that are sent once, or once a day."""


class MonitoringContext(
    HasNow, HasVaults, HasLedger, HasMonitoringStore, HasTopic, HasOptions, Protocol
):
    """Monitoring: what timers and events start, not callers."""


class RebuildContext(MonitoringContext, HasAccessHash, HasActs, Protocol):
    """Asking for a rebuild, which is an act of the record."""


class StatusContext(
    HasNow,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasChainFiles,
    HasTopic,
    HasOptions,
    HasLinks,
    Protocol,
):
    """The status of the monitoring."""


class DigestContext(
    HasNow,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasInventory,
    HasChainFiles,
    HasIssuingCas,
    HasTopic,
    HasOptions,
    HasLinks,
    HasSight,
    HasLive,
    HasActs,
    Protocol,
):
    """The digest of a day."""


class VaultRunContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasCsrStore,
    HasTopic,
    HasWorkQueue,
    HasOptions,
    HasRateLimiters,
    HasAccess,
    HasAccessHash,
    HasActs,
    Protocol,
):
    """Checking all that is due in one vault."""


class ScanContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasCsrStore,
    HasTopic,
    HasWorkQueue,
    HasMailboxes,
    HasOptions,
    HasRateLimiters,
    HasAccess,
    HasApprovals,
    HasAccessHash,
    HasActs,
    HasInventory,
    Protocol,
):
    """Scanning all certificates of a vault."""


class FreshContext(HasNow, HasVaults, HasInventory, Protocol):
    """Records of certificates that events have made newer than the snapshot."""


class CertificateContext(FreshContext, HasOptions, Protocol):
    """Showing one certificate as it is now."""


class InventoryContext(HasNow, HasVaults, HasInventory, HasOptions, HasSight, Protocol):
    """Reading the inventory."""


class AuditContext(
    HasNow,
    HasVaults,
    HasMonitoringStore,
    HasInventory,
    HasIssuingCas,
    HasOptions,
    HasSight,
    HasLive,
    Protocol,
):
    """Auditing the inventory."""


class PlanContext(HasNow, HasVaults, HasInventory, HasOptions, HasSight, Protocol):
    """Planning the renewals of the inventory."""


class MonthlyPlanContext(
    HasNow, HasVaults, HasLedger, HasInventory, HasTopic, HasOptions, HasSight, Protocol
):
    """Telling operators of the plan."""


class SourceContext(HasNow, HasLedger, HasMonitoringStore, HasSource, Protocol):
    """Distinguishing Certflow's own events from those of others."""


class SettingFaultsContext(
    HasNow, HasLedger, HasMonitoringStore, HasTopic, HasSettingFaults, Protocol
):
    """Telling operators of settings that cannot work."""


class HealthContext(HasNow, HasMonitoringStore, HasHealth, Protocol):
    """Whether the app and its storage work."""


class PeopleContext(HasMailboxes, HasOptions, Protocol):
    """Who gets mail, by the settings."""


class WorkListsContext(
    HasNow, HasLedger, HasMonitoringStore, HasTopic, HasMailboxes, HasOptions, Protocol
):
    """Work lists of open CSRs for those who have them signed."""


class DeliveryContext(
    HasNow, HasSleep, HasLedger, HasTopic, HasDeliveries, HasMessageRecords, HasMailboxes, Protocol
):
    """Messages on one channel."""


class MessagesContext(HasNow, HasDeliveries, HasMessageRecords, HasOptions, HasRetention, Protocol):
    """What became of messages, and how long that is kept."""


class RetentionContext(
    HasNow, HasVaults, HasLedger, HasOptions, HasRetention, HasApprovals, Protocol
):
    """Requests with their history and approvals, and how long they are kept."""


class ReachContext(HasVaults, HasChannels, HasRules, HasOptions, Protocol):
    """Which channels the rules reach."""


class NotificationsContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasCsrStore,
    HasTopic,
    HasDeliveries,
    HasMessageRecords,
    HasChannels,
    HasWorkQueue,
    HasRules,
    HasMailboxes,
    HasOptions,
    HasLinks,
    Protocol,
):
    """Turning an event into messages to people."""


class SamplesContext(
    HasNow,
    HasVaults,
    HasMonitoringStore,
    HasCsrStore,
    HasDeliveries,
    HasChannels,
    HasMailboxes,
    HasLinks,
    Protocol,
):
    """The test of notifications: a sample of each message."""


class AccessContext(HasNow, HasLedger, HasTopic, HasAccess, Protocol):
    """Who may do what, and telling operators of changes of that."""


class ActsContext(HasNow, HasLedger, HasTopic, HasOptions, HasActs, Protocol):
    """Writing the record of acts."""


class CallsContext(HasNow, HasTopic, HasAccessHash, HasActs, Protocol):
    """Recording calls that belong to no request."""


class GoneVaultsContext(ActsContext, HasVaults, HasMonitoringStore, Protocol):
    """What vaults have left that are not in the settings any more."""


class StartsContext(HasNow, HasStartCounts, Protocol):
    """How many requests a caller starts in a day."""


class LiveContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasTopic,
    HasOptions,
    HasRateLimiters,
    HasLive,
    Protocol,
):
    """Whether servers show the current versions."""


class LiveStatusContext(HasNow, HasVaults, HasOptions, HasInventory, HasSight, HasLive, Protocol):
    """Whether live is on, and what of the endpoints cannot be read."""


class LiveInventoryContext(
    HasNow,
    HasSleep,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasTopic,
    HasOptions,
    HasSight,
    HasRateLimiters,
    HasInventory,
    HasLive,
    Protocol,
):
    """Which endpoints there are, by the inventory."""


class BoardContext(HasNow, HasLedger, HasMonitoringStore, HasSight, HasBoard, Protocol):
    """Reading the board."""


class PendingViewContext(
    HasNow,
    HasVaults,
    HasLedger,
    HasMonitoringStore,
    HasCsrStore,
    HasOptions,
    HasAccessHash,
    Protocol,
):
    """Reading all that is known of one request."""
