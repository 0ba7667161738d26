"""The list of all types of events, in the order in which docs/ and messages show them."""

from __future__ import annotations

from collections.abc import Mapping

from functions.model.events.approvals.asked import ApprovalAsked, ApprovalReminded
from functions.model.events.approvals.decided import (
    ApprovalExpired,
    ApprovalFailed,
    ApprovalGiven,
    ApprovalRefused,
    ApprovalWithdrawn,
)
from functions.model.events.certificates import ChangedByOthers, RenewalStopped
from functions.model.events.chains import (
    HeldUp,
    KeyReceived,
    Merged,
    Quarantined,
    Rejected,
    Stuck,
    Waiting,
)
from functions.model.events.digest import Digest, MonthlyPlan
from functions.model.events.ends import Cancelled, Completed, Deleted, Failed, Overwritten
from functions.model.events.event import EventType
from functions.model.events.expiry import Expired, NearExpiry
from functions.model.events.inventory.endpoints import Live, NotLive
from functions.model.events.inventory.owners import OwnerReplaced
from functions.model.events.operators import (
    AccessChanged,
    AccessFaulty,
    NoticeRefused,
    RulesChanged,
    SettingWrong,
)
from functions.model.events.record.acts import ActsWaiting
from functions.model.events.requests import Acknowledged, Cancelling, Stalled, Started, Unsettled
from functions.model.events.vaults import (
    IssuerTroubled,
    TrustChanged,
    TrustMisplaced,
    VaultRebuilt,
    VaultSurveyed,
)
from functions.model.events.wire import read
from functions.model.events.work_list import WorkList

TYPES: tuple[type[EventType], ...] = (
    Started,
    Completed,
    Failed,
    Cancelling,
    Cancelled,
    Deleted,
    Overwritten,
    Stalled,
    Acknowledged,
    Unsettled,
    ApprovalAsked,
    ApprovalReminded,
    ApprovalGiven,
    ApprovalFailed,
    ApprovalRefused,
    ApprovalExpired,
    ApprovalWithdrawn,
    Merged,
    Rejected,
    Quarantined,
    KeyReceived,
    Stuck,
    HeldUp,
    Waiting,
    NearExpiry,
    Expired,
    ChangedByOthers,
    OwnerReplaced,
    RenewalStopped,
    Live,
    NotLive,
    WorkList,
    IssuerTroubled,
    TrustChanged,
    TrustMisplaced,
    VaultSurveyed,
    VaultRebuilt,
    SettingWrong,
    AccessChanged,
    AccessFaulty,
    RulesChanged,
    ActsWaiting,
    Digest,
    MonthlyPlan,
    NoticeRefused,
)
BY_NAME: Mapping[str, type[EventType]] = {one.type: one for one in TYPES}
# The types that people are told of.
TOLD: Mapping[str, type[EventType]] = {one.type: one for one in TYPES if one.readers is not None}


def read_event(type_: str, data: Mapping[str, object]) -> EventType | None:
    """Returns the typed event for a type and data; None for a type that this version does not
    know.
    """
    known = BY_NAME.get(type_)
    return None if known is None else read(known, data)
