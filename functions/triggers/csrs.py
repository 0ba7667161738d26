"""The HTTP way in to the CSRs that wait for a person's CA, as one file."""

from __future__ import annotations

import azure.functions as func

from functions.issuance.csr_zip import zip_of
from functions.issuance.open_csrs import open_csrs
from functions.triggers.queries import wanted_csrs_of
from functions.triggers.routes import Context


async def get_csrs(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """The open CSRs as a zip with a manifest, the oldest first → 200."""
    app = context.certflow()
    now = app.now()
    wanted = wanted_csrs_of(req, now)
    for alias in wanted.vaults:
        app.vault(alias)
    found = await open_csrs(app, wanted)
    content = zip_of(found.csrs, app.handouts.returns_to, now, found.left_out)
    headers = {"Content-Disposition": f'attachment; filename="csrs-{now:%Y-%m-%d-%H%M}.zip"'}
    return func.HttpResponse(content, headers=headers, mimetype="application/zip")
