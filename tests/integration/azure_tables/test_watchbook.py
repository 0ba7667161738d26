"""The watchbook on Azurite's tables: leases, surveys, notes, troubles, and what is known of issuers."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.monitoring_store import TableMonitoringStore
from functions.adapters.azure_tables.service import Tables
from functions.inventory.new_findings import MAX_FOUND
from functions.model.errors import ConcurrentChange, Unavailable
from functions.model.events.event import Event
from functions.model.events.expiry import NearExpiry
from functions.model.events.operators import RulesChanged
from functions.model.events.vaults import IssuerTroubled, TrustChanged, TrustMisplaced
from functions.monitoring.renewal_queue import MAX_COUNTED_NAMES
from functions.monitoring.scan_pages import MAX_KEPT_SILENCED, SILENCED
from functions.ports.monitoring_store import (
    FOUND_HASH_BYTES,
    CertificateNote,
    DigestFindings,
    Failure,
    InventoryScan,
    IssuerFailures,
    KeySearch,
    ScanCounts,
    ScanRequests,
    Silenced,
    TrustNote,
    TrustState,
)
from functions.ports.rules import RulesNote
from functions.ports.vault import CertificateItem
from testkit.tokens import AnyToken
from tests.clock import fixed_now

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOW = fixed_now().replace(microsecond=123456)
MINUTE = timedelta(minutes=1)
ROOT = Path(__file__).parents[3]


@pytest.fixture
def watchbook(tables: Tables) -> TableMonitoringStore:
    return TableMonitoringStore(tables)


async def outbox(tables: Tables) -> list[Event]:
    return (await TableLedger(tables).left_behind("main")).events


async def test_a_lease_is_held_by_one_until_it_is_let_go(watchbook: TableMonitoringStore) -> None:
    token = await watchbook.acquire("vault:a", NOW, NOW + MINUTE)
    assert token
    assert await watchbook.acquire("vault:a", NOW, NOW + MINUTE) is None
    assert await watchbook.acquire("vault:b", NOW, NOW + MINUTE)
    await watchbook.release("vault:a", token)
    await watchbook.release("vault:a", token)
    assert await watchbook.acquire("vault:a", NOW, NOW + MINUTE)


async def test_a_lease_that_has_lapsed_is_taken_over_and_the_late_holder_does_not_end_it(
    watchbook: TableMonitoringStore,
) -> None:
    late = await watchbook.acquire("lapsed", NOW, NOW + MINUTE)
    assert late
    assert await watchbook.acquire("lapsed", NOW + MINUTE - timedelta(microseconds=1), NOW + 2 * MINUTE) is None
    other = await watchbook.acquire("lapsed", NOW + MINUTE, NOW + 2 * MINUTE)
    assert other
    assert other != late
    await watchbook.release("lapsed", late)
    assert await watchbook.acquire("lapsed", NOW + MINUTE, NOW + 2 * MINUTE) is None


@pytest.mark.parametrize("held_before", [False, True])
async def test_of_many_that_want_a_lease_at_once_one_gets_it(
    watchbook: TableMonitoringStore, *, held_before: bool
) -> None:
    what = f"rush-{held_before}"
    if held_before:
        await watchbook.acquire(what, NOW - MINUTE, NOW)
    got = await asyncio.gather(*(watchbook.acquire(what, NOW, NOW + MINUTE) for _ in range(8)))
    assert len([token for token in got if token]) == 1


async def test_a_lease_may_be_on_anything(watchbook: TableMonitoringStore) -> None:
    assert await watchbook.acquire("channel:a/b\\c#d?e ü", NOW, NOW + MINUTE)
    assert await watchbook.acquire("channel:a/b\\c#d?e ü", NOW, NOW + MINUTE) is None


async def test_the_last_good_sweep_of_each_vault_is_kept(watchbook: TableMonitoringStore) -> None:
    assert await watchbook.heartbeats() == {}
    for vault in ("main", "eu"):
        await watchbook.heartbeat(vault, NOW)
    await watchbook.heartbeat("main", NOW + MINUTE)
    assert await watchbook.heartbeats() == {"main": NOW + MINUTE, "eu": NOW}


async def test_a_survey_comes_back_as_it_was_written(watchbook: TableMonitoringStore) -> None:
    assert await watchbook.scan("main") == InventoryScan("main")
    found = ScanCounts(30, {"pending": 2, "expired": 1}, {"pending": ("a", "b"), "expired": ("c",)})
    survey = InventoryScan(
        "main", under_way=True, began=NOW, token="p2 /#?", found=found, finished=NOW - MINUTE, last=found
    )
    kept = await watchbook.save_scan(survey)
    assert await watchbook.scan("main") == kept == survey
    again = await watchbook.save_scan(replace(kept, token="p3", tries=2))
    assert await watchbook.scan("main") == again == replace(survey, token="p3", tries=2)
    await watchbook.save_scan(replace(await watchbook.scan("main"), under_way=False, token=None))
    assert (await watchbook.scan("main")).under_way is False


async def test_a_survey_that_somebody_else_has_carried_on_is_not_undone(watchbook: TableMonitoringStore) -> None:
    first = await watchbook.scan("late")
    ahead = await watchbook.save_scan(replace(first, under_way=True, began=NOW))
    for stale in (first, replace(ahead, etag="W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"")):
        with pytest.raises(ConcurrentChange):
            await watchbook.save_scan(replace(stale, token="p2"))
    assert await watchbook.scan("late") == ahead
    await watchbook.save_scan(replace(ahead, under_way=False, finished=NOW))
    with pytest.raises(ConcurrentChange):
        await watchbook.save_scan(replace(ahead, token="p2"))
    assert (await watchbook.scan("late")).finished == NOW


async def test_the_fullest_survey_fits_into_its_row(watchbook: TableMonitoringStore) -> None:
    """As many names of each kind as are kept, as long as Key Vault lets a name be."""
    schema = json.loads((ROOT / "docs" / "events" / "Certflow.Vault.Surveyed.schema.json").read_text())
    kinds = schema["properties"]["data"]["properties"]["counts"]["propertyNames"]["enum"]
    named = set(kinds) - {SILENCED}
    names = {kind: tuple(f"{'n' * 124}{number:03}" for number in range(MAX_COUNTED_NAMES)) for kind in named}
    silent = tuple(Silenced("n" * 127, "not to be renewed", NOW) for _ in range(MAX_KEPT_SILENCED))
    found = ScanCounts(100_000, dict.fromkeys(kinds, 100_000), names, silent)
    survey = InventoryScan("v" * 24, under_way=True, began=NOW, token="t" * 2000, found=found, finished=NOW, last=found)
    assert await watchbook.save_scan(survey) == await watchbook.scan("v" * 24) == survey


async def test_a_survey_can_be_wanted_while_another_runs(watchbook: TableMonitoringStore) -> None:
    assert await watchbook.scan_requested("wants") == ScanRequests()
    running = InventoryScan("wants", under_way=True, began=NOW)
    await watchbook.save_scan(running)
    await watchbook.request_scan("wants", NOW + MINUTE)
    await watchbook.request_scan("wants", NOW + 2 * MINUTE, whole=True)
    latest = NOW + 2 * MINUTE
    assert await watchbook.scan_requested("wants") == ScanRequests(latest, whole=latest)
    assert await watchbook.scan("wants") == running


async def test_a_rebuild_can_be_wanted_while_a_survey_runs_which_then_says_which_one_it_is(
    watchbook: TableMonitoringStore,
) -> None:
    running = await watchbook.save_scan(InventoryScan("lost", under_way=True, began=NOW))
    await watchbook.request_rebuild("lost", NOW + MINUTE, "ann@example.com")
    assert (await watchbook.scan_requested("lost")).rebuild_by == "ann@example.com"
    await watchbook.request_scan("lost", NOW + 2 * MINUTE)  # and neither takes the other's away
    await watchbook.request_rebuild("lost", NOW + 3 * MINUTE, None)
    wanted = await watchbook.scan_requested("lost")
    assert wanted == ScanRequests(NOW + 2 * MINUTE, NOW + 3 * MINUTE)
    assert await watchbook.scan("lost") == running
    rebuild = InventoryScan("lost", under_way=True, began=NOW, rebuild=wanted.rebuild, etag=running.etag)
    assert await watchbook.save_scan(rebuild) == await watchbook.scan("lost") == rebuild
    assert rebuild.rebuilds


async def test_a_note_is_found_in_any_case_of_the_name_and_its_event_is_in_the_outbox(
    watchbook: TableMonitoringStore, tables: Tables
) -> None:
    assert await watchbook.note("main", "Web") is None
    note = CertificateNote("main", "Web", "t1", rung=2, renewals=(NOW - MINUTE, NOW), renewed="t1")
    event = Event(
        "main:web:t1:expiry:2", NearExpiry.type, "vaults/main/certificates/Web", NOW, "main", "Web", {"rung": 2}
    )
    for _ in range(2):
        await watchbook.save_note(note, (event,))
    assert await watchbook.note("main", "wEB") == note
    assert await watchbook.note("main", "we") is None
    assert await watchbook.note("eu", "web") is None
    assert [one for one in await outbox(tables) if one.id == event.id] == [event]
    stopped = replace(note, stopped="t1")
    await watchbook.save_note(stopped)
    assert await watchbook.note("main", "web") == stopped


async def test_trouble_is_kept_with_its_event_unless_somebody_else_was_faster(
    watchbook: TableMonitoringStore, tables: Tables
) -> None:
    first = await watchbook.issuer_failures("main", "DigiCert")
    assert first == IssuerFailures("main", "DigiCert")
    failure = Failure("a" * 32, "web", NOW, "certificate issuer error: …")
    trouble = replace(first, failures=(failure,), told={failure.kind: NOW})
    event = Event(
        "main:issuer:digicert:1", IssuerTroubled.type, "vaults/main/issuers/DigiCert", NOW, "main", "DigiCert"
    )
    await watchbook.save_issuer_failures(trouble, (event,))
    again = await watchbook.issuer_failures("main", "DIGICERT")
    assert again == trouble
    lost = replace(event, id="main:issuer:digicert:2")
    for stale in (first, replace(again, etag="W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"")):
        with pytest.raises(ConcurrentChange):
            await watchbook.save_issuer_failures(replace(stale, failures=()), (lost,))
    ids = {one.id for one in await outbox(tables)}
    assert event.id in ids
    assert lost.id not in ids
    await watchbook.save_issuer_failures(replace(again, failures=()))
    assert (await watchbook.issuer_failures("main", "digicert")).failures == ()


async def test_a_vaults_trust_is_kept_with_its_events_in_one_transaction(
    watchbook: TableMonitoringStore, tables: Tables
) -> None:
    assert await watchbook.trust("main") is None
    note = TrustNote("main", "files", TrustState.SET, "a" * 64, "b" * 64, once=True, since=NOW, changes=1)
    event = Event("main:trust:1", TrustChanged.type, "vaults/main/trusted-cas", NOW, "main", "trusted-cas")
    await watchbook.save_trust(note, (event,))
    again = await watchbook.trust("main")
    assert again == note
    lost = replace(event, id="main:trust:2")
    for stale in (note, replace(note, etag="W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"")):
        with pytest.raises(ConcurrentChange):
            await watchbook.save_trust(replace(stale, changes=2), (lost,))
    ids = {one.id for one in await outbox(tables)}
    assert event.id in ids
    assert lost.id not in ids
    assert again is not None
    await watchbook.save_trust(replace(again, state=TrustState.NONE, why="gone", until=NOW))
    assert await watchbook.trust("main") == replace(note, state=TrustState.NONE, why="gone", until=NOW)


async def test_what_was_seen_of_the_rules_is_kept_with_its_event(
    watchbook: TableMonitoringStore, tables: Tables
) -> None:
    assert await watchbook.rules_note() is None
    note = RulesNote("rules/notify.json", "a" * 64)
    await watchbook.save_rules_note(note)
    known = await watchbook.rules_note()
    assert known == note
    event = Event("rules:1", RulesChanged.type, "rules", NOW, name="rules")
    await watchbook.save_rules_note(replace(known, sha256="", changes=1), (event,))
    assert await watchbook.rules_note() == replace(note, sha256="", changes=1)
    with pytest.raises(ConcurrentChange):
        await watchbook.save_rules_note(known, (replace(event, id="rules:2"),))
    left = (await TableLedger(tables).left_behind(None)).events
    assert {one.id for one in left} & {"rules:1", "rules:2"} == {"rules:1"}


async def test_what_the_audit_had_found_is_kept_until_the_next_digest(watchbook: TableMonitoringStore) -> None:
    assert await watchbook.digest_findings("main") is None
    hashes = frozenset(number.to_bytes(FOUND_HASH_BYTES) for number in range(MAX_FOUND))
    full = DigestFindings("main", NOW.date(), hashes, 2, (("weak-key", "web"), ("expired-in-use", "api")))
    for kept in (full, replace(full, found=None), replace(full, found=frozenset()), full):
        await watchbook.save_digest_findings(kept)
        assert await watchbook.digest_findings("main") == kept
    assert await watchbook.digest_findings("eu") is None


async def test_files_of_no_vault_are_noted_with_their_event(watchbook: TableMonitoringStore) -> None:
    note = TrustNote("*", listed="c" * 64, since=NOW, changes=1)
    event = Event("trust:misplaced:1", TrustMisplaced.type, "trusted-cas", NOW, name="trusted-cas")
    await watchbook.save_trust(note, (event,))
    assert await watchbook.trust("*") == note
    assert await watchbook.trust("eu") is None


async def test_what_was_searched_for_a_key_is_kept_until_it_is_forgotten(watchbook: TableMonitoringStore) -> None:
    key, older = "a" * 64, "b" * 64
    assert await watchbook.search(key) is None
    note = KeySearch(key, NOW, ("main",), ("eu",))
    await watchbook.save_search(note)
    await watchbook.save_search(KeySearch(older, NOW - timedelta(days=8)))
    assert await watchbook.search(key) == note
    await watchbook.save_search(replace(note, through=("eu", "main"), left=()))
    await watchbook.forget_searches(NOW - timedelta(days=7))
    assert await watchbook.search(key) == replace(note, through=("eu", "main"), left=())
    assert await watchbook.search(older) is None
    await watchbook.forget_searches(NOW - timedelta(days=7))


async def test_renewals_are_counted_by_day_up_to_a_cap_also_at_once(watchbook: TableMonitoringStore) -> None:
    day = NOW.date()
    assert [await watchbook.count_renewal("main", day, 2) for _ in range(3)] == [True, True, False]
    assert await watchbook.count_renewal("main", day + timedelta(days=1), 1) is True
    assert await watchbook.count_renewal("main", day, 0) is False
    assert await watchbook.count_renewal("eu", day, 1) is True
    assert [await watchbook.renewals(vault, day) for vault in ("main", "eu", "us")] == [2, 1, 0]
    busy = day + timedelta(days=2)
    got = await asyncio.gather(*(watchbook.count_renewal("main", busy, 3) for _ in range(5)), return_exceptions=True)
    assert got.count(True) <= 3
    assert all(isinstance(one, bool | Unavailable) for one in got)
    while await watchbook.count_renewal("main", busy, 3):
        got.append(True)
    assert got.count(True) == 3


async def test_a_renewal_that_came_to_nothing_is_not_counted(watchbook: TableMonitoringStore) -> None:
    day = NOW.date() + timedelta(days=9)
    await watchbook.uncount_renewal("main", day)  # there is none
    assert [await watchbook.count_renewal("main", day, 2) for _ in range(3)] == [True, True, False]
    await watchbook.uncount_renewal("main", day)
    assert [await watchbook.count_renewal("main", day, 2) for _ in range(2)] == [True, False]
    for _ in range(3):  # fewer than none are none
        await watchbook.uncount_renewal("main", day)
    assert [await watchbook.count_renewal("main", day, 2) for _ in range(3)] == [True, True, False]


async def test_queued_renewals_come_back_the_nearest_end_first_each_once(watchbook: TableMonitoringStore) -> None:
    ends = {"late": NOW + 9 * MINUTE, "Soon": NOW + MINUTE, "past": NOW - MINUTE, "also-soon": NOW + MINUTE}
    for name, end in (*ends.items(), ("late", ends["late"])):
        await watchbook.queue_renewal(
            "main", CertificateItem(name, "t1", NOW - MINUTE, end, tags={"certflow-renew": "auto"})
        )
    await watchbook.queue_renewal("eu", CertificateItem("elsewhere", "t1", NOW, NOW))
    queued = await watchbook.queued_renewals("main", 10)
    assert [entry.name for entry in queued] == ["past", "also-soon", "Soon", "late"]
    assert queued[0] == CertificateItem("past", "t1", NOW - MINUTE, NOW - MINUTE, tags={"certflow-renew": "auto"})
    assert [entry.name for entry in await watchbook.queued_renewals("main", 2)] == ["past", "also-soon"]
    for _ in range(2):
        await watchbook.unqueue_renewal("main", queued[0])
    assert [entry.name for entry in await watchbook.queued_renewals("main", 10)] == ["also-soon", "Soon", "late"]


async def test_since_when_is_remembered_from_the_first_time(watchbook: TableMonitoringStore) -> None:
    assert await watchbook.since("a/thing", NOW) == NOW
    assert await watchbook.since("a/thing", NOW + MINUTE) == NOW
    assert await watchbook.since("another", NOW + MINUTE) == NOW + MINUTE


async def test_events_of_others_are_counted_by_day(watchbook: TableMonitoringStore) -> None:
    day = NOW.date()
    for _ in range(3):
        await watchbook.count_refused(day)
    assert [await watchbook.refused(one) for one in (day, day + timedelta(days=1))] == [3, 0]


async def test_how_long_an_issuer_takes_is_learned_and_the_newest_counts_for_some_of_it(
    watchbook: TableMonitoringStore,
) -> None:
    assert await watchbook.usual_duration("main", "DigiCert") is None
    await watchbook.add_duration("main", "DigiCert", 100)
    assert await watchbook.usual_duration("main", "digicert") == 100
    await watchbook.add_duration("main", "DIGICERT", 200)
    assert await watchbook.usual_duration("main", "DigiCert") == pytest.approx(130)
    assert await watchbook.usual_duration("eu", "DigiCert") is None


async def test_storage_that_does_not_answer_is_unavailable() -> None:
    tables = Tables("https://127.0.0.1:9/devstoreaccount1", AnyToken())
    with pytest.raises(Unavailable, match="table storage"):
        await TableMonitoringStore(tables).acquire("vault:a", NOW, NOW + MINUTE)
    await tables.close()
