"""Delivery records and the notices that wait for one message, on Azurite's tables."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
import pytest_asyncio

from functions.adapters.azure_tables.deliveries import TableDeliveries
from functions.adapters.azure_tables.service import Tables
from functions.model.errors import Unavailable
from functions.model.messages import Severity
from functions.ports.notifications import LATEST_TIME, Notice, QueuedNotice, SentMessage
from tests.clock import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deliveries(tables: Tables) -> TableDeliveries:
    return TableDeliveries(tables)


def notice(event_id: str) -> Notice:
    return Notice(
        event_id,
        "Certflow.Issuance.Stalled",
        "Nobody acts on: web “ä”",
        good=False,
        sentence="It waits for a CA's signature.",
        facts=(("Vault", "main"), ("Issuer", "Unknown")),
        next_step="Have the CSR signed.",
        severity=Severity.CRITICAL,
        vault="main",
        name="web",
        owner="ann@example.com",
        links=(("Runbook", "https://wiki.example.com/pki?a=b#c"),),
        escalated=True,
        not_on="email",
    )


async def test_a_delivery_is_claimed_by_one_and_settled_for_good(deliveries: TableDeliveries) -> None:
    assert await deliveries.claim("e1", "teams", NOW) is True
    with pytest.raises(Unavailable, match="under way"):
        await deliveries.claim("e1", "teams", NOW + timedelta(seconds=30))
    assert await deliveries.claim("e1", "email", NOW) is True
    await deliveries.settle("e1", "teams", "delivered", NOW)
    assert await deliveries.claim("e1", "teams", NOW + timedelta(days=1)) is False


async def test_a_message_of_several_notices_is_recorded_for_its_channel(deliveries: TableDeliveries) -> None:
    assert await deliveries.was_sent("a" * 64, "email") is False
    await deliveries.record_message("a" * 64, "email", NOW)
    await deliveries.record_message("a" * 64, "email", NOW)  # a repetition does no harm
    assert await deliveries.was_sent("a" * 64, "email") is True
    assert await deliveries.was_sent("a" * 64, "teams") is False
    assert await deliveries.was_sent("b" * 64, "email") is False


async def test_a_delivery_that_was_refused_is_settled_for_good_too(deliveries: TableDeliveries) -> None:
    assert await deliveries.claim("e0", "teams", NOW) is True
    await deliveries.settle("e0", "teams", "refused: HTTP 404", NOW)
    assert await deliveries.claim("e0", "teams", NOW + timedelta(days=1)) is False


async def test_a_delivery_given_back_or_left_by_a_crash_is_taken_over(deliveries: TableDeliveries) -> None:
    assert await deliveries.claim("e2", "teams", NOW) is True
    await deliveries.release("e2", "teams", "HTTP 503")
    assert await deliveries.claim("e2", "teams", NOW) is True
    assert await deliveries.claim("e2", "teams", NOW + timedelta(minutes=3)) is True


async def test_of_many_claims_at_once_one_wins(deliveries: TableDeliveries) -> None:
    outcomes = await asyncio.gather(*(deliveries.claim("e3", "teams", NOW) for _ in range(8)), return_exceptions=True)
    assert outcomes.count(True) == 1
    assert sum(isinstance(one, Unavailable) for one in outcomes) == 7


async def test_of_many_that_take_over_what_a_crash_left_one_wins(deliveries: TableDeliveries) -> None:
    assert await deliveries.claim("e4", "teams", NOW) is True
    after = NOW + timedelta(minutes=3)
    outcomes = await asyncio.gather(*(deliveries.claim("e4", "teams", after) for _ in range(8)), return_exceptions=True)
    assert outcomes.count(True) == 1
    assert sum(isinstance(one, Unavailable) for one in outcomes) == 7


async def test_a_notice_waits_whole_and_once_however_often_it_is_put_there(deliveries: TableDeliveries) -> None:
    for _ in range(3):
        await deliveries.enqueue("teams:whole", QueuedNotice(notice("w1"), NOW))
    assert await deliveries.queued("teams:whole", LATEST_TIME, 10) == [QueuedNotice(notice("w1"), NOW)]


async def test_a_notice_that_comes_again_while_it_waits_does_not_begin_to_wait_anew(
    deliveries: TableDeliveries,
) -> None:
    first = QueuedNotice(notice("n1"), NOW, ("a@example.com",))
    later = replace(first, due=NOW + timedelta(minutes=5))
    await deliveries.enqueue("email:anew", first)
    await deliveries.postpone("email:anew", later)
    await deliveries.enqueue("email:anew", replace(first, since=NOW + timedelta(hours=1)))
    assert await deliveries.queued("email:anew", LATEST_TIME, 10) == [later]


async def test_a_notice_that_was_sent_meanwhile_is_not_put_off(deliveries: TableDeliveries) -> None:
    await deliveries.postpone("email:sent", QueuedNotice(notice("s1"), NOW, due=NOW))
    assert await deliveries.queued("email:sent", LATEST_TIME, 10) == []


async def test_notices_wait_by_channel_and_as_many_as_are_asked_for_are_read(deliveries: TableDeliveries) -> None:
    for number in range(12):
        await deliveries.enqueue("teams:some", QueuedNotice(notice(f"main:web:{number:02}"), NOW))
    await deliveries.enqueue("teams:some2", QueuedNotice(notice("main:other"), NOW))
    some = await deliveries.queued("teams:some", LATEST_TIME, 10)
    assert [one.notice.event_id for one in some] == [f"main:web:{number:02}" for number in range(10)]
    assert len(await deliveries.queued("teams:some", LATEST_TIME, 100)) == 12
    assert await deliveries.queued("teams:none", LATEST_TIME, 10) == []


async def test_the_channels_on_which_anything_waits_are_known(deliveries: TableDeliveries) -> None:
    for event_id in ("a:delivered", "zz:delivered"):  # on both sides of what waits
        assert await deliveries.claim(event_id, "teams:none", NOW) is True
    channels = ["teams:on", "teams:on1", "urls:on"]
    for channel in channels:
        for number in range(3):
            await deliveries.enqueue(channel, QueuedNotice(notice(f"w{number}"), NOW))
    assert [one for one in await deliveries.channels_with_queue() if one in {*channels, "teams:none"}] == channels
    for number in range(3):
        await deliveries.dequeue("teams:on1", notice(f"w{number}"))
    assert "teams:on1" not in await deliveries.channels_with_queue()


async def test_a_notice_that_was_sent_waits_no_more_and_may_be_gone_already(deliveries: TableDeliveries) -> None:
    for event_id in ("a", "b"):
        await deliveries.enqueue("teams:done", QueuedNotice(notice(event_id), NOW))
    for _ in range(2):
        await deliveries.dequeue("teams:done", notice("a"))
    assert [one.notice.event_id for one in await deliveries.queued("teams:done", LATEST_TIME, 10)] == ["b"]


async def test_a_notice_that_waits_has_no_delivery_until_it_is_claimed(deliveries: TableDeliveries) -> None:
    await deliveries.enqueue("teams:claim", QueuedNotice(notice("c1"), NOW))
    assert await deliveries.claim("c1", "teams:claim", NOW) is True
    await deliveries.settle("c1", "teams:claim", "delivered", NOW)
    assert len(await deliveries.queued("teams:claim", LATEST_TIME, 10)) == 1  # a hint, until it is taken away
    assert await deliveries.claim("c1", "teams:claim", NOW) is False


async def test_what_was_sent_is_kept_in_its_order_for_as_long_as_it_counts(deliveries: TableDeliveries) -> None:
    hour = timedelta(hours=1)
    sent = [
        SentMessage(NOW + number * hour / 4, f"main:web:{number}", number == 2, ("a@example.com",))
        for number in range(8)
    ]
    for one in reversed(sent):
        await deliveries.add_sent("email", one)
    await deliveries.add_sent("email", replace(sent[3], to=()))
    await deliveries.add_sent("email:other", sent[0])
    found = [*sent[:3], replace(sent[3], to=()), *sent[4:]]
    assert await deliveries.sent_since("email", NOW) == found
    assert await deliveries.sent_since("email", NOW + hour) == found[4:]
    assert await deliveries.sent_since("email", NOW) == found[4:]
    assert await deliveries.sent_since("email:other", NOW) == sent[:1]


async def test_what_is_due_is_read_and_critical_notices_first(deliveries: TableDeliveries) -> None:
    minute = timedelta(minutes=1)
    for number in range(4):
        given = replace(notice(f"a{number}"), severity=Severity.INFO)
        await deliveries.enqueue("email:due", QueuedNotice(given, NOW + number * minute))
    await deliveries.enqueue("email:due", QueuedNotice(notice("z"), NOW + minute))
    await deliveries.postpone(
        "email:due", QueuedNotice(replace(notice("a0"), severity=Severity.INFO), NOW, due=NOW + 9 * minute)
    )
    some = await deliveries.queued("email:due", NOW + 2 * minute, 2)
    assert [one.notice.event_id for one in some] == ["z", "a1"]
    found = await deliveries.queued("email:due", NOW + 2 * minute, 10)
    assert [one.notice.event_id for one in found] == ["z", "a1", "a2"]


@pytest.mark.parametrize("event_id", ["0:web:1", "-:web:1", "main:web:1", "Zulu"])
async def test_what_an_older_version_has_put_there_is_read_and_gone_when_it_is_told(
    deliveries: TableDeliveries, event_id: str
) -> None:
    """Its keys were the event ids alone, and its rows had no time to read them by."""
    channel, waiting = f"email:old:{event_id}", QueuedNotice(notice(event_id), NOW)
    table = await deliveries._tables.table("deliveries")
    text = msgspec.json.encode(waiting).decode()
    await table.create_entity({"PartitionKey": f"waiting|{channel}", "RowKey": event_id, "waiting": text})
    for _ in range(2):
        assert await deliveries.queued(channel, NOW, 10) == [waiting]
    await deliveries.dequeue(channel, waiting.notice)
    assert await deliveries.queued(channel, NOW, 10) == []
    assert channel not in await deliveries.channels_with_queue()


async def test_deliveries_that_ended_before_a_time_are_forgotten_and_nothing_that_waits(
    deliveries: TableDeliveries,
) -> None:
    old, day = NOW - timedelta(days=100), timedelta(days=1)
    for event in ("old-1", "old-2"):
        for channel in ("teams", "email"):
            await deliveries.claim(event, channel, old)
            await deliveries.settle(event, channel, "delivered" if channel == "teams" else "refused: 550", old)
    await deliveries.record_message("d" * 64, "email", old)
    await deliveries.claim("sending", "teams", old)
    await deliveries.claim("released", "teams", old)
    await deliveries.release("released", "teams", "HTTP 503")
    await deliveries.enqueue("late", QueuedNotice(notice("waits"), old))
    await deliveries.add_sent("late", SentMessage(old, "s1", critical=False))
    await deliveries.claim("young", "teams", NOW)
    await deliveries.settle("young", "teams", "delivered", NOW - 90 * day)
    place = await deliveries.forget(NOW - 90 * day, None)
    while place is not None:
        place = await deliveries.forget(NOW - 90 * day, place)
    for event in ("old-1", "old-2"):
        assert [await deliveries.settlement(event, one) for one in ("teams", "email")] == [None, None]
    assert await deliveries.was_sent("d" * 64, "email") is False
    assert await deliveries.settlement("young", "teams") is not None
    assert await deliveries.claim("released", "teams", NOW) is True  # with its second attempt
    await deliveries.settle("released", "teams", "delivered", NOW)
    settled = await deliveries.settlement("released", "teams")
    assert settled is not None
    assert settled.attempts == 2
    with pytest.raises(Unavailable):
        await deliveries.claim("sending", "teams", old)
    assert [one.notice.event_id for one in await deliveries.queued("late", LATEST_TIME, 9)] == ["waits"]
    assert len(await deliveries.sent_since("late", old)) == 1
    assert await deliveries.forget(NOW - 90 * day, None) is None


async def test_what_is_too_old_goes_a_page_at_a_time(
    deliveries: TableDeliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.adapters.azure_tables.deliveries.OLD_ROWS", 2)
    old = NOW - timedelta(days=5000)
    events = [f"paged-{number}" for number in range(5)]
    for event in events:
        await deliveries.settle(event, "teams", "delivered", old)
    place, calls = await deliveries.forget(old + timedelta(days=1), None), 1
    left = [one for one in events if await deliveries.settlement(one, "teams")]
    assert len(left) == 3
    while place is not None:
        place, calls = await deliveries.forget(old + timedelta(days=1), place), calls + 1
    assert calls >= 3
    assert [one for one in events if await deliveries.settlement(one, "teams")] == []
