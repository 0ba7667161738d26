"""Makes parts of answers of what the ledger has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.model.request.history import HistoryEntry as LedgerEntry
from functions.model.request.tracked import TrackedRequest
from functions.triggers.http.types.answers import (
    Answer,
    CertificateVersion,
    HistoryEntry,
    IssuerError,
    NamedFile,
    actor_answer,
)


def issuer_error(request: TrackedRequest) -> IssuerError | None:
    """Returns why a request failed in the form that answers have."""
    if not request.error_code:
        return None
    return IssuerError(request.error_code, request.error_message)


def history_entry(act: LedgerEntry) -> HistoryEntry:
    """Returns an entry of the history in the form that answers have."""
    by = act.by
    return HistoryEntry(
        act=act.what,
        at=act.at.isoformat(),
        **_place(act),
        by=by.shown if by else None,
        verified=by.verified if by and by.shown else None,
        actor=actor_answer(by),
        on_behalf_of=by.on_behalf_of if by else None,
        note=act.note or None,
        certificate=_known(CertificateVersion, act.certificate) if act.certificate else None,
        file=_known(NamedFile, act.file) if act.file else None,
        warnings=list(act.warnings) or None,
        **_change(act),
    )


def _change(act: LedgerEntry) -> dict[str, Any]:
    """What was before and after it, and by which access file it was allowed."""
    return {
        "before": dict(act.before) if act.before else None,
        "after": dict(act.after) if act.after else None,
        "access": act.access,
    }


def _place(act: LedgerEntry) -> dict[str, Any]:
    """What an entry is about. Of an approval there may be no request yet."""
    if act.approval is None:
        return {"request_id": act.request_id, "status": act.status.value}
    return {"request_id": act.request_id or None, "approval": act.approval}


def _known[T: Answer](type_: type[T], stored: Mapping[str, object]) -> T:
    """What was stored, without fields of a later version that has been rolled back since."""
    return type_(**{name: stored[name] for name in type_.__struct_fields__ if name in stored})
