"""Telling people: once on every channel, and a failing channel never repeats another."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

import pytest

from functions.model.errors import BadSettings, Unavailable
from functions.model.links import Links
from functions.ports.notifications import Attachment, DeliveryRefused, Notice
from tests.unit.fakes import FakeChannel, World
from tests.unit.sample_events import DATA, FAILED, world_with


async def test_an_event_is_told_on_every_channel_with_reason_and_next_step() -> None:
    teams, email = FakeChannel("teams"), FakeChannel("email")
    await world_with(teams, email).tell("e1", FAILED, DATA)
    for channel in (teams, email):
        (notice,) = channel.sent
        assert "Request rejected: The organisation is not validated." in notice.sentence
        assert ("Error code", "Request rejected") in notice.facts
        assert "correct the request" in notice.next_step
        assert notice.owner == "me@example.com"


async def test_an_event_that_comes_again_is_not_told_again() -> None:
    teams = FakeChannel("teams")
    world = world_with(teams)
    for _ in range(3):
        await world.tell("e1", FAILED, DATA)
    assert len(teams.sent) == 1


async def test_a_channel_that_fails_in_passing_is_tried_again_and_the_other_not_repeated() -> None:
    teams, email = FakeChannel("teams"), FakeChannel("email", faults=[Unavailable("The mail server", "SMTP 451")])
    world = world_with(teams, email)
    await world.tell("e1", FAILED, DATA)
    assert (len(teams.sent), len(email.sent)) == (1, 0)
    world.later(seconds=10)
    await world.send()
    assert (len(teams.sent), len(email.sent)) == (1, 1)


async def test_a_permanent_refusal_is_recorded_and_not_repeated() -> None:
    teams, email = FakeChannel("teams", faults=[DeliveryRefused("HTTP 404")]), FakeChannel("email")
    world = world_with(teams, email)
    await world.tell("e1", FAILED, DATA)
    await world.tell("e1", FAILED, DATA)
    assert (len(teams.sent), len(email.sent)) == (0, 1)
    assert world.deliveries.states["e1", "teams"] == "refused: HTTP 404"


@pytest.mark.parametrize("type_", ["Certflow.Issuance.Started", "Certflow.Chain.Merged", "Somebody.Elses"])
async def test_what_only_machines_care_about_is_not_told(type_: str) -> None:
    teams = FakeChannel("teams")
    await world_with(teams).tell("e1", type_, DATA)
    assert teams.sent == []


@pytest.mark.parametrize("what", ["Completed", "Failed", "Cancelled", "Deleted", "Overwritten"])
async def test_every_end_of_a_request_has_words(what: str) -> None:
    teams = FakeChannel("teams")
    await world_with(teams).tell("e1", f"Certflow.Issuance.{what}", DATA | {"replaced_by": "b" * 32})
    (notice,) = teams.sent
    assert "web" in notice.title
    assert notice.sentence.endswith(".")
    assert notice.next_step.endswith(".")
    assert "None" not in notice.sentence


async def pumped(world: World) -> None:
    """Delivers what is published, and what that publishes, as Event Grid does."""
    delivered = 0
    while delivered < len(world.topic.published):
        event = world.topic.published[delivered]
        delivered += 1
        await world.tell(event.id, event.type, event.data)
        assert delivered < 20


@pytest.mark.parametrize("most", [1, 10])
async def test_what_one_channel_refuses_for_good_the_others_hear_with_the_reason(most: int) -> None:
    refusing = FakeChannel("teams", most, faults=[DeliveryRefused("HTTP 404")] * 9)
    email, urls = FakeChannel("email"), FakeChannel("urls:1")
    world = world_with(refusing, email, urls)
    await world.tell("e1", FAILED, DATA)
    assert world.published == ["Notice.Refused"]
    await pumped(world)
    for channel in (email, urls):
        first, second = channel.sent
        assert second.title == first.title
        assert "The channel teams has refused this message: HTTP 404." in second.sentence
    assert refusing.sent == []


async def test_what_all_channels_refuse_does_not_go_back_and_forth() -> None:
    channels = [FakeChannel(name, faults=[DeliveryRefused("no")] * 99) for name in ("teams", "email")]
    world = world_with(*channels)
    await world.tell("e1", FAILED, DATA)
    await pumped(world)
    assert world.published == ["Notice.Refused"] * 2
    assert all(len(channel.faults) == 97 for channel in channels)  # the event, and the other's refusal


class Mail(FakeChannel):
    """A mail server that has no such user as these."""

    gone: tuple[str, ...] = ("me@example.com",)

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        if set(to) <= set(self.gone):
            raise DeliveryRefused("the mail server refused the recipients: SMTP 550")
        await super().send(notices, to, attachments)


async def test_where_mail_is_all_there_is_and_refuses_the_owner_the_default_mailboxes_hear() -> None:
    mail = Mail("email")
    world = world_with(mail)
    await world.tell("e1", FAILED, DATA)
    await pumped(world)
    ((notices, to),) = mail.messages
    assert to == ["pki-team@example.com"]
    assert "The channel email has refused this message" in notices[0].sentence


async def test_where_mail_refuses_the_default_mailboxes_as_well_it_ends_there(caplog: pytest.LogCaptureFixture) -> None:
    mail = Mail("email")
    mail.gone = ("me@example.com", "pki-team@example.com")
    world = world_with(mail)
    await world.tell("e1", FAILED, DATA)
    await pumped(world)
    assert mail.messages == []
    assert world.published == ["Notice.Refused"]
    assert caplog.text.count("notice-refused") == 2


async def test_a_csr_that_one_channel_refuses_to_tell_of_is_on_the_others_all_the_same() -> None:
    url = "https://storage.example/csr/main/web/a.csr"
    world = world_with(FakeChannel("teams", faults=[DeliveryRefused("HTTP 404")]), email := FakeChannel("email"))
    world.links = Links(chain_storage="/subscriptions/1")
    await world.tell("e1", "Certflow.Issuance.Started", DATA | {"issuer": "Unknown", "csr_url": url})
    await pumped(world)
    for notice in email.sent:
        assert ("CSR", url) in notice.facts
        assert "CSR in the Azure portal" in dict(notice.links)
    assert len(email.sent) == 2


async def test_a_refusal_is_in_the_outbox_before_it_is_recorded() -> None:
    teams = FakeChannel("teams", faults=[DeliveryRefused("HTTP 404")])
    world = world_with(teams, FakeChannel("email"))
    world.topic.down = True
    await world.tell("e1", FAILED, DATA)
    assert [event.type for event in world.ledger.outbox.values()] == ["Certflow.Notice.Refused"]


async def test_a_channel_that_is_set_wrong_does_not_keep_the_others_from_telling() -> None:
    teams = FakeChannel("teams", faults=[BadSettings("CERTFLOW_TEAMS_AUTH: …")])
    email = FakeChannel("email")
    world = world_with(teams, email)
    await world.tell("e1", FAILED, DATA)
    assert len(email.sent) == 1
    assert world.deliveries.states["e1", "teams"] == "waiting"  # until somebody mends it
    world.later(minutes=1)
    await world.tell("e1", FAILED, DATA)
    assert (len(teams.sent), len(email.sent)) == (1, 1)


async def test_without_any_channel_an_event_is_told_to_nobody_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        await World().tell("e1", FAILED, DATA)
    assert "notice-to-nobody" in caplog.text


async def test_a_reminder_says_what_is_being_waited_for() -> None:
    for more, words in (
        ({"issuer": "DigiCert"}, "DigiCert to issue or refuse it"),
        ({"issuer": "Unknown"}, "a CA's signature"),
        ({"issuer": "DigiCert", "cancellation_requested": True}, "DigiCert to decide about its cancellation"),
        ({"issuer": "Unknown", "cancellation_requested": True}, "no issuer works on it that could cancel it"),
    ):
        teams = FakeChannel("teams")
        data = DATA | {"age": 3 * 86400, "reminder": 1, "escalated": False} | more
        await world_with(teams).tell("e1", "Certflow.Issuance.Stalled", data)
        (notice,) = teams.sent
        assert words in notice.sentence
        assert ("Pending for", "3 days") in notice.facts


@pytest.mark.parametrize("renewal", ["notify", "auto"])
@pytest.mark.parametrize("type_", ["Certflow.Certificate.NearExpiry", "Certflow.Certificate.Expired"])
async def test_the_next_step_about_an_end_is_a_whole_sentence(type_: str, renewal: str) -> None:
    teams = FakeChannel("teams")
    data = {"vault": "main", "name": "web", "not_after": "2026-12-01T00:00:00+00:00", "rung": 1, "rungs": 3}
    await world_with(teams).tell("e1", type_, data | {"renewal": renewal})
    (notice,) = teams.sent
    assert notice.next_step.endswith(".")


async def test_a_refusal_is_in_the_outbox_before_the_delivery_is_settled() -> None:
    """Or a run that is killed in between has a delivery that is through, and nobody else hears of it."""
    teams = FakeChannel("teams", faults=[DeliveryRefused("HTTP 404")])
    world = world_with(teams, FakeChannel("email"))
    world.topic.down, settle, written = True, world.deliveries.settle, list[list[str]]()

    async def watched(event_id: str, channel: str, outcome: str, now: datetime) -> None:
        if channel == "teams":
            written.append([event.type for event in world.ledger.outbox.values()])
        await settle(event_id, channel, outcome, now)

    world.deliveries.settle = watched  # type: ignore[method-assign]  # what a kill at this point would leave
    await world.tell("e1", FAILED, DATA)
    assert written == [["Certflow.Notice.Refused"]]


async def test_what_a_channel_has_taken_is_recorded_although_the_tables_are_away_for_a_while() -> None:
    """Without the record the event would be told twice, and nobody was killed."""
    teams = FakeChannel("teams")
    world = world_with(teams)
    settle, faults = world.deliveries.settle, [Unavailable("The table storage", "HTTP 503")] * 5

    async def fail(event_id: str, channel: str, outcome: str, now: datetime) -> None:
        if faults:
            raise faults.pop()
        await settle(event_id, channel, outcome, now)

    world.deliveries.settle = fail  # type: ignore[method-assign]  # for half a minute
    await world.tell("e1", FAILED, DATA)
    assert world.deliveries.states["e1", "teams"] == "delivered"
    assert sum(world.slept) >= 30
    await world.tell("e1", FAILED, DATA)
    assert len(teams.sent) == 1
