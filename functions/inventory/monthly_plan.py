"""The monthly message about the plan: what the next limit on lifetimes will ask of people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from functions.app.contexts import MonthlyPlanContext
from functions.app.outbox import send
from functions.inventory.plan import PlanFilter, VaultPlans, plans_of
from functions.model.events.digest import MAX_FIRST, FirstToFix, MonthlyPlan
from functions.model.inventory.plan import PLANNED_LIMITS, Plan
from functions.model.inventory.plan_sums import sum_of
from functions.model.issuers import is_manual
from functions.model.options import DigestWhen

FIRST_DAY = 1
MINUTES_AN_HOUR = 60
OF_PUBLIC_CAS = PlanFilter(public=True)


async def send_monthly_plan(certflow: MonthlyPlanContext) -> bool:
    """Publishes the plan of the month, on its first day; returns whether there is one. It is about
    the certificates of public CAs, for which the limit will count; None is sent where none is to be
    renewed. Safe to repeat. Raises Unavailable.
    """
    when, now = certflow.options.digest, certflow.now()
    if when is DigestWhen.OFF or now.day != FIRST_DAY:
        return False
    found = await plans_of(certflow, next_limit(now.date()), OF_PUBLIC_CAS)
    told = _monthly(found, certflow.options.renewal_minutes, f"{now:%Y-%m}")
    if not told.certificates or (when is DigestWhen.NEWS and not told.first):
        return False
    await send(certflow, told.event(f"plan:{told.month}", "plan", now))
    return True


def next_limit(today: date) -> int:
    """The limit in days that comes next; the last one when all are there."""
    return next(
        (limit for limit, since in PLANNED_LIMITS.items() if since > today), min(PLANNED_LIMITS)
    )


def _monthly(found: VaultPlans, minutes: int, month: str) -> MonthlyPlan:
    total = sum_of(found.plans, minutes)
    counted = sum(one.by_hand and not one.is_broken for one in found.plans)
    return MonthlyPlan(
        month=month,
        since=PLANNED_LIMITS[found.limit].isoformat(),
        limit=found.limit,
        certificates=total.certificates,
        by_hand=total.by_hand,
        times_a_year=round(total.by_hand_a_year / counted, 1) if counted else 0.0,
        hours_a_year=math.ceil(total.minutes / MINUTES_AN_HOUR),
        broken=total.broken,
        first=_first_to_fix(found.plans),
    )


def _first_to_fix(plans: Sequence[Plan]) -> tuple[FirstToFix, ...]:
    """What is to be changed first: broken policies, the worst first; then what a person has to
    renew, the most often first.
    """
    broken = sorted((one for one in plans if one.is_broken), key=lambda one: -one.share_left)
    by_hand = [one for one in plans if one.a_year and one.by_hand]
    by_hand.sort(key=lambda one: -(one.a_year or 0))
    first = [FirstToFix(vault=one.vault, name=one.name, why=_why_broken(one)) for one in broken]
    first += [FirstToFix(vault=one.vault, name=one.name, why=_why_by_hand(one)) for one in by_hand]
    return tuple(first[:MAX_FIRST])


def _why_broken(plan: Plan) -> str:
    return (
        f"renewed {round(plan.share_left * plan.days)} days before its end, and it lives "
        f"{plan.days}: again and again. Let it renew at 80 percent of its life."
    )


def _why_by_hand(plan: Plan) -> str:
    signed_by_hand = not plan.issuer or is_manual(plan.issuer)
    cure = (
        "an issuer of the vault, with AutoRenew in the policy,"
        if signed_by_hand
        else "AutoRenew in the policy, or the tag certflow-renew = auto,"
    )
    return f"by hand {plan.a_year:.1f} times a year: {cure} would do it."
