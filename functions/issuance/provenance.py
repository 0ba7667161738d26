"""Whose event is it? Whoever may send to the topic could otherwise write our messages."""

from __future__ import annotations

import logging
from datetime import timedelta
from urllib.parse import urlsplit

from functions.issuance.certflow import UNNAMED_SOURCE, Certflow
from functions.issuance.describe import printed
from functions.issuance.errors import Unavailable
from functions.issuance.journal import record

BEGAN = "event-source"  # when this deployment began to name itself
# Older versions of Certflow called every deployment the same. Event Grid tries for a day to deliver what they sent.
OF_OLDER_VERSIONS = timedelta(hours=25)


def source_of(topic_endpoint: str) -> str:
    """The `source` of a deployment's events (CloudEvents 1.0 §3.1): it names the topic, which no two share."""
    return f"{UNNAMED_SOURCE}/{urlsplit(topic_endpoint).netloc.lower()}"


async def note_source(certflow: Certflow) -> None:
    """Remembers since when this deployment names itself: from then on events of older versions become rare, and end."""
    await certflow.watchbook.since(BEGAN, certflow.now())


async def is_ours(certflow: Certflow, source: str | None, event_id: str, type_: str) -> bool:
    """Whether this deployment sent an event, so that people are told of it; another's is logged, counted and dropped.

    Raises Unavailable: for an event of an older version it has to be looked up how long ago that was.
    """
    if source == certflow.source:
        return True
    now = certflow.now()
    if source == UNNAMED_SOURCE and now - await certflow.watchbook.since(BEGAN, now) < OF_OLDER_VERSIONS:
        return True
    shown = {"source": printed(source or "none", 100), "id": printed(event_id, 100), "type": printed(type_, 100)}
    record("event-refused", level=logging.ERROR, **shown)
    try:
        await certflow.watchbook.count_refused(now.date())
    except Unavailable as error:
        record("event-refused-uncounted", level=logging.WARNING, id=shown["id"], reason=str(error))
    return False
