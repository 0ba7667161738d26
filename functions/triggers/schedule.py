"""The timers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import azure.functions as func

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow


def schedule_blueprint(certflow: Callable[[], Certflow]) -> func.Blueprint:
    """**check** calls a shift for every vault, and for what was left behind, sees whom the vaults trust, and sends work
    lists; **discover** has the vaults surveyed; **daily** sends the digest; **sweep** takes up files whose event never
    came.
    """
    blueprint = func.Blueprint()

    @blueprint.function_name("check")
    @blueprint.timer_trigger(schedule="%CERTFLOW_CHECK_SCHEDULE%", arg_name="timer", run_on_startup=False)
    async def check(timer: func.TimerRequest) -> None:  # noqa: ARG001  the binding asks for the parameter
        from functions.issuance.notify import call_waiting
        from functions.issuance.outbox import publish_left_behind
        from functions.issuance.provenance import note_source
        from functions.issuance.shift import call_shifts
        from functions.issuance.trusting import watch_trust
        from functions.issuance.work_lists import send_work_lists

        app = certflow()
        # Both before the first shift of a new version: what an older one took, and whether there was one, is seen here.
        await note_source(app)
        await watch_trust(app)
        await call_shifts(app)
        await publish_left_behind(app)
        await send_work_lists(app)
        await call_waiting(app)

    @blueprint.function_name("discover")
    @blueprint.timer_trigger(schedule="%CERTFLOW_DISCOVER_SCHEDULE%", arg_name="timer", run_on_startup=False)
    async def discover(timer: func.TimerRequest) -> None:  # noqa: ARG001  the same
        from functions.issuance.setting_faults import tell_setting_faults
        from functions.issuance.survey import want_surveys

        await want_surveys(certflow())
        await tell_setting_faults(certflow())

    @blueprint.function_name("daily")
    @blueprint.timer_trigger(schedule="%CERTFLOW_DAILY_SCHEDULE%", arg_name="timer", run_on_startup=False)
    async def daily(timer: func.TimerRequest) -> None:  # noqa: ARG001  the same
        from functions.issuance.csr_out import tidy
        from functions.issuance.key_search import KEPT
        from functions.issuance.overview import send_digest
        from functions.issuance.provenance import KEPT as VOUCHED
        from functions.issuance.trusting import tell_any_ca

        app = certflow()
        if not await send_digest(app):
            await tell_any_ca(app)
        await app.watchbook.forget_searches(app.now() - KEPT)
        await app.ledger.forget_vouched(app.now() - VOUCHED)
        await tidy(app)

    @blueprint.function_name("sweep")
    @blueprint.timer_trigger(schedule="%CERTFLOW_SWEEP_SCHEDULE%", arg_name="timer", run_on_startup=False)
    async def sweep(timer: func.TimerRequest) -> None:  # noqa: ARG001  the same
        from functions.issuance.drop import sweep as take_up

        await take_up(certflow())

    return blueprint
