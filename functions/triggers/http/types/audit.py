"""The types of the answer of `GET audit`."""

from __future__ import annotations

from typing import Annotated

from functions.model.inventory.audit_codes import AUDIT_CODES, AuditSeverity
from functions.triggers.http.types.answers import Answer, Count, Time, one_of

AuditCodeWord = Annotated[str, one_of(AUDIT_CODES)]
SeverityWord = Annotated[str, one_of(AuditSeverity)]


class AuditedItem(Answer):
    """A certificate, and what is found about it."""

    vault: str
    name: str
    sentence: str
    owner: str | None
    not_after: Time | None


class AuditGroup(Answer):
    """A code, and the certificates of which it is found, in the order of vault and name."""

    code: AuditCodeWord
    severity: SeverityWord
    meaning: str
    next_step: str
    count: Count
    certificates: list[AuditedItem]


class AuditCounts(Answer):
    """How many findings of each severity there are."""

    critical: Count
    warning: Count
    note: Count


class AuditAnswer(Answer):
    """The findings about the certificates that the caller may read, by code. `certificates` were
    looked at, as the oldest of the scans found them that ended at `scanned` (null: none has yet);
    `unscanned` are vaults of which no scan has ended.
    """

    certificates: Count
    scanned: Time | None
    unscanned: list[str]
    counts: AuditCounts
    groups: list[AuditGroup]
