"""The HTTP way in to what people are told: a rehearsal of all messages, and quiet for a request that somebody knows."""

from __future__ import annotations

from datetime import datetime, timedelta

import azure.functions as func

from functions.issuance.errors import InvalidRequest
from functions.issuance.pending import acknowledge
from functions.issuance.rehearsal import rehearse
from functions.issuance.tags import end_of
from functions.triggers.answers import json_body
from functions.triggers.bodies import AcknowledgeBody, RehearseBody, parse
from functions.triggers.queries import actor_of, address_of, body_of, check_query, period
from functions.triggers.routes import Context

LONGEST_QUIET = timedelta(days=30)  # whoever needs longer says so again


async def acknowledge_pending(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Holds the reminders of a pending request back → 200."""
    address, app = address_of(req, "requested_by"), context.certflow()
    asked = parse(body_of(req), AcknowledgeBody)
    until = _until(asked.until, app.now())
    request = await acknowledge(app, address, until, asked.why, actor_of(req, context, asked.requested_by))
    return json_body(200, {"request_id": request.request_id, "quiet_until": until.isoformat(), "why": asked.why})


async def test_notifications(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Sends a sample of each message on every channel → 200, with how that ended."""
    check_query(req)
    asked = parse(body_of(req) or b"{}", RehearseBody)
    return json_body(200, await rehearse(context.certflow(), asked.events))


def _until(text: str, now: datetime) -> datetime:
    """A date (its end, UTC), a time, or a period from now. Raises InvalidRequest."""
    try:
        until = end_of(text)
    except ValueError:
        until = now + period("until", text, "A date or time (ISO 8601), or a number and h or d: 24h, 7d.")
    if until <= now:
        raise InvalidRequest("until", "This is over already.")
    if until > now + LONGEST_QUIET:  # and within what can be reckoned with: 9999-12-31 has no tomorrow
        raise InvalidRequest("until", f"At most {LONGEST_QUIET.days} days from now: acknowledge it again then.")
    return until
