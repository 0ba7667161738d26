"""Whose certificate is it: by key, across vaults, whatever else has that key, and whoever started the request."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from functions.chains.handle_upload import handle_stuck, handle_upload, retry, sweep_files
from functions.chains.inspect import inspect
from functions.chains.key_search import MAX_SEARCHED_NAMES
from functions.chains.match import match
from functions.chains.merge_by_call import return_file
from functions.chains.report import Report
from functions.model.errors import InvalidRequest, Refused, Unavailable, UnknownVault
from functions.model.findings import ChainProblem
from functions.model.links import Links
from functions.model.options import Options, Takes
from functions.model.request.actor import SCAN, UNNAMED, Actor, ActorKind
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import TrackedRequest
from functions.notifications.notice import notice_of
from functions.ports.chain_files import MAX_CUT_OFF_TRIES
from functions.ports.key_vault_objects import Policy
from functions.requests.adoption import adopt
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, delete
from functions.requests.publish_csr import remove_stale_csrs
from tests.certificates import DAY, Ca, Wish, as_read, make_csr, pem
from tests.clock import fixed_now
from tests.unit.fakes import FakeVault, World, version_of

ROOT = Ca.root("Test Root", at=fixed_now)
ISSUING = ROOT.ca("Test Issuing CA")


async def started(world: World, name: str = "web") -> Operation:
    await create_request(
        world.certflow, CreateCommand("main", name, {"policy": {"issuer": {"name": "Unknown"}}}, "me@example.com")
    )
    return world.vault.operations[name]


def chain_for(*operations: Operation) -> bytes:
    return pem(ROOT.certificate, ISSUING.certificate, *(ISSUING.signs(one.csr) for one in operations))


async def dropped(world: World, content: bytes, name: str = "web.pem") -> Report:
    world.chain_files.put(name, content, secrets.token_hex(4))
    report = await handle_upload(world.certflow, name)
    assert report is not None
    return report


def codes(report: Report) -> list[str]:
    return [finding["code"] for finding in report["findings"]]


async def test_a_file_with_several_leaves_serves_several_requests() -> None:
    world = World()
    first, second = await started(world, "first"), await started(world, "second")
    report = await dropped(world, chain_for(first, second))
    assert report["outcome"] == "merged"
    assert {leaf["request"]["name"] for leaf in report["leaves"]} == {"first", "second"}
    assert sorted(name for name, _ in world.vault.merges) == ["first", "second"]
    assert "stranger-dropped" not in codes(report)


async def test_a_file_is_rejected_if_one_of_its_leaves_is_and_the_report_says_what_became_of_each() -> None:
    world = World()
    good, bad = await started(world, "good"), await started(world, "bad")
    refused = world.vault.merge

    async def refuse_bad(name: str, chain: Any, more: Any = None) -> Any:
        if name == "bad":
            raise Refused(403, "Forbidden", "Merge is forbidden")
        return await refused(name, chain, more)

    world.vault.merge = refuse_bad  # type: ignore[method-assign]  # an issuer works on one of them
    report = await dropped(world, chain_for(good, bad))
    assert report["outcome"] == "rejected"
    assert world.chain_files.moved[0][0] == "chains-rejected"
    outcomes = {leaf["request"]["name"]: leaf["outcome"] for leaf in report["leaves"]}
    assert outcomes == {"good": "merged", "bad": "rejected"}
    assert report["sentence"].startswith("Key Vault refused the chain: Forbidden: Merge is forbidden")
    assert "for good in vault main was merged as version v1" in report["sentence"]
    assert world.topic.published[-1].name == "bad"


async def test_a_request_that_nobody_told_us_of_is_found_before_its_chain_is_rejected() -> None:
    world = World()
    await started(world, "ours")
    theirs = world.vault.start("theirs")  # in the portal, a minute ago
    looked = await inspect(world.certflow, chain_for(theirs))
    assert looked["outcome"] == "would-merge"
    assert "theirs" not in {one.name for one in world.ledger.tracked.values()}
    report = await dropped(world, chain_for(theirs))
    assert report["outcome"] == "merged"
    assert world.vault.merges[0][0] == "theirs"
    assert [act.what for act in world.ledger.acts if act.request_id == theirs.request_id] == ["adopted", "merged"]
    assert world.csr_store.given.keys() == {world.vault.operations["ours"].request_id}  # no CSR out for what is signed


async def test_a_renewal_started_elsewhere_with_the_same_key_is_found_though_the_key_is_known() -> None:
    world = World()
    first = await started(world)
    await dropped(world, chain_for(first))
    renewal = Operation(secrets.token_hex(16), Status.IN_PROGRESS, "Unknown", first.csr)  # reuse_key
    world.vault.operations["web"] = renewal
    report = await dropped(world, chain_for(first))  # signed anew
    assert report["outcome"] == "merged"
    assert report["leaves"][0]["request"]["request_id"] == renewal.request_id
    assert report["leaves"][0]["version"] == "v2"


async def test_with_a_reused_key_an_old_leaf_is_never_merged_again() -> None:
    world = World()
    first = await started(world)
    old = chain_for(first)
    await dropped(world, old)
    world.vault.operations.pop("web")
    again = await create_request(
        world.certflow, CreateCommand("main", "web", {"policy": {"issuer": {"name": "Unknown"}}})
    )
    world.vault.operations["web"] = replace(world.vault.operations["web"], csr=first.csr)
    request = await world.ledger.get("main", "web", again.request_id)
    assert request is not None
    key = next(one.key_sha256 for one in world.ledger.tracked.values() if one.request_id == first.request_id)
    world.ledger.tracked["main", "web", again.request_id] = replace(request, key_sha256=key)
    report = await dropped(world, old)
    assert report["outcome"] == "already-merged"
    assert len(world.vault.merges) == 1
    report = await dropped(world, old + pem(ISSUING.signs(first.csr)))  # the old leaf, and a new one
    assert report["outcome"] == "merged"
    assert report["leaves"][0]["request"]["request_id"] == again.request_id
    assert len(world.vault.merges) == 2


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
async def test_what_an_issuer_has_ended_without_a_certificate_takes_a_chain(status: Status) -> None:
    world = World()
    operation = await started(world)
    world.vault.operations["web"] = replace(operation, status=status)
    assert (await dropped(world, chain_for(operation)))["outcome"] == "merged"


async def test_the_key_of_an_ended_request_says_which_and_when() -> None:
    world = World()
    operation = await started(world)
    await dropped(world, chain_for(operation))
    report = await dropped(world, chain_for(operation))  # the same CSR, signed a second time
    assert codes(report) == ["request-ended"]
    assert operation.request_id in report["sentence"]
    assert "ended on 2026-11-24 12:00 UTC: completed" in report["sentence"]


async def test_every_configured_vault_is_asked_and_one_that_may_not_be_listed_is_passed_over() -> None:
    world = World()
    other = FakeVault()
    theirs = other.start("theirs")
    certflow = replace(world.certflow, vaults={"main": world.vault, "other": other})

    async def forbidden(token: str | None = None) -> Any:
        raise Refused(403, "Forbidden", "list is not allowed")

    world.vault.page = forbidden  # type: ignore[method-assign]  # a vault with fewer grants
    report = await inspect(certflow, chain_for(theirs))
    assert report["leaves"][0]["request"]["vault"] == "other"


@pytest.mark.parametrize("adopted", [False, True])
async def test_a_request_under_an_earlier_alias_of_its_vault_is_found_under_the_new_one(*, adopted: bool) -> None:
    world = World()
    operation = world.vault.start("web")
    request = await tracked_under(world, "old", operation)
    if adopted:  # by the inventory scan of the new alias
        await adopt(world.certflow, "main", "web", operation, SCAN)
    assert (await dropped(world, chain_for(operation)))["outcome"] == "merged"
    assert world.ledger.tracked["old", "web", request.request_id].status is Status.IN_PROGRESS


async def test_a_file_for_a_vault_that_is_not_configured_waits_until_it_is() -> None:
    world = World()
    operation = world.vault.start("web")
    await tracked_under(world, "old", operation)
    certflow = replace(world.certflow, vaults={"other": FakeVault()})
    world.chain_files.put("web.pem", chain_for(operation))
    with pytest.raises(UnknownVault, match="'old'"):
        await handle_upload(certflow, "web.pem")
    assert world.chain_files.moved == []


async def tracked_under(world: World, alias: str, operation: Operation) -> TrackedRequest:
    """A request that was tracked while its vault had this alias."""
    return await adopt(world.certflow.with_vault(alias, world.vault), alias, "web", operation, SCAN)


async def test_of_a_large_vault_a_thousand_names_are_asked_for_those_without_a_version_first() -> None:
    world = World(options=Options(budget=4000))
    version = version_of(ISSUING.signs(make_csr("other.example.com")[1]).public_bytes(Encoding.DER))
    for number in range(1200):
        world.vault.certificates[f"a-{number:04}"] = version
    theirs = world.vault.start("z-waits")  # on the last page
    report = await inspect(world.certflow, chain_for(theirs))
    assert report["outcome"] == "would-merge"
    world.vault.calls.clear()
    with pytest.raises(ChainProblem, match="There was no time to look through the others: main"):
        await match(world.certflow, as_read(ISSUING.signs(make_csr("stranger.example.com")[1])))
    assert world.vault.calls.count("pending") == MAX_SEARCHED_NAMES == 1000


async def test_a_chain_under_another_ca_than_the_vaults_own_is_rejected_and_names_it() -> None:
    world = World()
    operation = await started(world)
    own = Ca.root("Own Root", at=fixed_now)
    world.trusted.given["main"] = {"main/own.pem": pem(own.certificate)}
    report = await dropped(world, chain_for(operation))
    assert codes(report)[0] == "untrusted-ca"
    assert "CN=Test Root" in report["sentence"]
    world.trusted.given["main"]["main/test.pem"] = pem(ROOT.certificate)
    report = await dropped(world, pem(ISSUING.signs(operation.csr), ISSUING.certificate))
    assert report["outcome"] == "merged"
    assert codes(report) == []


async def test_trust_that_cannot_be_read_merges_nothing_and_says_which_file() -> None:
    world = World()
    operation = await started(world)
    for name, content, says in (
        ("notes.txt", b"ask Bob", "trusted-cas/main/notes.txt"),
        ("leaf.pem", pem(ISSUING.signs(operation.csr)), "is no CA"),
    ):
        world.trusted.given["main"] = {name: content}
        world.chain_files.put("web.pem", chain_for(operation))
        report = await handle_upload(world.certflow, "web.pem")
        assert report is not None
        assert report["outcome"] == "waiting"
        assert says in report["sentence"]
        assert list(world.chain_files.files) == ["web.pem"]
    assert world.vault.merges == []


async def test_the_root_is_merged_where_that_is_set() -> None:
    world = World(include_root=True)
    operation = await started(world)
    report = await dropped(world, chain_for(operation))
    assert world.vault.merges[0][1][1:] == [one.certificate.public_bytes(Encoding.DER) for one in (ISSUING, ROOT)]
    assert codes(report) == ["any-ca-accepted"]


async def test_warnings_travel_with_the_completion() -> None:
    world = World()
    operation = await started(world)
    more = ISSUING.signs(operation.csr, Wish(names=["web.example.com", "more.example.com"]))
    await dropped(world, pem(more, ISSUING.certificate))
    completed = next(one for one in world.topic.published if one.type.endswith("Completed"))
    assert "more.example.com" in completed.data["warnings"][0]


async def test_whoever_is_told_of_a_rejection_hears_all_that_is_wrong_so_as_to_ask_the_ca_once() -> None:
    world = World()
    operation = await started(world)
    other = ISSUING.signs(operation.csr, Wish(start=-2 * DAY, end=-DAY, key_ids=False))
    await dropped(world, pem(other))
    event = world.topic.published[-1]
    notice = notice_of(event.id, event.type, event.data, Links())
    assert notice is not None
    assert "expired" in notice.sentence
    (also,) = [value for title, value in notice.facts if title == "Also"]
    assert also.startswith("The certificate of CN=Test Issuing CA, which issued CN=web.example.com, is not among")


async def test_a_csr_is_handed_out_with_a_card_at_a_manual_start_and_the_event_says_where() -> None:
    world = World()
    operation = await started(world)
    csr, card = world.csr_store.given[operation.request_id]
    assert csr.startswith(b"-----BEGIN CERTIFICATE REQUEST-----")
    told = json.loads(card)
    assert (told["subject"], told["owner"], told["key"]["type"]) == (
        "CN=web.example.com",
        "me@example.com",
        "EC secp256r1",
    )
    assert world.csr_store.returns_to in told["how_to_return_the_chain"]
    event = world.topic.published[0]
    assert event.data["csr_url"].endswith(f"/csr/main/web/{operation.request_id}.csr")
    await create_request(world.certflow, CreateCommand("main", "dc", {"policy": {"issuer": {"name": "DigiCert"}}}))
    assert "csr_url" not in world.topic.published[-1].data


@pytest.mark.parametrize("if_pending", ["adopt", "replace"])
async def test_a_csr_is_handed_out_when_a_request_is_adopted_or_replaced(if_pending: Any) -> None:
    world = World()
    world.vault.start("web")
    policy: Policy = {
        "issuer": {"name": "Unknown"},
        "key_props": {"kty": "EC"},
        "x509_props": {"subject": "CN=web.example.com"},
    }
    begun = await create_request(
        world.certflow, CreateCommand("main", "web", {"policy": policy}, if_pending=if_pending)
    )
    assert world.csr_store.given.keys() == {begun.request_id}


@pytest.mark.parametrize("down", [False, True])
async def test_the_csr_of_what_has_ended_is_no_longer_out_whatever_the_storage_did(*, down: bool) -> None:
    world = World()
    ended = await started(world)
    await create_request(world.certflow, CreateCommand("main", "other", {"policy": {"issuer": {"name": "Unknown"}}}))
    await world.certflow.csr_store.put("elsewhere", "strange", "0" * 32, b"", b"")  # no vault of ours has it
    world.csr_store.down = down
    await delete(world.certflow, Address("main", "web"), UNNAMED)
    others = {world.vault.operations["other"].request_id, "0" * 32}
    assert world.csr_store.where.keys() == others | ({ended.request_id} if down else set())
    world.csr_store.down = False
    await remove_stale_csrs(world.certflow)
    assert world.csr_store.where.keys() == others


async def test_what_takes_the_app_down_each_time_is_told_and_not_tried_again_by_itself() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    world.later(minutes=11)

    async def die(name: str, request_id: str | None = None) -> Any:
        raise KeyboardInterrupt  # the kill

    pending, world.vault.pending = world.vault.pending, die  # type: ignore[method-assign]
    for _ in range(MAX_CUT_OFF_TRIES):
        assert world.published == ["Issuance.Started"]
        with pytest.raises(KeyboardInterrupt):
            await handle_stuck(world.certflow, "web.pem")
    await handle_stuck(world.certflow, "web.pem")
    assert "was stopped each time" in world.topic.published[-1].data["sentence"]
    assert await sweep_files(world.certflow) == 0
    world.vault.pending = pending  # type: ignore[method-assign]  # mended
    assert (await retry(world.certflow, "web.pem"))["outcome"] == "merged"
    assert world.ledger.put_aside == {}


async def test_an_outage_sets_nothing_aside_and_an_unforeseen_error_does_until_the_file_is_dropped_anew() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    world.later(minutes=11)
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")]
    await handle_stuck(world.certflow, "web.pem")
    assert world.ledger.put_aside == {}
    world.vault.faults = [RuntimeError("a bug")]
    await handle_stuck(world.certflow, "web.pem")
    assert await sweep_files(world.certflow) == 0
    world.chain_files.put("web.pem", chain_for(operation), "0x2")
    assert await sweep_files(world.certflow) == 1
    assert len(world.vault.merges) == 1
    assert await sweep_files(world.certflow) == 0
    assert world.ledger.put_aside == {}


async def test_a_retry_of_a_file_that_is_not_there_says_so() -> None:
    with pytest.raises(InvalidRequest, match=r"There is no file 'web\.pem'"):
        await retry(World().certflow, "web.pem")


async def test_a_leaf_that_is_a_version_already_is_told_apart_from_one_that_ended() -> None:
    world = World()
    operation = await started(world)
    leaf = ISSUING.signs(operation.csr)
    await dropped(world, pem(leaf, ISSUING.certificate))
    newer = version_of(ISSUING.signs(make_csr("web.example.com")[1]).public_bytes(Encoding.DER), "v9")
    world.vault.older["web"] = [world.vault.certificates["web"]]
    world.vault.certificates["web"] = newer
    report = await dropped(world, pem(leaf, ISSUING.certificate))
    assert report["outcome"] == "already-merged"
    assert report["leaves"][0]["version"] == "v1"


async def test_a_request_that_the_caller_may_not_see_counts_as_none_and_nothing_names_it() -> None:
    world, sparse = World(), World()
    mine, theirs = await started(world, "pay-web"), await started(world, "hr-web")
    elsewhere = world.vault.start("hr-portal")

    def sees_pay(vault: str, name: str) -> bool:
        return name.startswith("pay-")

    shown = world.certflow.narrowed({"main"}, sees_pay)
    for theirs_too in (theirs, elsewhere):
        content = chain_for(theirs_too)
        hidden, absent = await inspect(shown, content), await inspect(sparse.certflow, content)
        assert hidden == absent
        assert codes(hidden) == ["no-request-for-this-key"]
    both = await inspect(shown, chain_for(mine, theirs))
    assert [leaf["request"]["name"] for leaf in both["leaves"]] == ["pay-web"]
    assert codes(await inspect(world.certflow, chain_for(theirs)))[:1] != ["no-request-for-this-key"]


async def test_a_request_for_the_same_names_is_not_named_to_those_who_may_not_see_it() -> None:
    world = World()
    theirs = await started(world, "hr-web")
    other = replace(theirs, csr=make_csr("hr-web.example.com")[1])
    report = await inspect(world.certflow.narrowed({"main"}, lambda vault, name: False), chain_for(other))
    assert "hr-web in vault" not in json.dumps(report)
    assert "hr-web in vault" in json.dumps(await inspect(world.certflow, chain_for(other)))


async def test_a_file_that_a_caller_sends_is_merged_as_a_dropped_one_and_the_history_names_both() -> None:
    world = World()
    operation, theirs = await started(world, "pay-web"), await started(world, "hr-web")
    content = chain_for(operation, theirs)
    by = Actor(ActorKind.PERSON, "ann@example.com", oid="1", tid="2")
    shown = world.certflow.narrowed({"main"}, lambda vault, name: name == "pay-web")
    report = await return_file(shown, content, "from-the-ca.pem", by)
    assert (report["outcome"], "file" in report, "moved_to" in report) == ("merged", False, False)
    assert [name for name, _ in world.vault.merges] == ["pay-web"]
    merged = next(act for act in world.ledger.acts if act.what == "merged")
    assert merged.by == by
    assert merged.file == {"name": "from-the-ca.pem", "sha256": hashlib.sha256(content).hexdigest()}
    again = await return_file(shown, content, "from-the-ca.pem", by)
    assert again["outcome"] == "already-merged"
    assert len(world.vault.merges) == 1


async def test_a_file_that_a_caller_sends_neither_waits_nor_goes_to_quarantine() -> None:
    world = World(options=Options(trusted={"main": Takes.FILES}))
    operation = await started(world)
    report = await return_file(world.certflow, chain_for(operation), "web.pem", UNNAMED)
    assert report["outcome"] == "rejected"
    assert [leaf["outcome"] for leaf in report["leaves"]] == ["rejected"]
    assert report["next_step"].startswith("Nothing of this file was kept: send it again afterwards.")
    assert not world.vault.merges
    key = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n"
    assert (await return_file(world.certflow, key, "key.pem", UNNAMED))["outcome"] == "rejected"
