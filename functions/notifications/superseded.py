"""Notices that are no longer worth sending, because their requests have ended meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from functions.app.context_parts import HasLedger
from functions.model.errors import Unavailable
from functions.model.events.chains import Waiting
from functions.model.events.requests import Stalled, Started
from functions.model.log import record
from functions.model.messages import Line
from functions.model.request.operation import Status
from functions.ports.notifications import Notice

# These ask for something that can only be done while the request is in progress.
OF_PENDING = frozenset({Started.type, Stalled.type, Waiting.type})


async def superseded_among(certflow: HasLedger, notices: Sequence[Notice]) -> list[Notice]:
    """The notices of which all requests have ended. A notice whose requests cannot be read counts
    as not overtaken.
    """
    asking = [notice for notice in notices if notice.type in OF_PENDING and notice.lines]
    late = await asyncio.gather(*(_is_late(certflow, notice) for notice in asking))
    return [notice for notice, is_late in zip(asking, late, strict=True) if is_late]


async def _is_late(certflow: HasLedger, notice: Notice) -> bool:
    try:
        return all([await _has_ended(certflow, line) for line in notice.lines])
    except Unavailable as error:
        record("notice-not-compared", level=logging.WARNING, id=notice.event_id, reason=str(error))
        return False


async def _has_ended(certflow: HasLedger, line: Line) -> bool:
    request = await certflow.ledger.get(line.vault, line.name, line.request_id)
    return request is not None and request.status is not Status.IN_PROGRESS
