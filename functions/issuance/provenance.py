"""Whose event is it? Whoever may send to the topic could otherwise write our messages.

The `source` of an event is what its sender says, and so is its id. What is told is therefore the event that our outbox
kept before it sent it (outbox.py), found by the id: another's words under our id are never read, and an id that was
never kept takes the place of none of ours. What comes is not compared with what was kept: on its way it may be written
anew (the host writes times another way: azure-functions-host#4529).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from functions.issuance.certflow import UNNAMED_SOURCE, Certflow
from functions.issuance.describe import printed
from functions.issuance.errors import Unavailable
from functions.issuance.events import Event
from functions.issuance.journal import record

# When this deployment began to name itself, and when it began to keep what it sends.
NAMED, VOUCHED = "event-source", "event-vouched"
# Older versions of Certflow called every deployment the same, or kept nothing of what they sent. Event Grid tries for a
# day to deliver that, and our queue for another to handle it.
OF_OLDER_VERSIONS = timedelta(hours=49)
# Event Grid tries for a day, our queue for another, and what is given up then can be put back for 90 (queued.py).
KEPT = timedelta(days=92)


def source_of(topic_endpoint: str) -> str:
    """The `source` of a deployment's events (CloudEvents 1.0 §3.1): it names the topic, which no two share."""
    return f"{UNNAMED_SOURCE}/{urlsplit(topic_endpoint).netloc.lower()}"


async def note_source(certflow: Certflow) -> None:
    """Remembers since when this deployment names itself and keeps what it sends: from then on events of older versions
    become rare, and end. To be called before the first sweep of any vault: that tells one that has run before from a
    new one, which had no older version whose events would be believed. Raises Unavailable.
    """
    ran_before = await _ran_before(certflow)
    for what in (NAMED, VOUCHED):
        await _since(certflow, what, ran_before=ran_before)


async def own_event(certflow: Certflow, came: Mapping[str, Any]) -> Event | None:
    """The event of this deployment that has come back from the topic (`came`: its id, source, type and data), as it was
    sent, so that people are told of it. Another's is logged, counted and dropped: None.

    Raises Unavailable: what was sent is looked up.
    """
    event_id, source, data = _text(came["id"]), _text(came.get("source") or ""), came.get("data")
    if kept := await certflow.ledger.vouched(event_id):  # whatever source it names: the topic may have had another name
        return kept
    if isinstance(data, Mapping) and await _of_an_older_version(certflow, source):
        return Event(event_id, str(came["type"]), "", certflow.now(), data=dict(data))
    why = "its outbox sent none with this id" if source == certflow.source else "another source"
    shown = {"source": printed(source or "none", 100), "id": printed(event_id, 100), "why": why}
    record("event-refused", level=logging.ERROR, type=printed(str(came["type"]), 100), **shown)
    try:
        await certflow.watchbook.count_refused(certflow.now().date())
    except Unavailable as error:
        record("event-refused-uncounted", level=logging.WARNING, id=shown["id"], reason=str(error))
    return None


def _text(value: object) -> str:
    """What stands there as a text that can be written: another's event may have anything there, half characters too,
    and is to be refused, not to come again.
    """
    return str(value).encode(errors="replace").decode()


async def _of_an_older_version(certflow: Certflow, source: str) -> bool:
    began = {certflow.source: VOUCHED, UNNAMED_SOURCE: NAMED}.get(source)
    if began is None:
        return False
    since = await _since(certflow, began, ran_before=await _ran_before(certflow))
    return certflow.now() - since < OF_OLDER_VERSIONS


async def _ran_before(certflow: Certflow) -> bool:
    return bool(await certflow.watchbook.beats())


async def _since(certflow: Certflow, what: str, *, ran_before: bool) -> datetime:
    now = certflow.now()
    return await certflow.watchbook.since(what, now if ran_before else now - OF_OLDER_VERSIONS)
