"""The types of the answers about the inventory."""

from __future__ import annotations

from typing import Annotated

from functions.model.inventory.who_renews import Renewer
from functions.model.live.state import LiveState
from functions.triggers.http.types.answers import (
    Answer,
    Count,
    Date,
    RequestId,
    RequestStatus,
    Time,
    one_of,
)
from functions.triggers.http.types.audit import AuditCodeWord, SeverityWord

RenewedBy = Annotated[str, one_of(Renewer)]


class CertificateColumns(Answer):
    """Certificates as a table by columns: one list for each field, all of the same length, in which
    the values of one certificate have the same place.

    `ends_on` is the day (UTC) on which the current version ends; it, `names`, `ca` and `key` (as
    `RSA 2048`) are of the current version, `issuer` and `months` of the policy. `ca` is null also
    where a certificate is signed with its own key. `pending` is the status of the request that is
    pending, `findings` the codes of what the audit finds.
    """

    vault: list[str]
    name: list[str]
    enabled: list[bool]
    names: list[list[str]]
    ends_on: list[Date | None]
    ca: list[str | None]
    key: list[str | None]
    issuer: list[str | None]
    months: list[Count | None]
    renewed_by: list[RenewedBy]
    owner: list[str | None]
    signer: list[str | None]
    pending: list[RequestStatus | None]
    findings: list[list[AuditCodeWord]]


class CertificatesAnswer(Answer):
    """Certificates as a table. `scanned` is when the oldest of the scans ended that they are from;
    of vaults in `unscanned` no scan has ended yet.
    """

    columns: CertificateColumns
    scanned: Time | None
    unscanned: list[str]


class IssuedAnswer(Answer, kw_only=True):
    """What the current version of a certificate says. Fingerprints and the key id of its CA are
    hex; `ekus` are OIDs, `key_size` is in bits.
    """

    version: str
    thumbprint: str
    sha256: str | None = None
    subject: str | None = None
    names: list[str]
    ca: str | None = None
    ca_key: str | None = None
    not_before: Time | None = None
    not_after: Time | None = None
    created: Time | None = None
    ekus: list[str]
    key_type: str | None = None
    key_size: Count | None = None
    self_signed: bool
    imported: bool
    public: bool
    unread: bool


class AskedAnswer(Answer, kw_only=True):
    """What the policy asks for, and in words what happens near the end."""

    issuer: str
    issuer_type: str | None = None
    months: Count | None = None
    near_its_end: str
    subject: str | None = None
    names: list[str]
    ekus: list[str]
    key_type: str | None = None
    key_size: Count | None = None
    curve: str | None = None
    exportable: bool
    reuse_key: bool
    content_type: str | None = None


class PendingAnswer(Answer):
    """The request that is pending under the name, and where to go on with it."""

    request_id: RequestId
    status: str
    issuer: str
    link: str


class VersionAnswer(Answer):
    """A version of a certificate, and the SHA-1 of its certificate (hex)."""

    version: str
    thumbprint: str


class CertificateFinding(Answer):
    """What the audit finds about a certificate, and what to do about it."""

    code: AuditCodeWord
    severity: SeverityWord
    sentence: str
    next_step: str


class EndpointAnswer(Answer):
    """A server that is to show the certificate, and what it was at the last look; no more than its
    address before the first look at the current version. `since` is when that was first seen
    there, `looked` the last look.
    """

    host: str
    port: Count
    address: str | None = None
    state: Annotated[str, one_of(LiveState)] | None = None
    since: Time | None = None
    looked: Time | None = None
    sentence: str | None = None


class CertificateAnswer(Answer, kw_only=True):
    """A certificate as Key Vault has it now. `endpoints_unread` says what of the tag of its
    endpoints cannot be read. `findings` are what the audit says of that; they are absent while what
    is known of its vault cannot be read.
    """

    vault: str
    name: str
    enabled: bool
    owner: str | None = None
    signer: str | None = None
    renewed_by: RenewedBy
    tags: dict[str, str]
    current: IssuedAnswer | None = None
    policy: AskedAnswer | None = None
    pending: PendingAnswer | None = None
    versions: list[VersionAnswer]
    endpoints: list[EndpointAnswer]
    endpoints_unread: list[str] | None = None
    findings: list[CertificateFinding] | None = None
    links: dict[str, str]


class VaultCounts(Answer, kw_only=True):
    """Counts of the certificates that the caller may read: all of them, those without an owner,
    those that end within 30 days, those that have ended and are enabled, pending requests, and how
    many somebody renews.
    """

    certificates: Count
    unowned: Count
    ends_within_30_days: Count
    expired: Count
    pending: Count
    renewed_by: dict[str, Count]


class VaultSeen(Answer, kw_only=True):
    """A vault. `backlog` is the number of overdue checks of its requests, for those who operate
    it.
    """

    vault: str
    observed: bool
    trusted_cas: str
    scanned: Time | None
    issuers: list[str]
    counts: VaultCounts | None = None
    backlog: Count | None = None
    last_good_sweep: Time | None = None


class VaultsAnswer(Answer):
    """The vaults in which the caller may read certificates."""

    value: list[VaultSeen]
