"""Telling our own events from those of others. Without it, whoever may send to the topic could
write our messages.

`source` and id of an event are what its sender says. So people are told the event that our outbox
kept before it was sent (app/outbox.py), found by the id: the text of another sender under one of
our ids is never read, and an unknown id is refused. The event that arrives is not compared with the
one that was kept, because the host may rewrite it on the way (it writes times differently:
azure-functions-host#4529).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from functions.app.context import UNNAMED_SOURCE
from functions.app.context_parts import HasMonitoringStore
from functions.app.contexts import SourceContext
from functions.model.errors import Unavailable
from functions.model.events.event import Event
from functions.model.log import record
from functions.x509.describe import printed

# The keys under which it is noted when this deployment began to name itself as the source, and when
# it began to keep what it sends.
SOURCE_SINCE, VOUCHED_SINCE = "event-source", "event-vouched"
# Older versions of Certflow gave every deployment the same source, or kept nothing of what they
# sent. Event Grid tries for a day to deliver such events, and our queue for another to handle them.
OF_OLDER_VERSIONS = timedelta(hours=49)
# How long what was sent is kept. Event Grid tries for a day, our queue for another, and an event
# that was given up then can be put back for 90 days (triggers/queued_events.py).
SENT_EVENT_TTL = timedelta(days=92)


def source_of(topic_endpoint: str) -> str:
    """The `source` of a deployment's events (CloudEvents 1.0 §3.1). It names the topic by the host
    of its endpoint (a URL), because no two deployments share a topic.
    """
    return f"{UNNAMED_SOURCE}/{urlsplit(topic_endpoint).netloc.lower()}"


async def note_source(certflow: SourceContext) -> None:
    """Notes since when this deployment names itself as the source and keeps what it sends: events
    of older versions are accepted for OF_OLDER_VERSIONS from then on. Raises Unavailable.

    It has to be called before the first run of any vault. A heartbeat then tells that this
    deployment has run before; a new one has no older version whose events could be accepted.
    """
    ran_before = await _ran_before(certflow)
    for what in (SOURCE_SINCE, VOUCHED_SINCE):
        await _noted_since(certflow, what, ran_before=ran_before)


async def own_event(certflow: SourceContext, came: Mapping[str, object]) -> Event | None:
    """The event of this deployment that has come back from the topic, as it was sent. `came` has
    its id, source, type and data. An event of another sender is logged, counted and dropped: None.

    Raises Unavailable if what was sent cannot be read.
    """
    event_id, source, data = _text(came["id"]), _text(came.get("source") or ""), came.get("data")
    # Whatever source it names: the topic may have had another name when it was sent.
    if kept := await certflow.ledger.kept_event(event_id):
        return kept
    if isinstance(data, Mapping) and await _of_an_older_version(certflow, source):
        return Event(event_id, str(came["type"]), "", certflow.now(), data=dict(data))
    why = "its outbox sent none with this id" if source == certflow.source else "another source"
    shown = {"source": printed(source or "none", 100), "id": printed(event_id, 100), "why": why}
    record("event-refused", level=logging.ERROR, type=printed(str(came["type"]), 100), **shown)
    try:
        await certflow.monitoring_store.count_refused(certflow.now().date())
    except Unavailable as error:
        record("event-refused-uncounted", level=logging.WARNING, id=shown["id"], reason=str(error))
    return None


def _text(value: object) -> str:
    """A value as a text that can be stored. An event of another sender may have anything there,
    even half of a surrogate pair, and has to be refused rather than fail and come again.
    """
    return str(value).encode(errors="replace").decode()


async def _of_an_older_version(certflow: SourceContext, source: str) -> bool:
    began = {certflow.source: VOUCHED_SINCE, UNNAMED_SOURCE: SOURCE_SINCE}.get(source)
    if began is None:
        return False
    since = await _noted_since(certflow, began, ran_before=await _ran_before(certflow))
    return certflow.now() - since < OF_OLDER_VERSIONS


async def _ran_before(certflow: HasMonitoringStore) -> bool:
    return bool(await certflow.monitoring_store.heartbeats())


async def _noted_since(certflow: SourceContext, what: str, *, ran_before: bool) -> datetime:
    now = certflow.now()
    return await certflow.monitoring_store.since(
        what, now if ran_before else now - OF_OLDER_VERSIONS
    )
