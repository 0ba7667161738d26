"""Handles `GET messages`: what became of the cards and mails that a caller may know of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import azure.functions as func

from functions.access.verbs import Verb
from functions.model.errors import InvalidRequest
from functions.model.people.message_record import (
    MESSAGE_OUTCOMES,
    MessageFilter,
    MessageRecord,
    masked,
)
from functions.model.request_filter import RequestFilter
from functions.triggers.http.answers import json_body, next_link
from functions.triggers.http.context import Context
from functions.triggers.http.grants.own import seen_by
from functions.triggers.http.queries import check_query, limit_of, vault_aliases, words_of
from functions.triggers.http.types.messages import MessageItem, MessagesAnswer

MESSAGE_FILTERS = ("vault", "name", "channel", "outcome")

type Operates = Callable[[str | None], bool]


async def list_messages(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with a page of messages, the newest event first."""
    check_query(req, *MESSAGE_FILTERS, "limit", "token")
    operates = _operates(context)
    wanted = _wanted_messages(req, context, operates)
    page = await context.certflow().message_records.page(wanted, req.params.get("token"))
    value = [_message_item(one, operated=operates(one.vault)) for one in page.messages]
    return json_body(200, MessagesAnswer(value, next_link(req, page.token)))


def _wanted_messages(req: func.HttpRequest, context: Context, operates: Operates) -> MessageFilter:
    """Reads the filter. Raises InvalidRequest, UnknownVault, Forbidden."""
    vaults = seen_by(context, RequestFilter(vaults=vault_aliases(req))).vaults
    app, outcomes = context.certflow(), frozenset(words_of(req, "outcome"))
    if unknown := outcomes.difference(MESSAGE_OUTCOMES):
        raise InvalidRequest(
            "outcome",
            f"'{min(unknown)}' is not known. Allowed: {', '.join(MESSAGE_OUTCOMES)}; several with "
            "commas between them.",
        )

    def may_see(one: MessageRecord) -> bool:
        if one.vault and one.name:
            return app.may_see(one.vault, one.name)
        return operates(one.vault)  # about a whole vault, or the whole app

    return MessageFilter(
        # Without it, all rows of the other vaults would be read, to be left out.
        vaults=vaults or (frozenset() if operates(None) else frozenset(app.vaults)),
        name=req.params.get("name"),
        channels=frozenset(words_of(req, "channel")),
        outcomes=outcomes,
        limit=limit_of(req),
        may_see=may_see if context.access else None,
        beginnings=context.access.readable_beginnings if context.access else frozenset(),
    )


def _operates(context: Context) -> Operates:
    """The function that says whether the caller operates a vault (alias), or, of None, the whole
    app.
    """
    access = context.access
    if access is None:
        return lambda _: True
    return cache(lambda vault: access.decide(Verb.OPERATE, vault).allowed)


def _message_item(one: MessageRecord, *, operated: bool) -> MessageItem:
    return MessageItem(
        happened=one.happened.isoformat(),
        settled=one.settled.isoformat(),
        type=one.type,
        event_id=one.event_id,
        vault=one.vault,
        name=one.name,
        channel=one.channel,
        to=[address if operated else masked(address) for address in one.to],
        outcome=one.outcome,
        reason=one.reason if operated else None,
        attempts=one.attempts,
        message=one.message,
    )
