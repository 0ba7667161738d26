"""The list of messages: what became of each notice on each channel is in it, once, whatever happens to the runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.model.errors import Unavailable
from functions.model.people.message_record import MessageRecord
from functions.notifications.tell import queue_event
from functions.ports.notifications import DeliveryRefused
from tests.clock import NOW
from tests.unit.fakes import FakeChannel, World
from tests.unit.sample_events import DATA, FAILED, world_with
from tests.unit.timers import rings

OWNER = "me@example.com"


async def tell(world: World, *event_ids: str) -> None:
    """Events of one moment, which come again with the same time."""
    for event_id in event_ids:
        await queue_event(world.certflow, event_id, FAILED, DATA | {"name": event_id}, NOW)
    world.later(minutes=2)
    await world.send()


def listed(world: World, channel: str) -> list[MessageRecord]:
    return [one for one in world.message_records.records.values() if one.channel == channel]


async def test_a_delivery_is_listed_for_each_channel_with_the_addresses_of_the_mail() -> None:
    world = world_with(FakeChannel("teams"), FakeChannel("email"), FakeChannel("urls:1"))
    await tell(world, "web")
    (mail,) = listed(world, "email")
    assert mail == MessageRecord(
        event_id="web",
        channel="email",
        type=FAILED,
        happened=NOW,
        settled=NOW + timedelta(minutes=2),
        outcome="delivered",
        attempts=1,
        vault="main",
        name="web",
        to=(OWNER,),
    )
    assert [one.to for name in ("teams", "urls:1") for one in listed(world, name)] == [(), ()]


async def test_a_mail_to_the_default_mailboxes_names_them() -> None:
    world = world_with(FakeChannel("email"))
    await queue_event(world.certflow, "e1", FAILED, {**DATA, "owner": None}, NOW)
    world.later(minutes=2)
    await world.send()
    assert [one.to for one in listed(world, "email")] == [("pki-team@example.com",)]


async def test_attempts_are_counted_and_a_passing_failure_is_no_outcome() -> None:
    teams = FakeChannel("teams", faults=[Unavailable("Teams", "HTTP 503")] * 2)
    world = world_with(teams)
    await tell(world, "web")
    assert listed(world, "teams") == []
    for _ in range(2):
        world.later(minutes=15)
        await world.send()
    assert [(one.outcome, one.attempts) for one in listed(world, "teams")] == [("delivered", 3)]


async def test_a_refusal_has_its_reason_and_so_has_a_message_that_was_given_up() -> None:
    world = world_with(FakeChannel("teams", faults=[DeliveryRefused("HTTP 404: gone")]), FakeChannel("email"))
    await tell(world, "web")
    assert [(one.outcome, one.reason) for one in listed(world, "teams")] == [("refused", "HTTP 404: gone")]
    failing = world_with(FakeChannel("teams", faults=[Unavailable("Teams", "HTTP 503")] * 200))
    await tell(failing, "web")
    for _ in range(110):
        failing.later(minutes=15)
        await failing.send()
    (given_up,) = listed(failing, "teams")
    assert (given_up.outcome, given_up.happened) == ("refused", NOW)
    assert (given_up.reason or "").startswith("not delivered within 24 hours: ")


async def test_a_reason_is_cut() -> None:
    world = world_with(FakeChannel("teams", faults=[DeliveryRefused("x" * 5000)]))
    await tell(world, "web")
    (refused,) = listed(world, "teams")
    assert 400 < len(refused.reason or "") <= 500


async def test_events_of_one_message_share_its_id_and_one_alone_has_none() -> None:
    world = world_with(FakeChannel("teams", max_notices=50))
    await tell(world, "web", "api")
    await tell(world, "late")
    records = {one.event_id: one.message for one in listed(world, "teams")}
    assert records["web"] == records["api"] is not None
    assert records["late"] is None


async def test_an_event_that_comes_again_is_the_same_record() -> None:
    world = world_with(FakeChannel("teams"))
    await tell(world, "web")
    before = listed(world, "teams")
    await tell(world, "web")
    assert listed(world, "teams") == before


async def test_a_run_that_is_cut_off_before_the_list_is_written_leaves_that_to_the_next() -> None:
    """And nobody gets the message twice, nor does it lose that it was one of several."""
    teams = FakeChannel("teams", max_notices=50)
    world = world_with(teams)
    put, faults = world.message_records.put, [Unavailable("The table storage", "HTTP 503")]

    async def fail_once(record: MessageRecord) -> None:
        if faults and record.event_id == "web":
            raise faults.pop()
        await put(record)

    world.message_records.put = fail_once  # type: ignore[method-assign]  # for one call
    with pytest.raises(Unavailable):
        await tell(world, "web", "api")
    world.later(minutes=15)
    await world.send()
    assert len(teams.messages) == 1
    records = {one.event_id: one for one in listed(world, "teams")}
    assert {one.outcome for one in records.values()} == {"delivered"}
    assert set(records) == {"web", "api"}
    assert records["api"].message is not None
    assert world.deliveries.notices == {}


async def test_no_text_of_a_message_is_kept() -> None:
    teams = FakeChannel("teams")
    world = world_with(teams)
    await tell(world, "web")
    (notice,) = teams.sent
    kept = repr(listed(world, "teams"))
    assert not any(text in kept for text in (notice.title, notice.sentence, notice.next_step))


async def test_after_90_days_the_daily_timer_deletes_them() -> None:
    world = world_with(FakeChannel("teams"))
    await tell(world, "web")
    world.now = NOW + timedelta(days=90)
    await rings(world, "daily")
    assert "web" in {one.event_id for one in listed(world, "teams")}
    world.later(days=1)
    await rings(world, "daily")
    assert "web" not in {one.event_id for one in listed(world, "teams")}
