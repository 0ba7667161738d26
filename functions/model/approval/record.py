"""The record of an approval: a request that a condition of the access file lets start only after
the yes of other people. It is written before Key Vault is asked for anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from functions.model.request.actor import Actor

APPROVAL_TTL = timedelta(days=7)  # how long somebody may say yes or no
REMINDER_AFTER = timedelta(days=3)


class ApprovalState(StrEnum):
    """What became of an approval. `approved` means that all have said yes and that the start of
    the request is under way; what follows it is final, and so is all that somebody decided.
    """

    AWAITING = "awaiting-approval"
    APPROVED = "approved"
    STARTED = "started"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


OPEN_STATES = frozenset({ApprovalState.AWAITING, ApprovalState.APPROVED})


class ApprovalOf(StrEnum):
    """What waits: a request of a caller, a renewal of Certflow's own, or the chain of a request
    that was started elsewhere (portal, CLI, AutoRenew).
    """

    CREATE = "create"
    RENEWAL = "renewal"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Given:
    """One yes: whose, and when (UTC). `roles` are the app roles of their token at that time; None
    in rows of an older version.
    """

    by: Actor
    at: datetime
    roles: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class NeedOfApproval:
    """What one condition asks for: so many people out of `by`, as the access file writes them
    (none: anybody who may approve it), and who has said yes. `tell` are mail addresses.
    """

    approvals: int
    by: tuple[str, ...] = ()
    tell: tuple[str, ...] = ()
    given: tuple[Given, ...] = ()

    @property
    def is_met(self) -> bool:
        """Whether enough people have said yes."""
        return len(self.given) >= self.approvals

    def is_given_by(self, actor: Actor) -> bool:
        """Whether this person has said yes."""
        return any(same_person(one.by, actor) for one in self.given)


@dataclass(frozen=True, slots=True)
class Decided:
    """When (UTC) an approval was decided, by whom, and the reason that was given."""

    at: datetime
    by: Actor
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a start builds on beside its body, as it was when the approval was asked for.

    `policy_sha256` (hex) is of the whole policy that is sent, or else stored, also of what Certflow
    cannot read in it. `owner`, `signer` and `tags` are those that the version will have; of a
    renewal the tags are left out, because it takes over those that are there at its start.
    `former_owner` is whose the certificate was. `how` it would come about and `stands` are as in
    Proposal (ports/judge.py).
    """

    policy_sha256: str
    owner: str | None = None
    signer: str | None = None
    former_owner: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    how: str = "created"
    stands: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A request that waits, or has waited, for an approval. Times are UTC.

    `body` is the body of the create as it was sent, without defaults; `{}` for what is no caller's.
    `policy` has the fields of the effective policy that was judged. `digest` (SHA-256, hex) is of
    all that an approver says yes to. `asked_by` is who asked, `roles` are the app roles of their
    token at that time. `sha256` is the hash of the access file that asked for the approval. `key`
    comes of the Idempotency-Key.

    `renews` is the thumbprint of the version that a renewal replaces, `request_id` the request that
    was started, or that was found in Key Vault (`elsewhere`). Of such a one `caused_by` are those
    who took it over, and who sent the chain because of which Certflow asks. `difference` shows by
    field what was approved last for the certificate and what is asked for now. `error` says why
    the start failed. `basis` is None where nothing of it is started (`elsewhere`), and in rows of
    an older version.
    """

    id: str
    vault: str
    name: str
    of: ApprovalOf
    digest: str
    body: Mapping[str, object]
    policy: Mapping[str, object]
    needs: tuple[NeedOfApproval, ...]
    asked: datetime
    asked_by: Actor
    expires: datetime
    roles: tuple[str, ...] = ()
    caused_by: tuple[Actor, ...] = ()
    owner: str | None = None
    names: tuple[str, ...] = ()
    sha256: str = ""
    key: str | None = None
    renews: str | None = None
    request_id: str | None = None
    difference: Mapping[str, tuple[object, object]] | None = None
    state: ApprovalState = ApprovalState.AWAITING
    reminded: datetime | None = None
    decided: Decided | None = None
    error: str | None = None
    basis: Basis | None = None
    etag: str = field(default="", compare=False)

    @property
    def is_open(self) -> bool:
        """Whether something can still become of it."""
        return self.state in OPEN_STATES

    @property
    def slot(self) -> str:
        """What only one approval at a time may be about: the next start of the name, or one request
        that was started elsewhere.
        """
        elsewhere = self.of is ApprovalOf.ELSEWHERE and self.request_id
        return elsewhere or START_SLOT

    @property
    def is_met(self) -> bool:
        """Whether all conditions have their people."""
        return all(one.is_met for one in self.needs)

    @property
    def tell(self) -> tuple[str, ...]:
        """The mail addresses that the conditions name, each once."""
        return tuple(dict.fromkeys(address for one in self.needs for address in one.tell))

    @property
    def approvers(self) -> tuple[Given, ...]:
        """Who has said yes, each once, the first first."""
        found = dict[str | None, Given]()
        for given in sorted(
            (one for need in self.needs for one in need.given), key=lambda one: one.at
        ):
            found.setdefault(given.by.oid, given)
        return tuple(found.values())


START_SLOT = "start"


def same_person(one: Actor, other: Actor) -> bool:
    """Whether both are the same person or application: by tenant and object id, never by name."""
    return one.oid is not None and (one.tid, one.oid) == (other.tid, other.oid)
