"""The history of a certificate: who did what to its requests, and how each of them ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from functions.model.request.actor import CHECK, Actor
from functions.model.request.operation import CertificateVersion, Status
from functions.x509.certificate import load
from functions.x509.describe import describe, printed
from functions.x509.public_keys import sha1_of

# Warnings in one line of the history, and characters of each: the line is one property of a table
# row (32,768 characters).
MAX_WARNINGS = 10
MAX_WARNING = 1000


# What a line can say, as its field `what`.
ACTS = (
    *("created", "adopted", "replaced", "cancelled", "deleted", "merged", "acknowledged"),
    *("reminded", "muted", "observed"),
    *("asked", "approved", "started", "failed", "refused", "expired", "withdrawn"),
)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a certificate's history.

    `what` is one of ACTS: an action (`created`, `adopted`, `replaced`, `cancelled`, `deleted`,
    `merged`, `acknowledged`); `observed` for an end that Key Vault came to by itself; `reminded`
    for a reminder to the owner, `muted` for one that a tag suppressed; of the `approval` with this
    id `asked`, `approved`, `started`, `failed`, `refused`, `expired`, `withdrawn`: these have a
    `request_id` once there is a request, and no status of their own. `note` adds to that. Of a
    completion `certificate` describes the version that it made, `file` is the name and SHA-256 of
    the file that was merged, if it was one, and `warnings` are the sentences that its owner was
    told. `by` is None in rows of an older version that name nobody. `before` and `after` are what
    is known of the request or the approval before and after it (act_facts.py, approval/facts.py),
    `access` is the SHA-256 of the access file in force; rows of an older version have neither.
    """

    what: str
    at: datetime
    request_id: str
    status: Status
    by: Actor | None = CHECK
    note: str | None = None
    certificate: Mapping[str, str] | None = None
    file: Mapping[str, str] | None = None
    warnings: tuple[str, ...] = ()
    approval: str | None = None

    @property
    def about(self) -> str:
        """The id of the approval or else of the request that the line is about."""
        return self.approval or self.request_id

    before: Mapping[str, str] | None = None
    after: Mapping[str, str] | None = None
    access: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What a caller or a dropped file does to a request: `what` as in Act, and by whom.

    `warnings` are sentences that the owner is told together with the outcome; `file` is as in Act.
    """

    what: str
    by: Actor
    warnings: tuple[str, ...] = ()
    file: Mapping[str, str] | None = None


def history_line(
    request_id: str,
    status: Status,
    action: Action,
    now: datetime,
    certificate: CertificateVersion | None = None,
    note: str | None = None,
) -> HistoryEntry:
    """The line of the history for an action, with the status that the request has after it. The
    `certificate` is described only if the request is completed.
    """
    completed = certificate if status is Status.COMPLETED else None
    return HistoryEntry(
        action.what,
        now,
        request_id,
        status,
        action.by,
        note=note,
        certificate=described(completed) if completed else None,
        file=action.file,
        warnings=tuple(printed(one, MAX_WARNING) for one in action.warnings[:MAX_WARNINGS]),
    )


def described(certificate: CertificateVersion) -> dict[str, str]:
    """Describes a version as an auditor asks for it: its id in Key Vault, its thumbprint (SHA-1),
    and what its certificate says.
    """
    leaf = load(certificate.der)
    return {
        "version": certificate.version,
        "thumbprint": sha1_of(certificate.der),
        **describe(leaf),
    }
