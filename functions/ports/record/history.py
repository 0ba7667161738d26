"""The port to the list of all acts."""

from __future__ import annotations

from typing import Protocol

from functions.model.record.act_list import ActFilter, ActPage


class History(Protocol):
    """The history over all names. Its lines are written by the ledger, each with its request."""

    async def page(self, wanted: ActFilter, token: str | None) -> ActPage:
        """A page of the acts that match, the newest first; it ends early where very many do not.
        Raises InvalidRequest for a wrong token, and Unavailable.
        """
        ...
