"""The types of the answer of `GET plan`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from functions.model.inventory.plan import PLANNED_LIMITS
from functions.model.inventory.who_renews import Renewer
from functions.triggers.http.types.answers import Answer, Count, Date, Time, one_of

Rate = Annotated[float, Meta(ge=0)]


class PlanItem(Answer):
    """The plan of a certificate: each version lives `days`, and is renewed with `share_left` of its
    life left; `due` is when that happens to the current one. `public`: it is of a public CA, for
    which the limit will count. A broken one has no number.
    """

    vault: str
    name: str
    owner: str | None
    issuer: str | None
    public: bool
    renewer: Annotated[str, one_of(Renewer)]
    by_hand: bool
    days: Count
    share_left: Rate
    broken: bool
    renewals_a_year: Rate | None
    minutes_a_year: Count | None
    due: Time | None


class PlanSum(Answer):
    """The sum of some plans. Broken ones are in no number of renewals."""

    certificates: Count
    by_hand: Count
    broken: Count
    renewals_a_year: Rate
    by_hand_a_year: Rate
    minutes_a_year: Count


class PlanSumOf(PlanSum):
    """The sum of the plans of an issuer or an owner; null is nobody."""

    of: str | None


class PlanMonth(Answer):
    """The renewals that fall into a calendar month, and those by hand."""

    month: Annotated[str, Meta(extra_json_schema={"pattern": "^[0-9]{4}-[0-9]{2}$"})]
    renewals: Count
    by_hand: Count
    minutes: Count


class PlanLoad(Answer):
    """What renewals ask of an issuer or a vault: in a year, and on the day with the most of it.
    `limit_a_day` is null where none is known.
    """

    what: Annotated[str, one_of(("orders", "keys", "calls", "starts"))]
    where: str
    a_year: Count
    busiest_day: Count
    on: Date | None
    limit_a_day: Count | None
    limit_by: str | None


class PlanAnswer(Answer):
    """The plan under a limit in days, which public CAs keep from `since` on; `scanned` is when the
    oldest scan ended that it is from, `unscanned` are vaults without one. `left_out` certificates
    have no plan. `minutes` is what a renewal by hand takes.
    """

    limit: Annotated[int, Meta(extra_json_schema={"enum": list(PLANNED_LIMITS)})]
    since: Date
    scanned: Time | None
    unscanned: list[str]
    left_out: Count
    minutes: Count
    total: PlanSum
    months: list[PlanMonth]
    issuers: list[PlanSumOf]
    owners: list[PlanSumOf]
    loads: list[PlanLoad]
    value: list[PlanItem]
