"""What stands beside the body: query parameters, headers, and who asks."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func

from functions.issuance.describe import printed
from functions.issuance.errors import InvalidRequest, Refused
from functions.issuance.listing import Wanted
from functions.issuance.pending import Address
from functions.issuance.requests import Actor, Status
from functions.triggers.bodies import check_name
from functions.triggers.plain_text import MOST_LETTERS, check_text
from functions.triggers.routes import Context

# Accepted on every route: Key Vault's own version parameter, which has no meaning here, and the function key, which
# the host has checked.
ALWAYS = {"api-version", "code"}
KEY = re.compile(r"[ -~]{1,255}")  # a header's value is not sure to come through otherwise (RFC 9110 §5.5)
REQUEST_ID = re.compile(r"[0-9a-fA-F]{32}")
PERIOD = re.compile(r"([0-9]{1,5})([smhd])")  # 99,999 days stay within what a date can be
FILTERS = ("vault", "status", "owner", "signer", "name", "issuer")  # of `GET requests`
CSR_FILTERS = ("vault", "owner", "signer", "name")  # of `GET csrs`
PERIODS = ("older_than", "ended_within", "expires_within")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def check_query(req: func.HttpRequest, *known: str) -> None:
    """Raises InvalidRequest for a query parameter that this route does not know: a misspelt filter must not be lost."""
    for name, value in parse_qsl(urlsplit(req.url).query, keep_blank_values=True):
        if name not in ALWAYS and name not in known:
            allowed = ", ".join(known) or "none"
            raise InvalidRequest(name, f"This query parameter is not known here. Allowed: {allowed}.")
        if not value:
            # The host drops it (platform §2.1), and a filter that is lost would match more than was meant.
            raise InvalidRequest(name, "This query parameter has no value; leave it out, or give it one.")
        check_text(name, value)


def address_of(req: func.HttpRequest, *known: str) -> Address:
    """Which pending request is meant. Raises InvalidRequest."""
    check_query(req, "request_id", *known)
    request_id = req.params.get("request_id")
    if request_id is not None and not REQUEST_ID.fullmatch(request_id):
        raise InvalidRequest("request_id", "A request_id has 32 hexadecimal digits.")
    return Address(req.route_params["vault"], check_name(req.route_params["name"]), request_id)


def body_of(req: func.HttpRequest) -> bytes:
    """The body. Raises Refused (411) for one that the host did not hand on: it needs a Content-Length."""
    body = req.get_body()
    if not body and req.headers.get("transfer-encoding", "").lower() == "chunked":
        raise Refused(411, "LengthRequired", "Send the body with a Content-Length; chunked uploads do not arrive.")
    return body


def actor_of(req: func.HttpRequest, context: Context, said: str | None = None) -> Actor:
    """Who asks: verified by App Service authentication where it is on, else what the caller says.

    Without it anybody can send `x-ms-client-principal`, and the host hands it on; so it is believed only
    then. Raises InvalidRequest.
    """
    if context.app_service_auth():
        name = _principal(req.headers.get("x-ms-client-principal", ""))
        if name:
            return Actor(name, verified=True)
    said = said or req.params.get("requested_by")
    if said is not None and len(said) > MOST_LETTERS:
        raise InvalidRequest("requested_by", f"At most {MOST_LETTERS} characters.")
    check_text("requested_by", said or "")
    return Actor(said)


def idempotency_key(req: func.HttpRequest) -> str | None:
    """The `Idempotency-Key` header. Raises InvalidRequest."""
    key: str | None = req.headers.get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        raise InvalidRequest("Idempotency-Key", "1 to 255 characters of ASCII that can be seen, such as a UUID.")
    return key


def wanted_of(req: func.HttpRequest, now: datetime) -> tuple[Wanted, str | None]:
    """The filter of `GET requests`, and the page's token. Raises InvalidRequest."""
    check_query(req, *FILTERS, *PERIODS, "order", "limit", "token")
    order, limit = (req.params.get(name) for name in ("order", "limit"))
    if order not in {None, "age", "none"}:
        raise InvalidRequest("order", f"'{order}' is no order. Allowed: age, none.")
    if limit is not None and not (re.fullmatch(r"[0-9]{1,3}", limit) and 1 <= int(limit) <= 100):
        raise InvalidRequest("limit", "A number from 1 to 100.")
    older, ended, expires = (_period_of(req, name) for name in PERIODS)
    wanted = Wanted(
        vaults=frozenset(one.lower() for one in _several(req, "vault")),
        statuses=frozenset().union(*map(_statuses, _several(req, "status"))),
        **{name: req.params.get(name) for name in ("owner", "signer", "name", "issuer")},
        created_before=now - older if older else None,
        ended_after=now - ended if ended else None,
        expires_before=now + expires if expires else None,
        in_order=order != "none",
        limit=int(limit or 25),
    )
    return wanted, req.params.get("token")


def wanted_csrs_of(req: func.HttpRequest, now: datetime) -> Wanted:
    """The filter of `GET csrs`. Raises InvalidRequest."""
    check_query(req, *CSR_FILTERS, "older_than")
    older = _period_of(req, "older_than")
    return Wanted(
        vaults=frozenset(one.lower() for one in _several(req, "vault")),
        **{name: req.params.get(name) for name in ("owner", "signer", "name")},
        created_before=now - older if older else None,
    )


def _several(req: func.HttpRequest, name: str) -> list[str]:
    return [one.strip() for one in req.params.get(name, "").split(",") if one.strip()]


def _statuses(word: str) -> frozenset[Status]:
    """Those that a word means: one, or `ended` for all but inProgress."""
    known = {one.value.lower(): frozenset({one}) for one in Status}
    known["ended"] = frozenset(Status) - {Status.IN_PROGRESS}
    if word.lower() not in known:
        allowed = ", ".join((*(one.value for one in Status), "ended"))
        raise InvalidRequest("status", f"'{word}' is no status. Allowed: {allowed}; several with commas between them.")
    return known[word.lower()]


def _period_of(req: func.HttpRequest, name: str) -> timedelta | None:
    text = req.params.get(name)
    return period(name, text) if text else None


def period(name: str, text: str, allowed: str = "A number and s, m, h or d: 90s, 15m, 24h, 7d.") -> timedelta:
    """A period in words, for the field `name`. Raises InvalidRequest with what is allowed."""
    match = PERIOD.fullmatch(text)
    if not match:
        raise InvalidRequest(name, allowed)
    return timedelta(seconds=int(match[1]) * UNITS[match[2]])


def _principal(header: str) -> str | None:
    """The name in App Service's `x-ms-client-principal`: base64 of JSON with claims."""
    try:
        principal: dict[str, Any] = json.loads(base64.b64decode(header))
        claims = {claim["typ"]: claim["val"] for claim in principal["claims"]}
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None
    named = (principal.get("name_typ"), "preferred_username", "name", "appid", "oid")
    return next((printed(str(claims[name]), MOST_LETTERS) for name in named if name in claims), None)
