"""Reads query parameters and headers, and who the caller is."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func

from functions.model.errors import InvalidRequest, Refused
from functions.model.request.actor import Actor
from functions.model.request.operation import Status
from functions.model.request_filter import RequestFilter
from functions.requests.manage import Address
from functions.triggers.http.bodies import check_name
from functions.triggers.http.context import Context
from functions.triggers.http.plain_text import MAX_TEXT_LETTERS, check_text

# Parameters that every route accepts: Key Vault's version of the API, which has no meaning here,
# and the function key, which the host has checked.
ALWAYS = {"api-version", "code"}
# Other characters in a header may not arrive unchanged (RFC 9110 §5.5).
IDEMPOTENCY_KEY = re.compile(r"[ -~]{1,255}")
QUALITY = re.compile(r"q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
REQUEST_ID = re.compile(r"[0-9a-fA-F]{32}")
PERIOD = re.compile(r"([0-9]{1,5})([smhd])")  # up to 99,999 days, which a date can still hold
FILTERS = ("vault", "status", "owner", "signer", "name", "issuer")  # of `GET requests`
CSR_FILTERS = ("vault", "owner", "signer", "name", "request_id")  # of `GET csrs`
MAX_CHOSEN = 100  # requests by their ids, which a query has room for
PERIODS = ("older_than", "ended_within", "expires_within")
PERIOD_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def check_query(req: func.HttpRequest, *known: str) -> None:
    """Raises InvalidRequest for a query parameter that is not in `known`, because a misspelt filter
    must not be ignored, and for one without a value.
    """
    for name, value in parse_qsl(urlsplit(req.url).query, keep_blank_values=True):
        if name not in ALWAYS and name not in known:
            allowed = ", ".join(known) or "none"
            raise InvalidRequest(
                name, f"This query parameter is not known here. Allowed: {allowed}."
            )
        if not value:
            # The host drops such a parameter (platform §2.1), and a request without its filter
            # would match more than was meant.
            raise InvalidRequest(
                name, "This query parameter has no value; leave it out, or give it one."
            )
        check_text(name, value)


def address_of(req: func.HttpRequest, *known: str) -> Address:
    """Returns the vault, name and request_id of the pending request that is meant. Raises
    InvalidRequest.
    """
    check_query(req, "request_id", *known)
    request_id = req.params.get("request_id")
    if request_id is not None and not REQUEST_ID.fullmatch(request_id):
        raise InvalidRequest("request_id", "A request_id has 32 hexadecimal digits.")
    return Address(req.route_params["vault"], check_name(req.route_params["name"]), request_id)


def body_of(req: func.HttpRequest) -> bytes:
    """Returns the body. Raises Refused (411) for a chunked one: the host passes only bodies with a
    Content-Length.
    """
    body = req.get_body()
    if not body and req.headers.get("transfer-encoding", "").lower() == "chunked":
        raise Refused(
            411,
            "LengthRequired",
            "Send the body with a Content-Length; chunked uploads do not arrive.",
        )
    return body


def actor_of(req: func.HttpRequest, context: Context, said: str | None = None) -> Actor:
    """Returns who calls, with what they say of themselves: `said`, of the body, or else the query
    parameter `requested_by`. That is never believed. Raises InvalidRequest.
    """
    said = said or req.params.get("requested_by")
    if said is not None and len(said) > MAX_TEXT_LETTERS:
        raise InvalidRequest("requested_by", f"At most {MAX_TEXT_LETTERS} characters.")
    check_text("requested_by", said or "")
    return replace(context.caller.actor, on_behalf_of=said)


def idempotency_key(req: func.HttpRequest) -> str | None:
    """Returns the header `Idempotency-Key`; None if there is none. Raises InvalidRequest."""
    key: str | None = req.headers.get("idempotency-key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidRequest(
            "Idempotency-Key", "1 to 255 characters of ASCII that can be seen, such as a UUID."
        )
    return key


def file_name(req: func.HttpRequest) -> str:
    """Returns the name that a caller gives a file, for the history; `sent` if none is given. Raises
    InvalidRequest.
    """
    given: str = req.params.get("file", "sent")
    if len(given) > MAX_TEXT_LETTERS:
        raise InvalidRequest("file", f"At most {MAX_TEXT_LETTERS} characters.")
    return given


def flag_of(req: func.HttpRequest, name: str) -> bool:
    """Returns a query parameter that is true or false; False if there is none. Raises
    InvalidRequest.
    """
    given: str | None = req.params.get(name)
    if given not in {None, "true", "false"}:
        raise InvalidRequest(name, "true or false.")
    return given == "true"


def quality_of(accepted: str, wanted: str) -> float | None:
    """Returns how much a caller likes what is wanted, by a header such as `Accept` (RFC 9110
    §12.5): from 0, not at all, to 1; None if the header does not name it. Wildcards name nothing.
    """
    for one in accepted.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        if name == wanted:
            given = (QUALITY.fullmatch(part) for part in parameters)
            return next((float(found[1]) for found in given if found), 1.0)
    return None


def takes_gzip(req: func.HttpRequest) -> bool:
    """Whether the caller takes an answer in gzip."""
    return bool(quality_of(req.headers.get("accept-encoding", ""), "gzip"))


def filter_of(req: func.HttpRequest, now: datetime) -> tuple[RequestFilter, str | None]:
    """Returns the filter of `GET requests`, and the token of the page. Raises InvalidRequest."""
    check_query(req, *FILTERS, *PERIODS, "order", "limit", "token")
    in_order, limit = _in_order(req), limit_of(req)
    older, ended, expires = (_period_of(req, name) for name in PERIODS)
    wanted = RequestFilter(
        vaults=vault_aliases(req),
        statuses=frozenset().union(*map(_statuses, words_of(req, "status"))),
        **{name: req.params.get(name) for name in ("owner", "signer", "name", "issuer")},
        created_before=now - older if older else None,
        ended_after=now - ended if ended else None,
        expires_before=now + expires if expires else None,
        in_order=in_order,
        limit=limit,
    )
    return wanted, req.params.get("token")


def csr_filter_of(req: func.HttpRequest, now: datetime) -> RequestFilter:
    """Returns the filter of `GET csrs`. Raises InvalidRequest."""
    check_query(req, *CSR_FILTERS, "older_than")
    older = _period_of(req, "older_than")
    return RequestFilter(
        vaults=vault_aliases(req),
        request_ids=_chosen(req),
        **{name: req.params.get(name) for name in ("owner", "signer", "name")},
        created_before=now - older if older else None,
    )


def _chosen(req: func.HttpRequest) -> frozenset[str]:
    """Returns the requests that are chosen by their ids. Raises InvalidRequest."""
    given = frozenset(one.lower() for one in words_of(req, "request_id"))
    if len(given) > MAX_CHOSEN or not all(map(REQUEST_ID.fullmatch, given)):
        raise InvalidRequest(
            "request_id",
            "Each request_id has 32 hexadecimal digits; several with commas between them, "
            f"{MAX_CHOSEN} at most.",
        )
    return given


def _in_order(req: func.HttpRequest) -> bool:
    order: str | None = req.params.get("order")
    if order not in {None, "age", "none"}:
        raise InvalidRequest("order", f"'{order}' is no order. Allowed: age, none.")
    return order != "none"


def limit_of(req: func.HttpRequest) -> int:
    """Returns the size of a page, 25 if nothing is said. Raises InvalidRequest."""
    limit = req.params.get("limit")
    if limit is not None and not (re.fullmatch(r"[0-9]{1,3}", limit) and 1 <= int(limit) <= 100):
        raise InvalidRequest("limit", "A number from 1 to 100.")
    return int(limit or 25)


def vault_aliases(req: func.HttpRequest) -> frozenset[str]:
    """Returns the vaults that a filter names, in lower case."""
    return frozenset(one.lower() for one in words_of(req, "vault"))


def words_of(req: func.HttpRequest, name: str) -> list[str]:
    """Returns the words of a query parameter, which have commas between them."""
    return [one.strip() for one in req.params.get(name, "").split(",") if one.strip()]


def known_words(req: func.HttpRequest, name: str, known: Collection[str]) -> list[str]:
    """The words of a filter, in lower case. Raises InvalidRequest for one that is not known."""
    words = [one.lower() for one in words_of(req, name)]
    for word in words:
        if word not in known:
            allowed = ", ".join(known)
            raise InvalidRequest(
                name,
                f"'{word}' is not known. Allowed: {allowed}; several with commas between them.",
            )
    return words


def _statuses(word: str) -> frozenset[Status]:
    """Returns the statuses that a word stands for: one, or all but inProgress for `ended`."""
    known = {one.value.lower(): frozenset({one}) for one in Status}
    known["ended"] = frozenset(Status) - {Status.IN_PROGRESS}
    if word.lower() not in known:
        allowed = ", ".join((*(one.value for one in Status), "ended"))
        raise InvalidRequest(
            "status",
            f"'{word}' is no status. Allowed: {allowed}; several with commas between them.",
        )
    return known[word.lower()]


def _period_of(req: func.HttpRequest, name: str) -> timedelta | None:
    text = req.params.get(name)
    return period(name, text) if text else None


def period(
    name: str, text: str, allowed: str = "A number and s, m, h or d: 90s, 15m, 24h, 7d."
) -> timedelta:
    """Reads a period such as 90s, 15m, 24h or 7d, of the field `name`. Raises InvalidRequest, which
    says what is allowed.
    """
    match = PERIOD.fullmatch(text)
    if not match:
        raise InvalidRequest(name, allowed)
    return timedelta(seconds=int(match[1]) * PERIOD_UNITS[match[2]])
