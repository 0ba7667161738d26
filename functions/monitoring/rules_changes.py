"""Tells the operators of each change of the rules that say who gets which messages."""

from __future__ import annotations

import logging

from functions.app.contexts import RulesWatchContext
from functions.app.outbox import publish
from functions.model.errors import ConcurrentChange, Unavailable
from functions.model.events.event import Event
from functions.model.events.operators import RulesChanged
from functions.model.log import record
from functions.ports.rules import RULES_SUBJECT, RulesNote


async def watch_rules(certflow: RulesWatchContext) -> None:
    """Looks whether the rules have changed since the last look; a timer calls it every minute. What
    is seen first is told to nobody. Storage that does not answer is asked again in a minute.
    """
    try:
        known, rules = await certflow.monitoring_store.rules_note(), certflow.rules
        note = RulesNote(rules.place, await rules.sha256())
        if known is None or (known.place, known.sha256) != (note.place, note.sha256):
            await _keep(certflow, known, note)
    except Unavailable as error:
        record("rules-not-seen", level=logging.WARNING, reason=str(error))


async def _keep(certflow: RulesWatchContext, known: RulesNote | None, note: RulesNote) -> None:
    events = (_changed(certflow, known, note),) if known else ()
    changes, etag = (known.changes + 1, known.etag) if known else (0, "")
    kept = RulesNote(note.place, note.sha256, changes, etag)
    try:
        await certflow.monitoring_store.save_rules_note(kept, events)
    except ConcurrentChange:  # another run has seen the same, and tells of it
        return
    record("rules-seen", place=note.place, sha256=note.sha256)
    await publish(certflow, events)


def _changed(certflow: RulesWatchContext, known: RulesNote, note: RulesNote) -> Event:
    told = RulesChanged(place=note.place, sha256=note.sha256 or None, before=known.sha256 or None)
    id_ = f"rules:{known.changes + 1}"
    return told.event(id_, RULES_SUBJECT, certflow.now(), name=RULES_SUBJECT)
