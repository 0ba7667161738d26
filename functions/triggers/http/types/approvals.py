"""The types of the bodies and answers about approvals."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from functions.model.approval.record import ApprovalOf, ApprovalState
from functions.triggers.http.bodies import Plain
from functions.triggers.http.types.access import PolicyAnswer
from functions.triggers.http.types.answers import (
    ActorAnswer,
    Answer,
    ApprovalId,
    Count,
    RequestId,
    Time,
    one_of,
)

Digest = Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")]
MAY = ("approve", "refuse", "withdraw")


class ApproveBody(Struct, forbid_unknown_fields=True):
    """The body of `POST approvals/{id}/approve`: the digest of what is approved."""

    digest: Digest


class RefuseBody(Struct, forbid_unknown_fields=True):
    """The body of `POST approvals/{id}/refuse`: the digest of what is refused, and why."""

    digest: Digest
    reason: Plain


class WithdrawBody(Struct, forbid_unknown_fields=True):
    """The body of `POST approvals/{id}/withdraw`, which may be empty."""

    reason: Plain | None = None


class GivenAnswer(Answer):
    """Somebody's yes. `by` is for show."""

    by: str
    at: Time
    actor: ActorAnswer


class NeedAnswer(Answer):
    """What one condition of the access file asks for: so many people out of `by` (none: those who
    may approve it), whom it tells, and who has said yes.
    """

    approvals: Count
    by: list[str]
    tell: list[str]
    given: list[GivenAnswer]


class DecidedAnswer(Answer):
    """When it was decided, and by whom (for show): the last yes, a no, or its end without either.
    `reason` is null where none was given.
    """

    at: Time
    by: str
    reason: str | None
    actor: ActorAnswer


class BasisAnswer(Answer):
    """What the start builds on beside the body: the SHA-256 of the whole policy, whose the version
    will be and who is to have it signed, whose the certificate was, the tags of the version (of a
    renewal those at its start count), how it comes about, and the id of the request that stood
    there.
    """

    policy_sha256: str
    owner: str | None
    signer: str | None
    former_owner: str | None
    tags: dict[str, str]
    how: str
    stands: RequestId | None


class ApprovalItem(Answer, kw_only=True):
    """A request that waits, or has waited, for the yes of other people.

    `body` is the body of the create as it was sent, `policy` what comes of it, `basis` what else
    the start builds on; null where nothing of it is started. `digest` is of all that: approving
    means this digest. `difference` shows by field what was approved last for the certificate, and
    what is asked for now. `may` is what the caller may do with it now.
    """

    id: ApprovalId
    state: Annotated[str, one_of(ApprovalState)]
    of: Annotated[str, one_of(ApprovalOf)]
    vault: str
    name: str
    digest: str
    asked: Time
    asked_by: str
    asker: ActorAnswer
    expires: Time
    owner: str | None
    names: list[str]
    body: dict[str, Any]
    policy: PolicyAnswer
    basis: BasisAnswer | None = None
    needs: list[NeedAnswer]
    difference: dict[str, list[Any]] | None
    decided: DecidedAnswer | None
    request_id: RequestId | None
    error: str | None
    access_file: str | None = None
    may: list[Annotated[str, one_of(MAY)]]
    link: str


class ApprovalsAnswer(Answer, rename={"next_link": "nextLink"}):
    """One page of approvals, the newest first, and where the next page is."""

    value: list[ApprovalItem]
    next_link: str | None
