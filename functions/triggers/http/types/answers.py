"""The types of all answers but the two longest, which are in reports.py and status.py. They encode
to the JSON of the answers, and their OpenAPI schemas are made of them.

A field that may be missing has the default None and is then left out of the JSON; it is never
`null`. A field that may be `null` has no default. Times are texts in ISO 8601, UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from msgspec import Meta, Struct

from functions.model.finding_codes import CODES
from functions.model.request.actor import Actor, ActorKind, Origin
from functions.model.request.operation import Status
from functions.triggers.http.queries import REQUEST_ID


def one_of(words: Iterable[str]) -> Meta:
    """Returns what restricts a text to some words in a schema; the words keep their order."""
    return Meta(extra_json_schema={"enum": [str(word) for word in words]})


Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Date = Annotated[str, Meta(extra_json_schema={"format": "date"})]
Count = Annotated[int, Meta(ge=0)]
RequestId = Annotated[str, Meta(extra_json_schema={"pattern": f"^{REQUEST_ID.pattern}$"})]
ApprovalId = Annotated[str, Meta(extra_json_schema={"pattern": "^[0-9a-f]{32}$"})]
RequestStatus = Annotated[str, one_of(Status)]
Code = Annotated[str, one_of(CODES)]


class Answer(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An object of Certflow, which has no other fields than these."""


class Open(Struct, omit_defaults=True):
    """An object of Key Vault, which may have further fields; or what Certflow adds to one."""


class Fault(Answer):
    """What is wrong, in the form of Key Vault's own errors."""

    code: str
    message: str


class WayOut(Answer):
    """Something that can be done about it. `method` and `href` say how, if it is done over this
    API.
    """

    do: str
    sentence: str
    method: str | None = None
    href: str | None = None


class FindingAnswer(Answer):
    """One thing to say about a file or a chain."""

    code: Code
    severity: Annotated[str, one_of(("error", "warning", "note"))]
    sentence: str
    next_step: str


class MissingGrant(Answer):
    """Something that none of the caller's grants covers: `verb`, `vault`, `name` or a field of a
    grant, what was asked for, and what the caller's own grants have there.
    """

    what: str
    asked: str
    granted: list[str]


class ErrorAnswer(Answer):
    """Key Vault's error model; Certflow adds all fields but `error`."""

    error: Fault
    reason: str | None = None
    request_id: RequestId | None = None
    ways_out: list[WayOut] | None = None
    issuers: list[str] | None = None
    findings: list[FindingAnswer] | None = None
    missing: list[MissingGrant] | None = None


class CertificateVersion(Answer):
    """A version in Key Vault, its SHA-1 fingerprint (`thumbprint`, as Key Vault calls it), and what
    its certificate says.
    """

    version: str
    thumbprint: str
    subject: str
    issuer: str
    serial: str
    sha256: str
    not_before: Time
    not_after: Time


class IssuerName(Open):
    """Who issues the certificate; `Unknown` is a CA that Key Vault does not know."""

    name: str


class KeyVaultError(Open):
    """Why Key Vault's operation failed."""

    code: str
    message: str


class KeyVaultOperation(Open):
    """Key Vault's pending operation."""

    id: str
    issuer: IssuerName
    csr: str
    status: RequestStatus
    request_id: RequestId
    cancellation_requested: bool | None = None
    status_details: str | None = None
    target: str | None = None
    error: KeyVaultError | None = None


class OperationExtras(Open, kw_only=True):
    """What Certflow adds to it: `age` is in seconds, `links` lead to what can be done."""

    owner: str | None = None
    signer: str | None = None
    how: Annotated[str, one_of(("created", "adopted", "replaced"))] | None = None
    age: Count | None = None
    took_place_of: RequestId | None = None
    note: str | None = None
    links: dict[str, str]


class KeyVaultBundle(Open):
    """Key Vault's version of a certificate; `cer` is base64 of DER."""

    id: str
    cer: str
    attributes: dict[str, Any]


class BundleExtras(Open):
    """What Certflow adds to it."""

    findings: list[FindingAnswer]


class NamedFile(Answer):
    """The file that was merged."""

    name: str
    sha256: str


class ActorAnswer(Answer):
    """Who did something. `tid` and `oid` tell persons and apps apart; `name` is for show. Of
    `system`, which is Certflow itself, `name` is the part of it that acted.
    """

    kind: Annotated[str, one_of(ActorKind)]
    name: str | None = None
    tid: str | None = None
    oid: str | None = None
    azp: str | None = None


def actor_answer(by: Actor | None) -> ActorAnswer | None:
    """Returns the answer of an actor."""
    if by is None:
        return None
    return ActorAnswer(by.kind.value, by.name, by.tid, by.oid, by.azp)


class HistoryEntry(Answer):
    """Something that was done to a certificate, or that happened to it. `by` is for show; where it
    is not `verified`, it is what a caller with a function key said. `on_behalf_of` is never
    verified. An entry about an `approval` (its id) has a `request_id` once there is a request, and
    no `status`. `before` and `after` are what was known of the request or the approval before and
    after it, `access` is the SHA-256 of the access file in force; older entries lack them.
    """

    act: str
    at: Time
    request_id: RequestId | None = None
    status: RequestStatus | None = None
    by: str | None = None
    verified: bool | None = None
    actor: ActorAnswer | None = None
    on_behalf_of: str | None = None
    note: str | None = None
    certificate: CertificateVersion | None = None
    file: NamedFile | None = None
    warnings: list[str] | None = None
    approval: ApprovalId | None = None
    before: dict[str, str] | None = None
    after: dict[str, str] | None = None
    access: str | None = None


class HistoryAnswer(Answer):
    """The history of a certificate name, the oldest entry first."""

    value: list[HistoryEntry]


class IssuerError(Answer):
    """Why a request failed."""

    code: str
    message: str | None


class RequestItem(Answer, kw_only=True):
    """A tracked request; `age` is in seconds, until now or until it ended."""

    vault: str
    name: str
    request_id: RequestId
    status: RequestStatus
    issuer: str
    subject: str
    names: list[str] | None = None
    owner: str | None = None
    signer: str | None = None
    requested_by: str | None = None
    requested_by_verified: bool | None = None
    actor: ActorAnswer | None = None
    on_behalf_of: str | None = None
    origin: Annotated[str, one_of(Origin)] | None = None
    created: Time
    age: Count
    ended: Time | None = None
    next_check: Time | None = None
    attempts: Count | None = None
    last_error: str | None = None
    error: IssuerError | None = None
    version: str | None = None
    not_after: Time | None = None
    replaced_by: RequestId | None = None
    reminded: Count | None = None
    remind_at: Time | None = None
    quiet_until: Time | None = None
    quiet_why: str | None = None
    link: str


class RequestsAnswer(Answer, rename={"next_link": "nextLink"}):
    """One page of tracked requests, and where the next one is."""

    value: list[RequestItem]
    next_link: str | None


class AcknowledgedAnswer(Answer):
    """Until when a request has no reminders, and why."""

    request_id: RequestId
    quiet_until: Time
    why: str


class ChannelOutcome(Answer):
    """How sending on a channel ended."""

    channel: str
    outcome: str


class RehearsalAnswer(Answer):
    """Which samples were sent, and how that ended on each channel."""

    events: list[str]
    channels: list[ChannelOutcome]


class HealthAnswer(Answer):
    """Whether the app and its storage are up."""

    status: Annotated[str, one_of(("ok", "not ok"))]
    setting_faults: list[str] | None = None
