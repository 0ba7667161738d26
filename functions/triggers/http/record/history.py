"""Handles `GET history`: who did what to the certificates that a caller may read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import azure.functions as func
import msgspec

from functions.model.errors import InvalidRequest
from functions.model.record.act_list import ActFilter, ListedAct
from functions.model.request.history import ACTS
from functions.model.request_filter import RequestFilter
from functions.model.tags import end_of
from functions.triggers.http.answers import json_body, next_link
from functions.triggers.http.context import Context
from functions.triggers.http.grants.own import seen_by
from functions.triggers.http.inventory.csv_text import CSV, csv_text, wants_csv
from functions.triggers.http.queries import check_query, known_words, limit_of, vault_aliases
from functions.triggers.http.types.from_ledger import history_entry
from functions.triggers.http.types.history import ActItem, ActsAnswer

ACT_FILTERS = ("since", "until", "vault", "by", "verb")
# Each is sixteen partitions, of which each is asked for a page (adapters, history/pages.py).
MAX_LISTED_VAULTS = 25
ACT_COLUMNS = (
    *("at", "act", "vault", "name", "request_id", "status"),
    *("by", "verified", "kind", "tid", "oid", "azp", "on_behalf_of", "note"),
    *("version", "thumbprint", "serial", "not_after", "file", "file_sha256", "warnings"),
    *("approval", "before", "after", "access"),
)


async def list_history(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with a page of acts, the newest first, as JSON or as CSV, of which the header
    `Link` leads to the next page.
    """
    check_query(req, *ACT_FILTERS, "limit", "token")
    wanted = _wanted_acts(req, context)
    page = await context.certflow().history.page(wanted, req.params.get("token"))
    items, following = [_act_item(one) for one in page.acts], next_link(req, page.token)
    if wants_csv(req):
        return _acts_as_csv(items, following)
    return json_body(200, ActsAnswer(items, following))


def _wanted_acts(req: func.HttpRequest, context: Context) -> ActFilter:
    """Reads the filter. Raises InvalidRequest, UnknownVault, Forbidden."""
    named = seen_by(context, RequestFilter(vaults=vault_aliases(req))).vaults
    app, access = context.certflow(), context.access
    vaults = named or frozenset(app.vaults)
    if len(vaults) > MAX_LISTED_VAULTS:
        raise InvalidRequest(
            "vault",
            f"Name up to {MAX_LISTED_VAULTS} vaults, with commas between them; there are more.",
        )
    return ActFilter(
        vaults=vaults,
        since=_moment(req, "since", _beginning_of),
        until=_moment(req, "until", end_of),
        by=req.params.get("by"),
        verbs=frozenset(known_words(req, "verb", ACTS)),
        limit=limit_of(req),
        may_see=app.may_see if access else None,
        beginnings=access.readable_beginnings if access else frozenset(),
    )


def _moment(req: func.HttpRequest, name: str, read: Callable[[str], datetime]) -> datetime | None:
    given = req.params.get(name)
    try:
        return read(given) if given else None
    except ValueError:
        raise InvalidRequest(name, "A date, such as 2027-03-15, or a time (ISO 8601).") from None


def _beginning_of(text: str) -> datetime:
    """The beginning of a date, or the time itself (ISO 8601); UTC unless the text has an offset.
    Raises ValueError.
    """
    given = datetime.fromisoformat(text)
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _act_item(act: ListedAct) -> ActItem:
    entry = msgspec.structs.asdict(history_entry(act.entry))
    return ActItem(**entry, vault=act.vault, name=act.name)


def _acts_as_csv(items: list[ActItem], following: str | None) -> func.HttpResponse:
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}  # RFC 8288 §3
    text = csv_text(ACT_COLUMNS, map(list, map(_cells, items)))
    return func.HttpResponse(text, mimetype=f"{CSV}; charset=utf-8", headers=headers)


def _cells(item: ActItem) -> Iterator[object]:
    actor, made, file = item.actor, item.certificate, item.file
    yield from (item.at, item.act, item.vault, item.name, item.request_id, item.status)
    yield from (item.by, None if item.verified is None else str(item.verified).lower())
    yield from (getattr(actor, part, None) for part in ("kind", "tid", "oid", "azp"))
    yield from (item.on_behalf_of, item.note)
    for part in ("version", "thumbprint", "serial", "not_after"):
        yield getattr(made, part, None)
    yield from (getattr(file, "name", None), getattr(file, "sha256", None))
    yield " ".join(item.warnings or ())
    yield item.approval
    for facts in (item.before, item.after):
        yield msgspec.json.encode(facts).decode() if facts else None
    yield item.access
