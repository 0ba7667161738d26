"""`GET plan`: how often each certificate will be renewed, when, and who has to do that."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.adapters.inventory_json import packed
from functions.model.options import Options
from tests.clock import NOW
from tests.unit.inventory.plan_script import renewals_a_year
from tests.unit.inventory.planned_certificates import auto, by_hand, certificate, edges, snapshot, some
from tests.unit.signed_in import ROUTE, TEAMS, Api, error_of, five_teams

PLAN = "get_plan"
RUNG = Options().ladder[0]


async def planning(*certificates: Any) -> Api:
    api = Api(entra=False)
    await api.world.inventory_files.save_snapshot(snapshot(*certificates))
    return api


async def plan(api: Api, query: str = "") -> dict[str, Any]:
    answer = await api.send(ROUTE[PLAN], None, query=query)
    assert answer.status_code == 200, answer.get_body()
    return error_of(answer)


@pytest.mark.parametrize("limit", [47, 100, 199])
async def test_it_is_what_a_script_of_twenty_lines_makes_of_the_snapshot(limit: int) -> None:
    certificates = [*edges(), *some(500, seed=limit)]
    planned = await plan(await planning(*certificates), f"limit={limit}")
    expected = renewals_a_year(packed(snapshot(*certificates)), limit, RUNG)
    assert {one["name"]: one["renewals_a_year"] for one in planned["value"]} == {
        name: None if number is None else round(number, 2) for name, number in expected.items()
    }
    known = [number for number in expected.values() if number is not None]
    assert planned["total"]["renewals_a_year"] == pytest.approx(sum(known), abs=0.01)
    assert planned["total"]["broken"] == len(expected) - len(known)
    assert planned["left_out"] == len(certificates) - len(expected)


async def test_without_a_limit_it_is_that_of_47_days() -> None:
    planned = await plan(await planning(certificate("web", policy=by_hand())))
    assert (planned["limit"], planned["since"]) == (47, "2029-03-15")
    assert planned["value"][0]["renewals_a_year"] == 11.65


async def test_by_hand_5_5_times_a_year_under_a_limit_of_100_days() -> None:
    planned = await plan(await planning(certificate("web", owner="ann@example.com", policy=by_hand())), "limit=100")
    (web,) = planned["value"]
    assert (web["renewals_a_year"], web["renewer"], web["by_hand"]) == (5.47, "person", True)
    assert (planned["since"], web["minutes_a_year"]) == ("2027-03-15", 164)


async def test_a_policy_of_276_days_before_the_end_breaks() -> None:
    planned = await plan(await planning(certificate("web", 365, policy=auto(276))), "limit=199")
    (web,) = planned["value"]
    assert (web["broken"], web["share_left"], web["renewals_a_year"], web["due"]) == (True, 1.3869, None, None)
    assert planned["total"] == {
        "certificates": 1,
        "by_hand": 0,
        "broken": 1,
        "renewals_a_year": 0,
        "by_hand_a_year": 0,
        "minutes_a_year": 0,
    }


async def test_the_first_renewal_falls_where_the_version_that_is_there_is_due() -> None:
    due = [
        certificate("before", 200, 150, policy=auto(30)),
        certificate("hand", 300, 100, policy=by_hand()),
        certificate("late", 300, 290, policy=by_hand()),
        certificate("percent", 200, 100, policy=auto(percentage=75)),
    ]
    planned = await plan(await planning(*due))
    days = {one["name"]: (datetime.fromisoformat(one["due"]) - NOW) / timedelta(days=1) for one in planned["value"]}
    assert {name: round(after) for name, after in days.items()} == {
        "before": 20,
        "hand": 100,
        "late": -90,
        "percent": 50,
    }


async def test_months_have_the_renewals_of_the_rest_of_this_one_and_of_twelve_more() -> None:
    # On 24 November; overdue, so at once, and then each 2/3 of 47 days.
    planned = await plan(await planning(certificate("late", 300, 290, policy=by_hand())))
    falls = [NOW + number * timedelta(days=47 * 2 / 3) for number in range(20)]
    expected = {one["month"]: sum(f"{at:%Y-%m}" == one["month"] for at in falls) for one in planned["months"]}
    assert [one["month"] for one in planned["months"]][::12] == ["2026-11", "2027-11"]
    assert {one["month"]: one["renewals"] for one in planned["months"]} == expected
    assert sum(expected.values()) == 12
    assert planned["months"][0] == {"month": "2026-11", "renewals": 1, "by_hand": 1, "minutes": 30}


async def test_sums_by_issuer_and_owner_add_up_to_the_total() -> None:
    planned = await plan(await planning(*some(200, seed=1)))
    for kind in ("issuers", "owners"):
        for number in ("certificates", "by_hand", "broken"):
            assert sum(one[number] for one in planned[kind]) == planned["total"][number]
        assert sum(one["renewals_a_year"] for one in planned[kind]) == pytest.approx(
            planned["total"]["renewals_a_year"], abs=0.1
        )
    assert {one["of"] for one in planned["owners"]} == {"pay@example.com", "hr@example.com", None}


async def test_what_has_a_limit_is_set_against_it() -> None:
    days = [certificate(f"c{one}", 90, 60, renew="auto", policy=by_hand(issuer="DigiCert")) for one in range(60)]
    planned = await plan(await planning(*days))
    loads = {(one["what"], one["where"]): one for one in planned["loads"]}
    starts = loads["starts", "main"]
    assert (starts["busiest_day"], starts["on"], starts["limit_a_day"], starts["limit_by"]) == (
        60,
        "2026-11-24",
        50,
        "CERTFLOW_RENEW_MOST",
    )
    assert loads["orders", "DigiCert"]["limit_a_day"] == 480_000
    assert loads["keys", "main"]["limit_a_day"] == 172_800
    assert loads["calls", "main"]["a_year"] == round(60 * 365 / (47 * (1 - RUNG)) * 38)


async def test_a_filter_takes_owner_and_issuer_in_any_case() -> None:
    api = await planning(
        certificate("a", owner="ann@example.com", policy=by_hand()), certificate("b", policy=auto(percentage=80))
    )
    assert [one["name"] for one in (await plan(api, "owner=ANN@example.com"))["value"]] == ["a"]
    assert [one["name"] for one in (await plan(api, "issuer=digicert"))["value"]] == ["b"]
    assert (await plan(api, "public=false"))["value"] == []
    assert (await plan(api, "vault=MAIN"))["total"]["certificates"] == 2
    assert (await api.send(ROUTE[PLAN], None, query="vault=nowhere")).status_code == 404


async def test_a_vault_that_was_not_scanned_yet_is_named() -> None:
    planned = await plan(Api(entra=False))
    assert (planned["unscanned"], planned["scanned"], planned["value"]) == (["main"], None, [])


@pytest.mark.parametrize("limit", ["46", "200", "47.0", "forty"])
async def test_another_limit_is_refused(limit: str) -> None:
    answer = await Api(entra=False).send(ROUTE[PLAN], None, query=f"limit={limit}")
    assert answer.status_code == 400
    assert "199, 100, 47" in error_of(answer)["error"]["message"]


async def test_as_csv_it_has_a_row_for_each_certificate() -> None:
    api = await planning(certificate("a", owner="=cmd", policy=by_hand()), certificate("b", 365, policy=auto(276)))
    answer = await api.send(ROUTE[PLAN], None, accept="text/csv")
    assert answer.mimetype == "text/csv; charset=utf-8"
    first, second = csv.DictReader(io.StringIO(answer.get_body().decode()))
    assert (first["name"], first["owner"], first["by_hand"], first["renewals_a_year"]) == (
        "a",
        "'=cmd",
        "true",
        "11.65",
    )
    assert (second["name"], second["broken"], second["renewals_a_year"], second["due"]) == ("b", "true", "", "")


async def test_a_team_has_a_plan_of_its_own_alone() -> None:
    api, alone = five_teams(), five_teams()
    for team in TEAMS:
        # In the vault of each team there is a certificate of another, too.
        theirs = [certificate(f"{one}-web", owner=f"{one}@example.com", policy=by_hand()) for one in (team, "x")]
        await api.world.inventory_files.save_snapshot(snapshot(*theirs, vault=f"prod-{team}"))
    only = certificate("pay-web", owner="pay@example.com", policy=by_hand())
    await alone.world.inventory_files.save_snapshot(snapshot(only, vault="prod-pay"))
    both = [await one.call(ROUTE[PLAN], ["team-pay"]) for one in (api, alone)]
    assert both[0].get_body() == both[1].get_body()
    assert [one["name"] for one in error_of(both[0])["value"]] == ["pay-web"]
    assert (await api.call(ROUTE[PLAN], ["team-pay"], query="vault=prod-hr")).status_code == 403
