"""The types of the answer of `GET history`."""

from __future__ import annotations

from functions.triggers.http.types.answers import Answer, HistoryEntry


class ActItem(HistoryEntry, kw_only=True):
    """Something that was done to a certificate of a vault (alias), or that happened to it. `by` is
    for show; where it is not `verified`, it is what a caller with a function key said.
    `on_behalf_of` is never verified.
    """

    vault: str
    name: str


class ActsAnswer(Answer, rename={"next_link": "nextLink"}):
    """One page of the history of all names, the newest act first, and where the next page is."""

    value: list[ActItem]
    next_link: str | None
