"""Sums over the plans of certificates: by issuer, by owner, by month, and by what has a limit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from functions.model.inventory.plan import Plan
from functions.model.inventory.who_renews import Renewer
from functions.model.issuers import is_manual
from functions.model.options import SELF_SIGNED_ISSUER, Options

MONTHS_AHEAD = 12  # whole months after the one that has begun
# Calls to Key Vault of a renewal: 6 to start it, 32 until it has ended (docs/scale.md).
CALLS_A_RENEWAL = 6 + 32
TEN_SECONDS_A_DAY = 24 * 60 * 6
KEYS_A_DAY = 20 * TEN_SECONDS_A_DAY  # that a vault makes; software keys (protocol §6)
# Requests in a day that a CA takes of one account, by a word in the name that its issuer has in the
# vault. DigiCert: 1,000 in 3 minutes (dev.digicert.com, "Rate limits", of the Services API).
# GlobalSign publishes none.
ORDERS_A_DAY = {"digicert": (1000 * 24 * 20, "DigiCert, 1,000 requests in 3 minutes")}


@dataclass(frozen=True, slots=True)
class Sum:
    """The plans of some certificates: how many there are, how many renewals they make in a year,
    how many of each are by hand, the minutes that takes, and how many are broken, which are in no
    number of renewals.
    """

    certificates: int = 0
    by_hand: int = 0
    broken: int = 0
    a_year: float = 0.0
    by_hand_a_year: float = 0.0
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Month:
    """The renewals of a calendar month (UTC), as 2027-03."""

    month: str
    renewals: int
    by_hand: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Load:
    """What renewals ask of something that has a limit: `what` of `where` (an issuer, or the alias
    of a vault), how much of it in a year, and on the day with the most of it in the months ahead.
    `limit` is how much there may be in a day, and `by` what sets it; None for one that is unknown.
    """

    what: str
    where: str
    a_year: int
    busiest: int
    on: date | None
    limit: int | None = None
    by: str | None = None


def sum_of(plans: Sequence[Plan], minutes: int) -> Sum:
    """The sum of plans; a renewal by hand takes so many minutes."""
    by_hand = [one for one in plans if one.by_hand]
    by_hand_a_year = sum(one.a_year or 0 for one in by_hand)
    return Sum(
        certificates=len(plans),
        by_hand=len(by_hand),
        broken=sum(one.is_broken for one in plans),
        a_year=sum(one.a_year or 0 for one in plans),
        by_hand_a_year=by_hand_a_year,
        minutes=round(by_hand_a_year * minutes),
    )


def sums_by[K: str | None](
    plans: Iterable[Plan], key: Callable[[Plan], K], minutes: int
) -> dict[K, Sum]:
    """The sum of the plans of each key, the one with the most renewals first."""
    grouped = defaultdict[K, list[Plan]](list)
    for one in plans:
        grouped[key(one)].append(one)
    sums = [(of, sum_of(some, minutes)) for of, some in grouped.items()]
    return dict(sorted(sums, key=lambda pair: (-pair[1].a_year, pair[0] or "")))


def months_ahead(plans: Iterable[Plan], now: datetime, minutes: int) -> list[Month]:
    """The renewals of the rest of this month, and of each of the twelve after it."""
    months = [_month_after(now, number) for number in range(MONTHS_AHEAD + 2)]
    all_of, by_hand = Counter[str](), Counter[str]()
    for one in plans:
        falling = Counter(_name_of(at) for at in one.renewals(now, months[-1]))
        all_of += falling
        by_hand += falling if one.by_hand else Counter()
    names = [_name_of(month) for month in months[:-1]]
    return [Month(one, all_of[one], by_hand[one], by_hand[one] * minutes) for one in names]


def loads_of(plans: Iterable[Plan], now: datetime, options: Options) -> list[Load]:
    """The orders at each issuer; and of each vault the keys that it makes, the calls to it, and the
    renewals that Certflow starts there.
    """
    end = _month_after(now, MONTHS_AHEAD + 1)
    days = defaultdict[tuple[str, str], Counter[date]](Counter)
    a_year = defaultdict[tuple[str, str], float](float)
    for one in plans:
        falling = Counter(at.date() for at in one.renewals(now, end))
        for place in _places(one):
            days[place] += falling
            a_year[place] += one.a_year or 0
    return [_load(*place, a_year[place], days[place], options) for place in sorted(days)]


def _places(plan: Plan) -> list[tuple[str, str]]:
    """What a renewal of a plan asks for, and where."""
    places = [("keys", plan.vault), ("calls", plan.vault)]
    if plan.renewer is Renewer.CERTFLOW:
        places.append(("starts", plan.vault))
    if (
        plan.issuer
        and not is_manual(plan.issuer)
        and plan.issuer.lower() != SELF_SIGNED_ISSUER.lower()
    ):
        places.append(("orders", plan.issuer))
    return places


def _load(what: str, where: str, a_year: float, days: Counter[date], options: Options) -> Load:
    calls = CALLS_A_RENEWAL if what == "calls" else 1
    on, busiest = min(days.items(), key=lambda day: (-day[1], day[0]), default=(None, 0))
    limit, by = _limit_of(what, where, options)
    return Load(what, where, round(a_year * calls), busiest * calls, on, limit, by)


def _limit_of(what: str, where: str, options: Options) -> tuple[int | None, str | None]:
    """How much of something there may be in a day, and what sets that."""
    if what == "keys":
        return KEYS_A_DAY, "Key Vault, 20 keys in 10 s"
    if what == "calls":
        return options.budget * TEN_SECONDS_A_DAY, "CERTFLOW_VAULT_BUDGET"
    if what == "starts":
        return options.max_renewals, "CERTFLOW_RENEW_MOST"
    known = (limit for word, limit in ORDERS_A_DAY.items() if word in where.lower())
    return next(known, (None, None))


def _month_after(now: datetime, months: int) -> datetime:
    """The beginning of the month that comes so many months after this one (UTC)."""
    years, month = divmod(now.month - 1 + months, 12)
    return datetime(now.year + years, month + 1, 1, tzinfo=now.tzinfo)


def _name_of(at: datetime) -> str:
    return f"{at:%Y-%m}"
