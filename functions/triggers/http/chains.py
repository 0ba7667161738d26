"""Handles `POST chains`, which merges a file as if it had been dropped, `POST chains/inspect`,
which only validates it, and `POST chains/retry`, which handles a dropped file again.
"""

from __future__ import annotations

import azure.functions as func
import msgspec

from functions.chains.handle_upload import retry
from functions.chains.inspect import inspect
from functions.chains.merge_by_call import return_file
from functions.chains.received_keys import has_key, report_as_sent, tell_key_received
from functions.chains.report import Report
from functions.record.calls import note_call
from functions.triggers.http.answers import json_body
from functions.triggers.http.bodies import RetryBody, parse
from functions.triggers.http.context import Context
from functions.triggers.http.queries import actor_of, body_of, check_query, file_name
from functions.triggers.http.types.reports import ReportAnswer


async def inspect_chain(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with a report of what dropping the file in the body would do, also for a file
    that would be rejected.
    """
    check_query(req, "requested_by")
    content, by = body_of(req), actor_of(req, context)
    report = await inspect(context.certflow(), content)
    if has_key(report):
        await tell_key_received(context.certflow(), content, "inspect", by)
        report = report_as_sent(report)
    return _report_answer(report)


async def return_chain(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Merges the file in the body as if it had been dropped, and answers 200 with its report; the
    history names the caller.
    """
    check_query(req, "requested_by", "file")
    content, by = body_of(req), actor_of(req, context)
    report = await return_file(context.certflow(), content, file_name(req), by)
    if has_key(report):
        await tell_key_received(context.certflow(), content, "return", by)
        report = report_as_sent(report)
    return _report_answer(report)


async def retry_chain(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Handles a file again that is still in the container, and answers 200 with its report."""
    check_query(req, "requested_by")
    by, file = actor_of(req, context), parse(body_of(req), RetryBody).name
    report = await retry(context.certflow(), file)
    await note_call(context.certflow(), "retried", by, outcome=report["outcome"], file=file)
    return _report_answer(report)


def _report_answer(report: Report) -> func.HttpResponse:
    return json_body(200, msgspec.convert(report, ReportAnswer))
