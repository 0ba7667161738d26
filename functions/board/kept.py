"""The board's rows, which each process keeps: pages ask for them every ten seconds, and thousands
of rows take a second to read.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from functions.app.contexts import BoardContext
from functions.model.board.rows import AskedRequest, Board, board_of
from functions.ports.ledger import Intent

KEPT = timedelta(seconds=5)  # without a look at the change mark
MAX_AGE = timedelta(seconds=60)  # of rows, whatever the mark says
ENDED_WITHIN = timedelta(days=30)


async def kept_board(certflow: BoardContext) -> Board:
    """The board with all rows, whoever asks. It is as it was at most KEPT ago, but for what a lost
    change mark or a check without news has changed within MAX_AGE. Raises Unavailable.
    """
    cache = certflow.board
    async with cache.asking:
        now = certflow.now()
        if cache.board is None or not _is_within(KEPT, cache.seen_at, now):
            cache.board = await _look(certflow, cache.board, now)
            cache.seen_at = now
        return cache.board


async def _look(certflow: BoardContext, known: Board | None, now: datetime) -> Board:
    """The board now: the known one, if its mark is still there."""
    mark, beats = await asyncio.gather(
        certflow.ledger.board_mark(), certflow.monitoring_store.heartbeats()
    )
    if known is None or known.mark != mark or not _is_within(MAX_AGE, known.at, now):
        # After the mark: what changes in between will have changed the mark, too.
        known = await _read(certflow, now)
    return replace(known, mark=mark, heartbeats=beats)


async def _read(certflow: BoardContext, now: datetime) -> Board:
    requests, intents = await asyncio.gather(
        certflow.ledger.board_requests(now - ENDED_WITHIN), certflow.ledger.unanswered()
    )
    return board_of(requests, [_asked(one, now) for one in intents], now)


def _asked(intent: Intent, now: datetime) -> AskedRequest:
    return AskedRequest(
        intent.vault,
        intent.name,
        intent.id,
        intent.began or now,
        intent.owner,
        intent.signer,
        intent.by.shown,
    )


def _is_within(limit: timedelta, at: datetime | None, now: datetime) -> bool:
    return at is not None and timedelta(0) <= now - at < limit
