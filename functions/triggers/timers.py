"""The timers: `check`, `discover`, `daily` and `sweep`, and what each of them does in its order."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import azure.functions as func

if TYPE_CHECKING:
    from functions.app.context import Certflow


def schedule_blueprint(certflow: "Callable[[], Certflow]") -> func.Blueprint:
    """Returns the timers. **check** queues a run for every vault, publishes the events that an
    earlier run left in the outbox, writes acts that belong to no vault to their record, checks
    whose certificates the vaults accept and who may do what, sends work lists, and completes or
    ends approvals. **discover** asks for an inventory scan of each vault, tells of settings that
    are wrong, and deletes some of the requests and deliveries that are too old. **daily** sends the
    digest, deletes what else is too old, and sends the plan on the first of a month. **sweep**
    handles dropped files whose event never came.
    """
    blueprint = func.Blueprint()
    _add_timer(blueprint, "check", "%CERTFLOW_CHECK_SCHEDULE%", lambda: _run_check(certflow()))
    _add_timer(
        blueprint, "discover", "%CERTFLOW_DISCOVER_SCHEDULE%", lambda: _run_discover(certflow())
    )
    _add_timer(blueprint, "daily", "%CERTFLOW_DAILY_SCHEDULE%", lambda: _run_daily(certflow()))
    _add_timer(blueprint, "sweep", "%CERTFLOW_SWEEP_SCHEDULE%", lambda: _run_sweep(certflow()))
    return blueprint


def _add_timer(
    blueprint: func.Blueprint, name: str, schedule: str, run: Callable[[], Awaitable[None]]
) -> None:
    @blueprint.function_name(name)
    @blueprint.timer_trigger(schedule=schedule, arg_name="timer", run_on_startup=False)
    async def timed(timer: func.TimerRequest) -> None:  # noqa: ARG001  the binding needs the parameter
        await run()


async def _run_check(app: "Certflow") -> None:
    from functions.app.access import watch_access
    from functions.app.outbox import watch_outbox
    from functions.approvals.settle import settle_approvals
    from functions.chains.trust_changes import watch_trust
    from functions.monitoring.rules_changes import watch_rules
    from functions.monitoring.vault_run import queue_vault_runs
    from functions.notifications.provenance import note_source
    from functions.notifications.send_waiting import queue_overdue_channels
    from functions.notifications.work_lists import send_work_lists
    from functions.record.export import end_fault, export_acts

    # Both come before the first run of a new version over a vault: they find out whether there was
    # an older version, and whose certificates it took.
    await note_source(app)
    await watch_trust(app)
    await watch_access(app)
    await watch_rules(app)
    await queue_vault_runs(app)
    left = await watch_outbox(app)
    await export_acts(app, left.acts)
    await end_fault(app, left.fault)
    await send_work_lists(app)
    await queue_overdue_channels(app)
    await settle_approvals(app)


async def _run_discover(app: "Certflow") -> None:
    from functions.app.setting_faults import tell_setting_faults
    from functions.live.file_faults import tell_file_faults
    from functions.monitoring.inventory_scan import request_scans
    from functions.notifications.claims import forget_deliveries
    from functions.record.forget import forget_requests
    from functions.record.forget_approvals import forget_approvals
    from functions.record.gone_vaults import empty_gone_outboxes

    await request_scans(app)
    await tell_setting_faults(app)
    await tell_file_faults(app)
    await forget_requests(app)
    await forget_approvals(app)
    await forget_deliveries(app)
    await empty_gone_outboxes(app)


async def _run_daily(app: "Certflow") -> None:
    from functions.chains.key_search import SEARCH_TTL
    from functions.chains.trust_changes import tell_any_ca
    from functions.inventory.monthly_plan import send_monthly_plan
    from functions.monitoring.digest import send_digest
    from functions.notifications.claims import forget_messages
    from functions.notifications.provenance import SENT_EVENT_TTL as VOUCHED
    from functions.requests.daily_starts import forget_starts
    from functions.requests.publish_csr import remove_stale_csrs

    if not await send_digest(app):
        await tell_any_ca(app)
    await app.monitoring_store.forget_searches(app.now() - SEARCH_TTL)
    await app.ledger.forget_kept(app.now() - VOUCHED)
    await forget_starts(app)
    await forget_messages(app)
    await remove_stale_csrs(app)
    await send_monthly_plan(app)


async def _run_sweep(app: "Certflow") -> None:
    from functions.chains.handle_upload import sweep_files

    await sweep_files(app)
