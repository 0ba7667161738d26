"""The test of notifications: one of each message on every channel, and by channel how that ended."""

from __future__ import annotations

import re

import pytest

from functions.model.errors import BadSettings, InvalidRequest, Unavailable
from functions.model.events.registry import TOLD
from functions.notifications.samples import send_samples
from functions.ports.notifications import DeliveryRefused
from functions.ports.rules import EVENT_PREFIX
from tests.unit.fakes import FakeChannel, World


async def test_one_of_each_message_goes_out_on_every_channel_and_says_that_it_is_a_test() -> None:
    teams, email = FakeChannel("teams", max_notices=10), FakeChannel("email")
    world = World(channels=(teams, email))
    said = await send_samples(world.certflow, ())
    assert set(said["events"]) == set(TOLD)
    assert said["channels"] == [
        {"channel": "teams", "outcome": "delivered"},
        {"channel": "email", "outcome": "delivered"},
    ]
    for channel in (teams, email):
        assert {notice.type for notice in channel.sent} == set(TOLD)
        assert all(notice.title.startswith("[Test] ") for notice in channel.sent)
        assert all(len(notices) <= channel.max_notices for notices, _ in channel.messages)
        assert {tuple(to) for _, to in channel.messages} == {("pki-team@example.com",)}


async def test_every_message_is_whole_sentences_and_names_nothing_that_is_not_known() -> None:
    teams = FakeChannel("teams", max_notices=10)
    await send_samples(World(channels=(teams,)).certflow, ())
    for notice in teams.sent:
        assert notice.sentence.endswith((".", ".)")), notice
        assert notice.next_step.endswith("."), notice
        assert "None" not in f"{notice.title} {notice.sentence} {notice.next_step} {notice.facts}", notice


async def test_every_time_is_one_that_people_read() -> None:
    teams = FakeChannel("teams", max_notices=10)
    await send_samples(World(channels=(teams,)).certflow, ())
    texts = [f"{one.title} {one.sentence} {one.next_step} {one.facts}" for one in teams.sent]
    assert not [text for text in texts if re.search(r"\d\d?T\d\d|[+]00:00", text)]
    assert any("2026-12-14 12:00 UTC" in text for text in texts)


OF_NO_VAULT = {
    "Access.Changed",
    "Access.Faulty",
    "Acts.Waiting",
    "Chain.KeyReceived",
    "Digest.Daily",
    "Notice.Refused",
    "Plan.Monthly",
    "Rules.Changed",
    "Setting.Wrong",
    "Signer.WorkList",  # of all vaults; each line names its own
    "Trust.Misplaced",
}


async def test_every_title_names_the_vault_and_one_that_comes_to_an_end_the_days() -> None:
    teams = FakeChannel("teams", max_notices=10)
    await send_samples(World(channels=(teams,)).certflow, ())
    titles = {one.type.removeprefix(EVENT_PREFIX): one.title for one in teams.sent}
    nameless = {type_ for type_, title in titles.items() if not re.search(r"\bmain\b", title)}
    of_files = {type_ for type_ in titles if type_.startswith("Chain.")}  # the sample is of no request
    assert nameless <= OF_NO_VAULT | of_files
    assert titles["Certificate.NearExpiry"].endswith("sample in main, 20 days left")


async def test_some_events_can_be_named_with_or_without_their_prefix() -> None:
    teams = FakeChannel("teams", max_notices=10)
    wanted = ("Issuance.Failed", "Certflow.Digest.Daily")
    said = await send_samples(World(channels=(teams,)).certflow, wanted)
    assert said["events"] == ["Certflow.Issuance.Failed", "Certflow.Digest.Daily"]
    assert [notice.type for notice in teams.sent] == said["events"]


async def test_an_event_that_nobody_is_told_of_is_named_and_nothing_is_sent() -> None:
    teams = FakeChannel("teams")
    with pytest.raises(InvalidRequest, match=r"Chain\.Merged.*Issuance\.Failed") as caught:
        await send_samples(World(channels=(teams,)).certflow, ("Issuance.Failed", "Chain.Merged"))
    assert caught.value.field == "events"
    assert teams.sent == []


async def test_a_rehearsal_leaves_no_trace_and_can_be_repeated() -> None:
    teams = FakeChannel("teams", max_notices=10)
    world = World(channels=(teams,))
    for _ in range(2):
        await send_samples(world.certflow, ("Issuance.Failed",))
        world.later(minutes=1)
    assert len({notice.event_id for notice in teams.sent}) == 2
    assert (world.deliveries.states, world.published, world.ledger.events) == ({}, [], [])


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (DeliveryRefused("HTTP 404"), "refused: HTTP 404"),
        (Unavailable("Teams", "HTTP 503"), "failed: Teams is not available (HTTP 503)."),
        (BadSettings("CERTFLOW_X: wrong."), "failed: CERTFLOW_X: wrong."),
    ],
)
async def test_a_channel_that_fails_says_why_and_keeps_no_other_from_its_messages(
    fault: Exception, outcome: str
) -> None:
    broken, email = FakeChannel("teams", faults=[fault]), FakeChannel("email")
    said = await send_samples(World(channels=(broken, email)).certflow, ("Issuance.Failed",))
    assert said["channels"] == [
        {"channel": "teams", "outcome": outcome},
        {"channel": "email", "outcome": "delivered"},
    ]
    assert len(email.sent) == 1


async def test_a_sample_of_what_has_just_begun_says_nothing_of_its_end() -> None:
    teams = FakeChannel("teams", max_notices=10)
    await send_samples(World(channels=(teams,)).certflow, ("Issuance.Started", "Issuance.Stalled"))
    assert all(not {"Took", "After"} & dict(notice.facts).keys() for notice in teams.sent)


async def test_an_event_is_rehearsed_once_however_often_it_is_named() -> None:
    world = World(channels=(email := FakeChannel("email"),))
    said = await send_samples(world.certflow, ["Issuance.Failed", "Certflow.Issuance.Failed"] * 25)
    assert (len(email.sent), said["events"]) == (1, ["Certflow.Issuance.Failed"])


async def test_rehearsals_are_a_minute_apart() -> None:
    world = World(channels=(email := FakeChannel("email"),))
    await send_samples(world.certflow, ["Issuance.Failed"])
    with pytest.raises(Unavailable, match="the last one was less than a minute ago") as caught:
        await send_samples(world.certflow, ["Issuance.Failed"])
    assert caught.value.retry_after == 60
    with pytest.raises(InvalidRequest):
        await send_samples(world.certflow, ["Issuance.Faild"])
    world.later(minutes=1)
    await send_samples(world.certflow, ["Issuance.Failed"])
    assert len(email.sent) == 2
