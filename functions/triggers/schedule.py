"""The timers."""

from __future__ import annotations

from collections.abc import Callable

import azure.functions as func

from functions.issuance.certflow import Certflow
from functions.issuance.outbox import publish_left_behind
from functions.issuance.watch import check_due


def schedule_blueprint(certflow: Callable[[], Certflow]) -> func.Blueprint:
    """**check** looks at the requests that are due, and sends events that were left behind; **sweep** takes up files
    whose event never came.
    """
    blueprint = func.Blueprint()

    @blueprint.function_name("check")
    @blueprint.timer_trigger(schedule="%CERTFLOW_CHECK_SCHEDULE%", arg_name="timer", run_on_startup=False)
    async def check(timer: func.TimerRequest) -> None:  # noqa: ARG001  the binding asks for the parameter
        app = certflow()
        await check_due(app)
        await publish_left_behind(app)

    @blueprint.function_name("sweep")
    @blueprint.timer_trigger(schedule="%CERTFLOW_SWEEP_SCHEDULE%", arg_name="timer", run_on_startup=False)
    async def sweep(timer: func.TimerRequest) -> None:  # noqa: ARG001  the same
        from functions.issuance.drop import sweep as take_up  # brings `cryptography`, which indexing does not need

        await take_up(certflow())

    return blueprint
