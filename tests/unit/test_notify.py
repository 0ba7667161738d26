"""Telling people: once on every channel, and a failing channel never repeats another."""

from __future__ import annotations

from typing import Any

import pytest

from functions.issuance.errors import Unavailable
from functions.issuance.notify import notify
from functions.issuance.ports import DeliveryRefused
from tests.unit.fakes import FakeChannel, World

FAILED = "Certflow.Issuance.Failed"
DATA: dict[str, Any] = {
    "vault": "main",
    "name": "web",
    "request_id": "a" * 32,
    "issuer": "DigiCert",
    "owner": "me@example.com",
    "error": {"code": "Request rejected", "message": "The organisation is not validated."},
}


def world_with(*channels: FakeChannel) -> World:
    return World(channels=channels)


async def test_an_event_is_told_on_every_channel_with_reason_and_next_step() -> None:
    teams, email = FakeChannel("teams"), FakeChannel("email")
    await notify(world_with(teams, email).certflow, "e1", FAILED, DATA)
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
        await notify(world.certflow, "e1", FAILED, DATA)
    assert len(teams.sent) == 1


async def test_a_channel_that_fails_in_passing_is_tried_again_and_the_other_not_repeated() -> None:
    teams, email = FakeChannel("teams"), FakeChannel("email", faults=[Unavailable("The mail server", "SMTP 451")])
    world = world_with(teams, email)
    with pytest.raises(Unavailable):
        await notify(world.certflow, "e1", FAILED, DATA)
    await notify(world.certflow, "e1", FAILED, DATA)
    assert (len(teams.sent), len(email.sent)) == (1, 1)


async def test_a_permanent_refusal_is_recorded_and_not_repeated() -> None:
    teams, email = FakeChannel("teams", faults=[DeliveryRefused("HTTP 404")]), FakeChannel("email")
    world = world_with(teams, email)
    await notify(world.certflow, "e1", FAILED, DATA)
    await notify(world.certflow, "e1", FAILED, DATA)
    assert (len(teams.sent), len(email.sent)) == (0, 1)
    assert world.deliveries.states["e1", "teams"] == "refused: HTTP 404"


@pytest.mark.parametrize("type_", ["Certflow.Issuance.Started", "Certflow.Chain.Merged", "Somebody.Elses"])
async def test_what_only_machines_care_about_is_not_told(type_: str) -> None:
    teams = FakeChannel("teams")
    await notify(world_with(teams).certflow, "e1", type_, DATA)
    assert teams.sent == []


@pytest.mark.parametrize("what", ["Completed", "Failed", "Cancelled", "Deleted", "Overwritten"])
async def test_every_end_of_a_request_has_words(what: str) -> None:
    teams = FakeChannel("teams")
    await notify(world_with(teams).certflow, "e1", f"Certflow.Issuance.{what}", DATA | {"replaced_by": "b" * 32})
    (notice,) = teams.sent
    assert "web" in notice.title
    assert notice.sentence.endswith(".")
    assert notice.next_step.endswith(".")
    assert "None" not in notice.sentence
