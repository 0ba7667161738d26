"""What falls together is one message of each kind, with the CSRs, in order, and without what has been overtaken."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.app.open_csrs import line_of as open_line
from functions.chains.handle_upload import handle_upload
from functions.model.errors import Unavailable
from functions.model.events.chains import KeyReceived
from functions.model.options import QUIET_GATHERING, Options
from functions.model.request.operation import Status
from functions.notifications.superseded import superseded_among
from functions.notifications.tell import queue_event
from functions.ports.notifications import GATHERING, Attachment, Limits, Notice, QueuedNotice
from functions.requests.create import CreateCommand, create_request
from tests.certificates import Ca, pem
from tests.clock import NOW, fixed_now
from tests.unit.fakes import FakeChannel, World
from tests.unit.gathered_messages import PKI, asked, heard, told_to_people, until

CA = Ca.root("Test Root", at=fixed_now)
STARTED, STALLED, WAITS = "Certflow.Issuance.Started", "Certflow.Issuance.Stalled", "Certflow.Chain.Waiting"
FAILED, COMPLETED = "Certflow.Issuance.Failed", "Certflow.Issuance.Completed"


async def test_30_requests_and_three_files_are_three_mails_and_cards_to_signers_and_one_mail_to_each_owner() -> None:
    world, mail, teams = told_to_people()
    for number in range(30):
        await asked(world, f"web-{number:02}", f"owner-{number:02}@example.com")
        await until(world, world.now + timedelta(seconds=1))
    await until(world, world.now + timedelta(minutes=10))
    for part in range(3):
        leaves = [
            CA.signs(world.vault.operations[f"web-{number:02}"].csr) for number in range(part * 10, part * 10 + 10)
        ]
        world.chain_files.put(f"part-{part}.pem", pem(*leaves, CA.certificate))
        await handle_upload(world.certflow, f"part-{part}.pem")
        await heard(world)
        await until(world, world.now + timedelta(seconds=20))
    await until(world, world.now + timedelta(minutes=10))
    by_address: dict[str, list[list[Notice]]] = {}
    for notices, to in mail.messages:
        by_address.setdefault(to[0], []).append(notices)
    assert 1 <= len(by_address.pop(PKI)) <= 3
    assert {owner: [one.type for one in notices] for owner, (notices,) in by_address.items()} == {
        f"owner-{number:02}@example.com": [COMPLETED] for number in range(30)
    }
    assert len([notices for notices, _ in teams.messages if notices[0].type == STARTED]) <= 3
    assert len([notices for notices, _ in teams.messages if notices[0].type == COMPLETED]) == 3
    told = [notice for notices, _ in teams.messages for notice in notices]
    assert len({notice.event_id for notice in told}) == len(told) == 60


@pytest.mark.parametrize("critical", [FAILED, KeyReceived.type])
async def test_what_is_urgent_is_out_within_ten_seconds_while_a_hundred_others_wait(critical: str) -> None:
    world, mail, teams = told_to_people()
    mail.limits = Limits(minute=30, hour=100)
    for number in range(100):
        data = (
            {"csr_url": "https://storage.example/a.csr", "issuer": "Unknown"} if number % 2 else {"issuer": "DigiCert"}
        )
        type_ = STARTED if number % 2 else "Certflow.Issuance.Cancelled"
        name = f"web-{number}"
        data |= {"vault": "main", "name": name, "request_id": f"{number:032x}", "owner": f"{name}@example.com"}
        await queue_event(world.certflow, f"e{number}", type_, data)
    await until(world, world.now + timedelta(seconds=9))
    before, sent = world.now, len(mail.messages)
    data = {"vault": "main", "name": "pay", "request_id": "f" * 32, "issuer": "DigiCert", "route": "merge"}
    await queue_event(world.certflow, "urgent", critical, data | {"owner": "owner@example.com"})
    await until(world, before + timedelta(seconds=9))
    for channel in (mail, teams):
        assert "urgent" in [notice.event_id for notice in channel.sent]
    assert sent < 50  # the others go on waiting for room


async def test_each_kind_has_a_window_of_its_own() -> None:
    world, _, teams = told_to_people()
    csr = {"csr_url": "https://storage.example/a.csr", "issuer": "Unknown"}
    for number, type_ in enumerate((STARTED, "Certflow.Chain.Rejected", WAITS, COMPLETED, FAILED)):
        file = {"file": {"name": "a.pem"}, "sentence": "So.", "next_step": "Do."} if "Chain" in type_ else {}
        data = {"vault": "main", "name": f"n{number}", "request_id": "a" * 32, **csr, **file}
        await queue_event(world.certflow, f"e{number}", type_, data)
    seen = list[list[str]]()
    for seconds in (1, 2, 5, 59, 60):
        await until(world, NOW + timedelta(seconds=seconds))
        seen.append(sorted(notice.event_id for notice in teams.sent))
    at_once, soon = [["e4"], ["e3", "e4"]]
    assert seen == [[], at_once, soon, soon, ["e0", "e1", "e2", "e3", "e4"]]


async def test_within_a_message_things_stand_in_the_order_in_which_they_happened() -> None:
    world, _, teams = told_to_people()
    for number, second in enumerate((30, 10, 20)):
        data = {"vault": "main", "name": f"n{number}", "request_id": "a" * 32, "issuer": "DigiCert"}
        await queue_event(world.certflow, f"e{number}", COMPLETED, data, NOW - timedelta(seconds=second))
    await until(world, NOW + GATHERING)
    assert [[notice.event_id for notice in notices] for notices, _ in teams.messages] == [["e0", "e2", "e1"]]


async def started(world: World, type_: str, **more: Any) -> str:
    """A notice about a request that is tracked. Returns the request's id."""
    found = await create_request(world.certflow, CreateCommand("main", "web", {}, "ann@example.com"))
    (event,) = world.topic.published
    world.topic.published = []
    request = {key: event.data[key] for key in ("vault", "name", "request_id")}
    data = dict(event.data) | more if type_ != WAITS else {"request": request, **more}
    await queue_event(world.certflow, "asks", type_, data)
    return found.request_id


FILE = {"file": {"name": "a.pem"}, "sentence": "So.", "next_step": "Do."}


@pytest.mark.parametrize(("type_", "more"), [(STARTED, {}), (STALLED, {"age": 99}), (WAITS, FILE)])
async def test_what_asks_for_something_of_a_request_that_has_ended_meanwhile_is_not_told(
    type_: str, more: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    world, mail, teams = told_to_people()
    request_id = await started(world, type_, **more)
    key = ("main", "web", request_id)
    world.ledger.tracked[key] = replace(world.ledger.tracked[key], status=Status.COMPLETED)
    with caplog.at_level(logging.INFO):
        await until(world, NOW + timedelta(minutes=2))
    assert (mail.sent, teams.sent, world.deliveries.notices) == ([], [], {})
    assert world.deliveries.states == {("asks", "email"): "overtaken", ("asks", "teams"): "overtaken"}
    assert [one for one in caplog.messages if "notice-overtaken" in one]


async def test_what_is_still_in_progress_or_was_tried_before_is_told() -> None:
    world, mail, teams = told_to_people()
    request_id = await started(world, STARTED)
    mail.faults, teams.faults = [Unavailable("Mail", "503")], [Unavailable("Teams", "503")]
    await until(world, NOW + QUIET_GATHERING)
    assert (mail.faults, teams.faults, mail.sent, teams.sent) == ([], [], [], [])
    key = ("main", "web", request_id)
    world.ledger.tracked[key] = replace(world.ledger.tracked[key], status=Status.COMPLETED)
    await until(world, NOW + timedelta(minutes=5))
    assert [len(channel.sent) for channel in (mail, teams)] == [1, 1]  # what was tried is the same message again


async def test_where_nobody_can_tell_whether_a_request_has_ended_its_message_goes_out() -> None:
    world, mail, _ = told_to_people()
    await started(world, STARTED)

    async def down(*_: str) -> None:
        raise Unavailable("The table storage", "down")

    world.ledger.get = down  # type: ignore[method-assign,assignment]
    await until(world, NOW + QUIET_GATHERING)
    assert len(mail.sent) == 1


@pytest.mark.parametrize(("ended", "told"), [(["web"], True), (["web", "other"], False)])
async def test_a_file_for_several_waits_as_long_as_one_of_them_does(ended: list[str], told: bool) -> None:
    world, _, _ = told_to_people()
    for name in ("web", "other"):
        await asked(world, name, "ann@example.com")
    lines = tuple(map(open_line, world.ledger.tracked.values()))
    for name in ended:
        key = "main", name, world.vault.operations[name].request_id
        world.ledger.tracked[key] = replace(world.ledger.tracked[key], status=Status.COMPLETED)
    notice = Notice("e", WAITS, "A file waits", False, "So.", (), "Nothing.", lines=lines)
    assert (notice not in await superseded_among(world.certflow, [notice])) is told


async def test_what_an_older_version_had_wait_is_told() -> None:
    """It has no time of its own."""
    world, _, teams = told_to_people()
    old = Notice("old", COMPLETED, "Certificate issued: web", True, "So.", (), "Nothing.")
    await world.deliveries.enqueue("teams", QueuedNotice(old, NOW))
    data = {"vault": "main", "name": "n", "request_id": "a" * 32, "issuer": "DigiCert"}
    await queue_event(world.certflow, "new", COMPLETED, data, NOW + timedelta(seconds=1))
    await until(world, NOW + GATHERING)
    assert [[notice.event_id for notice in notices] for notices, _ in teams.messages] == [["old", "new"]]


class Brittle(FakeChannel):
    """A channel that cannot write a letter outside ASCII, nor a fact."""

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        for notice in notices:
            if notice.facts or not f"{notice.title}{notice.sentence}{notice.next_step}".isascii():
                raise ValueError("cannot be written")
        await super().send(notices, to, attachments)


@pytest.mark.parametrize("count", [1, 3])
async def test_a_message_that_a_channel_cannot_write_is_sent_shorter_and_never_not_at_all(count: int) -> None:
    teams = Brittle("teams", max_notices=50)
    world = World(channels=(teams,))
    for number in range(count):
        error = {"code": "Request rejected", "message": "\ud800 Bücher 😀 " * 500}
        data = {"vault": "main", "name": f"n{number}", "request_id": "a" * 32, "issuer": "DigiCert", "error": error}
        await queue_event(world.certflow, f"e{number}", FAILED, data)
    await until(world, NOW + timedelta(minutes=1))
    assert sorted(notice.title for notice in teams.sent) == [
        f"Certificate request failed: n{number} in main" for number in range(count)
    ]
    assert all("DigiCert did not issue" in notice.sentence for notice in teams.sent)
    assert all("could not be shown in full" in notice.sentence for notice in teams.sent)
    assert world.deliveries.notices == {}


async def test_how_long_csrs_wait_for_others_is_a_choice() -> None:
    world, mail, _ = told_to_people()
    world.options = Options(gathers=timedelta(seconds=7))
    await asked(world, "web", "ann@example.com")
    await until(world, NOW + timedelta(seconds=6))
    assert mail.sent == []
    await until(world, NOW + timedelta(seconds=7))
    assert len(mail.sent) == 1
