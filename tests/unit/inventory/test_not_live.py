"""A server that does not show the current version is found once the time for that is over, and nothing before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.inventory.audits import audits_of
from functions.model.inventory.record import CertificateRecord, IssuedCertificate, VaultSnapshot
from functions.model.live.state import EndpointCheck, EndpointState, ExpectedVersion, LiveState
from tests.clock import NOW
from tests.unit.live.live_world import LiveWorld

CURRENT = IssuedCertificate("v2", "ab", "cd" * 32, not_before=NOW - timedelta(days=1))


async def found(state: LiveState, *, waited: timedelta = timedelta(hours=7), expected: str = "cd" * 32) -> list[str]:
    """What the audit says of a certificate whose server has 6 hours, in this state after some time."""
    world = LiveWorld()
    version = ExpectedVersion("ab", expected, NOW - waited)
    states = (EndpointState("www.example.com:443", state, NOW),)
    check = EndpointCheck("main", "Web", version, NOW, grace=6 * 3600, states=states)
    await world.checks.save(check, None)
    record = CertificateRecord("web", tags={"certflow-owner": "ann"}, current=CURRENT)
    await world.inventory_files.save_snapshot(VaultSnapshot("main", NOW, NOW, (record,)))
    audits = await audits_of(world.certflow)
    return [one.sentence for each in audits.found for one in each.findings if one.code == "not-live"]


@pytest.mark.parametrize("state", LiveState)
async def test_only_what_does_not_show_the_current_version_is_found(state: LiveState) -> None:
    missing = state in {LiveState.NOT_LIVE, LiveState.EXPIRED, LiveState.OTHER}
    said = ["These do not show the current version: www.example.com:443."]
    assert await found(state) == (said if missing else [])


async def test_a_strangers_certificate_is_found_when_the_grace_is_over() -> None:
    assert await found(LiveState.OTHER, waited=timedelta(hours=6))
    assert await found(LiveState.OTHER, waited=timedelta(hours=6) - timedelta(seconds=1)) == []


async def test_a_look_for_another_version_says_nothing() -> None:
    assert await found(LiveState.NOT_LIVE, expected="ef" * 32) == []


async def test_where_live_is_off_nothing_is_found() -> None:
    world = LiveWorld()
    world.live = None
    record = CertificateRecord("web", tags={"certflow-owner": "ann"}, current=CURRENT)
    await world.inventory_files.save_snapshot(VaultSnapshot("main", NOW, NOW, (record,)))
    assert [
        one for each in (await audits_of(world.certflow)).found for one in each.findings if one.code == "not-live"
    ] == []
