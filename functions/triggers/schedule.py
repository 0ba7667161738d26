"""The timers."""

from __future__ import annotations

from collections.abc import Callable

import azure.functions as func

from functions.issuance.certflow import Certflow
from functions.issuance.notify import call_waiting
from functions.issuance.outbox import publish_left_behind
from functions.issuance.overview import send_digest
from functions.issuance.shift import call_shifts
from functions.issuance.survey import want_surveys


def schedule_blueprint(certflow: Callable[[], Certflow]) -> func.Blueprint:
    """**check** calls a shift for every vault, and for what was left behind; **discover** has the vaults surveyed;
    **daily** sends the digest; **sweep** takes up files whose event never came.
    """
    blueprint = func.Blueprint()

    @blueprint.function_name("check")
    @blueprint.timer_trigger(schedule="%CERTFLOW_CHECK_SCHEDULE%", arg_name="timer", run_on_startup=False)
    async def check(timer: func.TimerRequest) -> None:  # noqa: ARG001  the binding asks for the parameter
        app = certflow()
        await publish_left_behind(app)
        await call_shifts(app)
        await call_waiting(app)

    @blueprint.function_name("discover")
    @blueprint.timer_trigger(schedule="%CERTFLOW_DISCOVER_SCHEDULE%", arg_name="timer", run_on_startup=False)
    async def discover(timer: func.TimerRequest) -> None:  # noqa: ARG001  the same
        await want_surveys(certflow())

    @blueprint.function_name("daily")
    @blueprint.timer_trigger(schedule="%CERTFLOW_DAILY_SCHEDULE%", arg_name="timer", run_on_startup=False)
    async def daily(timer: func.TimerRequest) -> None:  # noqa: ARG001  the same
        await send_digest(certflow())

    @blueprint.function_name("sweep")
    @blueprint.timer_trigger(schedule="%CERTFLOW_SWEEP_SCHEDULE%", arg_name="timer", run_on_startup=False)
    async def sweep(timer: func.TimerRequest) -> None:  # noqa: ARG001  the same
        from functions.issuance.drop import sweep as take_up  # brings `cryptography`, which indexing does not need

        await take_up(certflow())

    return blueprint
