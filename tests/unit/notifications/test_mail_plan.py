"""Whoever names somebody's address again and again fills no mailbox, and delays nobody else's mail."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.model.errors import Unavailable
from functions.model.request.actor import RENEWAL, UNNAMED, Actor, Origin, actor_before_kinds, caller_of
from functions.model.request.apply_state import apply_state
from functions.model.request.history import Action
from functions.model.request.new_request import track
from functions.model.request.operation import NotPending, Operation, Status
from functions.model.request.remind import acknowledged
from functions.notifications.mail_plan import mailbox
from functions.ports.notifications import Attachment, DeliveryRefused, Limits, Notice
from functions.ports.rules import Rule
from functions.settings.load import load_settings
from tests.actors import TENANT, app, oid_of, person, saying
from tests.clock import NOW
from tests.sample_settings import LEAST, MAIL
from tests.unit.fakes import FakeChannel, World
from tests.unit.mail_world import ANN, BOB, CANCELLED, DELETED, caused, gathering, mails, minutes, put, ripen
from tests.unit.sample_events import FAILED

STARTED = "Certflow.Issuance.Started"


async def test_79_creates_and_deletes_that_name_one_address_are_few_mails_and_each_is_told_once() -> None:
    world, mail = gathering()
    for number in range(79):
        data = {"owner": ANN, "issuer": "Unknown", "csr_url": "https://storage.example/a.csr"}
        await put(world, f"s{number:02}", STARTED, **data)
        await put(world, f"d{number:02}", DELETED, **data)
        await world.send()
        world.later(seconds=30 / 79)
    await minutes(world, 60)
    assert len(mail.messages) <= 16
    told = sorted(event for _, events in mails(mail) for event in events)
    assert told == sorted([f"s{n:02}" for n in range(79)] + [f"d{n:02}" for n in range(79)])
    assert world.deliveries.notices == {}


async def test_beyond_ten_mails_in_an_hour_an_address_gets_one_every_ten_minutes_with_whatever_waits() -> None:
    world, mail = gathering()
    at = list[timedelta]()
    for minute in range(120):
        await put(world, f"c{minute:03}", owner=ANN)
        await put(world, f"d{minute:03}", DELETED, owner=ANN)
        ripen(world)
        before = len(mail.messages)
        await world.send()
        at += [world.now - NOW] * (len(mail.messages) - before)
        world.later(seconds=55)
    for start in at:
        assert sum(start <= one < start + timedelta(hours=1) for one in at) <= 16
    gaps = [later - earlier for earlier, later in itertools.pairwise(at[10:14])]
    assert min(gaps) >= timedelta(minutes=10)
    assert len(mail.sent) > 200  # of 240; the others wait for the next one


async def test_another_address_is_not_delayed() -> None:
    world, mail = gathering()
    for number in range(12):
        await put(world, f"a{number:02}", CANCELLED if number % 2 else DELETED, owner=ANN)
        ripen(world)
        await world.send()
    await put(world, "b0", owner=BOB)
    ripen(world)
    await world.send()
    assert mails(mail)[-1] == (BOB, ["b0"])
    assert len([to for to, _ in mails(mail) if to == ANN]) == 10


async def test_what_is_critical_still_reaches_an_address_that_has_had_its_mails_up_to_a_limit_of_its_own() -> None:
    world, mail = gathering()
    for number in range(12):
        await put(world, f"e{number:02}", owner=ANN)
        ripen(world)
        await world.send()
    for number in range(12):
        await put(world, f"c{number:02}", FAILED, owner=ANN)
        ripen(world)
        await world.send()
    critical = [events for _, events in mails(mail) if events[0].startswith("c")]
    assert critical == [[f"c{number:02}"] for number in range(10)]
    world.later(minutes=10)
    await world.send()
    assert mails(mail)[-2:] == [(ANN, ["c10", "c11"]), (ANN, ["e10", "e11"])]


@pytest.mark.parametrize(
    "address", ["Ann@example.com", "ANN@EXAMPLE.COM", "ann+1@example.com", "ann+a+b@Example.com", "ann@example.com"]
)
async def test_an_address_that_is_written_in_other_ways_is_the_same_mailbox(address: str) -> None:
    assert mailbox(address) == ANN
    world, mail = gathering()
    for number in range(10):
        await put(world, f"e{number:02}", owner=ANN)
        ripen(world)
        await world.send()
    await put(world, "f0", owner=address)
    ripen(world)
    await world.send()
    assert len(mail.messages) == 10


async def test_notices_for_an_address_that_is_written_in_two_ways_are_one_mail() -> None:
    world, mail = gathering()
    for number in range(6):
        await put(world, f"e{number}", owner=ANN if number % 2 else "Ann@Example.com")
    ripen(world)
    await world.send()
    assert [len(events) for _, events in mails(mail)] == [6]


async def test_what_one_caller_causes_beyond_its_limit_waits_and_delays_nothing_that_others_cause() -> None:
    world, mail = gathering()
    await caused(world, 100, "mallory")  # an owner each
    await caused(world, 3, "bob")
    await put(world, "nobodys")
    ripen(world)
    await world.send()
    told = {event for _, events in mails(mail) for event in events}
    assert told == {f"mallory{n:03}" for n in range(60)} | {f"bob{n:03}" for n in range(3)} | {"nobodys"}
    await minutes(world, 125)
    assert len({event for _, events in mails(mail) for event in events}) == 104
    assert len(mail.sent) == 104


async def test_what_a_caller_causes_beyond_its_limit_is_one_mail_for_an_address_and_no_part_of_others() -> None:
    world, mail = gathering(Limits(caller=2))
    await caused(world, 2, "mallory")
    ripen(world)
    await world.send()
    for number in range(4):
        await put(world, f"m{number}", CANCELLED if number % 2 else DELETED, owner=ANN, caused_by="mallory")
        await put(world, f"b{number}", owner=ANN, caused_by="bob")
    ripen(world)
    await world.send()
    assert sorted(events[0] for to, events in mails(mail) if to == ANN) == ["b0"]
    world.later(minutes=10)
    await world.send()
    assert [events for _, events in mails(mail)][-2:] == [[f"b{n}" for n in range(4)], [f"m{n}" for n in range(4)]]


async def waited(world: World, mail: FakeChannel, event_id: str) -> timedelta:
    """How long it takes from now until that is told."""
    begin = world.now
    while event_id not in {event for _, events in mails(mail) for event in events}:
        world.later(minutes=1)
        await world.send()
    return world.now - begin


@pytest.mark.parametrize("by", ["bob", None])
@pytest.mark.parametrize("kind", [CANCELLED, FAILED])
async def test_mails_of_one_caller_to_many_owners_keep_no_others_waiting_though_each_is_for_a_team_too(
    kind: str, by: str | None
) -> None:
    world, mail = gathering()
    world.rules.rules = (Rule(to=("owner", "soc@example.com")),)
    await caused(world, 79, "mallory", type_=kind)
    ripen(world)
    await world.send()
    assert len(mail.messages) == 10  # as many as soc@ gets in an hour
    await put(world, "later", kind, caused_by=by)
    assert await waited(world, mail, "later") <= timedelta(minutes=10)


@pytest.mark.parametrize("kind", [CANCELLED, FAILED])
async def test_when_the_hour_is_used_up_by_one_caller_the_next_rooms_are_for_others(kind: str) -> None:
    world, mail = gathering(Limits(minute=5, hour=10))
    await caused(world, 79, "mallory", type_=kind)
    ripen(world)
    await minutes(world, 5)
    await put(world, "bobs", kind, caused_by="bob")
    assert await waited(world, mail, "bobs") <= timedelta(hours=1)
    await put(world, "nobodys", kind)
    assert await waited(world, mail, "nobodys") <= timedelta(hours=1)


async def test_an_address_with_many_tags_does_not_keep_its_owner_from_what_others_cause() -> None:
    world, mail = gathering()
    for number in range(79):
        await put(world, f"m{number:02}", owner=f"ann+{number}@example.com", caused_by="mallory")
    ripen(world)
    await world.send()
    await put(world, "anns", owner=ANN, caused_by="bob")
    assert await waited(world, mail, "anns") <= timedelta(minutes=10)


async def test_a_mail_of_what_several_have_caused_comes_when_the_mail_of_any_of_them_would() -> None:
    world, mail = gathering()
    world.rules.rules = (Rule(to=("owner", "soc@example.com")),)
    await caused(world, 20, "mallory")
    ripen(world)
    await world.send()
    for by in ("mallory", "bob"):
        await put(world, f"for-ann-{by}", owner=ANN, caused_by=by)
    assert await waited(world, mail, "for-ann-bob") <= timedelta(minutes=10)
    assert mails(mail)[10:] == [(ANN, ["for-ann-bob", "for-ann-mallory"])]


def test_who_is_signed_in_counts_by_object_id_and_those_who_can_type_a_name_are_one() -> None:
    ann = person("ann@example.com")
    assert caller_of(ann) == caller_of(replace(ann, name="Another Name")) == f"{TENANT}:{oid_of('ann@example.com')}"
    assert caller_of(replace(ann, tid="another tenant")) != caller_of(ann) != caller_of(app("ann"))
    assert {caller_of(by) for by in (saying("a"), saying("b"), UNNAMED)} == {"unverified"}
    assert caller_of(RENEWAL) is None


def test_of_a_row_without_object_ids_a_signed_in_caller_counts_by_name() -> None:
    assert caller_of(actor_before_kinds("Ann@Example.com", verified=True)) == "ann@example.com"
    assert caller_of(actor_before_kinds("Ann@Example.com", verified=False)) == "unverified"
    assert caller_of(actor_before_kinds("certflow-renew", verified=True)) is None


def test_an_event_says_which_caller_caused_it() -> None:
    operation = Operation("1" * 32, Status.IN_PROGRESS, "Unknown", b"")

    def started(by: Actor, origin: Origin) -> Any:
        return track("main", "web", operation, "CN=web", "0" * 64, None, NOW, Action("created", by), origin=origin)

    ann, bob = person("ann"), saying("bob")
    for by, origin, said in (
        (ann, Origin.CALLER, caller_of(ann)),
        (bob, Origin.CALLER, "unverified"),
        (UNNAMED, Origin.FOUND, None),
        (RENEWAL, Origin.RENEWAL, None),
    ):
        change = started(by, origin)
        assert change.events[0].data.get("caused_by") == said
        ended = apply_state(change.request, NotPending(None), NOW)
        assert ended.events[0].data.get("caused_by") == said
        for what in ("deleted", "replaced", "cancelled"):
            deleted = apply_state(change.request, NotPending(None), NOW, action=Action(what, person("Eve")))
            assert deleted.events[0].data["caused_by"] == caller_of(person("Eve"))
            anybody = apply_state(change.request, NotPending(None), NOW, action=Action(what, UNNAMED))
            assert anybody.events[0].data["caused_by"] == "unverified"
        quiet = acknowledged(change.request, NOW + timedelta(days=1), "why", bob, NOW)
        assert quiet.events[0].data["caused_by"] == "unverified"


def test_limits_can_be_set_and_are_ten_and_sixty_otherwise() -> None:
    mail = load_settings(LEAST | MAIL | {"CERTFLOW_MAIL_LIMITS": "3/address,500/caller"}).channels.mail
    assert mail is not None
    assert mail.limits == Limits(None, None, 3, 500)


async def test_a_mail_to_several_addresses_waits_for_the_one_that_has_had_its_mails() -> None:
    world, mail = gathering(Limits(address=2))
    for number in range(2):
        await put(world, f"a{number}", owner=ANN)
        ripen(world)
        await world.send()
    world.rules.rules = (Rule(to=("owner", "soc@example.com")),)
    await put(world, "both", owner=ANN)
    ripen(world)
    await world.send()
    assert len(mail.messages) == 2
    world.later(minutes=10)
    await world.send()
    assert mail.messages[-1][1] == [ANN, "soc@example.com"]


async def test_tries_that_fail_count_for_no_address_and_no_caller() -> None:
    world, mail = gathering(Limits(address=2, caller=2))
    mail.faults += [Unavailable("The mail server", "SMTP 451")] * 3
    await put(world, "a0", owner=ANN, caused_by="ann")
    await minutes(world, 5)
    await put(world, "a1", owner=ANN, caused_by="ann")
    ripen(world)
    await world.send()
    assert mails(mail) == [(ANN, ["a0"]), (ANN, ["a1"])]


async def test_looking_for_what_is_wrong_with_a_mail_uses_up_none_of_what_its_address_may_get() -> None:
    world, mail = gathering(Limits(address=5))
    take = mail.send

    async def filtered(notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        world.later(seconds=1)
        if any(notice.event_id == "e05" for notice in notices):
            raise DeliveryRefused("the mail server refused the message: SMTP 554")
        await take(notices, to, attachments)

    mail.send = filtered  # type: ignore[method-assign]
    for number in range(16):
        await put(world, f"e{number:02}", owner=ANN)
    ripen(world)
    await world.send()
    assert sorted(event for _, events in mails(mail) for event in events) == [
        f"e{number:02}" for number in range(16) if number != 5
    ]
    assert world.published == ["Notice.Refused"]


async def test_what_is_refused_counts_for_its_caller() -> None:
    world, mail = gathering(Limits(caller=3))
    mail.faults += [DeliveryRefused("the mail server refused the recipients: SMTP 550", whatever=True)] * 3
    await caused(world, 5, "mallory")
    ripen(world)
    await world.send()
    assert (len(mail.faults), mail.messages, world.published) == (0, [], ["Notice.Refused"] * 3)
    assert {event.data["caused_by"] for event in world.topic.published} == {"mallory"}  # as the mails of those do


async def test_what_is_critical_for_an_address_is_put_off_by_no_flood_of_what_is_not() -> None:
    world, mail = gathering(Limits(address=1))
    for number in range(1100):
        await put(world, f"z{number:04}", owner=ANN)
    for number in range(60):
        await put(world, f"c{number:02}", FAILED, owner=ANN)
    ripen(world)
    await minutes(world, 11)
    assert len({event for _, events in mails(mail) for event in events if event[0] == "c"}) == 60


async def test_what_is_new_for_an_address_is_told_in_its_turn_behind_a_flood() -> None:
    world, mail = gathering(Limits(address=1))
    for number in range(1100):
        await put(world, f"z{number:04}", owner=ANN)
    ripen(world)
    await world.send()
    world.later(minutes=5)
    await put(world, "a", owner=ANN)  # its id comes first, and it does not
    for _ in range(5):
        world.later(minutes=10)
        await world.send()
    assert all("a" not in events for _, events in mails(mail))


async def test_a_mail_that_is_tried_again_is_whole_though_half_of_it_is_behind_what_is_read_at_a_time() -> None:
    world, mail = gathering(Limits(address=1))
    await put(world, "b", owner=BOB)
    ripen(world)
    await world.send()
    mail.faults.append(Unavailable("The mail server", "silent", maybe_done=True))
    for number in range(8):
        await put(world, f"m{number}", owner=ANN)
    ripen(world)
    await world.send()
    for number in range(996):
        await put(world, f"a{number:03}", owner=BOB)  # who has had his mail
    world.later(minutes=1)
    await world.send()
    assert mails(mail) == [(BOB, ["b"]), (ANN, [f"m{number}" for number in range(8)])]
