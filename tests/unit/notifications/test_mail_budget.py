"""Mail services take few mails in a minute and an hour: critical ones go first, and what has no room waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from functions.model.errors import Unavailable
from functions.notifications.samples import send_samples
from functions.notifications.send_waiting import queue_overdue_channels, send_queued
from functions.ports.notifications import Attachment, Limits, Notice, SentMessage
from functions.settings.load import load_settings
from tests.clock import NOW
from tests.sample_settings import LEAST, MAIL
from tests.unit.fakes import FakeChannel, World
from tests.unit.mail_world import mailing, put
from tests.unit.sample_events import FAILED

OF_AZURE = Limits(minute=5, hour=10)
AZURES = {"CERTFLOW_ACS_ENDPOINT": "https://acs.example.com", "CERTFLOW_MAIL_FROM": "a@1-2.azurecomm.net"}


async def pumped(world: World, until: datetime) -> None:
    """Sends at the times that the queue's messages ask for, and at no other."""
    calls = [NOW]
    while calls and (at := min(calls)) <= until:
        calls.remove(at)
        world.now = max(world.now, at)
        await send_queued(world.certflow, "email")
        calls += [world.now + after for _, _, after in world.work_queue.put_in]
        world.work_queue.put_in.clear()


def sent(mail: FakeChannel) -> list[str]:
    return [notice.event_id for notice in mail.sent]


async def test_no_more_goes_out_in_a_minute_and_an_hour_than_the_service_takes_and_nothing_is_lost() -> None:
    world, mail = mailing(OF_AZURE)
    for number in range(30):
        await put(world, f"e{number:02}")
    count, kept = world.deliveries.add_sent, list[SentMessage]()

    async def counted(channel: str, sent: SentMessage) -> None:
        kept.append(sent)
        await count(channel, sent)

    world.deliveries.add_sent = counted  # type: ignore[method-assign]  # the world forgets them after an hour
    await pumped(world, NOW + timedelta(hours=9))
    assert sorted(sent(mail)) == [f"e{number:02}" for number in range(30)]
    times = [one.at for one in kept]
    for at in times:
        assert len([one for one in times if at <= one < at + timedelta(minutes=1)]) <= 5
        assert len([one for one in times if at <= one < at + timedelta(hours=1)]) <= 8  # two are kept
    assert world.deliveries.notices == {}


async def test_critical_notices_go_first_and_find_room_that_others_could_not_use_up() -> None:
    world, mail = mailing(Limits(hour=10))
    for number in range(12):
        await put(world, f"e{number:02}")
    await put(world, "c0", FAILED)
    await world.send()
    assert sent(mail)[0] == "c0"
    assert len(mail.sent) == 9
    await put(world, "c1", FAILED)
    await world.send()
    assert sent(mail)[-1] == "c1"
    await put(world, "c2", FAILED)  # the hour's is used up for these, too
    await world.send()
    assert len(mail.sent) == 10
    world.later(hours=1)
    await world.send()
    assert sent(mail)[10] == "c2"


async def test_what_is_critical_and_comes_while_many_mails_go_out_is_not_told_behind_all_of_them() -> None:
    world, mail = mailing(Limits())
    for number in range(60):
        await put(world, f"e{number:02}")
    take = mail.send

    async def watched(notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        await put(world, "c0", FAILED)  # known when it comes again
        await take(notices, to, attachments)

    mail.send = watched  # type: ignore[method-assign]
    await world.send()
    assert sent(mail).index("c0") <= 4


async def test_tries_that_fail_put_what_no_caller_has_caused_behind_nothing() -> None:
    failed = [SentMessage(NOW, str(number), critical=False) for number in range(5)]
    taken = SentMessage(NOW, "taken", critical=False, to=("bob@example.com",), by=("bob",))
    world, mail = mailing(Limits(hour=10))
    for one in (*failed, taken):
        await world.deliveries.add_sent("email", one)
    await put(world, "bobs", caused_by="bob")
    world.later(seconds=1)
    await put(world, "nobodys")
    await world.send()
    assert sent(mail) == ["nobodys", "bobs"]


async def test_what_has_gone_out_is_counted_by_whoever_sends_next_and_kept_for_an_hour() -> None:
    world, mail = mailing(Limits(hour=2))
    await put(world, "e0")
    await put(world, "e1")
    await world.send()
    restarted, again = mailing(Limits(hour=2))
    restarted.deliveries = world.deliveries
    await restarted.send()
    assert (sent(mail), sent(again)) == (["e0"], [])
    restarted.later(hours=1, seconds=1)
    await restarted.send()
    assert sent(again) == ["e1"]
    assert len(world.deliveries.counted) == 1


async def test_a_try_that_fails_counts_for_the_service() -> None:
    """Learn, "Service limits for Azure Communication Services": all requests accrue against the limits."""
    world, mail = mailing(Limits(minute=3), faults=[Unavailable("The mail service", "HTTP 503")] * 2)
    for number in range(3):
        await put(world, f"e{number}")
    await world.send()
    assert (len(mail.faults), mail.sent) == (0, [])
    world.later(minutes=1)
    await world.send()
    assert sorted(sent(mail)) == ["e0", "e2"]


async def test_a_channel_with_no_room_is_called_for_when_there_is_some_by_one_message() -> None:
    world, mail = mailing(Limits(minute=3))
    for number in range(4):
        await put(world, f"e{number}")
    world.work_queue.put_in.clear()
    for _ in range(3):
        await send_queued(world.certflow, "email")
    assert [(message, after.total_seconds()) for _, message, after in world.work_queue.put_in] == [
        ({"channel": "email"}, 61)
    ]
    world.later(seconds=61)
    await send_queued(world.certflow, "email")
    assert len(mail.sent) == 4


async def test_the_timer_calls_for_what_waits_for_room_if_its_message_is_lost() -> None:
    world, mail = mailing(Limits(minute=1))
    await put(world, "e0")
    await put(world, "e1")
    await world.send()
    world.later(minutes=2)
    world.work_queue.put_in.clear()
    await queue_overdue_channels(world.certflow)
    assert world.work_queue.queue("certflow-channels") == [{"channel": "email"}]
    await world.send()
    assert sent(mail) == ["e0", "e1"]


async def test_what_waits_for_room_longer_than_a_day_is_not_given_up_for_one_try_that_fails() -> None:
    world, mail = mailing(Limits(hour=2))
    for number in range(26):
        await put(world, f"e{number:02}")
    for _ in range(25):
        await world.send()
        world.later(hours=1)
    assert len(mail.sent) == 25
    mail.faults.append(Unavailable("The mail server", "SMTP 451"))
    await world.send()
    assert world.topic.published == []
    world.later(hours=1)
    await world.send()
    assert len(mail.sent) == 26


async def test_that_mails_wait_for_room_for_more_than_a_day_is_told_once_and_none_is_given_up() -> None:
    mail, teams = FakeChannel("email", limits=Limits(hour=1)), FakeChannel("teams", max_notices=10)
    world = World(channels=(mail, teams))
    for number in range(99):
        await put(world, f"e{number:02}")
    for hour in range(47):
        await world.send()
        assert len(world.published) == (hour > 24), hour
        world.later(hours=1)
    (event,) = world.topic.published
    await world.tell(event.id, event.type, dict(event.data))
    assert teams.sent[-1].title == "A setting cannot work: CERTFLOW_MAIL_LIMITS"
    assert "mails that were to go out at 2026-11-24 12:00 UTC still wait" in teams.sent[-1].sentence
    await world.send()
    world.later(hours=5)
    await world.send()
    assert len({event.id for event in world.topic.published}) == 1
    waits = [key for key in world.deliveries.notices if key[0] == "email"]
    assert len(waits) + len(mail.sent) == 100


async def test_what_has_waited_for_room_for_a_day_and_is_then_held_by_another_run_is_not_given_up() -> None:
    world, mail = mailing(Limits(hour=2))
    await put(world, "e0")
    world.later(hours=25)
    claim, busy = world.deliveries.claim, [Unavailable("email", "another delivery of this event is under way")]

    async def held(event_id: str, channel: str, now: datetime) -> bool:
        if busy:
            raise busy.pop()
        return await claim(event_id, channel, now)

    world.deliveries.claim = held  # type: ignore[method-assign]  # another run has it, for a moment
    await world.send()
    assert world.topic.published == []
    world.later(minutes=1)
    await world.send()
    assert sent(mail) == ["e0"]


async def test_what_is_tried_for_a_day_after_it_had_waited_for_room_is_told_on_the_other_channels() -> None:
    world, mail = mailing(Limits(hour=2))
    mail.faults += [Unavailable("The mail server", "SMTP 451")] * 99
    await put(world, "e0")
    for _ in range(26):
        await world.send()
        world.later(hours=1)
    assert world.published == ["Notice.Refused"]


async def test_the_samples_of_a_rehearsal_count_and_have_to_find_room() -> None:
    world, mail = mailing(Limits(hour=3))
    await send_samples(world.certflow, ("Issuance.Cancelled", "Issuance.Deleted"))
    await put(world, "e0")
    await world.send()
    assert len(mail.sent) == 2
    world.later(minutes=1)
    said = await send_samples(world.certflow, ("Issuance.Cancelled",))
    assert "failed: Mail is not available (no more may go out before 13:00:00 UTC" in said["channels"][0]["outcome"]
    assert len(mail.sent) == 2


async def test_samples_of_critical_events_leave_what_is_kept_for_critical_ones() -> None:
    world, mail = mailing(OF_AZURE, max_notices=50)
    for _ in range(3):
        await send_samples(world.certflow, ("Issuance.Failed", "Certificate.Expired", "Chain.Quarantined"))
        world.later(minutes=1)
    assert len(mail.messages) == 8
    await put(world, "e0", FAILED, owner=None)  # it goes where the samples went
    world.later(seconds=5)
    await world.send()
    assert sent(mail)[-1] == "e0"


async def test_of_the_few_that_azures_domain_takes_neither_an_address_nor_a_caller_has_all() -> None:
    given = load_settings(LEAST | {**MAIL, "CERTFLOW_SMTP_SERVER": ""} | AZURES).channels.mail
    assert given is not None
    world, mail = mailing(given.limits)
    for number in range(12):
        await put(world, f"k{number:02}", FAILED, owner="oncall@example.com")
    await world.send()
    assert len(mail.sent) == 5
    await put(world, "critical", FAILED)
    world.later(minutes=1)
    await world.send()
    assert sent(mail)[-1] == "critical"
    for number in range(9):
        await put(world, f"m{number}", caused_by="mallory")
    await put(world, "other", caused_by="bob")
    await world.send()
    assert {"other", "m0", "m1"} <= set(sent(mail))


@pytest.mark.parametrize(
    ("settings", "limits"),
    [
        ({"CERTFLOW_SMTP_SERVER": "smtp.example.com:587"}, (None, None)),
        ({"CERTFLOW_ACS_ENDPOINT": "https://acs.example.com"}, (30, 100)),
        ({"CERTFLOW_ACS_ENDPOINT": "https://acs.example.com", "CERTFLOW_MAIL_FROM": "a@1-2.AzureComm.net"}, (5, 10)),
        (
            {
                "CERTFLOW_ACS_ENDPOINT": "https://acs.example.com",
                "CERTFLOW_MAIL_FROM": "Certflow <a@1-2.azurecomm.net>",
            },
            (5, 10),
        ),
        ({"CERTFLOW_SMTP_SERVER": "s:25", "CERTFLOW_MAIL_LIMITS": "20/hour"}, (None, 20)),
        (
            {"CERTFLOW_ACS_ENDPOINT": "https://a.example.com", "CERTFLOW_MAIL_LIMITS": " 1000/Hour, 200/minute,"},
            (200, 1000),
        ),
        ({"CERTFLOW_ACS_ENDPOINT": "https://a.example.com", "CERTFLOW_MAIL_LIMITS": "60/minute"}, (60, 100)),
    ],
)
def test_the_limits_are_those_of_the_way_that_mail_takes_unless_others_are_set(
    settings: dict[str, str], limits: tuple[int | None, int | None]
) -> None:
    mail = load_settings(
        LEAST | {key: value for key, value in MAIL.items() if key != "CERTFLOW_SMTP_SERVER"} | settings
    ).channels.mail
    assert mail is not None
    assert (mail.limits.minute, mail.limits.hour) == limits
    assert (mail.limits.address, mail.limits.caller) == ((5, 4) if limits == (5, 10) else (10, 60))


@pytest.mark.parametrize(
    "text", ["30", "0/hour", "-1/hour", "1.5/hour", "1/day", "1/hour,2/hour", "٣/hour", "9999999/hour"]
)
def test_a_limit_that_is_none_is_named(text: str) -> None:
    settings = load_settings(LEAST | MAIL | {"CERTFLOW_MAIL_LIMITS": text})
    (fault,) = settings.faults
    assert fault.startswith(
        "CERTFLOW_MAIL_LIMITS: write numbers from 1 to 1000000, each once, for minute, hour, address, caller"
    )
    assert settings.channels.mail is not None  # mail goes on, as if nothing were set
    assert (settings.channels.mail.limits.minute, settings.channels.mail.limits.hour) == (None, None)
