"""Work lists: at set times one message with all open requests of a row, and no CSR told by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import msgspec
import pytest

from functions.adapters.azure_tables.rows import event_row
from functions.model.errors import Unavailable
from functions.model.events.work_list import MAX_LISTED
from functions.model.options import Options
from functions.model.people.signers import SignerRow, slots_around
from functions.model.request.act_facts import with_facts
from functions.model.request.actor import UNNAMED
from functions.model.request.history import Action
from functions.model.request.new_request import track
from functions.model.request.operation import Operation, Status
from functions.model.timing import DEFAULT_REMINDER_DELAYS
from functions.notifications.work_lists import send_work_lists
from functions.ports.notifications import QueuedNotice
from functions.ports.rules import Rule
from functions.requests.create import CreateCommand, create_request
from tests.clock import NOW
from tests.unit.fakes import FakeChannel, FakeRules, World
from tests.unit.role_mails import CSR, STALLED, STARTED, WAITS, mails
from tests.unit.signer_settings import rows_of

PKI, ANN = "signers@example.com", "ann@example.com"
DAILY = SignerRow((PKI,), at=(time(8),))  # the tests' clock begins at noon


def a_world(*rows: SignerRow, **more: Any) -> World:
    channels = (FakeChannel("email"), FakeChannel("teams"))
    return World(channels=channels, options=Options(signers=rows or (DAILY,)), **more)


async def begun(world: World, name: str, **more: Any) -> None:
    await create_request(world.certflow, CreateCommand("main", name, {"policy": {}}, ANN, **more))


async def pass_(world: World, hours: float, steps: int = 4) -> None:
    """Time goes by, with the timer's looks, and what is published is told."""
    for _ in range(steps):
        world.later(hours=hours / steps)
        await send_work_lists(world.certflow)
    await deliver(world)


async def deliver(world: World) -> None:
    for event in world.topic.published:  # those that were delivered are told no second time
        await world.tell(event.id, event.type, event.data)


def lists(world: World) -> list[Any]:
    return list({one.id: one for one in world.topic.published if one.type.endswith("WorkList")}.values())


async def test_30_requests_in_five_days_are_five_lists_the_oldest_first_and_no_csr_is_told_by_itself() -> None:
    world = a_world()
    await send_work_lists(world.certflow)
    for number in range(30):
        await begun(world, f"web-{number:02}")
        await pass_(world, 4, steps=2)
        if number == 11:  # two of the first day are signed meanwhile
            for name in ("web-00", "web-01"):
                (tracked,) = (one for one in world.ledger.tracked.values() if one.name == name)
                world.ledger.tracked["main", name, tracked.request_id] = replace(tracked, status=Status.COMPLETED)
    found = lists(world)
    assert 4 <= len(found) <= 5
    for one in found:
        ages = [entry["created"] for entry in one.data["requests"]]
        assert ages == sorted(ages)
        assert one.data["count"] == len(ages)
        assert one.data["to"] == [PKI]
    assert {"web-00", "web-01"} & {entry["name"] for entry in found[-1].data["requests"]} == set()
    email, teams = world.channels
    assert [to for _, to in email.messages] == [[PKI]] * len(found)
    assert {notice.type for notice in (*email.sent, *teams.sent)} == {"Certflow.Signer.WorkList"}
    last = email.sent[-1]
    assert [line.name for line in last.lines] == [entry["name"] for entry in found[-1].data["requests"]]
    assert all(line.csr and line.since for line in last.lines)


async def test_nothing_open_is_no_list_and_what_comes_after_the_time_is_in_the_next() -> None:
    world = a_world()
    await send_work_lists(world.certflow)
    await pass_(world, 21)
    assert lists(world) == []
    await begun(world, "late")
    await pass_(world, 2)
    assert lists(world) == []
    await pass_(world, 22)
    assert [one.data["count"] for one in lists(world)] == [1]


async def test_a_row_that_is_new_or_changed_makes_up_for_no_time_before() -> None:
    world = a_world()
    await begun(world, "web")
    await pass_(world, 4)  # from noon to four: today's eight o'clock was before
    assert lists(world) == []
    world.options = Options(signers=(replace(DAILY, at=(time(14),)),))
    await pass_(world, 1)
    assert lists(world) == []
    world.options = Options(signers=(replace(DAILY, at=(time(18),)),))
    await pass_(world, 2)
    assert len(lists(world)) == 1


async def test_after_days_of_downtime_one_list_makes_up_for_all_that_were_missed() -> None:
    world = a_world(replace(DAILY, at=(time(8), time(14))))
    await send_work_lists(world.certflow)
    await begun(world, "web")
    world.later(days=4)
    for _ in range(3):
        await pass_(world, 0.2)
    assert len(lists(world)) == 1
    await pass_(world, 4)
    assert len(lists(world)) == 2


async def test_instances_at_once_and_a_run_that_is_cut_off_make_one_list() -> None:
    world = a_world()
    await send_work_lists(world.certflow)
    await begun(world, "web")
    world.later(hours=21)
    publish = world.topic.publish

    async def die(event: Any) -> None:
        await publish(event)
        raise KeyboardInterrupt  # the kill

    world.topic.publish = die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        await send_work_lists(world.certflow)
    world.topic.publish = publish  # type: ignore[method-assign]
    for held in list(world.monitoring_store.held):  # a process that is killed lets nothing go: its lease lapses
        del world.monitoring_store.held[held]
    for _ in range(3):
        await send_work_lists(world.certflow)
    assert len(lists(world)) == 1
    await deliver(world)
    assert [notice.title for notice in world.channels[0].sent] == ["1 CSR waits for a signature"]


async def test_a_list_of_the_week_is_made_up_for_days_later() -> None:
    row = replace(DAILY, days=frozenset({(NOW.weekday() + 1) % 7}))  # tomorrow
    world = a_world(row)
    await send_work_lists(world.certflow)
    await begun(world, "web")
    world.later(hours=5 * 24)
    await send_work_lists(world.certflow)
    (one,) = lists(world)
    assert [entry["name"] for entry in one.data["requests"]] == ["web"]


async def test_a_list_goes_to_its_row_and_not_to_whom_other_rows_name() -> None:
    shop = replace(DAILY, to=("shop@example.com",), names=("shop-*",))
    world = a_world(shop, SignerRow((PKI,)))
    await send_work_lists(world.certflow)
    await begun(world, "shop-web")
    await pass_(world, 24)
    email, _ = world.channels
    assert [(to, [one.type for one in notices]) for notices, to in email.messages] == [
        (["shop@example.com"], ["Certflow.Signer.WorkList"])
    ]


async def test_a_row_that_fails_in_a_way_nobody_foresaw_keeps_no_other_back() -> None:
    broken = replace(DAILY, zone="No/Where", names=("other",))  # its zone was there when the settings were read
    world = a_world(broken, DAILY)
    await send_work_lists(world.certflow)
    await begun(world, "web")
    await pass_(world, 24)
    (one,) = lists(world)
    assert [entry["name"] for entry in one.data["requests"]] == ["web"]


async def test_with_the_tables_down_it_is_tried_again_in_a_minute() -> None:
    world = a_world()
    await send_work_lists(world.certflow)
    await begun(world, "web")
    world.later(hours=21)
    requests = world.ledger.requests

    async def fail(request_filter: Any, token: Any) -> Any:
        raise Unavailable("The table storage", "HTTP 503")

    world.ledger.requests = fail  # type: ignore[method-assign]
    await send_work_lists(world.certflow)
    assert lists(world) == []
    world.ledger.requests = requests  # type: ignore[method-assign]
    world.later(minutes=1)
    await send_work_lists(world.certflow)
    assert len(lists(world)) == 1


async def told_at_once(type_: str, data: dict[str, Any], *rows: SignerRow, rules: tuple[Rule, ...] = ()) -> bool:
    world = a_world(*rows, rules=FakeRules(rules))
    await world.tell("e1", type_, data)
    return bool(world.channels[0].sent)


REMINDED = WAITS | {"age": 99, "reminder": 1}


@pytest.mark.parametrize(
    ("type_", "data", "at_once"),
    [
        (STARTED, CSR, False),
        (STALLED, REMINDED, False),
        (STALLED, REMINDED | {"escalated": True}, True),
        (STALLED, REMINDED | {"issuer": "DigiCert"}, True),
        ("Certflow.Issuance.Deleted", WAITS, True),
        ("Certflow.Chain.Rejected", {"sentence": "No.", "next_step": "x", "file": {"name": "a"}}, True),
        (STARTED, CSR | {"signer": ANN}, True),  # an address of no row
        (STARTED, CSR | {"signer": f"{ANN}, {PKI}"}, True),  # not all of them get the list
        (STARTED, CSR | {"signer": f"PKI <{PKI.upper()}>"}, False),
        (STARTED, CSR | {"signer": "stranger@evil.example"}, False),  # as if none were named
    ],
)
async def test_only_csrs_and_reminders_of_a_rows_own_signers_are_left_to_its_lists(
    type_: str, data: dict[str, Any], *, at_once: bool
) -> None:
    assert await told_at_once(type_, data) is at_once


async def test_the_last_reminder_reaches_the_signers_too_beside_their_list() -> None:
    (to,), _ = await mails(STALLED, REMINDED | {"escalated": True, "owner": ANN}, Options(signers=(DAILY,)))
    assert {PKI, ANN} <= {*to}


async def test_a_named_signer_of_a_row_with_times_is_on_its_list_whatever_the_patterns_say() -> None:
    elsewhere = replace(DAILY, names=("other",))
    assert not await told_at_once(STARTED, CSR | {"signer": PKI}, elsewhere)
    assert await told_at_once(STARTED, CSR, elsewhere)
    world = a_world(elsewhere)
    await send_work_lists(world.certflow)
    await begun(world, "web", signer=PKI)
    await begun(world, "unlisted")
    await pass_(world, 21)
    assert [entry["name"] for one in lists(world) for entry in one.data["requests"]] == ["web"]


async def test_rules_have_what_they_name_at_once_and_can_send_a_list_elsewhere() -> None:
    assert await told_at_once(STARTED, CSR, rules=(Rule(("owner",)),))
    assert not await told_at_once(STARTED, CSR, rules=(Rule(("signer",)),))
    world = a_world(rules=FakeRules((Rule(("ca@example.com",), events=("Signer.WorkList",)),)))
    await send_work_lists(world.certflow)
    await begun(world, "web")
    await pass_(world, 21)
    assert [to for _, to in world.channels[0].messages] == [["ca@example.com"]]


BERLIN = replace(DAILY, zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("row", "now", "last", "following"),
    [
        (DAILY, "2026-11-24T07:59", "2026-11-23T08:00", "2026-11-24T08:00"),
        (DAILY, "2026-11-24T08:00", "2026-11-24T08:00", "2026-11-25T08:00"),
        (replace(DAILY, at=(time(8), time(14))), "2026-11-24T12:00", "2026-11-24T08:00", "2026-11-24T14:00"),
        (replace(DAILY, days=frozenset({0})), "2026-11-24T12:00", "2026-11-23T08:00", "2026-11-30T08:00"),
        (BERLIN, "2026-11-24T07:00", "2026-11-24T07:00", "2026-11-25T07:00"),
        (replace(DAILY, zone="Pacific/Kiritimati"), "2026-11-24T12:00", "2026-11-23T18:00", "2026-11-24T18:00"),
        # The clocks go forward on 29 March 2026 at 02:00, and back on 25 October at 03:00.
        (replace(BERLIN, at=(time(2, 30),)), "2026-03-29T12:00", "2026-03-29T01:30", "2026-03-30T00:30"),
        (replace(BERLIN, at=(time(2, 30), time(3, 30))), "2026-03-29T01:00", "2026-03-28T02:30", "2026-03-29T01:30"),
        (replace(BERLIN, at=(time(2, 30),)), "2026-10-25T12:00", "2026-10-25T00:30", "2026-10-26T01:30"),
    ],
)
def test_times_are_those_of_a_zone_and_each_day_has_each_once(
    row: SignerRow, now: str, last: str, following: str
) -> None:
    found = slots_around(row, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert [one.isoformat()[:16] for one in found if one] == [last, following]


async def test_a_list_of_very_many_fits_into_a_row_and_says_how_many_there_are() -> None:
    world = a_world(replace(DAILY, names=("\u4e00" * 9, "*")))
    await send_work_lists(world.certflow)
    for number in range(300):
        operation = Operation(f"{number:032x}", Status.IN_PROGRESS, "Unknown", b"")
        name, names = f"{'n' * 120}-{number:03}", " ".join(f"\u4e00{one}.example.com" for one in range(40))
        doing, owner = Action("created", UNNAMED), "\u4e00" * 254
        change = track(
            "main", name, operation, "", "", owner, world.now, doing, None, DEFAULT_REMINDER_DELAYS, names=names
        )
        await world.ledger.add(with_facts(change, {}, None))
        world.later(seconds=1)
    world.later(hours=21)
    await send_work_lists(world.certflow)
    (event,) = lists(world)
    assert event.data["count"] == 300
    assert 5 < len(event.data["requests"]) <= MAX_LISTED
    assert len(event_row(event)["event"]) <= 32_768
    await world.tell(event.id, event.type, event.data)
    assert f"The {len(event.data['requests'])} oldest are listed here." in world.channels[0].sent[0].sentence
    waiting = QueuedNotice(world.channels[0].sent[0], NOW, (PKI,), NOW, "w" * 500, event.id, NOW)
    assert len(msgspec.json.encode(waiting).decode()) <= 32_768


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"at": "08:00"}, "at"),
        ({"at": ["8"]}, "at"),
        ({"at": ["24:00"]}, "at"),
        ({"at": ["08:60"]}, "at"),
        ({"at": [8]}, "at"),
        ({"at": ["08:00"] * 25}, "at"),
        ({"at": ["08:00"], "days": []}, "days"),
        ({"at": ["08:00"], "days": ["monday", "sometimes"]}, "days"),
        ({"at": ["08:00"], "days": 5}, "days"),
        ({"at": ["08:00"], "zone": "Berlin"}, "zone"),
        ({"at": ["08:00"], "zone": "Europe"}, "zone"),
        ({"at": ["08:00"], "zone": "../../etc/passwd"}, "zone"),
        ({"at": ["08:00"], "zone": 5}, "zone"),
        ({"at": ["08:00"], "zone": ""}, "zone"),
    ],
)
def test_times_that_cannot_be_read_are_told_and_the_row_has_its_csrs_one_by_one(
    wrong: dict[str, Any], field: str
) -> None:
    rows, (fault,) = rows_of([{"to": [PKI], **wrong}])
    assert fault.startswith(f"CERTFLOW_SIGNERS: row 1, {field}: write ")
    assert rows == (SignerRow((PKI,)),)


def test_times_are_read() -> None:
    given = {"to": [PKI], "at": ["14:00", "8:05"], "days": ["Mon", "friday"], "zone": "Europe/Berlin"}
    rows, faults = rows_of([given])
    assert faults == ()
    assert rows == (SignerRow((PKI,), at=(time(8, 5), time(14)), days=frozenset({0, 4}), zone="Europe/Berlin"),)
