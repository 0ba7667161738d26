"""What is not worth telling any more when it comes to be told: its request has ended meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from functions.issuance.certflow import Certflow
from functions.issuance.errors import Unavailable
from functions.issuance.events import CHAIN_WAITING, ISSUANCE
from functions.issuance.journal import record
from functions.issuance.requests import Status
from functions.issuance.telling import Line, Notice

# They ask for something that can be done as long as the request is in progress, and no longer.
OF_PENDING = frozenset({f"{ISSUANCE}Started", f"{ISSUANCE}Stalled", CHAIN_WAITING})


async def overtaken(certflow: Certflow, notices: Sequence[Notice]) -> list[Notice]:
    """Those that all requests which they are about have overtaken by ending. If that cannot be found out, none has."""
    asking = [notice for notice in notices if notice.type in OF_PENDING and notice.lines]
    late = await asyncio.gather(*(_is_late(certflow, notice) for notice in asking))
    return [notice for notice, is_late in zip(asking, late, strict=True) if is_late]


async def _is_late(certflow: Certflow, notice: Notice) -> bool:
    try:
        return all([await _has_ended(certflow, line) for line in notice.lines])
    except Unavailable as error:
        record("notice-not-compared", level=logging.WARNING, id=notice.event_id, reason=str(error))
        return False


async def _has_ended(certflow: Certflow, line: Line) -> bool:
    request = await certflow.ledger.get(line.vault, line.name, line.request_id)
    return request is not None and request.status is not Status.IN_PROGRESS
