"""Notices of one kind for the same addresses are one mail, and what went together stays together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

import pytest

from functions.model.errors import Unavailable
from functions.notifications.samples import send_samples
from functions.notifications.send_waiting import send_queued
from functions.ports.notifications import GATHERING, Limits, QueuedNotice
from tests.clock import NOW
from tests.unit.mail_world import ANN, BOB, CANCELLED, DELETED, gathering, mails, put, ripen
from tests.unit.sample_events import FAILED


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (2, [2]), (50, [50]), (51, [50, 1])])
async def test_what_is_of_a_kind_for_one_address_is_one_mail(count: int, sizes: list[int]) -> None:
    world, mail = gathering()
    for number in range(count):
        await put(world, f"e{number:02}", owner=ANN)
    ripen(world)
    await world.send()
    assert [len(events) for _, events in mails(mail)] == sizes
    assert sorted(event for _, events in mails(mail) for event in events) == [f"e{n:02}" for n in range(count)]
    assert set(world.deliveries.states.values()) == {"delivered"}


async def test_other_kinds_and_other_addresses_are_other_mails() -> None:
    world, mail = gathering()
    for number in range(6):
        await put(world, f"a{number}", owner=ANN)
        await put(world, f"b{number}", owner=BOB)
        await put(world, f"d{number}", DELETED, owner=ANN)
    await put(world, "c0", FAILED, owner=ANN)
    ripen(world)
    await world.send()
    assert sorted((to, len(events), events[0][0]) for to, events in mails(mail)) == [
        (ANN, 1, "c"),
        (ANN, 6, "a"),
        (ANN, 6, "d"),
        (BOB, 6, "b"),
    ]
    assert mails(mail)[0] == (ANN, ["c0"])


async def test_mail_waits_some_seconds_for_others_of_the_kind() -> None:
    world, mail = gathering()
    await put(world, "e0", owner=ANN)
    assert [after for _, _, after in world.work_queue.put_in] == [GATHERING]
    await world.send()
    assert mail.messages == []
    world.later(seconds=4)
    for number in range(1, 7):
        await put(world, f"e{number}", owner=ANN)
    world.later(seconds=1)
    await world.send()
    assert [len(events) for _, events in mails(mail)] == [7]


async def test_when_the_hour_is_nearly_used_up_what_waits_for_an_address_is_one_mail_whatever_it_is() -> None:
    world, mail = gathering(Limits(hour=4))  # three of them for what is not critical
    for number in range(3):
        await put(world, f"a{number}", owner=ANN)
        await put(world, f"d{number}", DELETED, owner=ANN)
        await put(world, f"b{number}", owner=BOB)
    ripen(world)
    await world.send()
    assert sorted((to, len(events)) for to, events in mails(mail)) == [(ANN, 3), (ANN, 3), (BOB, 3)]
    for number in range(3, 6):
        await put(world, f"a{number}", owner=ANN)
        await put(world, f"d{number}", DELETED, owner=ANN)
    world.later(hours=1, seconds=1)
    await put(world, "b3", owner=BOB)
    await put(world, "b4", DELETED, owner=BOB)
    ripen(world)
    await world.send()
    assert sorted((to, len(events)) for to, events in mails(mail)[3:]) == [(ANN, 6), (BOB, 2)]


async def test_what_is_kept_for_critical_mail_is_no_room_for_single_mails_of_what_is_not() -> None:
    world, mail = gathering(Limits(hour=4))
    for number in range(2):
        await put(world, f"a{number}", owner=ANN)
        await put(world, f"b{number}", owner=BOB)
    ripen(world)
    await world.send()
    assert sorted((to, len(events)) for to, events in mails(mail)) == [(ANN, 2), (BOB, 2)]


async def test_what_is_critical_is_told_first_and_in_a_mail_of_its_own() -> None:
    world, mail = gathering(Limits(hour=2))
    for number in range(8):
        await put(world, f"e{number}", owner=ANN)
    await put(world, "c0", FAILED, owner=ANN)
    await put(world, "c1", FAILED, owner=ANN)
    ripen(world)
    await world.send()
    assert [(len(events), events[0]) for _, events in mails(mail)] == [(2, "c0"), (8, "e0")]


async def test_what_went_together_is_tried_again_together_and_nothing_joins_it() -> None:
    world, mail = gathering()
    mail.faults.append(Unavailable("The mail server", "silent", maybe_done=True))
    for number in range(8):
        await put(world, f"e{number}", owner=ANN)
    ripen(world)
    await world.send()
    assert {one.batch for one in world.deliveries.notices.values()} == {"e0"}
    for number in range(8, 16):
        await put(world, f"e{number}", owner=ANN)
    world.later(minutes=1)
    await world.send()
    assert sorted(len(events) for _, events in mails(mail)) == [8, 8]
    assert [events for _, events in mails(mail) if "e0" in events] == [[f"e{number}" for number in range(8)]]


async def test_a_single_mail_that_may_have_arrived_does_not_come_again_in_another() -> None:
    world, mail = gathering()
    mail.faults.append(Unavailable("The mail server", "silent", maybe_done=True))
    await put(world, "e0", owner=ANN)
    ripen(world)
    await world.send()
    for number in range(1, 9):
        await put(world, f"e{number}", owner=ANN)
    world.later(minutes=1)
    await world.send()
    assert sorted(events for _, events in mails(mail)) == [["e0"], [f"e{number}" for number in range(1, 9)]]


async def test_a_run_that_is_cut_off_while_it_sends_leaves_what_is_in_the_mail() -> None:
    world, mail = gathering()
    for number in range(8):
        await put(world, f"e{number}", owner=ANN)
    ripen(world)
    written = list[set[str | None]]()
    record = mail.send

    async def watched(notices: list[object], to: list[str], files: object = ()) -> None:
        written.append({one.batch for one in world.deliveries.notices.values()})
        assert len(world.deliveries.counted) == 1
        await record(notices, to)  # type: ignore[arg-type]

    mail.send = watched  # type: ignore[method-assign,assignment]  # what a kill at this point would leave
    await world.send()
    assert written == [{"e0"}]


async def test_a_mail_that_a_run_left_when_it_was_cut_off_is_tried_again_whole_however_slow_the_storage_is() -> None:
    world, mail = gathering()
    for number in range(8):
        await put(world, f"e{number}", owner=ANN)
    for key, one in world.deliveries.notices.items():
        world.deliveries.notices[key] = replace(one, batch="e0", tried=NOW)
        await world.deliveries.claim(key[1], "email", NOW)
    ripen(world)
    claim, put_off = world.deliveries.claim, world.deliveries.postpone

    async def held(event_id: str, channel: str, now: datetime) -> bool:
        raise Unavailable("email", "another delivery of this event is under way", retry_after=10)

    async def slow(channel: str, waiting: QueuedNotice) -> None:
        await put_off(channel, waiting)
        world.later(seconds=0.3)

    world.deliveries.claim, world.deliveries.postpone = held, slow  # type: ignore[method-assign]
    world.work_queue.put_in.clear()
    await send_queued(world.certflow, "email")
    world.deliveries.claim, world.deliveries.postpone = claim, put_off  # type: ignore[method-assign]
    world.deliveries.states.clear()  # what was left behind may be taken over
    world.now += min(after for _, _, after in world.work_queue.put_in)
    await world.send()
    assert mails(mail) == [(ANN, [f"e{number}" for number in range(8)])]


@pytest.mark.parametrize(("settled", "dequeued"), [(0, 0), (1, 0), (7, 0), (8, 0), (8, 3)])
async def test_a_mail_that_went_out_is_not_repeated_in_part_if_the_run_is_cut_off(settled: int, dequeued: int) -> None:
    world, mail = gathering()
    for number in range(8):
        await put(world, f"e{number}", owner=ANN)
    ripen(world)
    left = {"settle": settled, "dequeue": dequeued}
    ends = {name: getattr(world.deliveries, name) for name in left}

    def cut_off(name: str) -> Callable[..., Awaitable[None]]:
        async def cut(*given: object) -> None:
            left[name] -= 1
            if left[name] < 0:
                raise asyncio.CancelledError  # as if the process were gone
            await ends[name](*given)

        return cut

    for name in left:
        setattr(world.deliveries, name, cut_off(name))
    with pytest.raises(asyncio.CancelledError):
        await world.send()
    for name, method in ends.items():
        setattr(world.deliveries, name, method)
    for key, state in world.deliveries.states.items():
        if state == "sending":  # a claim that was left behind may be taken over after two minutes
            world.deliveries.states[key] = "waiting"
    for minutes in (2, 15):
        world.later(minutes=minutes)
        await world.send()
    assert mails(mail) == [(ANN, [f"e{number}" for number in range(8)])]
    assert set(world.deliveries.states.values()) == {"delivered"}
    assert world.deliveries.notices == {}


async def test_many_samples_of_a_rehearsal_are_one_mail_and_a_few_are_single_ones() -> None:
    world, mail = gathering(Limits(hour=10))
    said = await send_samples(world.certflow, ())
    assert len(mail.messages) == 1
    assert len(mail.sent) == len(said["events"]) > 20
    world.later(minutes=1)
    await send_samples(world.certflow, ("Issuance.Cancelled", "Issuance.Failed"))
    assert [len(notices) for notices, _ in mail.messages[1:]] == [1, 1]


async def test_notices_for_a_few_addresses_each_stay_single_while_there_is_room() -> None:
    world, mail = gathering(Limits(hour=100))
    for number in range(20):
        await put(world, f"e{number:02}", CANCELLED)
    ripen(world)
    await world.send()
    assert len(mail.messages) == 20
