"""The log record of each act: who changed what. Application Insights keeps it apart from the
tables, which the app itself could write anew.
"""

from __future__ import annotations

from functions.model.log import record
from functions.model.request.actor import UNNAMED, Actor
from functions.model.request.tracked import Change


def log_acts(change: Change) -> None:
    """Logs what a change adds to the history, once it is saved."""
    request = change.request
    for act in change.history:
        log_act(
            act.what,
            act.by or UNNAMED,
            outcome=act.status,
            vault=request.vault,
            name=request.name,
            request_id=act.request_id,
            note=act.note,
            before=act.before,
            after=act.after,
            certificate=act.certificate,
            file=act.file,
            warnings=list(act.warnings) or None,
            access=act.access,
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
