"""A certificate that comes to its end: told at a ladder by the share of its lifetime that is left, each rung once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.model.options import Options
from functions.model.tags import muted_until, renewal_of
from functions.monitoring.expiry import EXPIRED_RUNG, check_expiry, check_expiry_of, rung_of
from functions.ports.monitoring_store import InventoryScan
from functions.ports.vault import Bundle, CertificateItem
from tests.certificates import Ca
from tests.clock import NOW, fixed_now
from tests.unit.fakes import FakeVault, World, signed, version_of

LADDER = Options().ladder  # a third, a sixth, a twentieth


def entry(life: timedelta, thumbprint: str = "t1", **tags: str) -> CertificateItem:
    named = {f"certflow-{tag}": value for tag, value in tags.items()}
    return CertificateItem("web", thumbprint, NOW, NOW + life, tags=named)


@pytest.mark.parametrize("life", [timedelta(days=47), timedelta(days=398), timedelta(minutes=10)])
@pytest.mark.parametrize(
    ("left", "rung"),
    [
        (1.0, 0),
        (0.34, 0),
        (0.33, 1),
        (0.17, 1),
        (0.16, 2),
        (0.051, 2),
        (0.049, 3),
        (0, EXPIRED_RUNG),
        (-9, EXPIRED_RUNG),
    ],
)
def test_a_rung_is_a_share_of_the_lifetime_and_not_a_number_of_days(life: timedelta, left: float, rung: int) -> None:
    assert rung_of(entry(life), LADDER, NOW + life * (1 - left)) == rung


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=900)), st.floats(0, 2), st.floats(0, 2))
def test_a_certificate_only_goes_down_the_ladder(life: timedelta, one: float, other: float) -> None:
    sooner, later = sorted((one, other))
    assert rung_of(entry(life), LADDER, NOW + life * sooner) <= rung_of(entry(life), LADDER, NOW + life * later)


def test_a_certificate_of_which_the_beginning_is_not_known_is_told_when_it_has_expired() -> None:
    unknown = replace(entry(timedelta(days=47)), not_before=None)
    assert rung_of(unknown, LADDER, NOW + timedelta(days=46)) == 0
    assert rung_of(unknown, LADDER, NOW + timedelta(days=47)) == EXPIRED_RUNG


async def over_its_life(world: World, certificate: CertificateItem, *, hourly: int = 24) -> list[tuple[str, int]]:
    """Judges a certificate from its beginning until after its end, once a day; what was told, and on which day."""
    for _ in range(60 * 24 // hourly):
        await check_expiry(world.certflow, "main", certificate)
        world.later(hours=hourly)
    return [(event.type.rpartition(".")[2], (event.time - NOW).days) for event in world.topic.published]


async def test_each_rung_is_told_once() -> None:
    told = await over_its_life(World(), entry(timedelta(days=47)), hourly=8)
    assert told == [("NearExpiry", 31), ("NearExpiry", 39), ("NearExpiry", 44), ("Expired", 47)]


async def test_the_ladder_is_a_choice() -> None:
    world = World(options=Options(ladder=(0.5,)))
    assert await over_its_life(world, entry(timedelta(days=40))) == [("NearExpiry", 20), ("Expired", 40)]


async def test_a_shorter_ladder_does_not_hide_the_end() -> None:
    world, certificate = World(), entry(timedelta(days=47))
    world.now = NOW + timedelta(days=46)
    await check_expiry(world.certflow, "main", certificate)
    world.options = Options(ladder=LADDER[:2])
    for _ in range(2):
        world.later(days=2)
        await check_expiry(world.certflow, "main", certificate)
    near, expired = world.topic.published
    assert (near.data["rung"], near.data["rungs"]) == (3, 3)
    assert (expired.type, expired.data["rung"], expired.data["rungs"]) == ("Certflow.Certificate.Expired", 3, 2)
    assert near.id != expired.id  # whoever knows events by their ids has not heard of this one


async def test_a_new_version_starts_afresh() -> None:
    world = World()
    world.now = NOW + timedelta(days=40)
    await check_expiry(world.certflow, "main", entry(timedelta(days=47)))
    renewed = replace(entry(timedelta(days=87), "t2"), not_before=world.now)
    await check_expiry(world.certflow, "main", renewed)
    assert len(world.topic.published) == 1
    world.now = NOW + timedelta(days=75)
    await check_expiry(world.certflow, "main", renewed)
    assert [event.data["thumbprint"] for event in world.topic.published] == ["t1", "t2"]
    assert len({event.id for event in world.topic.published}) == 2


async def test_an_event_says_how_long_is_left_or_since_when_it_is_over() -> None:
    world = World()
    for days in (40, 49):
        world.now = NOW + timedelta(days=days)
        await check_expiry(world.certflow, "main", entry(timedelta(days=47)))
    assert [event.data["left"] for event in world.topic.published] == [7 * 86400, -2 * 86400]


async def test_two_rungs_passed_at_once_are_told_as_the_lower_one() -> None:
    world = World()
    world.now = NOW + timedelta(days=46)
    await check_expiry(world.certflow, "main", entry(timedelta(days=47)))
    (event,) = world.topic.published
    assert (event.data["rung"], event.data["rungs"]) == (3, 3)


async def test_the_owner_and_the_end_are_in_what_is_told() -> None:
    world = World()
    world.now = NOW + timedelta(days=46)
    await check_expiry(world.certflow, "main", entry(timedelta(days=47), owner="ann@example.com"))
    (event,) = world.topic.published
    assert event.data["owner"] == "ann@example.com"
    assert event.data["not_after"] == (NOW + timedelta(days=47)).isoformat()
    assert event.data["renewal"] == "notify"


async def test_a_muted_certificate_is_told_of_when_the_mute_is_over() -> None:
    told = await over_its_life(World(), entry(timedelta(days=47), mute="2026-12-31"))  # day 37
    assert told == [("NearExpiry", 38), ("NearExpiry", 40), ("NearExpiry", 45), ("Expired", 47)]


@pytest.mark.parametrize(
    "certificate", [entry(timedelta(days=47), renew="off"), entry(timedelta(days=47), mute="true")]
)
async def test_a_tag_keeps_it_quiet(certificate: CertificateItem) -> None:
    assert await over_its_life(World(), certificate) == []


async def test_a_disabled_certificate_is_nobodys_concern() -> None:
    assert await over_its_life(World(), replace(entry(timedelta(days=47)), enabled=False)) == []


async def test_what_the_baseline_finds_is_not_told_and_its_next_rung_is() -> None:
    world, certificate = World(), entry(timedelta(days=47))
    world.now = NOW + timedelta(days=32)
    await check_expiry(world.certflow, "main", certificate, baseline=True)
    await check_expiry(world.certflow, "main", certificate)
    assert world.published == []
    world.now = NOW + timedelta(days=40)
    await check_expiry(world.certflow, "main", certificate)
    assert [event.data["rung"] for event in world.topic.published] == [2]


async def test_what_could_not_be_sent_is_in_the_outbox_and_not_written_twice() -> None:
    world = World()
    world.now, world.topic.down = NOW + timedelta(days=32), True
    for _ in range(2):
        await check_expiry(world.certflow, "main", entry(timedelta(days=47)))
    assert len(world.ledger.events) == 1
    assert len(world.ledger.outbox) == 1


@dataclass
class Attributed(FakeVault):
    """A vault whose bundles have attributes, as Key Vault's."""

    attributes: dict[str, Any] = field(default_factory=dict)
    tagged_so: dict[str, str] = field(default_factory=dict)

    async def certificate(self, name: str) -> Bundle | None:
        bundle = await super().certificate(name)
        if bundle is None:
            return None
        ends = datetime.fromtimestamp(self.attributes["exp"], NOW.tzinfo)
        fields = {**bundle.fields, "attributes": self.attributes, "tags": self.tagged_so}
        return Bundle(replace(bundle.version, not_after=ends), fields)


def with_event(*, baseline: bool = True, enabled: bool = True, **tags: str) -> World:
    vault = Attributed(tagged_so=tags)
    ends = NOW + timedelta(days=1)
    vault.attributes = {
        "enabled": enabled,
        "nbf": int((NOW - timedelta(days=46)).timestamp()),
        "exp": int(ends.timestamp()),
    }
    vault.certificates["web"] = version_of(signed(Ca.root("Root", at=fixed_now), vault.start("web")))
    world = World(vault=vault)
    if baseline:
        world.monitoring_store.surveys["main"] = InventoryScan("main", finished=NOW)
    return world


async def test_an_event_of_the_vault_is_judged_at_once_and_told_once() -> None:
    world = with_event()
    for _ in range(2):
        await check_expiry_of(world.certflow, "main", "web")
    assert world.published == ["Certificate.NearExpiry"]


async def test_an_event_before_the_baseline_is_left_to_the_baseline() -> None:
    world = with_event(baseline=False)
    await check_expiry_of(world.certflow, "main", "web")
    assert world.published == []
    assert world.monitoring_store.notes == {}


async def test_an_event_about_a_certificate_that_is_gone_or_disabled_is_no_news() -> None:
    for world, name in ((with_event(), "gone"), (with_event(enabled=False), "web")):
        await check_expiry_of(world.certflow, "main", name)
        assert world.published == []


@pytest.mark.parametrize(
    ("word", "means"),
    [("auto", "auto"), (" AUTO ", "auto"), ("off", "off"), ("notify", "notify"), ("", "notify"), ("yes", "notify")],
)
def test_a_tag_that_cannot_be_understood_means_that_the_owner_is_told(word: str, means: str) -> None:
    assert renewal_of({"certflow-renew": word}) == means


@pytest.mark.parametrize(
    ("word", "until"),
    [
        ("2026-11-24", "2026-11-24T23:59:59.999999+00:00"),
        ("2026-11-24T14:00", "2026-11-24T14:00:00+00:00"),
        ("2026-11-24T14:00:00+01:00", "2026-11-24T13:00:00+00:00"),
        ("2026-11-24T14:00:00Z", "2026-11-24T14:00:00+00:00"),  # Python reads no z for Z
        (" 2026-11-24t14:00:00z ", "2026-11-24T14:00:00+00:00"),
    ],
)
def test_a_mute_ends_with_its_day_or_at_its_time(word: str, until: str) -> None:
    assert muted_until({"certflow-mute": word}, NOW) == datetime.fromisoformat(until)


@pytest.mark.parametrize("word", ["", "2026-11-23", "2026-11-24T11:00Z", "until monday", "false", "0"])
def test_a_mute_that_is_over_or_cannot_be_read_mutes_nothing(word: str) -> None:
    assert muted_until({"certflow-mute": word}, NOW) is None
