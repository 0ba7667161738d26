"""The log record of each act: who changed what. Application Insights keeps it apart from the
tables, which the app itself could write anew.
"""

from __future__ import annotations

from functions.model.log import record
from functions.model.request.actor import UNNAMED, Actor
from functions.model.request.history import HistoryEntry
from functions.model.request.tracked import Change


def log_acts(change: Change) -> None:
    """Logs what a change adds to the history, once it is saved."""
    for line in change.history:
        log_line(change.request.vault, change.request.name, line, outcome=line.status)


def log_line(
    vault: str, name: str, line: HistoryEntry, *, outcome: str, digest: str | None = None
) -> None:
    """Logs a line of the history of a certificate name; of an approval with its `digest`."""
    log_act(
        line.what,
        line.by or UNNAMED,
        outcome=outcome,
        vault=vault,
        name=name,
        request_id=line.request_id or None,
        approval=line.approval,
        digest=digest,
        note=line.note,
        before=line.before,
        after=line.after,
        certificate=line.certificate,
        file=line.file,
        warnings=list(line.warnings) or None,
        access=line.access,
    )


def log_act(what: str, by: Actor, *, outcome: str, **about: object) -> None:
    """Logs one act. `what` is as in the history, or `retried`, `tested`, `rebuilt` for an act that
    belongs to no request; `outcome` is the status of the request after it, or what came of it.
    `about` is the vault (alias), the certificate's name and the request_id, or other things that it
    was about, such as the fields of the history. Fields without a value are left out.
    """
    fields = {
        **about,
        "kind": by.kind.value,
        "by": by.name,
        "tid": by.tid,
        "oid": by.oid,
        "azp": by.azp,
        "on_behalf_of": by.on_behalf_of,
    }
    given = {key: value for key, value in fields.items() if value is not None}
    record("act", what=what, outcome=str(outcome), **given)  # type: ignore[arg-type]  # no `level`
