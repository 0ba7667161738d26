"""Thousands of mails for one address, or by one caller: nobody else waits, and no mail is written again and again."""

from __future__ import annotations

from collections import Counter

import pytest

from functions.ports.notifications import Limits, QueuedNotice
from tests.unit.mail_world import ANN, BOB, CANCELLED, DELETED, caused, gathering, mails, minutes, put, ripen
from tests.unit.sample_events import FAILED


async def test_a_flood_for_one_address_keeps_from_nobody_else_what_waits_behind_it() -> None:
    """A thousand are read at a time, in the order of their ids."""
    world, mail = gathering()
    for number in range(1500):
        await put(world, f"a{number:04}", DELETED if number % 2 else CANCELLED, owner=ANN)
    await put(world, "z0", owner=BOB)
    await put(world, "zz", FAILED, owner=BOB)
    ripen(world)
    await world.send()
    assert {(BOB, ("z0",)), (BOB, ("zz",))} <= {(to, tuple(events)) for to, events in mails(mail)}
    assert mails(mail)[0] == (BOB, ["zz"])
    for _ in range(600):
        world.later(minutes=1)
        await world.send()
        if not world.deliveries.notices:
            break
    assert Counter(event for _, events in mails(mail) for event in events).most_common(1)[0][1] == 1
    assert len(mail.sent) == 1502
    assert len(mail.messages) <= 1500 / 50 + 10


@pytest.mark.parametrize("kind", [CANCELLED, FAILED])
async def test_a_flood_for_many_addresses_does_not_use_up_hour_after_hour_before_all_that_waits_is_read(
    kind: str,
) -> None:
    world, mail = gathering(Limits(hour=10))
    await caused(world, 1500, "a", type_=kind)  # these are read first
    await put(world, "z", kind, caused_by="bob")
    ripen(world)
    await world.send()
    world.later(hours=1, minutes=1)
    for hour in range(1, 9):
        await world.send()
        assert "z" in {event for _, events in mails(mail) for event in events}
        assert len(mail.sent) >= 8 * (hour + 1)  # and no room is left unused
        world.later(hours=1, minutes=1)


async def test_a_flood_for_one_address_is_not_read_and_written_again_whenever_one_mail_of_it_goes_out() -> None:
    world, mail = gathering(Limits(address=1))
    for number in range(1200):
        await put(world, f"z{number:04}", owner=ANN)
    put_off, written = world.deliveries.postpone, list[str]()

    async def counted(channel: str, waiting: QueuedNotice) -> None:
        written.append(waiting.notice.event_id)
        await put_off(channel, waiting)

    world.deliveries.postpone = counted  # type: ignore[method-assign]
    ripen(world)
    await minutes(world, 200)
    assert len(mail.messages) == 20
    assert len(written) < 2400  # once each, and again when it goes out
