"""The digest of the day, and the status of the vaults: how the watching goes, also when nothing happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from functions.adapters.azure_tables.rows import event_row
from functions.model.errors import Unavailable
from functions.model.options import DigestWhen, Options
from functions.model.request.apply_state import apply_state
from functions.model.request.history import Action
from functions.model.request.new_request import track
from functions.model.request.operation import Operation, Status
from functions.monitoring.digest import send_digest
from functions.monitoring.digest_text import MAX_DIGEST_VAULTS
from functions.monitoring.expiry import silenced
from functions.monitoring.inventory_scan import scan_inventory
from functions.monitoring.status import LATE, status_of_vaults
from functions.ports.chain_files import ParkedFile
from functions.ports.monitoring_store import InventoryScan, ScanCounts, Silenced, TrustNote, TrustState
from functions.ports.vault import CertificateItem, CertificatePage
from functions.requests.apply_and_save import save_acts
from functions.requests.check import check_named
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, acknowledge
from functions.triggers.http.status import vault_item
from tests.actors import saying
from tests.clock import NOW
from tests.unit.fakes import FakeChannel, FakeVault, World

ANN = saying("ann")
ANY_CA = ("Taking any CA's certificates", "main")


async def digest(world: World) -> dict[str, Any]:
    await send_digest(world.certflow)
    data = world.topic.published[-1].data
    return data | {"facts": [*map(tuple, data["facts"])]}


async def statuses(world: World) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(vault_item(one)) for one in await status_of_vaults(world.certflow)]


async def watched(**choices: Any) -> World:
    """A world whose vault was swept a moment ago."""
    world = World(options=Options(**choices))
    await world.monitoring_store.heartbeat("main", NOW)
    return world


async def started(world: World, name: str, status: Status = Status.IN_PROGRESS) -> None:
    await create_request(world.certflow, CreateCommand("main", name, {"policy": {"issuer": {"name": "DigiCert"}}}))
    world.vault.operations[name] = replace(world.vault.operations[name], status=status)


async def test_it_goes_out_also_when_nothing_happened() -> None:
    world = await watched()
    data = await digest(world)
    assert (data["good"], data["headline"], data["next_step"]) == (True, "all is well", "Nothing to do.")
    assert data["sentence"] == "In the last 24 hours: no request ended. In progress now: 0."
    assert data["facts"] == [("Vault main", "watched, last at 12:00 UTC, 0 in progress"), ANY_CA]


async def test_one_a_day_is_told_once_however_often_the_timer_comes() -> None:
    teams = FakeChannel("teams")
    world = await watched()
    world.channels = (teams,)
    for _ in range(2):
        await send_digest(world.certflow)
    for event in world.topic.published:
        await world.tell(event.id, event.type, event.data)
    assert [notice.title for notice in teams.sent] == ["Daily digest, 2026-11-24: all is well"]
    world.later(days=1)
    await send_digest(world.certflow)
    assert world.topic.published[-1].id != world.topic.published[0].id


async def test_what_ended_in_the_last_day_is_counted_and_what_ended_before_is_not() -> None:
    world = await watched()
    for name in ("a", "b"):
        await started(world, name, Status.COMPLETED)
    await started(world, "c", Status.CANCELLED)
    world.later(minutes=2)
    await world.sweep()
    await started(world, "d")
    await world.monitoring_store.heartbeat("main", world.now)
    data = await digest(world)
    assert data["ended"] == {"completed": 2, "cancelled": 1}
    assert data["sentence"] == "In the last 24 hours: 1 cancelled, 2 completed. In progress now: 1."
    assert data["good"] is True
    world.later(days=2)
    assert (await digest(world))["ended"] == {}


async def test_a_vault_that_nobody_watches_is_named() -> None:
    world = await watched()
    world.later(seconds=LATE.total_seconds() + 1)
    data = await digest(world)
    assert (data["good"], data["headline"]) == (False, "something needs a look")
    assert data["next_step"].startswith("Nobody has watched main lately")
    assert data["facts"] == [("Vault main", "NOT watched since 2026-11-24 12:00 UTC, 0 in progress"), ANY_CA]


async def test_a_vault_that_was_never_swept_is_late_too() -> None:
    data = await digest(World())
    assert data["vaults"][0]["late"] is True
    assert data["facts"][0] == ("Vault main", "not watched yet, 0 in progress")


async def test_failed_requests_and_files_set_aside_need_a_look() -> None:
    world = await watched()
    await started(world, "web", Status.FAILED)
    world.later(minutes=2)
    await world.sweep()
    await world.ledger.park("broken.pem", ParkedFile("0x1", 3))
    data = await digest(world)
    assert data["good"] is False
    assert "Some requests failed" in data["next_step"]
    assert "GET /api/status, with a function key in the header x-functions-key, names them." in data["next_step"]
    assert data["facts"][0] == ("Failed requests", "main/web")
    assert ("Files set aside", "broken.pem") in data["facts"]


async def test_of_many_that_failed_the_first_are_named_and_none_that_was_completed_after_all() -> None:
    world = await watched()
    for number in range(8):
        await started(world, f"web-{number}", Status.FAILED)
    world.later(minutes=2)
    await world.sweep()
    for request in list(world.ledger.tracked.values())[:2]:
        seen = replace(world.vault.operations[request.name], status=Status.COMPLETED)
        await save_acts(world.certflow, request, apply_state(request, seen, world.now))
    names = "main/web-2, main/web-3, main/web-4, main/web-5, main/web-6 and 1 more"
    assert ("Failed requests", names) in (await digest(world))["facts"]


async def test_what_is_acknowledged_and_what_is_muted_is_listed() -> None:
    world = await watched()
    await started(world, "web")
    await acknowledge(world.certflow, Address("main", "web"), NOW + timedelta(days=7), "we know", ANN)
    world.vault.tagged["quiet"] = {"certflow-mute": "true"}
    world.vault.start("quiet")
    await scan_inventory(world.certflow, "main", NOW + timedelta(seconds=50))
    data = await digest(world)
    assert data["vaults"][0]["acknowledged"] == ["web"]
    assert data["vaults"][0]["muted"] == ["quiet"]
    assert ("Kept quiet", "web, quiet") in data["facts"]
    world.later(days=8)
    assert (await digest(world))["vaults"][0]["acknowledged"] == []


async def test_of_requests_that_are_checked_again_after_a_fault_only_those_that_have_not_ended_are_in_progress() -> (
    None
):
    world = await watched()
    await started(world, "failed", Status.FAILED)
    await started(world, "slow")
    world.later(minutes=2)
    await world.sweep()
    for days in range(1, 15):  # all its reminders are given
        world.now = NOW + timedelta(days=days)
        await world.sweep()
    for name in ("failed", "slow"):  # an event of the vault, and then no answer
        world.vault.faults = [Unavailable("Key Vault 'main'", "HTTP 503")]
        await check_named(world.certflow, "main", name)
    marks = {mark.name: (mark.attempts, mark.remind_at) async for mark in world.ledger.in_progress("main")}
    assert marks == {"failed": (1, None), "slow": (1, None)}
    assert "In progress now: 1." in (await digest(world))["sentence"]


async def test_the_oldest_request_in_progress_is_named_by_its_start() -> None:
    world = await watched()
    await started(world, "old")
    world.later(hours=3)
    await started(world, "young")
    await world.monitoring_store.heartbeat("main", world.now)
    data = await digest(world)
    assert data["vaults"][0]["oldest"] == NOW.isoformat()
    words = "watched, last at 15:00 UTC, 2 in progress, the oldest for 3 hours"
    assert data["facts"] == [("Vault main", words), ANY_CA]


async def test_expired_certificates_that_the_survey_found_need_a_look() -> None:
    world = await watched()
    found = ScanCounts(40, {"near_expiry": 3, "expired": 1}, {"expired": ("old",)})
    world.monitoring_store.surveys["main"] = InventoryScan("main", began=NOW, finished=NOW, last=found)
    data = await digest(world)
    assert data["good"] is False
    assert "or disable them." in data["next_step"]
    assert data["facts"][0][1].endswith("0 in progress, 3 near their end, 1 expired")


async def test_the_choice_to_hear_only_news() -> None:
    world = await watched(digest=DigestWhen.NEWS)
    await send_digest(world.certflow)
    assert world.published == []
    await started(world, "web", Status.COMPLETED)
    world.later(minutes=2)
    await world.sweep()
    await world.monitoring_store.heartbeat("main", world.now)
    await send_digest(world.certflow)
    assert world.published[-1] == "Digest.Daily"


async def test_a_late_vault_is_news() -> None:
    world = await watched(digest=DigestWhen.NEWS)
    world.later(hours=1)
    await send_digest(world.certflow)
    assert world.published == ["Digest.Daily"]


async def test_the_choice_to_hear_nothing() -> None:
    world = World(options=Options(digest=DigestWhen.OFF))
    await send_digest(world.certflow)
    assert world.published == []


async def test_of_many_vaults_some_have_a_line_and_the_others_are_summed_up() -> None:
    world = World()
    many = replace(world.certflow, vaults={f"v{index:02}": FakeVault() for index in range(MAX_DIGEST_VAULTS + 3)})
    for alias in many.vaults:
        await world.monitoring_store.heartbeat(alias, NOW)
    await send_digest(many)
    facts = world.topic.published[0].data["facts"]
    assert len(facts) == MAX_DIGEST_VAULTS + 1
    assert tuple(facts[-1]) == ("Other vaults", "3, with 0 in progress")


async def test_a_thousand_vaults_fit_into_one_row_of_a_table_and_the_one_nobody_watches_comes_first() -> None:
    world = World()
    many = replace(world.certflow, vaults={f"vault-{index:018}": FakeVault() for index in range(1000)})
    counts = {"near_expiry": 10**6, "expired": 10**6, "silenced": 10**6, "muted": 10**6}
    silent = tuple(Silenced(f"{index:0127}", "not to be renewed", NOW + timedelta(days=9)) for index in range(20))
    found = ScanCounts(10**6, counts, {"muted": tuple(f"{index:0127}" for index in range(12))}, silent)
    for alias in list(many.vaults)[:-1]:
        await world.monitoring_store.heartbeat(alias, NOW)
        await world.monitoring_store.save_scan(InventoryScan(alias, finished=NOW, last=found))
        why = '"' * 1000
        world.monitoring_store.trusts[alias] = TrustNote(alias, "any", TrustState.UNREADABLE, why=why)
    for index, alias in enumerate(list(many.vaults)[:20]):
        for number in range(6):
            operation = Operation(f"{index:016}{number:016}", Status.IN_PROGRESS, "DigiCert", b"")
            name = f"{number:0127}"
            request = track(alias, name, operation, "CN=a", "k", None, NOW - timedelta(days=40), Action("created", ANN))
            waiting = replace(request.request, quiet_until=NOW + timedelta(days=7))
            world.ledger.tracked[alias, name, operation.request_id] = waiting
            failed = replace(waiting, name=f"{number:0126}f", status=Status.FAILED, ended=NOW, next_check=None)
            world.ledger.tracked[alias, failed.name, operation.request_id] = failed
    for number in range(9):
        await world.ledger.park(f"{number}".ljust(1024, '"'), ParkedFile("0x1", 3))
    await send_digest(many)
    (event,) = world.topic.published
    assert len(event_row(event)["event"]) <= 32_768  # characters of a property
    assert event.data["vaults"][0]["vault"] == "vault-000000000000000999"
    assert event.data["good"] is False


async def test_many_names_are_cut_and_counted() -> None:
    world = await watched()
    for number in range(8):
        await world.ledger.park(f"f{number}.pem", ParkedFile("0x1", 3))
    assert ("Files set aside", "f0.pem, f1.pem, f2.pem, f3.pem, f4.pem and 3 more") in (await digest(world))["facts"]


async def test_the_requests_that_ended_are_counted() -> None:
    world = await watched()
    for number in range(5):
        await started(world, f"web-{number}", Status.COMPLETED)
    world.later(minutes=2)
    await world.sweep()
    assert (await digest(world))["ended"] == {"completed": 5}


async def test_the_status_of_a_vault_says_when_it_was_swept_what_is_overdue_and_what_was_found() -> None:
    world = World(options=Options(read_only_vaults=frozenset({"main"})))
    (before,) = await statuses(world)
    assert before == {
        "vault": "main",
        "trusted_cas": {"takes": "any", "state": "unknown", "merges": True},
        "observed": True,
        "last_good_sweep": None,
        "backlog": 0,
        "last_survey": None,
    }
    await started(world, "web")
    await scan_inventory(world.certflow, "main", NOW + timedelta(seconds=50))
    await world.monitoring_store.heartbeat("main", NOW)
    world.later(minutes=5)
    (after,) = await statuses(world)
    assert (after["last_good_sweep"], after["backlog"]) == (NOW.isoformat(), 1)
    assert after["last_survey"] == {
        "finished": NOW.isoformat(),
        "certificates": 1,
        "counts": {"pending": 1, "unowned": 1},
        "names": {"pending": ["web"], "unowned": ["web"]},
        "silenced": [],
    }


@pytest.mark.parametrize(
    ("tags", "left", "says"),
    [
        ({"certflow-mute": "true"}, timedelta(days=3, hours=5), "muted, ends in 3 days"),
        ({"certflow-renew": "off"}, timedelta(days=3), "not to be renewed, ends in 3 days"),
        ({"certflow-renew": "OFF", "certflow-mute": "2099-01-01"}, timedelta(hours=7), "muted, ends in 7 hours"),
        ({"certflow-renew": "off"}, timedelta(days=-2), "not to be renewed, ended 2 days ago"),
        ({"certflow-renew": "off"}, timedelta(days=-8), None),  # told long enough
        ({"certflow-mute": "2020-01-01"}, timedelta(days=3), None),  # it is over
        ({"certflow-renew": "auto"}, timedelta(days=3), None),  # its owner hears
        ({"certflow-mute": "true"}, timedelta(days=30), None),  # not on its last rung
    ],
)
@pytest.mark.parametrize("when", list(DigestWhen))
async def test_an_end_that_a_tag_keeps_quiet_is_in_the_digest_from_the_last_rung_on(
    tags: dict[str, str], left: timedelta, says: str | None, when: DigestWhen
) -> None:
    world = await watched(digest=when)
    entry = CertificateItem("web", "t1", NOW + left - timedelta(days=90), NOW + left, tags=tags)

    async def page(token: str | None = None) -> CertificatePage:
        return CertificatePage((entry,), None)

    world.vault.page = page  # type: ignore[method-assign]  # one certificate
    world.monitoring_store.asked["main"] = NOW
    await scan_inventory(world.certflow, "main", NOW + timedelta(seconds=50))
    world.topic.published.clear()
    await send_digest(world.certflow)
    if when is DigestWhen.OFF or (when is DigestWhen.NEWS and says is None and left > timedelta(0)):
        assert world.topic.published == []
        return
    data = world.topic.published[-1].data
    assert dict(data["facts"]).get("Ends in silence") == (f"main/web: {says}" if says else None)
    assert [one["name"] for one in data["silenced"]] == (["web"] if says else [])
    assert ("nobody is told" in data["next_step"]) is bool(says)


async def test_a_disabled_certificate_ends_without_a_word() -> None:
    ends = NOW + timedelta(days=1)
    entry = CertificateItem("web", "t1", NOW - timedelta(days=90), ends, enabled=False, tags={"certflow-mute": "true"})
    assert silenced(entry, Options().ladder, NOW) is None
    assert silenced(replace(entry, enabled=True), Options().ladder, NOW) == Silenced("web", "muted", ends)


def ending(name: str, days: float, **tags: str) -> CertificateItem:
    """A certificate of 90 days that ends in so many."""
    ends = NOW + timedelta(days=days)
    return CertificateItem(name, name, ends - timedelta(days=90), ends, tags=tags or {"certflow-mute": "true"})


async def digest_of(**vaults: list[CertificateItem]) -> dict[str, Any]:
    """The digest after a survey of vaults with these certificates, page by page."""
    world = await watched()
    app = replace(world.certflow, vaults={alias: FakeVault() for alias in vaults})
    for alias, listed in vaults.items():

        async def page(token: str | None = None, *, listed: list[CertificateItem] = listed) -> CertificatePage:
            start = int(token or 0)
            more = str(start + 25) if start + 25 < len(listed) else None
            return CertificatePage(tuple(listed[start : start + 25]), more)

        app.vaults[alias].page = page  # type: ignore[method-assign]  # these certificates
        world.monitoring_store.asked[alias] = NOW
        await scan_inventory(app, alias, NOW + timedelta(seconds=50))
        await world.monitoring_store.heartbeat(alias, NOW)
    world.topic.published.clear()
    await send_digest(app)
    data = world.topic.published[-1].data
    return data | {"facts": dict(data["facts"])}


@pytest.mark.parametrize("tags", [{"certflow-mute": "true"}, {"certflow-renew": "off"}])
async def test_certificates_that_are_over_hide_none_that_is_still_to_end(tags: dict[str, str]) -> None:
    decoys = [ending(f"a-decoy-{number:02}", -number / 10, **tags) for number in range(1, 60)]
    data = await digest_of(main=[*decoys, ending("pay", 3, **tags)])
    assert data["silenced"][0]["name"] == "pay"
    assert data["silenced_count"] == 60
    why = "muted" if "certflow-mute" in tags else "not to be renewed"
    assert data["facts"]["Ends in silence"].startswith(f"60 certificates, first: main/pay: {why}, ends in 3 days, ")


async def test_certificates_of_one_vault_hide_none_of_another() -> None:
    decoys = [ending(f"decoy-{number:02}", number / 100) for number in range(1, 60)]
    data = await digest_of(dev=decoys, test=decoys, prod=[ending("pay", 3)])
    assert [one["name"] for one in data["silenced"][:4]] == ["decoy-01", "decoy-01", "pay", "decoy-02"]
    assert data["silenced_count"] == 119
    assert "prod/pay: muted, ends in 3 days" in data["facts"]["Ends in silence"]


async def test_of_what_is_still_to_end_the_nearest_comes_first_whatever_its_name() -> None:
    listed = [ending(f"{letter}-web", days) for letter, days in (("c", 1), ("a", 4), ("b", 2), ("d", -1))]
    data = await digest_of(main=listed)
    assert [one["name"] for one in data["silenced"]] == ["c-web", "b-web", "a-web", "d-web"]
    assert data["facts"]["Ends in silence"].startswith("4 certificates: main/c-web: muted, ends in 1 day, main/b-web")


async def test_the_status_of_a_vault_has_more_of_what_ends_in_silence_than_the_digest() -> None:
    world = await watched()
    listed = tuple(ending(f"web-{number:02}", number / 10) for number in range(1, 22))

    async def page(token: str | None = None) -> CertificatePage:
        return CertificatePage(listed, None)

    world.vault.page = page  # type: ignore[method-assign]  # these certificates
    world.monitoring_store.asked["main"] = NOW
    await scan_inventory(world.certflow, "main", NOW + timedelta(seconds=50))
    (status,) = await statuses(world)
    assert [one["name"] for one in status["last_survey"]["silenced"]] == [one.name for one in listed[:20]]
    assert status["last_survey"]["counts"]["silenced"] == 21
    assert "silenced" not in status["last_survey"]["names"]


async def test_what_is_kept_quiet_is_counted_whole_and_the_oldest_request_comes_first() -> None:
    world = await watched()
    for number in range(7, 0, -1):
        await started(world, f"web-{number}")
        await acknowledge(world.certflow, Address("main", f"web-{number}"), NOW + timedelta(days=9), "hush", ANN)
        world.later(minutes=1)
    world.ledger.tracked = dict(reversed(world.ledger.tracked.items()))  # marks come in no order
    found = ScanCounts(40, {"muted": 12}, {"muted": tuple(f"mute-{number}" for number in range(8))})
    world.monitoring_store.surveys["main"] = InventoryScan("main", began=NOW, finished=NOW, last=found)
    data = await digest(world)
    names = "web-7, web-6, web-5, web-4, web-3 and 14 more"
    assert ("Kept quiet", names) in data["facts"]
    assert data["vaults"][0]["quiet"] == 19


async def test_expired_certificates_of_many_vaults_hide_no_vault_that_merges_nothing() -> None:
    world = World()
    many = replace(world.certflow, vaults={f"v{index:02}": FakeVault() for index in range(MAX_DIGEST_VAULTS + 1)})
    for alias in many.vaults:
        await world.monitoring_store.heartbeat(alias, NOW)
        found = ScanCounts(40, {"near_expiry": 3, "expired": 2})
        world.monitoring_store.surveys[alias] = InventoryScan(alias, began=NOW, finished=NOW, last=found)
    last = f"v{MAX_DIGEST_VAULTS:02}"
    world.monitoring_store.trusts[last] = TrustNote(last, "files", TrustState.NONE, why="There is no CA.")
    world.monitoring_store.surveys[last] = InventoryScan(last)
    await send_digest(many)
    data = world.topic.published[-1].data
    assert data["vaults"][0]["vault"] == last
    assert any(title == f"Trust of {last}" for title, _ in data["facts"])
    assert ["Other vaults", "1, with 0 in progress, 3 near their end, 2 expired"] in data["facts"]


async def test_certificates_that_could_not_be_looked_at_need_a_look() -> None:
    world = await watched()
    found = ScanCounts(40, {"passed_over": 2}, {"passed_over": ("a", "b")})
    world.monitoring_store.surveys["main"] = InventoryScan("main", began=NOW, finished=NOW, last=found)
    data = await digest(world)
    assert data["good"] is False
    assert "Some certificates could not be looked at" in data["next_step"]
    assert data["facts"][0][1].endswith("0 in progress, 2 not looked at")
