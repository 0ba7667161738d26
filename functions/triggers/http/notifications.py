"""Handles `POST …/pending/acknowledge`, which suppresses the reminders of a request, and `POST
notifications/test`, which sends samples of all messages.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import azure.functions as func
import msgspec

from functions.model.errors import InvalidRequest
from functions.model.tags import end_of
from functions.notifications.samples import send_samples
from functions.record.calls import note_call
from functions.requests.manage import acknowledge
from functions.triggers.http.answers import json_body
from functions.triggers.http.bodies import AcknowledgeBody, RehearseBody, parse
from functions.triggers.http.context import Context
from functions.triggers.http.queries import actor_of, address_of, body_of, check_query, period
from functions.triggers.http.types.answers import AcknowledgedAnswer, RehearsalAnswer

MAX_ACKNOWLEDGED = timedelta(days=30)  # after that, the request has to be acknowledged again


async def acknowledge_pending(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Suppresses the reminders of a pending request until a time, and answers 200."""
    address, app = address_of(req, "requested_by"), context.certflow()
    asked = parse(body_of(req), AcknowledgeBody)
    until = _until_time(asked.until, app.now())
    request = await acknowledge(
        app, address, until, asked.why, actor_of(req, context, asked.requested_by)
    )
    return json_body(200, AcknowledgedAnswer(request.request_id, until.isoformat(), asked.why))


async def test_notifications(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Sends a sample of each message on every channel, and answers 200 with the outcomes."""
    check_query(req, "requested_by")
    by, asked = actor_of(req, context), parse(body_of(req) or b"{}", RehearseBody)
    found = await send_samples(context.certflow(), asked.events)
    outcome = " ".join(f"{one['channel']}:{one['outcome']}" for one in found["channels"])
    await note_call(context.certflow(), "tested", by, outcome=outcome)
    return json_body(200, msgspec.convert(found, RehearsalAnswer))


def _until_time(text: str, now: datetime) -> datetime:
    """Reads a date (which stands for its end, UTC), a time, or a period from now. Raises
    InvalidRequest.
    """
    try:
        until = end_of(text)
    except ValueError:
        until = now + period(
            "until", text, "A date or time (ISO 8601), or a number and h or d: 24h, 7d."
        )
    if until <= now:
        raise InvalidRequest("until", "This is over already.")
    # The limit also keeps out times that Python cannot add to, such as 9999-12-31.
    if until > now + MAX_ACKNOWLEDGED:
        raise InvalidRequest(
            "until", f"At most {MAX_ACKNOWLEDGED.days} days from now: acknowledge it again then."
        )
    return until
