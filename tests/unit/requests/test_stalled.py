"""A request that nobody acts on: its owner is reminded at a ladder, unless somebody asked for quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from functions.model.errors import Refused
from functions.model.events.event import Event
from functions.model.links import Links
from functions.model.options import Options
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import TrackedRequest
from functions.model.timing import ReminderDelays
from functions.notifications.notice import notice_of
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, acknowledge
from tests.actors import person
from tests.clock import NOW
from tests.unit.fakes import World

DAY = timedelta(days=1)
ANN = person("ann@example.com")


async def started(issuer: str = "DigiCert") -> World:
    world = World()
    await create_request(world.certflow, CreateCommand("main", "web", {"policy": {"issuer": {"name": issuer}}}))
    return world


async def look_until(world: World, until: datetime) -> None:
    """Sweeps each time that something is due, as the timer does."""
    while (request := tracked(world)).next_check and request.next_check <= until:
        world.now = max(world.now, request.next_check)
        await world.sweep()
    world.now = until


def tracked(world: World) -> TrackedRequest:
    (request,) = world.ledger.tracked.values()
    return request


def reminders(world: World) -> list[Event]:
    return [event for event in world.topic.published if event.type.endswith("Stalled")]


async def test_an_owner_is_reminded_at_the_ladder_and_the_last_reminder_escalates() -> None:
    world = await started()
    await look_until(world, NOW + 20 * DAY)
    told = reminders(world)
    assert [(event.time - NOW).days for event in told] == [1, 2, 4, 7]
    assert [event.data["reminder"] for event in told] == [1, 2, 3, 4]
    assert [event.data["escalated"] for event in told] == [False, False, False, True]
    assert len({event.id for event in told}) == 4
    assert tracked(world).status is Status.IN_PROGRESS


async def test_a_reminder_comes_when_it_is_due_and_says_how_long_it_has_been() -> None:
    world = await started()
    await look_until(world, NOW + DAY)
    (told,) = reminders(world)
    assert told.time == NOW + DAY
    assert told.data["age"] == DAY.total_seconds()
    assert told.data["status"] == "inProgress"


async def test_who_signs_by_hand_is_given_more_time_than_an_issuer() -> None:
    world = await started("Unknown")
    await look_until(world, NOW + 2 * DAY)
    assert reminders(world) == []
    await look_until(world, NOW + 3 * DAY)
    assert len(reminders(world)) == 1


async def test_the_owners_patience_is_a_choice() -> None:
    world = World(options=Options(reminder_delays=ReminderDelays(issuer=timedelta(hours=2))))
    await create_request(world.certflow, CreateCommand("main", "web", {"policy": {"issuer": {"name": "DigiCert"}}}))
    await look_until(world, NOW + timedelta(hours=2))
    assert len(reminders(world)) == 1


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
async def test_a_request_that_has_ended_meanwhile_is_never_reminded_of(status: Status) -> None:
    world = await started()
    await look_until(world, NOW + timedelta(hours=23))
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=status)
    world.now = NOW + 2 * DAY
    await world.sweep()
    assert reminders(world) == []
    assert tracked(world).remind_at is None


async def test_a_reminder_is_a_line_of_the_history() -> None:
    world = await started()
    await look_until(world, NOW + 2 * DAY)
    assert [(act.what, act.note) for act in world.ledger.acts] == [
        ("created", None),
        ("reminded", "reminder 1"),
        ("reminded", "reminder 2"),
    ]


async def test_a_reminder_of_a_request_whose_cancellation_was_asked_for_says_so() -> None:
    world = await started()
    operation = world.vault.operations["web"]
    world.vault.operations["web"] = replace(operation, cancellation_requested=True)
    await look_until(world, NOW + DAY)
    assert reminders(world)[0].data["cancellation_requested"] is True


async def test_whoever_acknowledges_a_request_hears_nothing_until_then_and_then_once() -> None:
    world = await started()
    await acknowledge(world.certflow, Address("main", "web"), NOW + 5 * DAY, "the CA is on holiday", ANN)
    await look_until(world, NOW + 5 * DAY - timedelta(seconds=1))
    assert reminders(world) == []
    await look_until(world, NOW + 5 * DAY + timedelta(hours=23))
    assert [event.data["reminder"] for event in reminders(world)] == [1]


async def test_an_acknowledgement_says_who_and_why_in_the_history() -> None:
    world = await started()
    until = NOW + DAY
    request = await acknowledge(world.certflow, Address("main", "web"), until, "waiting for legal", ANN)
    assert (request.quiet_until, request.quiet_why) == (until, "waiting for legal")
    act = world.ledger.acts[-1]
    assert (act.what, act.by) == ("acknowledged", ANN)
    assert act.note
    assert "waiting for legal" in act.note


async def test_who_is_reminded_to_have_a_csr_signed_is_told_where_it_is() -> None:
    world = await started("Unknown")
    await look_until(world, NOW + 3 * DAY)
    (told,) = reminders(world)
    assert told.data["csr_url"] == world.topic.published[0].data["csr_url"]
    (request,) = world.ledger.tracked.values()
    assert told.data["key_sha256"] == world.topic.published[0].data["key_sha256"] == request.key_sha256
    notice = notice_of(told.id, told.type, told.data, Links(chain_storage="/subscriptions/1"))
    assert notice is not None
    assert "CSR" in dict(notice.facts)
    assert "CSR in the Azure portal" in dict(notice.links)


async def test_where_an_issuer_works_there_is_no_csr_to_sign() -> None:
    world = await started()
    await look_until(world, NOW + DAY)
    assert "csr_url" not in reminders(world)[0].data


async def test_an_acknowledgement_holds_back_reminders_and_never_an_end() -> None:
    world = await started()
    await acknowledge(world.certflow, Address("main", "web"), NOW + 30 * DAY, "we know", ANN)
    await look_until(world, NOW + 3 * DAY)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.FAILED)
    await look_until(world, NOW + 4 * DAY)
    assert world.published == ["Issuance.Started", "Issuance.Acknowledged", "Issuance.Failed"]


async def test_what_has_ended_cannot_be_acknowledged() -> None:
    world = await started()
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.FAILED)
    world.later(minutes=2)
    await world.sweep()
    with pytest.raises(Refused) as caught:
        await acknowledge(world.certflow, Address("main", "web"), NOW + DAY, "why", ANN)
    assert (caught.value.status, caught.value.reason) == (400, "not-in-progress")


async def test_a_request_that_was_started_elsewhere_can_be_acknowledged() -> None:
    world = World()
    operation = world.vault.start("web", "DigiCert")
    request = await acknowledge(world.certflow, Address("main", "web"), NOW + DAY, "mine", ANN)
    assert (request.request_id, request.quiet_until) == (operation.request_id, NOW + DAY)


async def test_a_muted_certificate_is_not_reminded_of_and_the_history_says_why() -> None:
    world = await started()
    world.vault.tagged["web"] = {"certflow-mute": "2026-11-28"}
    await look_until(world, NOW + 4 * DAY)
    assert reminders(world) == []
    assert world.history == ["created", "muted"]
    await look_until(world, NOW + 5 * DAY)  # the 28th is over
    assert len(reminders(world)) == 1


async def test_the_history_says_of_a_reminder_that_was_acknowledged_before_that_a_tag_mutes_it() -> None:
    world = await started()
    await acknowledge(world.certflow, Address("main", "web"), NOW + 3 * DAY, "the CA is on holiday", ANN)
    await look_until(world, NOW + 2 * DAY)
    world.vault.tagged["web"] = {"certflow-mute": "true"}
    await look_until(world, NOW + 6 * DAY)
    assert reminders(world) == []
    assert world.history == ["created", "acknowledged", "muted"]


async def test_a_tag_that_mutes_without_an_end_holds_for_as_long_as_it_stands_there() -> None:
    world = await started()
    world.vault.tagged["web"] = {"certflow-mute": "true"}
    await look_until(world, NOW + 10 * DAY)
    assert reminders(world) == []
    world.vault.tagged["web"] = {}
    await look_until(world, NOW + 11 * DAY + timedelta(hours=12))
    assert len(reminders(world)) == 1


async def test_after_a_long_quiet_one_reminder_comes_and_not_all_that_were_held_back() -> None:
    world = await started()
    world.now = NOW + 30 * DAY  # nobody looked for a month
    for _ in range(3):
        await world.sweep()
        world.later(hours=1)
    assert [event.data["reminder"] for event in reminders(world)] == [1]
    await look_until(world, NOW + 31 * DAY + timedelta(hours=12))
    assert [event.data["reminder"] for event in reminders(world)] == [1, 2]


async def test_a_tag_is_only_asked_for_where_a_reminder_is_due() -> None:
    world = await started()
    world.vault.calls.clear()
    await look_until(world, NOW + timedelta(hours=23))
    assert "tags" not in world.vault.calls
    await look_until(world, NOW + DAY)
    assert world.vault.calls.count("tags") == 1


async def test_a_reminder_that_could_not_be_recorded_is_given_at_the_next_look_once() -> None:
    world = await started()
    world.now = NOW + DAY
    world.ledger.down = True
    await world.sweep()
    world.ledger.down = False
    assert reminders(world) == []
    world.later(minutes=1)
    await world.sweep()
    await look_until(world, world.now + timedelta(hours=1))
    assert len(reminders(world)) == 1


def test_an_operation_knows_whether_somebody_has_to_sign_it() -> None:
    operation = Operation("a" * 32, Status.IN_PROGRESS, "uNKNOWN", b"")
    assert operation.manual
    assert not replace(operation, issuer="DigiCert").manual
