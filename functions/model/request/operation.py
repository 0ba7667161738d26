"""What Key Vault says of a request: the pending operation, its status, and the complete version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from functions.model.issuers import is_manual


class Status(StrEnum):
    """The state of a request: the four states that Key Vault gives a pending operation (spelling:
    protocol §1), and the two that it answers with 404 (deleted, overwritten).
    """

    IN_PROGRESS = "inProgress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    OVERWRITTEN = "overwritten"


@dataclass(frozen=True, slots=True)
class Operation:
    """A pending certificate operation as Key Vault answers it. `csr` is DER."""

    request_id: str
    status: Status
    issuer: str
    csr: bytes
    error_code: str | None = None
    error_message: str | None = None
    cancellation_requested: bool = False

    @property
    def manual(self) -> bool:
        """True if no issuer works on the request: a person or a CA outside Key Vault signs the CSR,
        and the chain is merged.
        """
        return is_manual(self.issuer)


@dataclass(frozen=True, slots=True)
class NotPending:
    """Key Vault no longer knows the request. `replaced_by` is the id of the request that is pending
    for the same name instead, if there is one.
    """

    replaced_by: str | None


@dataclass(frozen=True, slots=True)
class CertificateVersion:
    """A certificate version that is complete. `der` is the leaf, `key_sha256` the SHA-256 (hex) of
    its SubjectPublicKeyInfo, `not_after` is UTC.
    """

    version: str
    der: bytes
    key_sha256: str
    not_after: datetime
