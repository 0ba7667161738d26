"""Acts of calls that belong to no request: retried files, rebuilds, changed tags, test messages."""

from __future__ import annotations

import logging

from functions.app.contexts import CallsContext
from functions.model.acts.act import act_of_call
from functions.model.errors import Unavailable
from functions.model.log import record
from functions.model.request.act_log import log_act
from functions.model.request.actor import Actor


async def note_call(
    certflow: CallsContext,
    what: str,
    by: Actor,
    *,
    outcome: str,
    vault: str | None = None,
    **about: object,
) -> None:
    """Logs such an act, and lets it wait for its record. Where the storage does not take it, it is
    in the log alone, which says so: no call fails because of that.
    """
    log_act(what, by, outcome=outcome, vault=vault, **about)
    fields = {"vault": vault, **about, "access": certflow.access_sha256}
    act = act_of_call(what, by, certflow.now(), outcome, fields)
    try:
        await certflow.waiting_acts.add(act, vault)
    except Unavailable as error:
        record("act-in-log-alone", level=logging.ERROR, act=act.id, reason=str(error))
    else:
        certflow.empty_outboxes.pop(vault, None)
