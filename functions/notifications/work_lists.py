"""Work lists: one message with all open requests of a row of CERTFLOW_SIGNERS, at the times that
the row sets.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from functions.app.contexts import PeopleContext, WorkListsContext
from functions.app.mail_domains import list_of
from functions.app.outbox import send
from functions.model.errors import Unavailable
from functions.model.events.wire import as_json
from functions.model.events.work_list import MAX_LISTED, OpenRequest, WorkList
from functions.model.issuers import is_manual
from functions.model.log import record
from functions.model.people.signers import SignerRow, slots_around
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from functions.model.request_filter import RequestFilter

LIST_LEASE = timedelta(minutes=2)  # the lease of the instance that reads the requests of a row
PAGE_REQUESTS = 100
# Characters of JSON of all requests, and of the names of one. An event, and a notice that waits,
# are one property of a table row, which takes 32,768 characters.
MAX_EVENT_LETTERS, MAX_REQUEST_NAMES = 24_000, 120


async def send_work_lists(certflow: WorkListsContext) -> None:
    """Sends the work list that is due, for each row with times; the timer calls this every minute.

    Of lists that were missed, the last is sent. A list that is sent twice has the same event id. A
    row whose data cannot be read now is tried again at the next call.
    """
    for row in certflow.options.signers:
        if row.at:
            try:
                await _send_if_due(certflow, row)
            except Unavailable as error:
                record("work-list-put-off", level=logging.WARNING, row=row.key, reason=str(error))
            except Exception as error:  # noqa: BLE001  a fault of one row must stop neither the other rows nor the timer
                record("work-list-put-off", level=logging.ERROR, row=row.key, reason=repr(error))


async def _send_if_due(certflow: WorkListsContext, row: SignerRow) -> None:
    """Sends the list of a row if it is due, and then holds the row's lease until its next time. A
    run that is cut off before that is done again.
    """
    what, now = f"work-list:{row.key}", certflow.now()
    token = await certflow.monitoring_store.acquire(what, now, now + LIST_LEASE)
    if token is None:
        return
    try:
        last, following = slots_around(row, now)
        # Lists from before the row was set, or changed, were never due.
        if last is not None and last >= await certflow.monitoring_store.since(what, now):
            await _send_list(certflow, row, last)
    finally:
        await certflow.monitoring_store.release(what, token)
    await certflow.monitoring_store.acquire(what, certflow.now(), following)


async def _send_list(certflow: WorkListsContext, row: SignerRow, slot: datetime) -> None:
    found = sorted(await _open(certflow, row), key=lambda one: (one.created, one.vault, one.name))
    record("work-list", row=row.key, slot=slot.isoformat(), open=len(found))
    if not found:
        return
    listed = list(_fitting_requests(map(_entry, found)))
    told = WorkList(to=row.to, slot=slot.isoformat(), count=len(found), requests=tuple(listed))
    await send(
        certflow,
        told.event(
            f"work-list:{row.key}:{slot:%Y%m%dT%H%M%SZ}", f"signers/{row.key}", certflow.now()
        ),
    )


async def _open(certflow: WorkListsContext, row: SignerRow) -> list[TrackedRequest]:
    """The row's manual requests that have not ended."""
    wanted = RequestFilter(
        statuses=frozenset({Status.IN_PROGRESS}), in_order=False, limit=PAGE_REQUESTS
    )
    found, token = list[TrackedRequest](), None
    while True:
        page = await certflow.ledger.requests(wanted, token)
        manual = (one for one in page.requests if is_manual(one.issuer))
        found += [one for one in manual if _row_of(certflow, one) == row]
        token = page.token
        if token is None:
            return found


def _row_of(certflow: PeopleContext, request: TrackedRequest) -> SignerRow | None:
    return list_of(certflow, request.signer, request.vault, request.name, request.names.split())


def _entry(request: TrackedRequest) -> OpenRequest:
    return OpenRequest(
        vault=request.vault,
        name=request.name,
        request_id=request.request_id,
        names=tuple(_first_names(request.names.split())) or None,
        owner=request.owner or None,
        created=request.created.isoformat(),
    )


def _first_names(names: Iterable[str]) -> Iterator[str]:
    """The first names that together have MAX_REQUEST_NAMES characters at most."""
    left = MAX_REQUEST_NAMES
    for name in names:
        left -= len(name) + 1
        if left < 0:
            return
        yield name


def _fitting_requests(entries: Iterable[OpenRequest]) -> Iterator[OpenRequest]:
    """The first requests that fit into one event."""
    left = MAX_EVENT_LETTERS
    for _, entry in zip(range(MAX_LISTED), entries, strict=False):
        left -= len(json.dumps(as_json(entry)))
        if left < 0:
            return
        yield entry
