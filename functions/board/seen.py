"""The board as one reader sees it, kept for the readers who ask again and again."""

from __future__ import annotations

from functions.app.contexts import BoardContext
from functions.board.kept import kept_board
from functions.model.board.rows import Board

MAX_READERS = 16  # whose boards a process keeps; each takes some bytes a row


async def seen_board(certflow: BoardContext) -> Board:
    """The board with the rows alone that this context may see. Raises Unavailable."""
    board, seen = await kept_board(certflow), certflow.board.seen
    key = (board.version, board.at, certflow.may_see)
    if key not in seen:
        while len(seen) >= MAX_READERS:
            seen.pop(next(iter(seen)))
        seen[key] = board.seen_by(certflow.may_see)
    return seen[key]
