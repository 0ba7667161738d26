"""The change mark of the board: one row that is another one after each change of a request, so that
whoever keeps the board's rows need not read them again to find nothing new.
"""

from __future__ import annotations

import asyncio
import logging
import secrets

from functions.adapters.azure_tables.service import Tables
from functions.model.errors import Unavailable
from functions.model.log import record

BOARD, MARK_ROW = "-|board", "mark"  # its partition and its row


class BoardMark:
    """The mark, as one process writes it."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._turn = asyncio.Lock()
        self._changes = self._marked = 0

    async def change(self) -> None:
        """Changes the mark. Of changes at the same time one writes it for all. That it cannot be
        written is only logged: the change that it is about is saved, and is seen a minute later.
        """
        self._changes += 1
        mine = self._changes
        async with self._turn:
            if self._marked >= mine:
                return
            through = self._changes
            row = {"PartitionKey": BOARD, "RowKey": MARK_ROW, "mark": secrets.token_hex(8)}
            try:
                await self._tables.commit([("upsert", row)])
            except Unavailable as error:
                record("board-not-marked", level=logging.WARNING, reason=str(error))
                return
            self._marked = through

    async def read(self) -> str | None:
        """Returns the mark; None if there is none yet."""
        row = await self._tables.row(BOARD, MARK_ROW)
        return str(row["mark"]) if row else None
