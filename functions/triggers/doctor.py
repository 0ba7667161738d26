"""The HTTP way in to the merge doctor: look at a file without merging it, handle one again that got stuck."""

from __future__ import annotations

import azure.functions as func

from functions.issuance.drop import retry
from functions.issuance.examine import inspect
from functions.issuance.exposed import as_sent, has_key, tell_key_received
from functions.triggers.answers import json_body
from functions.triggers.bodies import RetryBody, parse
from functions.triggers.queries import actor_of, body_of, check_query
from functions.triggers.routes import Context


async def inspect_chain(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """What a drop of the file in the body would do → 200, whatever it would be."""
    check_query(req, "requested_by")
    content, by = body_of(req), actor_of(req, context)
    report = await inspect(context.certflow(), content)
    if has_key(report):
        await tell_key_received(context.certflow(), content, "inspect", by)
        report = as_sent(report)
    return json_body(200, report)


async def retry_chain(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Handles a file again that still lies in the container → 200, with its report."""
    check_query(req)
    return json_body(200, await retry(context.certflow(), parse(body_of(req), RetryBody).name))
