"""The types of the report about a file."""

from __future__ import annotations

from typing import Annotated, Any

from functions.triggers.http.types.answers import (
    Answer,
    Code,
    Count,
    FindingAnswer,
    RequestId,
    Time,
    one_of,
)

OUTCOMES, WOULD_OUTCOMES = (
    ("merged", "already-merged", "rejected", "waiting"),
    ("would-merge", "would-reject", "would-wait"),
)


class RequestKey(Answer):
    """Which request is meant."""

    vault: str
    name: str
    request_id: RequestId


class Certificate(Answer):
    """What a certificate says: names (RFC 4514), serial and SHA-256 fingerprint (hex), validity."""

    subject: str
    issuer: str
    serial: str
    sha256: str
    not_before: Time
    not_after: Time


class Leaf(Answer, kw_only=True):
    """What becomes of one leaf of a file; `chain` begins with the leaf."""

    outcome: Annotated[str, one_of((*OUTCOMES, *WOULD_OUTCOMES))]
    subject: str
    request: RequestKey | None = None
    version: str | None = None
    findings: list[Code]
    chain: list[Certificate] | None = None


class DroppedFile(Answer, kw_only=True):
    """A file as it was dropped; `size` is in bytes, `metadata` what its uploader wrote."""

    name: str
    size: Count
    sha256: str | None = None
    etag: str
    dropped: Time
    metadata: dict[str, Any]


class ReportAnswer(Answer, kw_only=True):
    """What was found in a file, what became of it, and what to do."""

    outcome: Annotated[str, one_of((*OUTCOMES, "quarantined", *WOULD_OUTCOMES, "would-quarantine"))]
    sentence: str
    next_step: str | None = None
    findings: list[FindingAnswer]
    leaves: list[Leaf]
    file: DroppedFile | None = None
    moved_to: str | None = None
