"""The board's rows, which each process keeps: pages ask for them every ten seconds, and thousands
of rows take a second to read.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from functions.app.context import BoardCache
from functions.app.contexts import BoardContext
from functions.model.board.rows import AskedRequest, Board, board_of
from functions.ports.ledger import Intent

KEPT = timedelta(seconds=5)  # without a look at the change mark
READ_ALL_AFTER = timedelta(seconds=60)  # of a whole reading, whatever the mark says
# Rows whose time is so much before that of the newest one are read again with those that have
# changed: each partition of the storage writes its rows by a clock of its own.
OVERLAP = timedelta(seconds=30)
ENDED_WITHIN = timedelta(days=30)


async def kept_board(certflow: BoardContext) -> Board:
    """The board with all rows, whoever asks. It is as it was at most KEPT ago, but for what a lost
    change mark or a check without news has changed within READ_ALL_AFTER. Raises Unavailable.
    """
    cache = certflow.board
    async with cache.asking:
        now = certflow.now()
        if cache.board is None or not _is_within(KEPT, cache.seen_at, now):
            await _look(certflow, cache, now)
        assert cache.board is not None  # noqa: S101  a look that finds nothing raises
        return cache.board


async def _look(certflow: BoardContext, cache: BoardCache, now: datetime) -> None:
    """Reads the mark, and the rows if they may have changed."""
    mark, beats = await asyncio.gather(
        certflow.ledger.board_mark(), certflow.monitoring_store.heartbeats()
    )
    # After the mark: what changes in between will have changed the mark, too.
    if not _is_within(READ_ALL_AFTER, cache.whole_at, now):
        await _read(certflow, cache, now, None)
        cache.whole_at = now
    elif cache.mark != mark:
        await _read(certflow, cache, now, cache.newest)
    cache.mark, cache.heartbeats, cache.seen_at = mark, beats, now


async def _read(
    certflow: BoardContext, cache: BoardCache, now: datetime, newest: datetime | None
) -> None:
    """Reads the rows that may have changed since `newest`; None: all."""
    changed_since = newest - OVERLAP if newest else None
    reading, intents = await asyncio.gather(
        certflow.ledger.board_requests(now - ENDED_WITHIN, changed_since),
        certflow.ledger.unanswered(),
    )
    asked = [_asked(one, now) for one in intents]
    before = cache.board if changed_since else None
    cache.board = board_of(reading.requests, asked, now, before)
    cache.newest = max((one for one in (newest, reading.newest) if one), default=None)


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
