"""Work lists: at the times that CERTFLOW_SIGNERS sets for a row, one message with all its open requests."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.errors import Unavailable
from functions.issuance.events import WORK_LIST, Event
from functions.issuance.journal import record
from functions.issuance.listing import Wanted
from functions.issuance.outbox import send
from functions.issuance.recipients import list_of
from functions.issuance.requests import Status, TrackedRequest, is_manual
from functions.issuance.signers import SignerRow, slots_around

HELD = timedelta(minutes=2)  # by one instance, while it reads
A_PAGE = 100
MOST_LISTED = 100
# Characters of JSON: an event, and a message that waits, are a property of a table row, which takes 32,768.
MOST_LETTERS, MOST_NAMES = 24_000, 120


async def send_work_lists(certflow: Certflow) -> None:
    """The timer's part: what is due for each row with times. A list that was missed is made up for, and of several the
    last; the same one twice is known by its id. What does not answer now is tried in a minute.
    """
    for row in certflow.choices.signers:
        if row.at:
            try:
                await _send_if_due(certflow, row)
            except Unavailable as error:
                record("work-list-put-off", level=logging.WARNING, row=row.key, reason=str(error))
            except Exception as error:  # noqa: BLE001  one row's trouble keeps neither the others nor the timer's rest
                record("work-list-put-off", level=logging.ERROR, row=row.key, reason=repr(error))


async def _send_if_due(certflow: Certflow, row: SignerRow) -> None:
    """Holds the row until its next time, once its list is written; a run that is cut off before is done again."""
    what, now = f"work-list:{row.key}", certflow.now()
    token = await certflow.watchbook.hold(what, now, now + HELD)
    if token is None:
        return
    try:
        last, following = slots_around(row, now)
        # Times before the row was set, or changed, are not made up for.
        if last is not None and last >= await certflow.watchbook.since(what, now):
            await _send(certflow, row, last)
    finally:
        await certflow.watchbook.let_go(what, token)
    await certflow.watchbook.hold(what, certflow.now(), following)


async def _send(certflow: Certflow, row: SignerRow, slot: datetime) -> None:
    found = sorted(await _open(certflow, row), key=lambda one: (one.created, one.vault, one.name))
    record("work-list", row=row.key, slot=slot.isoformat(), open=len(found))
    if not found:
        return
    listed = list(_fitting(map(_entry, found)))
    event = Event(
        id=f"work-list:{row.key}:{slot:%Y%m%dT%H%M%SZ}",
        type=WORK_LIST,
        subject=f"signers/{row.key}",
        time=certflow.now(),
        data={"to": list(row.to), "slot": slot.isoformat(), "count": len(found), "requests": listed},
    )
    await send(certflow, event)


async def _open(certflow: Certflow, row: SignerRow) -> list[TrackedRequest]:
    """The row's manual requests that have not ended."""
    wanted, token, found = Wanted(statuses=frozenset({Status.IN_PROGRESS}), in_order=False, limit=A_PAGE), None, []
    while True:
        page = await certflow.ledger.requests(wanted, token)
        found += [one for one in page.requests if is_manual(one.issuer) and _row_of(certflow, one) == row]
        token = page.token
        if token is None:
            return found


def _row_of(certflow: Certflow, request: TrackedRequest) -> SignerRow | None:
    return list_of(certflow, request.signer, request.vault, request.name, request.names.split())


def _entry(request: TrackedRequest) -> dict[str, Any]:
    fields = {
        "vault": request.vault,
        "name": request.name,
        "request_id": request.request_id,
        "names": list(_first_names(request.names.split())),
        "owner": request.owner,
        "created": request.created.isoformat(),
    }
    return {key: value for key, value in fields.items() if value}


def _first_names(names: Iterable[str]) -> Iterator[str]:
    left = MOST_NAMES
    for name in names:
        left -= len(name) + 1
        if left < 0:
            return
        yield name


def _fitting(entries: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    left = MOST_LETTERS
    for _, entry in zip(range(MOST_LISTED), entries, strict=False):
        left -= len(json.dumps(entry))
        if left < 0:
            return
        yield entry
