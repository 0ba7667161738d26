"""Channels: what happens within seconds is one message where that can be, and what cannot be sent now waits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import azure.functions as func
import pytest

from functions.adapters.unusable_channel import UnusableChannel
from functions.model.errors import BadSettings, CertflowError, Unavailable
from functions.model.messages import Severity
from functions.notifications.notice import notice_of
from functions.notifications.routing import parse_rules
from functions.notifications.send_waiting import queue_overdue_channels, send_queued
from functions.notifications.tell import queue_event
from functions.ports.notifications import CRITICAL_GATHERING, Attachment, DeliveryRefused, Limits, Notice, QueuedNotice
from functions.triggers.http.context import Context
from functions.triggers.http.status import get_status
from tests.clock import NOW
from tests.unit.fakes import FakeChannel, World
from tests.unit.sample_events import DATA, FAILED, world_with
from tests.unit.silent_topic import Silent


def failed(number: int) -> dict[str, Any]:
    return DATA | {"name": f"web-{number}", "request_id": f"{number:032x}"}


def ripen(world: World) -> None:
    """What is critical has waited long enough for others."""
    world.now += CRITICAL_GATHERING


async def test_what_happens_within_seconds_is_gathered_into_one_message() -> None:
    teams = FakeChannel("teams", max_notices=10)
    world = world_with(teams)
    for number in range(3):
        await queue_event(world.certflow, f"e{number}", FAILED, failed(number))
    assert teams.messages == []
    assert {
        (queue, message["channel"], after.total_seconds()) for queue, message, after in world.work_queue.put_in
    } == {("certflow-channels", "teams", 2.0)}
    ripen(world)
    for message in world.work_queue.queue("certflow-channels"):
        await send_queued(world.certflow, message["channel"])
    assert [len(notices) for notices, _ in teams.messages] == [3]
    assert world.deliveries.notices == {}
    assert set(world.deliveries.states.values()) == {"delivered"}


async def test_a_message_takes_no_more_than_the_channel_says() -> None:
    teams = FakeChannel("teams", max_notices=10)
    world = world_with(teams)
    for number in range(23):
        await queue_event(world.certflow, f"e{number:02}", FAILED, failed(number))
    ripen(world)
    await send_queued(world.certflow, "teams")
    assert [len(notices) for notices, _ in teams.messages] == [10, 10, 3]


async def test_an_event_that_comes_again_while_it_waits_or_later_is_told_once() -> None:
    teams = FakeChannel("teams", max_notices=10)
    world = world_with(teams)
    for _ in range(3):
        await queue_event(world.certflow, "e1", FAILED, DATA)
        await queue_event(world.certflow, "e1", FAILED, DATA)
        ripen(world)
        await send_queued(world.certflow, "teams")
    assert len(teams.sent) == 1
    assert world.deliveries.notices == {}


async def test_what_a_gathering_channel_cannot_take_now_waits_on_and_is_called_for_again() -> None:
    slow = Unavailable("Teams", "HTTP 429", retry_after=90)
    teams = FakeChannel("teams", max_notices=10, faults=[slow])
    world = world_with(teams)
    await queue_event(world.certflow, "e1", FAILED, DATA)
    ripen(world)
    world.work_queue.put_in.clear()
    await send_queued(world.certflow, "teams")
    assert [(message["channel"], after.total_seconds()) for _, message, after in world.work_queue.put_in] == [
        ("teams", 90.0)
    ]
    assert world.deliveries.states["e1", "teams"] == "waiting"
    await send_queued(world.certflow, "teams")  # the timer called, or another notice has come
    assert teams.sent == []
    world.later(seconds=90)
    await send_queued(world.certflow, "teams")
    assert len(teams.sent) == 1


async def test_a_channel_that_fails_delays_only_itself() -> None:
    teams = FakeChannel("teams", max_notices=10, faults=[Unavailable("Teams", "HTTP 503")] * 3)
    email = FakeChannel("email")
    world = world_with(teams, email)
    await queue_event(world.certflow, "e1", FAILED, DATA)  # raises nothing
    ripen(world)
    await world.send()
    assert (len(teams.sent), len(email.sent)) == (0, 1)
    for pause in (10, 12, 24):
        world.later(seconds=pause)
        await world.send()
    assert (len(teams.sent), len(email.sent)) == (1, 1)


@dataclass
class Mailboxes(FakeChannel):
    """A mail server where the mailboxes of `full` take nothing for now."""

    full: tuple[str, ...] = ()

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        if set(to) & set(self.full):
            raise Unavailable("The mail server", "SMTP 452")
        await super().send(notices, to, attachments)


async def test_mailboxes_that_are_full_do_not_keep_the_others_waiting() -> None:
    mail = Mailboxes("email", full=tuple(f"full-{number}@example.com" for number in range(2)))
    world = world_with(mail)
    for number in range(6):
        owner = f"full-{number}@example.com" if number < 2 else f"owner-{number}@example.com"
        await queue_event(world.certflow, f"e{number}", FAILED, failed(number) | {"owner": owner})
    await world.send()
    assert [to for _, to in mail.messages] == [[f"owner-{number}@example.com"] for number in range(2, 6)]
    world.later(seconds=10)
    await queue_event(world.certflow, "e6", FAILED, failed(6) | {"owner": "owner-6@example.com"})
    await world.send()
    assert mail.messages[-1][1] == ["owner-6@example.com"]  # before what had failed is tried again
    assert len(world.deliveries.notices) == 2
    mail.full = ()
    world.later(minutes=1)
    await world.send()
    assert len(mail.messages) == 7


async def test_what_is_new_goes_before_what_has_failed_though_that_is_due_and_older() -> None:
    mail = Mailboxes("email", full=tuple(f"full-{number}@example.com" for number in range(4)))
    world = world_with(mail)
    for number in range(4):
        await queue_event(
            world.certflow, f"e{number}", FAILED, failed(number) | {"owner": f"full-{number}@example.com"}
        )
    await world.send()
    world.later(seconds=10)
    await queue_event(world.certflow, "e4", FAILED, failed(4) | {"owner": "new@example.com"})
    await world.send()
    assert [to for _, to in mail.messages] == [["new@example.com"]]


async def test_full_mailboxes_between_others_are_no_channel_that_is_away() -> None:
    mail = Mailboxes("email", full=tuple(f"owner-{number}@example.com" for number in (0, 2, 4)))
    world = world_with(mail)
    for number in range(7):
        if number == 6:
            await world.send()
        owner = f"owner-{number}@example.com"
        await queue_event(world.certflow, f"e{number}", FAILED, failed(number) | {"owner": owner})
    await world.send()
    assert [to for _, to in mail.messages] == [[f"owner-{number}@example.com"] for number in (1, 3, 5, 6)]


async def test_a_notice_that_a_channel_fails_at_in_a_way_nobody_foresaw_keeps_no_other_waiting() -> None:
    mail = FakeChannel("email", faults=[KeyError("a fault of our own")] * 2)  # shorter, too
    world = world_with(mail)
    for number in range(3):
        await queue_event(world.certflow, f"e{number}", FAILED, failed(number))
    await world.send()
    assert [notice.event_id for notice in mail.sent] == ["e1", "e2"]
    world.later(seconds=10)
    await world.send()
    assert [notice.event_id for notice in mail.sent] == ["e1", "e2", "e0"]


async def test_mails_that_fail_one_long_after_the_other_are_followed_by_a_pause_too() -> None:
    world = world_with(mail := FakeChannel("email", faults=[Unavailable("The mail server", "silent")] * 4))
    put_off = world.deliveries.postpone

    async def slow(channel: str, waiting: QueuedNotice) -> None:
        await put_off(channel, waiting)
        world.later(seconds=15)

    world.deliveries.postpone = slow  # type: ignore[method-assign]  # the first is due when the last has failed
    for number in range(5):
        await queue_event(world.certflow, f"e{number}", FAILED, failed(number))
    world.work_queue.put_in.clear()
    await send_queued(world.certflow, "email")
    assert [after.total_seconds() for _, _, after in world.work_queue.put_in] == [10]
    assert mail.sent == []


async def test_what_goes_to_other_readers_is_another_message() -> None:
    mail = FakeChannel("email", max_notices=3)
    world = world_with(mail)
    notices = notice_of("e1", FAILED, DATA, world.links), notice_of("e2", FAILED, failed(2), world.links)
    for notice, to in zip(notices, ("a@example.com", "b@example.com"), strict=True):
        assert notice is not None
        await world.deliveries.enqueue("email", QueuedNotice(notice, NOW, (to,)))
    ripen(world)
    await world.send()
    assert [to for _, to in mail.messages] == [["a@example.com"], ["b@example.com"]]


async def test_a_channel_that_fails_again_and_again_is_left_alone_for_two_minutes_at_most() -> None:
    mail = FakeChannel("email", faults=[Unavailable("The mail server", "SMTP 451")] * 99)
    world = world_with(mail)
    for number in range(50):
        await queue_event(world.certflow, f"e{number:02}", FAILED, failed(number))
    tries = []
    for _ in range(10):
        world.work_queue.put_in.clear()
        before = len(mail.faults)
        for _ in range(5):  # messages of five more events
            await send_queued(world.certflow, "email")
        tries.append((before - len(mail.faults), *(after.total_seconds() for _, _, after in world.work_queue.put_in)))
        world.now += world.work_queue.put_in[-1][2]
    assert tries == [(4, 10), (4, 10), (4, 20), (4, 40), (4, 80), *[(4, 120)] * 5]
    mail.faults.clear()
    for _ in range(20):
        world.later(minutes=1)
        await world.send()
    assert sorted(notice.event_id for notice in mail.sent) == [f"e{number:02}" for number in range(50)]


async def test_a_channel_that_asks_for_a_pause_gets_it_though_it_has_taken_a_message_beside() -> None:
    mail = FakeChannel("email", faults=[Unavailable("The mail service", "HTTP 429", retry_after=40)])
    world = world_with(mail)
    for number in range(6):
        await queue_event(world.certflow, f"e{number}", FAILED, failed(number))
    world.work_queue.put_in.clear()
    await send_queued(world.certflow, "email")
    assert len(mail.sent) == 3
    assert [after.total_seconds() for _, _, after in world.work_queue.put_in] == [40]
    await send_queued(world.certflow, "email")
    assert len(mail.sent) == 3
    world.later(seconds=40)
    await send_queued(world.certflow, "email")
    assert len(mail.sent) == 6


async def test_what_is_put_off_is_called_for_when_it_is_due_and_by_one_message() -> None:
    mail = FakeChannel("email", faults=[Unavailable("The mail server", "SMTP 451")])
    world = world_with(mail)
    await queue_event(world.certflow, "e1", FAILED, failed(1))
    world.work_queue.put_in.clear()
    for _ in range(5):
        await send_queued(world.certflow, "email")
    assert [(message, after.total_seconds()) for _, message, after in world.work_queue.put_in] == [
        ({"channel": "email"}, 11)
    ]
    world.later(seconds=11)
    await send_queued(world.certflow, "email")
    assert len(mail.sent) == 1


async def test_an_event_is_written_down_although_the_queue_is_away_and_the_timer_finds_it() -> None:
    world = world_with(FakeChannel("teams", max_notices=10), FakeChannel("email"))
    world.work_queue.down = True
    await queue_event(world.certflow, "e1", FAILED, DATA)
    world.work_queue.down = False
    world.later(minutes=2)
    await queue_overdue_channels(world.certflow)
    assert world.work_queue.queue("certflow-channels") == [{"channel": "email"}, {"channel": "teams"}]


async def test_what_another_run_is_delivering_is_left_to_it_and_the_rest_goes_out() -> None:
    teams = FakeChannel("teams", max_notices=10)
    world = world_with(teams)
    for number in range(3):
        await queue_event(world.certflow, f"e{number}", FAILED, failed(number))
    claim = world.deliveries.claim

    async def busy(event_id: str, channel: str, now: datetime) -> bool:
        if event_id == "e1":
            raise Unavailable("teams", "another delivery of this event is under way")
        return await claim(event_id, channel, now)

    world.deliveries.claim = busy  # type: ignore[method-assign]  # another instance has this one
    ripen(world)
    await send_queued(world.certflow, "teams")
    assert [notice.event_id for notice in teams.sent] == ["e0", "e2"]
    assert list(world.deliveries.notices) == [("teams", "e1")]
    assert world.work_queue.queue("certflow-channels")[-1] == {"channel": "teams"}


async def test_what_was_left_waiting_is_called_for_by_the_timer() -> None:
    world = world_with(FakeChannel("teams", max_notices=10), FakeChannel("email"))
    await queue_event(world.certflow, "e1", FAILED, DATA)
    world.work_queue.put_in.clear()
    await queue_overdue_channels(world.certflow)
    assert world.work_queue.put_in == []  # too young: its own message is on the way
    world.later(minutes=2)
    await queue_overdue_channels(world.certflow)
    assert world.work_queue.queue("certflow-channels") == [{"channel": "email"}, {"channel": "teams"}]


async def test_a_pause_that_a_channel_asks_for_holds_for_new_notices_and_the_timer_too() -> None:
    teams = FakeChannel("teams", max_notices=10, faults=[Unavailable("Teams", "HTTP 429", retry_after=600)])
    world = world_with(teams)
    await queue_event(world.certflow, "e0", FAILED, failed(0))
    ripen(world)
    await send_queued(world.certflow, "teams")
    for number in range(1, 9):  # of these, none is the ninth minute's
        world.later(minutes=1)
        await queue_event(world.certflow, f"e{number}", FAILED, failed(number))
        await queue_overdue_channels(world.certflow)
        await send_queued(world.certflow, "teams")
    assert teams.messages == []
    world.later(minutes=2)  # ten minutes in all
    await send_queued(world.certflow, "teams")
    assert [len(notices) for notices, _ in teams.messages] == [8, 1]  # what was tried before comes by itself


async def test_a_channel_that_asks_for_hours_is_asked_again_after_one() -> None:
    teams = FakeChannel("teams", max_notices=10, faults=[Unavailable("Teams", "HTTP 429", retry_after=36_000)])
    world = world_with(teams)
    await queue_event(world.certflow, "e1", FAILED, DATA)
    ripen(world)
    await send_queued(world.certflow, "teams")
    assert world.work_queue.put_in[-1][2] == timedelta(hours=1)
    world.later(hours=1)
    await send_queued(world.certflow, "teams")
    assert len(teams.sent) == 1


async def test_a_message_for_a_channel_that_there_is_none_of_any_more_is_nobodys() -> None:
    world = world_with(FakeChannel("email"))
    await send_queued(world.certflow, "teams")
    assert world.work_queue.put_in == []


async def test_what_waits_on_a_channel_that_is_taken_out_is_told_on_the_others_once() -> None:
    teams, email = FakeChannel("teams:pay", max_notices=10), FakeChannel("email")
    world = world_with(teams, email)
    world.rules.rules = parse_rules('[{"to": ["teams:pay"]}]', "RULES")
    for number in range(12):
        await queue_event(world.certflow, f"e{number:02}", FAILED, failed(number))
    world.channels = (email,)
    world.later(minutes=5)
    await queue_overdue_channels(world.certflow)
    assert world.topic.published == []  # the setting may be on its way to this instance
    for _ in range(3):
        world.later(minutes=6)
        await queue_overdue_channels(world.certflow)
    assert world.deliveries.notices == {}
    for event in world.topic.published:
        await world.tell(event.id, event.type, dict(event.data))
    assert [notice.name for notice in email.sent] == [f"web-{number}" for number in range(12)]
    assert all("teams:pay has refused this message: it is not set any more." in one.sentence for one in email.sent)
    assert teams.sent == []


async def test_a_silent_topic_does_not_keep_the_timer_with_what_a_channel_leaves_behind() -> None:
    world = world_with(FakeChannel("teams:pay", max_notices=10), email := FakeChannel("email"))
    world.rules.rules = parse_rules('[{"to": ["teams:pay"]}]', "RULES")
    for number in range(12):
        await queue_event(world.certflow, f"e{number:02}", FAILED, failed(number))
    world.channels = (email,)
    world.topic = topic = Silent(down=True)
    topic.world = world
    world.later(minutes=11)
    began = world.now
    await queue_overdue_channels(world.certflow)
    assert world.now - began < timedelta(seconds=20)
    assert 0 < len(world.ledger.outbox) < 12
    for _ in range(6):
        await queue_overdue_channels(world.certflow)
    assert len(world.ledger.outbox) == 12


async def test_what_was_delivered_before_its_channel_was_taken_out_is_not_told_again() -> None:
    world = world_with(FakeChannel("teams", max_notices=10), email := FakeChannel("email"))
    await queue_event(world.certflow, "e1", FAILED, DATA)
    waiting = dict(world.deliveries.notices)
    ripen(world)
    await world.send()
    world.deliveries.notices.update(waiting)  # a run that was cut off has left it there
    world.channels = (email,)
    world.later(minutes=11)
    await queue_overdue_channels(world.certflow)
    await world.send()
    assert (world.deliveries.notices, world.topic.published) == ({}, [])


async def test_a_gathering_channel_that_is_set_wrong_keeps_what_waits() -> None:
    teams = FakeChannel("teams", max_notices=10, faults=[BadSettings("CERTFLOW_TEAMS_AUTH: …")])
    world = world_with(teams)
    await queue_event(world.certflow, "e1", FAILED, DATA)
    ripen(world)
    await send_queued(world.certflow, "teams")
    assert len(world.deliveries.notices) == 1
    world.later(minutes=2)
    await queue_overdue_channels(world.certflow)
    await send_queued(world.certflow, "teams")
    assert len(teams.sent) == 1


@pytest.mark.parametrize("fault", [Unavailable("Teams", "no such host"), BadSettings("CERTFLOW_TEAMS_AUTH: …")])
async def test_what_a_gathering_channel_has_not_taken_within_a_day_is_told_on_the_others(fault: CertflowError) -> None:
    teams, email = FakeChannel("teams", max_notices=10, faults=[fault] * 100), FakeChannel("email")
    world = world_with(teams, email)
    await queue_event(world.certflow, "e1", FAILED, DATA)
    for _ in range(30):
        world.later(hours=1)
        await world.send()
        assert (world.deliveries.states["e1", "teams"] == "waiting") is (world.now <= NOW + timedelta(hours=24))
    assert world.deliveries.states["e1", "teams"].startswith("refused")
    (refusal,) = world.topic.published
    await world.tell(refusal.id, refusal.type, dict(refusal.data))
    assert "not delivered within 24 hours" in email.sent[-1].sentence
    assert email.sent[-1].severity is email.sent[0].severity is Severity.CRITICAL


async def test_what_is_meant_for_a_channel_without_its_secret_waits_and_nothing_else_does() -> None:
    fault = "CERTFLOW_TEAMS_WEBHOOK_URL: its reference to Key Vault is not resolved."
    lacking, email = UnusableChannel("teams", fault), FakeChannel("email")
    world = World(channels=(lacking, email))  # type: ignore[arg-type]  # no fake
    await world.tell("e1", FAILED, DATA)
    assert (len(email.sent), [channel for channel, _ in world.deliveries.notices]) == (1, ["teams"])
    world.later(hours=1)
    await queue_overdue_channels(world.certflow)
    world.channels = (teams := FakeChannel("teams"), email)
    await world.send()
    assert ([one.event_id for one in teams.sent], len(email.sent)) == (["e1"], 1)


async def test_mail_that_began_to_wait_while_the_mailboxes_could_not_be_read_goes_to_them_when_they_can() -> None:
    email = FakeChannel("email")
    world = world_with(email)
    notice = notice_of("e1", FAILED, DATA, world.links)
    assert notice
    await world.deliveries.enqueue("email", QueuedNotice(notice, NOW, ()))
    await world.send()
    assert [to for _, to in email.messages] == [["pki-team@example.com"]]


async def test_nothing_is_given_up_for_urls_that_are_not_known_for_now() -> None:
    first = FakeChannel("urls:1", faults=[Unavailable("Slack", "HTTP 503")])
    world = World(channels=(first,))
    await world.tell("e1", FAILED, DATA)
    lacking = UnusableChannel("urls", "CERTFLOW_NOTIFY_URLS: its reference is not resolved.")
    world.channels = (lacking,)  # type: ignore[assignment]  # no fake
    world.later(hours=1)
    await queue_overdue_channels(world.certflow)
    world.channels = (first,)
    await world.send()
    assert [one.event_id for one in first.sent] == ["e1"]


@dataclass
class Picky(FakeChannel):
    """A channel that cannot take some notices, in a message of their own or with others."""

    bad: tuple[str, ...] = ()
    fault: Exception = field(default_factory=lambda: DeliveryRefused("HTTP 400"))
    tries: int = 0

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        self.tries += 1
        if {notice.event_id for notice in notices} & set(self.bad):
            raise self.fault
        await super().send(notices, to, attachments)


@pytest.mark.parametrize("fault", [DeliveryRefused("HTTP 400"), KeyError("a fault of our own")])
@pytest.mark.parametrize("bad", [("e0",), ("e5",), ("e3", "e9")])
@pytest.mark.parametrize("name", ["teams", "email"])
async def test_what_is_wrong_with_one_notice_keeps_no_other_of_its_message(
    name: str, bad: tuple[str, ...], fault: Exception
) -> None:
    channel = Picky(name, max_notices=10, limits=Limits() if name == "email" else None, bad=bad, fault=fault)
    world = world_with(channel, others := FakeChannel("urls:1"))
    for number in range(10):
        await queue_event(world.certflow, f"e{number}", FAILED, failed(number))
    world.later(seconds=5)
    await world.send()
    assert sorted(one.event_id for one in channel.sent) == [f"e{n}" for n in range(10) if f"e{n}" not in bad]
    assert channel.tries <= 1 + 2 * 4 * len(bad)
    states = {event: world.deliveries.states[event, name] for event in bad}
    if isinstance(fault, DeliveryRefused):
        assert states == dict.fromkeys(bad, "refused: HTTP 400")
        assert [event.id for event in world.topic.published] == [f"{event}:refused:{name}" for event in bad]
    else:
        assert states == dict.fromkeys(bad, "waiting")
        assert {key for key in world.deliveries.notices if key[0] == name} == {(name, event) for event in bad}
    assert len(others.sent) == 10


async def test_a_message_that_is_refused_whatever_it_says_is_not_tried_again_in_parts() -> None:
    refused = DeliveryRefused("the mail server refused the recipients", whatever=True)
    channel = Picky("email", max_notices=50, limits=Limits(), bad=("e0",), fault=refused)
    world = world_with(channel)
    for number in range(10):
        await queue_event(world.certflow, f"e{number}", FAILED, failed(number))
    world.later(seconds=5)
    await world.send()
    assert channel.tries == 1
    assert len(world.topic.published) == 10


async def test_what_waits_on_a_channel_and_why_is_named_in_the_status() -> None:
    fault = Unavailable("The Teams workflow", "HTTP 404: turn the flow on")
    teams = FakeChannel("teams", max_notices=10, faults=[fault] * 99)
    world = world_with(teams, FakeChannel("email"))
    context = Context(lambda: world.certflow)

    async def channels() -> Any:
        response = await get_status(func.HttpRequest(method="GET", url="https://a.example.com", body=b""), context)
        return json.loads(response.get_body())["channels"]

    assert await channels() == []
    await queue_event(world.certflow, "e1", FAILED, DATA)
    waits = {"channel": "teams", "waiting": 1, "since": NOW.isoformat()}
    assert waits in await channels()
    ripen(world)
    await world.send()
    assert await channels() == [waits | {"reason": str(fault)}]


@pytest.mark.parametrize("most", [1, 10])
async def test_what_is_critical_is_told_first_however_much_waits(most: int) -> None:
    channel = FakeChannel("urls:1", max_notices=most)
    world = world_with(channel)
    for number in range(1100):
        await queue_event(world.certflow, f"e{number:04}", "Certflow.Issuance.Cancelled", failed(number))
    world.later(seconds=5)
    await queue_event(world.certflow, "z", FAILED, DATA)
    ripen(world)
    await world.send()
    assert channel.messages[0][0][0].event_id == "z"
    assert len(channel.sent) == 1101


async def test_a_thousand_that_were_put_off_keep_nothing_new_from_being_told() -> None:
    world = world_with(email := FakeChannel("email"))
    for number in range(1100):
        await queue_event(world.certflow, f"e{number:04}", FAILED, failed(number))
    for key, one in world.deliveries.notices.items():
        world.deliveries.notices[key] = replace(one, due=NOW + timedelta(hours=1))
    await queue_event(world.certflow, "z", FAILED, DATA)
    await world.send()
    assert [notice.event_id for notice in email.sent] == ["z"]


async def test_what_was_put_off_and_has_gone_out_in_the_same_run_is_called_for_at_no_time_that_is_over() -> None:
    mail = Slow("email", faults=[Unavailable("The mail server", "SMTP 451")])
    world = world_with(mail)
    mail.world = world
    for number in range(20):
        await queue_event(world.certflow, f"e{number:02}", FAILED, failed(number))
    world.work_queue.put_in.clear()
    await send_queued(world.certflow, "email")
    assert len(mail.sent) == 20
    assert [after for _, _, after in world.work_queue.put_in if after < timedelta(0)] == []


@dataclass
class Slow(FakeChannel):
    """Takes its time over each message."""

    world: World = field(default_factory=World)

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        self.world.later(seconds=1)
        await super().send(notices, to, attachments)
