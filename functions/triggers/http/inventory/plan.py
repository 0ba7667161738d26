"""Handles `GET plan`: how often each certificate will be renewed, and who has to do that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import azure.functions as func
import msgspec

from functions.app.context import Certflow
from functions.inventory.plan import PlanFilter, VaultPlans, plans_of
from functions.model.errors import InvalidRequest
from functions.model.inventory.plan import PLANNED_LIMITS, Plan
from functions.model.inventory.plan_sums import (
    Load,
    Sum,
    loads_of,
    months_ahead,
    sum_of,
    sums_by,
)
from functions.model.request_filter import RequestFilter
from functions.triggers.http.answers import json_body, time_of
from functions.triggers.http.context import Context
from functions.triggers.http.grants.own import seen_by
from functions.triggers.http.inventory.csv_text import CSV, csv_text, wants_csv
from functions.triggers.http.queries import check_query, flag_of, vault_aliases
from functions.triggers.http.types.plan import (
    PlanAnswer,
    PlanItem,
    PlanLoad,
    PlanMonth,
    PlanSum,
    PlanSumOf,
)

DEFAULT_LIMIT = 47  # days
PLAN_FILTERS = ("vault", "owner", "issuer")


async def get_plan(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with the plan under a limit in days, as JSON with its sums, or as CSV with a row
    for each certificate.
    """
    check_query(req, "limit", "public", *PLAN_FILTERS)
    limit = _limit_of(req)
    vaults = seen_by(context, RequestFilter(vaults=vault_aliases(req))).vaults
    public = flag_of(req, "public") if "public" in req.params else None
    wanted = PlanFilter(vaults, req.params.get("owner"), req.params.get("issuer"), public)
    app = context.certflow()
    found = await plans_of(app, limit, wanted)
    if wants_csv(req):
        return _as_csv(found, app.options.renewal_minutes)
    return json_body(200, _plan_answer(found, app))


def _limit_of(req: func.HttpRequest) -> int:
    """The limit in days. Raises InvalidRequest."""
    given = req.params.get("limit", str(DEFAULT_LIMIT))
    if given not in map(str, PLANNED_LIMITS):
        raise InvalidRequest("limit", f"One of {', '.join(map(str, PLANNED_LIMITS))}, in days.")
    return int(given)


def _plan_answer(found: VaultPlans, app: Certflow) -> PlanAnswer:
    plans, minutes, now = found.plans, app.options.renewal_minutes, app.now()
    return PlanAnswer(
        limit=found.limit,
        since=PLANNED_LIMITS[found.limit].isoformat(),
        scanned=time_of(found.scanned),
        unscanned=list(found.unscanned),
        left_out=found.left_out,
        minutes=minutes,
        total=PlanSum(**_sum_fields(sum_of(plans, minutes))),
        months=[
            PlanMonth(one.month, one.renewals, one.by_hand, one.minutes)
            for one in months_ahead(plans, now, minutes)
        ],
        issuers=_sums(sums_by(plans, lambda one: one.issuer or None, minutes)),
        owners=_sums(sums_by(plans, lambda one: one.owner, minutes)),
        loads=[_load_answer(one) for one in loads_of(plans, now, app.options)],
        value=[_item(one, minutes) for one in plans],
    )


def _sums(sums: Mapping[str | None, Sum]) -> list[PlanSumOf]:
    return [PlanSumOf(**_sum_fields(one), of=of) for of, one in sums.items()]


def _sum_fields(found: Sum) -> dict[str, Any]:
    return {
        "certificates": found.certificates,
        "by_hand": found.by_hand,
        "broken": found.broken,
        "renewals_a_year": round(found.a_year, 2),
        "by_hand_a_year": round(found.by_hand_a_year, 2),
        "minutes_a_year": found.minutes,
    }


def _load_answer(load: Load) -> PlanLoad:
    return PlanLoad(
        what=load.what,
        where=load.where,
        a_year=load.a_year,
        busiest_day=load.busiest,
        on=load.on.isoformat() if load.on else None,
        limit_a_day=load.limit,
        limit_by=load.by,
    )


def _item(plan: Plan, minutes: int) -> PlanItem:
    by_hand = plan.a_year * minutes if plan.a_year and plan.by_hand else 0
    return PlanItem(
        vault=plan.vault,
        name=plan.name,
        owner=plan.owner,
        issuer=plan.issuer or None,
        public=plan.public,
        renewer=plan.renewer.value,
        by_hand=plan.by_hand,
        days=plan.days,
        share_left=round(plan.share_left, 4),
        broken=plan.is_broken,
        renewals_a_year=round(plan.a_year, 2) if plan.a_year else None,
        minutes_a_year=None if plan.is_broken else round(by_hand),
        due=time_of(plan.first),
    )


def _as_csv(found: VaultPlans, minutes: int) -> func.HttpResponse:
    text = csv_text(PlanItem.__struct_fields__, _plan_rows(found, minutes))
    return func.HttpResponse(text, mimetype=f"{CSV}; charset=utf-8")


def _plan_rows(found: VaultPlans, minutes: int) -> Iterator[tuple[object, ...]]:
    for plan in found.plans:
        cells = msgspec.structs.astuple(_item(plan, minutes))
        yield tuple(str(one).lower() if isinstance(one, bool) else one for one in cells)
