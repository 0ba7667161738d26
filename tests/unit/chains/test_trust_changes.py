"""Whose certificates a vault takes, and who hears of a change: nothing is merged on the ground of what is not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.functions as func
import msgspec
import pytest

from functions.chains.handle_upload import handle_upload, sweep_files
from functions.chains.inspect import inspect
from functions.chains.report import Report
from functions.chains.trust_changes import tell_any_ca, trust_for, watch_trust
from functions.chains.vault_trust import NOTICE
from functions.model.errors import BadSettings, Unavailable
from functions.model.options import DigestWhen, Options, Takes
from functions.monitoring.digest import send_digest
from functions.monitoring.status import status_of_vaults
from functions.ports.monitoring_store import InventoryScan
from functions.triggers.http.certificates import create_certificate
from functions.triggers.http.context import Context
from functions.triggers.http.status import vault_item
from tests.certificates import Ca, Wish, pem
from tests.clock import NOW, fixed_now
from tests.unit.fakes import FakeChannel, FakeVault, World
from tests.unit.request_and_chain import ISSUING, ROOT, chain_for, started

STRANGER = Ca.root("Stranger", at=fixed_now)
CAS = {"root.pem": pem(ROOT.certificate)}


def a_world(takes: Takes = Takes.FILES, **more: Any) -> World:
    return World(options=Options(trusted={"main": takes}), **more)


async def dropped(world: World, content: bytes, etag: str = "0x1") -> Report:
    world.chain_files.put("web.pem", content, etag)
    report = await handle_upload(world.certflow, "web.pem")
    assert report is not None
    return report


def told(world: World, type_: str = "Trust.Changed") -> list[dict[str, Any]]:
    return [event.data for event in world.topic.published if event.type == f"Certflow.{type_}"]


def states(world: World) -> list[tuple[str, bool]]:
    return [(data["state"], data["merges"]) for data in told(world)]


async def status(world: World) -> dict[str, Any]:
    (of_main,) = await status_of_vaults(world.certflow)
    return dict(msgspec.to_builtins(vault_item(of_main).trusted_cas))


async def test_a_new_vault_merges_nothing_until_a_ca_is_set_and_then_what_waited() -> None:
    world = a_world()
    operation = await started(world)
    await watch_trust(world.certflow)
    report = await dropped(world, chain_for(operation))
    assert (report["outcome"], report["findings"][0]["code"]) == ("waiting", "trust-missing")
    assert "trusted-cas/main/" in report["sentence"]
    assert world.vault.merges == []
    assert list(world.chain_files.files) == ["web.pem"]
    world.later(minutes=11)
    await sweep_files(world.certflow)
    await sweep_files(world.certflow)
    assert len(told(world, "Chain.Waiting")) == 1
    world.trusted.given["main"] = CAS
    await sweep_files(world.certflow)
    assert [container for container, _, _ in world.chain_files.moved] == ["chains-merged"]
    assert states(world) == [("none", False), ("set", True)]


async def test_a_strangers_chain_is_rejected_once_a_ca_is_set() -> None:
    world = a_world()
    operation = await started(world)
    world.trusted.given["main"] = {"root.pem": pem(STRANGER.certificate)}
    report = await dropped(world, chain_for(operation))
    assert (report["outcome"], report["findings"][0]["code"]) == ("rejected", "untrusted-ca")


async def test_what_could_not_be_merged_anyway_is_rejected_at_once() -> None:
    world = a_world()
    operation = await started(world)
    gone = ISSUING.signs(operation.csr, Wish(start=-timedelta(days=9), end=-timedelta(days=1)))
    report = await dropped(world, pem(gone, ISSUING.certificate, ROOT.certificate))
    assert report["outcome"] == "rejected"
    assert {"expired", "trust-missing"} <= {one["code"] for one in report["findings"]}
    assert report["findings"][0]["code"] != "trust-missing"


@pytest.mark.parametrize("takes", [Takes.FILES, Takes.ANY])
@pytest.mark.parametrize("gone", ["typo", "deleted", "container", "unreadable", "forbidden"])
async def test_once_trust_was_set_its_absence_stops_merging_and_is_told_once(takes: Takes, gone: str) -> None:
    teams = FakeChannel("teams")
    world = a_world(takes, channels=(teams,))
    world.trusted.given["main"] = CAS
    operation = await started(world)
    await watch_trust(world.certflow)
    if gone == "typo":
        world.trusted.given = {"mian": CAS}
    elif gone == "deleted":
        world.trusted.given["main"] = {}
    elif gone == "container":
        world.trusted.given = {}
    elif gone == "unreadable":
        world.trusted.given["main"] = CAS | {"notes.txt": b"ask Bob"}
    else:
        world.trusted.fault = BadSettings("trusted-cas cannot be read")
    for _ in range(3):
        await watch_trust(world.certflow)
    assert (await dropped(world, chain_for(operation)))["outcome"] == "waiting"
    assert (await inspect(world.certflow, chain_for(operation)))["outcome"] == "would-wait"
    assert world.vault.merges == []
    state = "unreadable" if gone in {"unreadable", "forbidden"} else "none"
    assert states(world) == [("set", True), (state, False)]
    assert len(told(world, "Trust.Misplaced")) == (gone == "typo")
    stands = await status(world)
    assert (stands["takes"], stands["state"], stands["merges"]) == (takes, state, False)
    assert "why" in stands
    await world.monitoring_store.heartbeat("main", world.now)
    await send_digest(world.certflow)
    digest = world.topic.published[-1].data
    assert digest["good"] is False
    assert "Put CAs into trusted-cas for main" in digest["next_step"]
    for event in world.topic.published:
        await world.tell(event.id, event.type, event.data)
    assert "Nothing is merged any more: vault main" in [notice.title for notice in teams.sent]
    world.trusted.fault, world.trusted.given = None, {"main": CAS}
    assert (await dropped(world, chain_for(operation)))["outcome"] == "merged"
    assert states(world)[-1] == ("set", True)


async def test_without_a_look_in_between_the_drop_itself_sees_that_trust_is_gone() -> None:
    world = a_world(Takes.ANY)
    operation = await started(world)
    world.trusted.given["main"] = CAS
    assert (await inspect(world.certflow, chain_for(operation)))["outcome"] == "would-merge"
    world.trusted.given = {}
    assert (await dropped(world, chain_for(operation)))["outcome"] == "waiting"
    assert states(world) == [("set", True), ("none", False)]


async def test_any_ca_is_taken_until_a_file_is_there_and_that_stands_in_status_and_digest() -> None:
    world = a_world(Takes.ANY)
    operation = await started(world)
    await watch_trust(world.certflow)
    assert told(world) == []
    assert await status(world) == {"takes": "any", "state": "any", "merges": True, "since": NOW.isoformat()}
    await send_digest(world.certflow)
    digest = world.topic.published[-1].data
    assert ["Taking any CA's certificates", "main"] in digest["facts"]
    assert digest["vaults"][0]["any_ca"] is True
    assert (await dropped(world, chain_for(operation)))["outcome"] == "merged"


async def test_public_takes_the_public_cas_and_those_of_the_files_and_no_others() -> None:
    world = a_world(Takes.PUBLIC)
    world.trusted.public_cas = pem(STRANGER.certificate)
    operation = await started(world)
    assert (await inspect(world.certflow, chain_for(operation)))["findings"][0]["code"] == "untrusted-ca"
    world.trusted.given["main"] = CAS
    assert (await dropped(world, chain_for(operation)))["outcome"] == "merged"
    assert states(world) == [("public", True), ("public", True)]
    assert [data["count"] for data in told(world)] == [1, 2]


async def test_every_change_is_told_with_the_hash_and_who_is_trusted_now() -> None:
    teams = FakeChannel("teams")
    world = a_world(channels=(teams,))
    for files in (CAS, CAS, CAS | {"more.pem": pem(STRANGER.certificate)}, CAS):
        world.trusted.given["main"] = dict(files)
        await watch_trust(world.certflow)
    first, second, third = told(world)
    assert "before" not in first
    assert [second["before"], third["before"]] == [first["sha256"], second["sha256"]]
    assert first["sha256"] == third["sha256"] != second["sha256"]
    assert [one["subject"] for one in second["cas"]] == ["CN=Test Root", "CN=Stranger"]
    assert len({event.id for event in world.topic.published}) == 3
    for event in world.topic.published:
        await world.tell(event.id, event.type, event.data)
    facts = dict(teams.sent[1].facts)
    assert (facts["SHA-256"], facts["SHA-256 before"]) == (second["sha256"], second["before"])
    assert "CN=Stranger" in facts["CA"]


async def test_what_has_not_changed_is_not_read_again() -> None:
    world = a_world()
    world.trusted.given["main"] = CAS
    for _ in range(3):
        await watch_trust(world.certflow)
    assert world.trusted.reads == ["main/root.pem"]


async def test_what_is_wrong_in_one_vaults_folder_stops_no_other() -> None:
    world = a_world()
    world.trusted.given = {"main": CAS, "other": {"notes.txt": b"ask Bob"}, "mian": CAS, "": {"loose.pem": b"?"}}
    certflow = replace(world.certflow, vaults={"main": world.vault, "other": FakeVault()})
    operation = await started(world)
    for _ in range(2):
        await watch_trust(certflow)
    assert {(data["vault"], data["merges"]) for data in told(world)} == {("main", True), ("other", False)}
    (misplaced,) = told(world, "Trust.Misplaced")
    assert misplaced == {"files": ["loose.pem", "mian/root.pem"], "count": 2, "vaults": ["main", "other"]}
    with pytest.raises(BadSettings, match=r"trusted-cas/other/notes\.txt"):
        await trust_for(certflow, "other")
    world.chain_files.put("web.pem", chain_for(operation))
    report = await handle_upload(certflow, "web.pem")
    assert report is not None
    assert report["outcome"] == "merged"


async def test_files_of_no_vault_are_told_again_when_others_come_and_when_they_come_back() -> None:
    world = a_world()
    for folders in ("a", "a", "ab", "", "a"):
        world.trusted.given = dict.fromkeys(folders, CAS)
        await watch_trust(world.certflow)
    assert [data["count"] for data in told(world, "Trust.Misplaced")] == [1, 2, 1]


async def test_the_folder_for_all_vaults_counts() -> None:
    world = a_world()
    world.trusted.given["*"] = CAS
    operation = await started(world)
    assert (await dropped(world, chain_for(operation)))["outcome"] == "merged"


async def test_a_file_in_transit_is_no_change_of_trust() -> None:
    world = a_world()
    world.trusted.given["main"] = CAS
    await watch_trust(world.certflow)
    world.trusted.given["main"] = {"root.pem": pem(STRANGER.certificate)}
    world.trusted.faults["main/root.pem"] = Unavailable("The chain storage", "is being changed")
    await watch_trust(world.certflow)
    with pytest.raises(Unavailable):
        await trust_for(world.certflow, "main")
    assert states(world) == [("set", True)]


async def test_an_update_goes_on_merging_for_a_while_and_says_so_before_it_stops() -> None:
    """The vault was surveyed by a version that knew no such setting, and has no file."""
    world = a_world()
    world.monitoring_store.surveys["main"] = InventoryScan("main", finished=NOW - timedelta(days=1))
    operation = await started(world)
    for _ in range(3):
        await watch_trust(world.certflow)
    (ending,) = told(world)
    assert (ending["state"], ending["merges"], ending["until"]) == ("ending", True, (NOW + NOTICE).isoformat())
    assert (await inspect(world.certflow, chain_for(operation)))["outcome"] == "would-merge"
    world.now = NOW + NOTICE
    await watch_trust(world.certflow)
    assert states(world) == [("ending", True), ("none", False)]
    assert (await dropped(world, chain_for(operation)))["outcome"] == "waiting"


async def test_a_folder_that_could_not_be_read_meanwhile_takes_nothing_from_that_time() -> None:
    """A role, say, that has not arrived everywhere when the new version looks for the first time."""
    world = a_world()
    world.monitoring_store.surveys["main"] = InventoryScan("main", finished=NOW - timedelta(days=1))
    listed = world.trusted.listed

    async def forbidden() -> Any:
        raise BadSettings("trusted-cas: the app's identity may not read there.")

    world.trusted.listed = forbidden  # type: ignore[method-assign]  # the fault
    await watch_trust(world.certflow)
    world.monitoring_store.surveys["main"] = InventoryScan("main", finished=NOW, covers=NOW)  # surveyed by this version
    world.trusted.listed = listed  # type: ignore[method-assign]
    await watch_trust(world.certflow)
    assert [state for state, _ in states(world)] == ["unreadable", "ending"]
    world.now = NOW + NOTICE
    await watch_trust(world.certflow)
    assert states(world)[-1] == ("none", False)


async def test_once_a_ca_was_set_an_update_has_no_such_time_left() -> None:
    world = a_world()
    world.monitoring_store.surveys["main"] = InventoryScan("main", finished=NOW - timedelta(days=1))
    await watch_trust(world.certflow)
    world.trusted.given["main"] = CAS
    await watch_trust(world.certflow)
    world.trusted.given = {}
    await watch_trust(world.certflow)
    assert states(world) == [("ending", True), ("set", True), ("none", False)]


async def test_a_vault_that_this_version_has_surveyed_has_no_such_time() -> None:
    world = a_world()
    await world.shift()
    assert world.monitoring_store.surveys["main"].finished is not None
    await watch_trust(world.certflow)
    assert states(world) == [("none", False)]


async def test_setting_it_anew_is_a_change_and_begins_anew() -> None:
    world = a_world(Takes.ANY)
    world.trusted.given["main"] = CAS
    await watch_trust(world.certflow)
    world.trusted.given = {}
    world.options = Options(trusted={"main": Takes.FILES})
    await watch_trust(world.certflow)
    world.options = Options(trusted={"main": Takes.ANY})
    await watch_trust(world.certflow)
    assert states(world) == [("set", True), ("none", False), ("any", True)]
    assert "CERTFLOW_TRUSTED_CAS" in (await notice_of(world)).sentence


async def notice_of(world: World) -> Any:
    teams = FakeChannel("teams")
    world.channels = (teams,)
    last = world.topic.published[-1]
    await world.tell(last.id, last.type, last.data)
    return teams.sent[-1]


@pytest.mark.parametrize(
    ("takes", "issuer", "says"),
    [
        (Takes.FILES, "Unknown", "There is no CA's certificate in trusted-cas/main/"),
        (Takes.FILES, "DigiCert", None),
        (Takes.ANY, "Unknown", None),
    ],
)
async def test_a_create_says_that_its_chain_could_not_be_merged(takes: Takes, issuer: str, says: str | None) -> None:
    world = a_world(takes)
    body = f'{{"policy": {{"issuer": {{"name": "{issuer}"}}}}}}'.encode()
    route = {"vault": "MAIN", "name": "web"}
    request = func.HttpRequest(
        "POST", "https://x/api/vaults/MAIN/certificates/web/create", body=body, route_params=route
    )
    response = await create_certificate(request, Context(lambda: world.certflow))
    assert response.status_code == 202
    text = response.get_body().decode()
    assert (says in text) if says else ("trusted-cas" not in text)


async def test_a_storage_that_does_not_answer_is_no_change_and_does_not_fail_the_timer() -> None:
    world = a_world()
    world.trusted.given["main"] = CAS
    await watch_trust(world.certflow)
    world.trusted.fault = Unavailable("The chain storage", "HTTP 503")
    await watch_trust(world.certflow)
    assert states(world) == [("set", True)]


async def test_two_that_see_it_at_once_tell_it_once() -> None:
    world = a_world()
    world.trusted.given["main"] = CAS
    keep = world.monitoring_store.save_trust

    async def late(note: Any, events: Any = ()) -> None:
        world.monitoring_store.save_trust = keep  # type: ignore[method-assign]
        await watch_trust(world.certflow)
        await keep(note, events)

    world.monitoring_store.save_trust = late  # type: ignore[method-assign]
    await watch_trust(world.certflow)
    assert states(world) == [("set", True)]


@pytest.mark.parametrize("digest", [DigestWhen.OFF, DigestWhen.NEWS, DigestWhen.DAILY])
async def test_that_any_ca_is_taken_is_told_to_the_operators_once_a_day_and_in_no_issued_mail(
    digest: DigestWhen,
) -> None:
    email = FakeChannel("email")
    choices = Options(trusted={"main": Takes.ANY}, digest=digest, operators=("ops@example.com",))
    world = World(options=choices, channels=(email,))
    operation = await started(world)
    report = await dropped(world, chain_for(operation))
    assert "any-ca-accepted" in [one["code"] for one in report["findings"]]
    (completed,) = told(world, "Issuance.Completed")
    assert "warnings" not in completed
    assert all(act.warnings == () for act in world.ledger.acts)
    world.later(days=2)  # the end of the request is no news any more
    await world.monitoring_store.heartbeat("main", world.now)
    begun = len(world.topic.published)
    for days in range(2):
        for _ in range(3):  # the timer may come again
            if not await send_digest(world.certflow):
                await tell_any_ca(world.certflow)
        world.later(days=1 - days)
        await world.monitoring_store.heartbeat("main", world.now)
    daily = {one.id: one for one in world.topic.published[begun:]}.values()
    assert len(daily) == 2
    for event in daily:
        await world.tell(event.id, event.type, event.data)
    assert {to for _, some in email.messages for to in some} == {"ops@example.com"}
    said = ["any CA" in f"{notice.sentence} {notice.facts}" for notice in email.sent]
    assert said == [True, True]


async def test_a_trusted_ca_that_cannot_be_used_is_told_with_the_change_and_in_no_issued_mail() -> None:
    teams = FakeChannel("teams")
    world = a_world(channels=(teams,))
    operation = await started(world)
    server = ISSUING.signs(operation.csr)
    world.trusted.given["main"] = {"cas.pem": pem(ROOT.certificate, server)}
    assert "trusted-ca-ignored" in [one["code"] for one in (await dropped(world, chain_for(operation)))["findings"]]
    assert "warnings" not in told(world, "Issuance.Completed")[0]
    (changed,) = told(world)
    assert "is no CA" in changed["ignored"][0]
    await world.tell("e1", "Certflow.Trust.Changed", changed)
    assert "is no CA" in dict(teams.sent[-1].facts)["Does not count"]
