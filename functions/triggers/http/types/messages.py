"""The types of the answer of `GET messages`."""

from __future__ import annotations

from typing import Annotated

from functions.model.people.message_record import MESSAGE_OUTCOMES
from functions.triggers.http.types.answers import Answer, Count, Time, one_of


class MessageItem(Answer):
    """What became of the message about an event on a channel. `happened` is when the event did,
    `settled` when the outcome was known; `to` are the addresses of a mail, of which those who do
    not operate the vault see a part, and of `reason` nothing. Events that were told in one message
    have the same `message`.
    """

    happened: Time
    settled: Time
    type: str
    event_id: str
    vault: str | None
    name: str | None
    channel: str
    to: list[str]
    outcome: Annotated[str, one_of(MESSAGE_OUTCOMES)]
    reason: str | None
    attempts: Count
    message: str | None


class MessagesAnswer(Answer, rename={"next_link": "nextLink"}):
    """One page of messages, the newest event first, and where the next page is."""

    value: list[MessageItem]
    next_link: str | None
