"""The monthly message about the plan: what the next limit on lifetimes will ask of people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from functions.inventory.monthly_plan import next_limit, send_monthly_plan
from functions.model.errors import Unavailable
from functions.model.inventory.record import CertificateRecord
from functions.model.options import DigestWhen, Options
from tests.unit.fakes import FakeChannel, World
from tests.unit.inventory.planned_certificates import auto, by_hand, certificate, snapshot
from tests.unit.timers import rings

FIRST = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)


async def world_with(*certificates: CertificateRecord, digest: DigestWhen = DigestWhen.DAILY) -> World:
    world = World(now=FIRST, options=Options(digest=digest))
    await world.inventory_files.save_snapshot(snapshot(*certificates))
    return world


async def told(*certificates: CertificateRecord) -> dict[str, Any]:
    world = await world_with(*certificates)
    assert await send_monthly_plan(world.certflow)
    (event,) = world.topic.published
    return event.data


def mixed() -> list[CertificateRecord]:
    """Two policies that break under 100 days, two certificates by hand, one that Key Vault renews well."""
    return [
        certificate("tutorial", 365, policy=auto(276)),
        certificate("early", policy=auto(95)),
        certificate("portal", policy=by_hand()),
        certificate("short", 30, policy=by_hand(months=1)),
        certificate("well", policy=auto(percentage=80)),
        certificate("private", policy=by_hand(), public=False),
    ]


async def test_it_says_how_many_need_a_person_how_often_and_what_to_fix_first() -> None:
    data = await told(*mixed())
    assert (data["month"], data["limit"], data["since"]) == ("2026-12", 100, "2027-03-15")
    assert (data["certificates"], data["by_hand"], data["broken"]) == (5, 2, 2)
    # 365 / (100 * 2/3) = 5.5 and 365 / (30 * 2/3) = 18.3 times a year, half an hour each
    assert (data["times_a_year"], data["hours_a_year"]) == (11.9, 12)
    assert [one["name"] for one in data["first"]] == ["tutorial", "early", "short", "portal"]
    assert data["first"][0]["why"].startswith("renewed 276 days before its end, and it lives 100: again and again.")
    assert data["first"][3]["why"].startswith("by hand 5.5 times a year: ")


async def test_people_read_it_as_a_sentence() -> None:
    world, teams = await world_with(*mixed()), FakeChannel("teams")
    world.channels = (teams,)
    for _ in range(2):  # the timer may come twice
        await send_monthly_plan(world.certflow)
    for event in world.topic.published:
        await world.tell(event.id, event.type, event.data)
    (notice,) = teams.sent
    assert notice.title == "Renewals under the limit of 100 days, from 2027-03-15"
    assert notice.sentence == (
        "From 2027-03-15 on public CAs issue for 100 days at most. 2 of 5 certificates of such CAs need a "
        "person 11.9 times a year, 12 hours of work. 2 policies break."
    )
    assert notice.next_step.startswith(
        "Fix first what is listed here. GET /api/plan?limit=100&public=true has all of them"
    )
    assert ("main/early", dict(notice.facts)["main/early"]) in notice.facts
    assert notice.roles == ("operators",)


async def test_where_nobody_has_to_do_anything_it_is_good_news() -> None:
    world, teams = await world_with(certificate("well", policy=auto(percentage=80))), FakeChannel("teams")
    world.channels = (teams,)
    await send_monthly_plan(world.certflow)
    (event,) = world.topic.published
    await world.tell(event.id, event.type, event.data)
    (notice,) = teams.sent
    assert (notice.good, notice.next_step) == (True, "Nothing to do.")
    assert notice.sentence.endswith(" None of 1 certificate of such CAs needs a person.")


@pytest.mark.parametrize(
    ("when", "certificates", "sent"),
    [
        (DigestWhen.DAILY, [certificate("well", policy=auto(percentage=80))], True),
        (DigestWhen.NEWS, [certificate("well", policy=auto(percentage=80))], False),
        (DigestWhen.NEWS, [certificate("portal", policy=by_hand())], True),
        (DigestWhen.OFF, [certificate("portal", policy=by_hand())], False),
        (DigestWhen.DAILY, [], False),
        (DigestWhen.DAILY, [certificate("private", policy=by_hand(), public=False)], False),
        (DigestWhen.DAILY, [certificate("off", renew="off", policy=by_hand())], False),
    ],
)
async def test_the_digests_setting_says_when_it_is_sent(
    when: DigestWhen, certificates: list[CertificateRecord], *, sent: bool
) -> None:
    world = await world_with(*certificates, digest=when)
    assert await send_monthly_plan(world.certflow) == sent
    assert len(world.topic.published) == sent


async def test_the_daily_timer_sends_it_on_the_first_of_a_month_alone() -> None:
    world = await world_with(*mixed())
    world.now = FIRST - timedelta(days=1)
    for _ in range(3):
        await rings(world, "daily")
        world.later(days=1)
    assert [event.id for event in world.topic.published if event.type == "Certflow.Plan.Monthly"] == ["plan:2026-12"]


async def test_a_snapshot_that_cannot_be_read_keeps_the_timer_from_nothing_else() -> None:
    world = await world_with(*mixed())
    world.inventory_files.broken.add("main")
    with pytest.raises(Unavailable):
        await rings(world, "daily")
    assert world.published == ["Digest.Daily"]


@pytest.mark.parametrize(
    ("today", "limit"),
    [
        (date(2026, 3, 14), 199),
        (date(2026, 3, 15), 100),
        (date(2027, 3, 14), 100),
        (date(2027, 3, 15), 47),
        (date(2029, 3, 15), 47),
        (date(2031, 1, 1), 47),
    ],
)
def test_the_limit_that_comes_next_is_told_of_and_then_the_last(today: date, limit: int) -> None:
    assert next_limit(today) == limit


async def test_the_event_has_room_for_the_longest_names() -> None:
    data = await told(*(certificate(f"c{number}{'x' * 125}", policy=auto(276)) for number in range(9)))
    assert len(data["first"]) == 5
    assert len(msgspec.json.encode(data)) < 4000
