"""Handles `GET csrs`: the CSRs that wait for a signature, as one zip."""

from __future__ import annotations

import azure.functions as func

from functions.app.csr_zip import zip_of
from functions.app.open_csrs import open_csrs
from functions.triggers.http.context import Context
from functions.triggers.http.grants.own import seen_by
from functions.triggers.http.queries import csr_filter_of


async def get_csrs(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with the open CSRs as a zip with a manifest, the oldest first."""
    app = context.certflow()
    now = app.now()
    wanted = seen_by(context, csr_filter_of(req, now))
    found = await open_csrs(app, wanted)
    content = zip_of(found.csrs, app.csr_store.returns_to, now, found.left_out)
    headers = {"Content-Disposition": f'attachment; filename="csrs-{now:%Y-%m-%d-%H%M}.zip"'}
    return func.HttpResponse(content, headers=headers, mimetype="application/zip")
