"""Calling for the first checks of a request, seconds after a start that an issuer answers: the
timer is too slow for that.
"""

from __future__ import annotations

import logging

from functions.app.contexts import RequestsContext
from functions.model.errors import Unavailable
from functions.model.issuers import is_manual
from functions.model.log import record
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from functions.model.timing import first_checks
from functions.ports.work_queue import CHECK_QUEUE


async def queue_first_checks(
    certflow: RequestsContext, request: TrackedRequest, *, after_an_act: bool = False
) -> None:
    """Calls for checks seconds after a start that an issuer answers, or, with `after_an_act`, after
    another action of a caller. A fault is only logged: the timer then checks a little later.
    """
    if (is_manual(request.issuer) and not after_an_act) or request.status is not Status.IN_PROGRESS:
        return
    message = {"vault": request.vault, "name": request.name, "request_id": request.request_id}
    try:
        usual = await certflow.monitoring_store.usual_duration(request.vault, request.issuer)
        for after in first_checks(usual):
            await certflow.work_queue.put(CHECK_QUEUE, message, after)
    except Unavailable as error:
        record(
            "first-looks-left",
            level=logging.WARNING,
            vault=request.vault,
            name=request.name,
            reason=str(error),
        )
