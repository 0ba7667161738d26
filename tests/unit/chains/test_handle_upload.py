"""A dropped file: merged once, or rejected with a reason, and never lost."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from functions.adapters.azure_tables.rows import event_row
from functions.adapters.mail.gathered import mail_with
from functions.adapters.teams.card import message
from functions.chains.handle_upload import handle_stuck, handle_upload, sweep_files
from functions.chains.parsing.parse import MAX_FILE_BYTES
from functions.model.errors import Refused, Unavailable
from functions.model.events.chains import Rejected
from functions.model.links import Links
from functions.model.options import Options
from functions.model.request.operation import Status
from functions.model.request.tracked import Change
from functions.notifications.notice import notice_of
from functions.ports.chain_files import DroppedFile
from functions.requests.create import CreateCommand, create_request
from functions.x509.public_keys import sha1_of
from tests.certificates import DAY, Ca, Wish, make_csr, pem
from tests.clock import NOW, fixed_now
from tests.unit.fakes import World
from tests.unit.request_and_chain import ISSUING, ROOT, chain_for, started


def report(world: World, index: int = -1) -> dict[str, Any]:
    return json.loads(world.chain_files.moved[index][2])  # type: ignore[no-any-return]  # our own report


async def test_a_chain_is_merged_leaf_first_and_the_file_moved_with_a_report() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("from-ca.txt", chain_for(operation))
    await handle_upload(world.certflow, "from-ca.txt")
    ((name, merged),) = world.vault.merges
    assert name == "web"
    assert merged[0] == world.vault.certificates["web"].der
    assert merged[1:] == [ISSUING.certificate.public_bytes(Encoding.DER)]
    assert world.chain_files.moved[0][:2] == (
        "chains-merged",
        f"main/web/v1/{report(world)['moved_to'].rsplit('/', 1)[1]}",
    )
    assert report(world)["outcome"] == "merged"
    (leaf,) = report(world)["leaves"]
    assert leaf["version"] == "v1"
    assert leaf["request"] == {"vault": "main", "name": "web", "request_id": operation.request_id}
    assert [one["subject"] for one in leaf["chain"]] == [
        "CN=web.example.com",
        "CN=Test Issuing CA",
        "CN=Test Root",
    ]
    assert world.published == ["Issuance.Started", "Issuance.Completed", "Chain.Merged"]
    assert world.history == ["created", "merged"]


async def test_the_history_says_what_an_auditor_asks_of_a_merge() -> None:
    world = World()
    leaf = ROOT.signs((await started(world)).csr, Wish(names=("web.example.com", "more.example.com")))
    content = pem(leaf, ROOT.certificate)
    world.chain_files.put("from-ca.txt", content)
    await handle_upload(world.certflow, "from-ca.txt")
    merged = world.ledger.acts[-1]
    assert merged.certificate == {
        "version": "v1",
        "thumbprint": sha1_of(leaf.public_bytes(Encoding.DER)),
        "subject": "CN=web.example.com",
        "issuer": "CN=Test Root",
        "serial": f"{leaf.serial_number:x}",
        "sha256": leaf.fingerprint(hashes.SHA256()).hex(),
        "not_before": leaf.not_valid_before_utc.isoformat(),
        "not_after": leaf.not_valid_after_utc.isoformat(),
    }
    assert merged.file == {"name": "from-ca.txt", "sha256": hashlib.sha256(content).hexdigest()}
    assert any("more.example.com" in warning for warning in merged.warnings)
    assert world.topic.published[1].data["warnings"] == list(merged.warnings)


async def test_a_warning_that_the_operator_has_chosen_keeps_a_chain_back() -> None:
    world = World(options=Options(refused_warnings=frozenset({"name-added"})))
    operation = await started(world)
    more = ROOT.signs(operation.csr, Wish(names=("web.example.com", "more.example.com")))
    world.chain_files.put("more.pem", pem(more, ROOT.certificate))
    await handle_upload(world.certflow, "more.pem")
    assert world.vault.merges == []
    assert world.chain_files.moved[0][0] == "chains-rejected"
    finding = report(world)["findings"][0]
    assert (finding["code"], finding["severity"]) == ("name-added", "error")
    assert "again" in finding["next_step"]  # its step is one that can be taken before the merge
    world.chain_files.put("as-asked.pem", chain_for(operation))
    await handle_upload(world.certflow, "as-asked.pem")
    assert report(world)["outcome"] == "merged"


async def test_a_file_of_which_only_the_beginning_was_read_is_told_by_its_size() -> None:
    world, size = World(), 400 * 1024 * 1024
    world.chain_files.files["disk.img"] = DroppedFile(
        "disk.img", b"x" * (MAX_FILE_BYTES + 1), size, None, '"0xABC"', NOW, {}
    )
    await handle_upload(world.certflow, "disk.img")
    assert world.chain_files.moved[0][0] == "chains-quarantine"
    assert [one["code"] for one in report(world)["findings"]] == ["too-large"]
    (told,) = world.topic.published
    assert told.data["file"]["size"] == size
    assert "sha256" not in told.data["file"]


async def test_the_same_chain_twice_is_one_merge_and_one_completion_and_both_reports_say_so() -> None:
    world = World()
    operation = await started(world)
    content = chain_for(operation)
    world.chain_files.put("first.pem", content, "0x1")
    world.chain_files.put("second.pem", content, "0x2")
    await handle_upload(world.certflow, "first.pem")
    await handle_upload(world.certflow, "second.pem")
    assert len(world.vault.merges) == 1
    assert world.published.count("Issuance.Completed") == 1
    assert [move[0] for move in world.chain_files.moved] == ["chains-merged", "chains-merged"]
    assert report(world)["findings"][0]["code"] == "already-merged"


async def test_two_runs_at_once_merge_once() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("first.pem", chain_for(operation), "0x1")
    world.chain_files.put("second.pem", chain_for(operation), "0x2")
    await asyncio.gather(handle_upload(world.certflow, "first.pem"), handle_upload(world.certflow, "second.pem"))
    assert len(world.vault.merges) == 1
    assert world.published.count("Issuance.Completed") == 1


async def test_a_check_between_merge_and_record_tells_the_end_once() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    merge = world.vault.merge

    async def merge_and_check(name: str, chain: Any, more: Any = None) -> Any:
        version = await merge(name, chain, more)
        world.later(minutes=1)
        await world.sweep()
        return version

    world.vault.merge = merge_and_check  # type: ignore[method-assign]  # the timer's run, just here
    await handle_upload(world.certflow, "web.pem")
    assert world.published.count("Issuance.Completed") == 1
    assert world.chain_files.moved[0][0] == "chains-merged"


async def test_a_run_cut_off_after_the_merge_is_finished_by_the_next() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    merge = world.vault.merge

    async def merge_and_die(name: str, chain: Any, more: Any = None) -> Any:
        await merge(name, chain)
        raise KeyboardInterrupt

    world.vault.merge = merge_and_die  # type: ignore[method-assign]  # the kill
    with pytest.raises(KeyboardInterrupt):
        await handle_upload(world.certflow, "web.pem")
    world.vault.merge = merge  # type: ignore[method-assign]  # the restart
    await handle_upload(world.certflow, "web.pem")
    assert len(world.vault.merges) == 1
    assert world.published.count("Issuance.Completed") == 1
    assert world.chain_files.moved[0][0] == "chains-merged"
    assert world.history == ["created", "merged"]
    completed = next(event for event in world.topic.published if event.type.endswith("Completed"))
    assert "warnings" not in completed.data  # whose certificates a vault takes is the operators' to say
    codes = [finding["code"] for finding in report(world)["findings"]]
    assert codes == ["already-merged", "any-ca-accepted", "root-left-out"]


@pytest.mark.parametrize("content", [b"", b"no certificate", pem(Ca.root("Stranger", at=fixed_now).certificate)])
async def test_what_fits_no_request_is_rejected_with_one_event_and_nothing_merged(content: bytes) -> None:
    world = World()
    await started(world)
    world.chain_files.put("wrong.pem", content)
    await handle_upload(world.certflow, "wrong.pem")
    assert world.chain_files.moved[0][0] == "chains-rejected"
    assert report(world)["sentence"]
    assert report(world)["next_step"]
    assert world.vault.merges == []
    assert world.published == ["Issuance.Started", "Chain.Rejected"]
    assert [one.status for one in world.ledger.tracked.values()] == [Status.IN_PROGRESS]


async def test_a_chain_for_another_key_names_what_is_in_it() -> None:
    world = World()
    await started(world)
    world.chain_files.put("wrong.pem", pem(ISSUING.signs(make_csr("other.example.com")[1])))
    await handle_upload(world.certflow, "wrong.pem")
    assert report(world)["findings"][0]["code"] == "no-request-for-this-key"
    assert "CN=other.example.com" in report(world)["sentence"]
    assert "request" not in world.topic.published[-1].data


async def test_a_chain_for_another_key_tells_those_who_wait_for_its_names() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("wrong.pem", pem(ISSUING.signs(make_csr("web.example.com")[1])))
    await handle_upload(world.certflow, "wrong.pem")
    finding = report(world)["findings"][0]
    assert finding["code"] == "no-request-for-this-key"
    assert "web in vault main, asked for 2026-11-24 12:00 UTC (key " in finding["sentence"]
    path = f"GET /api/vaults/main/certificates/web/pending/csr?request_id={operation.request_id}"
    assert path in finding["next_step"]
    told = world.topic.published[-1]
    assert (told.type, told.vault, told.name) == (Rejected.type, "main", "web")
    assert told.data["request"]["request_id"] == operation.request_id
    assert told.data["owner"] == "me@example.com"


async def test_key_vaults_refusal_is_passed_on_with_its_code_and_the_request_stays_mergeable() -> None:
    world = World()
    operation = await started(world, "DigiCert")
    world.chain_files.put("early.pem", chain_for(operation))
    merge = world.vault.merge

    async def refuse(name: str, chain: Any, more: Any = None) -> Any:
        raise Refused(403, "Forbidden", "Merge is forbidden on pending object")

    world.vault.merge = refuse  # type: ignore[method-assign]  # an issuer's request in progress
    await handle_upload(world.certflow, "early.pem")
    assert "Forbidden: Merge is forbidden" in report(world)["sentence"]
    assert world.topic.published[-1].data["owner"] == "me@example.com"
    world.vault.merge = merge  # type: ignore[method-assign]  # it has failed meanwhile
    world.vault.operations["web"] = replace(operation, status=Status.FAILED)
    world.chain_files.put("again.pem", chain_for(operation), "0x2")
    await handle_upload(world.certflow, "again.pem")
    assert world.chain_files.moved[-1][0] == "chains-merged"


@pytest.mark.parametrize(("status", "inner"), [(403, "ForbiddenByRbac"), (403, "ForbiddenByFirewall"), (401, None)])
async def test_a_right_that_the_app_lacks_is_no_fault_of_the_chain(status: int, inner: str | None) -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    merge = world.vault.merge

    async def refuse(name: str, chain: Any, more: Any = None) -> Any:
        raise Refused(status, "Forbidden", "Caller is not authorized to perform action.", inner=inner)

    world.vault.merge = refuse  # type: ignore[method-assign]  # a role that was assigned has not arrived everywhere
    with pytest.raises(Refused, match="not authorized"):
        await handle_upload(world.certflow, "web.pem")
    assert world.chain_files.moved == []
    world.vault.merge = merge  # type: ignore[method-assign]
    await handle_upload(world.certflow, "web.pem")
    assert len(world.vault.merges) == 1


def refuses(world: World, call: str, refused: Refused, *, nth: int = 1) -> None:
    """Key Vault refuses a call once, the nth of its kind."""
    method, count = getattr(world.vault, call), itertools.count(1)

    async def refusing(*given: Any) -> Any:
        if next(count) == nth:
            world.vault.calls.append(call)
            raise refused
        return await method(*given)

    setattr(world.vault, call, refusing)


PASSING = [
    Refused(403, "Forbidden", "The vault is being moved."),
    Refused(409, "Conflict", "A conflict.", inner="ObjectIsBeingRecovered"),
    Refused(400, "BadParameter", "Not now."),
    Refused(403, "Forbidden", "Not in yet.", inner="ForbiddenByRbac"),
]


@pytest.mark.parametrize("refused", PASSING, ids=lambda one: f"{one.status}-{one.inner}")
@pytest.mark.parametrize(
    ("call", "nth", "merges"),
    [
        ("pending", 2, 0),  # the look before the merge
        ("certificate", 1, 1),  # the look at what was merged, for the record
    ],
)
async def test_a_look_that_is_refused_around_a_merge_is_no_verdict_on_the_chain(
    refused: Refused, call: str, nth: int, merges: int
) -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    refuses(world, call, refused, nth=nth)
    with pytest.raises(Refused if refused.of_access and not merges else Unavailable, match=str(refused)):
        await handle_upload(world.certflow, "web.pem")
    assert (world.chain_files.moved, "web.pem" in world.chain_files.files, len(world.vault.merges)) == (
        [],
        True,
        merges,
    )
    await handle_upload(world.certflow, "web.pem")
    assert (world.chain_files.moved[-1][0], len(world.vault.merges)) == ("chains-merged", 1)


@pytest.mark.parametrize("refused", PASSING, ids=lambda one: f"{one.status}-{one.inner}")
async def test_a_look_that_is_refused_after_a_refused_merge_leaves_the_verdict_to_the_next_try(
    refused: Refused,
) -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    refuses(world, "merge", Refused(403, "Forbidden", "Merge is forbidden on pending object"))
    refuses(world, "certificate", refused)
    with pytest.raises(Refused if refused.of_access else Unavailable, match=str(refused)):
        await handle_upload(world.certflow, "web.pem")
    assert world.chain_files.moved == []
    await handle_upload(world.certflow, "web.pem")
    assert world.chain_files.moved[-1][0] == "chains-merged"


GONE = Refused(404, "PendingCertificateNotFound", "Pending certificate not found: web")


async def test_a_404_that_passes_between_two_looks_ends_no_request() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    for nth in (2, 3):  # by its id, and whatever stands there
        refuses(world, "pending", GONE, nth=nth)
    await handle_upload(world.certflow, "web.pem")
    assert world.chain_files.moved[-1][0] == "chains-merged"
    assert "Issuance.Deleted" not in world.published
    assert "Issuance.Completed" in world.published


async def test_a_404_of_the_merge_alone_is_no_verdict_where_the_request_was_just_seen() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    refuses(world, "merge", GONE)
    with pytest.raises(Unavailable):
        await handle_upload(world.certflow, "web.pem")
    assert world.chain_files.moved == []
    await handle_upload(world.certflow, "web.pem")
    assert world.chain_files.moved[-1][0] == "chains-merged"
    assert "Issuance.Deleted" not in world.published


async def test_a_request_that_is_deleted_just_before_the_merge_ends_by_the_merges_own_answer() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    policy = world.vault.policy

    async def deletes(name: str) -> Any:
        world.vault.operations.clear()
        return await policy(name)

    world.vault.policy = deletes  # type: ignore[method-assign]  # the last call before it
    await handle_upload(world.certflow, "web.pem")
    assert (world.vault.calls[-3], world.vault.merges) == ("merge", [])
    assert report(world)["findings"][0]["code"] == "request-ended"
    assert "Issuance.Deleted" in world.published


async def test_a_chain_for_a_deleted_request_says_so() -> None:
    world = World()
    operation = await started(world)
    del world.vault.operations["web"]
    world.chain_files.put("late.pem", chain_for(operation))
    await handle_upload(world.certflow, "late.pem")
    assert report(world)["findings"][0]["code"] == "request-ended"
    assert "deleted" in report(world)["sentence"]
    assert "Issuance.Deleted" in world.published


async def test_with_key_vault_down_nothing_moves_and_the_next_try_succeeds() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    world.vault.faults = [Unavailable("Key Vault", "HTTP 503")]  # at the first look
    with pytest.raises(Unavailable):
        await handle_upload(world.certflow, "web.pem")
    assert "web.pem" in world.chain_files.files
    assert world.chain_files.moved == []
    await handle_upload(world.certflow, "web.pem")
    assert len(world.vault.merges) == 1


async def test_another_runs_claim_is_waited_for_and_a_stale_one_taken_over() -> None:
    world = World()
    operation = await started(world)
    request = await world.ledger.get("main", "web", operation.request_id)
    assert request is not None
    claimed = replace(request, merging="somebody else", merging_until=world.now + timedelta(minutes=2))
    await world.ledger.save(request, Change(claimed))
    world.chain_files.put("web.pem", chain_for(operation))
    with pytest.raises(Unavailable, match="another chain"):
        await handle_upload(world.certflow, "web.pem")
    assert len(world.slept) == 30
    assert world.vault.merges == []
    world.later(minutes=2)
    await handle_upload(world.certflow, "web.pem")
    assert len(world.vault.merges) == 1


@pytest.mark.parametrize("call", ["pending", "versions", "policy", "pending again", "merge"])
async def test_a_run_that_fails_gives_its_claim_back(call: str) -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation), "0x1")
    world.chain_files.put("again.pem", chain_for(operation), "0x2")
    calls = ["pending", "versions", "policy", "pending again", "merge"]
    world.vault.calls.clear()
    world.vault.fault_at = calls.index(call)
    with pytest.raises(Unavailable):
        await handle_upload(world.certflow, "web.pem")
    assert world.vault.calls == [one.split()[0] for one in calls[: calls.index(call) + 1]]
    await handle_upload(world.certflow, "again.pem")
    assert world.slept == []
    assert len(world.vault.merges) == 1


async def test_a_file_that_is_gone_was_handled_by_another_run() -> None:
    world = World()
    await handle_upload(world.certflow, "gone.pem")
    assert world.topic.published == []


async def test_a_private_key_goes_to_quarantine_and_nowhere_else() -> None:
    world = World()
    operation = await started(world)
    key, _ = make_csr("web.example.com")
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    world.chain_files.put("web.pem", chain_for(operation) + secret)
    await handle_upload(world.certflow, "web.pem")
    assert world.chain_files.moved[0][0] == "chains-quarantine"
    assert world.published[-1] == "Chain.Quarantined"
    told = json.dumps([report(world), world.topic.published[-1].data])
    assert secret.decode().splitlines()[1] not in told
    assert world.vault.merges == []


async def test_a_stuck_file_is_tried_once_more_and_then_told_with_the_reason() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("web.pem", chain_for(operation))
    world.vault.faults = [Unavailable("Key Vault 'main'", "HTTP 503")]
    await handle_stuck(world.certflow, "web.pem")
    event = world.topic.published[-1]
    assert event.type == "Certflow.Chain.Stuck"
    assert "Key Vault 'main' is not available (HTTP 503)" in event.data["sentence"]
    assert event.data["sentence"].endswith("(HTTP 503).")
    assert event.data["owner"] == "me@example.com"
    assert "web.pem" in world.chain_files.files
    assert world.chain_files.moved == []
    await handle_stuck(world.certflow, "web.pem")  # the vault answers again: merged after all, and no second message
    assert world.published.count("Chain.Stuck") == 1
    assert len(world.vault.merges) == 1
    await handle_stuck(world.certflow, "web.pem")
    assert len(world.vault.merges) == 1


async def test_a_bug_that_makes_a_file_stick_is_told_without_its_details() -> None:
    world = World()
    await started(world)
    world.chain_files.put("web.pem", chain_for(world.vault.operations["web"]))
    world.vault.faults = [KeyError("some secret detail")]
    await handle_stuck(world.certflow, "web.pem")
    assert "An unforeseen error (KeyError)" in world.topic.published[-1].data["sentence"]
    assert "secret detail" not in json.dumps(world.topic.published[-1].data)


async def test_a_file_whose_event_never_came_is_taken_up_by_the_sweep() -> None:
    world = World()
    operation = await started(world)
    world.chain_files.put("broken.pem", chain_for(operation), "0x0")
    world.chain_files.put("web.pem", chain_for(operation))
    world.later(minutes=5)
    assert await sweep_files(world.certflow) == 0  # its event may still come
    world.later(minutes=6)
    world.vault.faults = [RuntimeError("a bug")]
    assert await sweep_files(world.certflow) == 2
    assert len(world.vault.merges) == 1
    assert list(world.chain_files.files) == ["broken.pem"]
    assert await sweep_files(world.certflow) == 1
    assert world.chain_files.files == {}
    assert world.published.count("Issuance.Completed") == 1


async def test_whatever_an_uploader_writes_beside_a_file_its_event_fits_into_a_row() -> None:
    world, content, lost = World(), b"", ROOT.ca("Lost")
    for number in range(40):
        await create_request(world.certflow, CreateCommand("main", f"web-{number}", {}, "me@example.com"))
        content += pem(lost.signs(world.vault.operations[f"web-{number}"].csr))
    name, metadata = '"' * 1020 + ".pem", {f"m{number}": '"' * 250 for number in range(30)}
    digest = hashlib.sha256(content).hexdigest()
    world.chain_files.files[name] = DroppedFile(name, content, len(content), digest, '"0x1"', NOW, metadata)
    await handle_upload(world.certflow, name)
    told = world.ledger.events[-1]
    assert told.type.endswith("Chain.Rejected")
    assert len(event_row(told)["event"]) <= 32_768  # characters of a property
    assert all(told.data["left_out"][what] > 0 for what in ("findings", "leaves", "metadata"))
    assert len(told.data["file"]["metadata"]) == 30 - told.data["left_out"]["metadata"] > 0
    assert report(world)["file"]["metadata"] == metadata  # the report has it all


@pytest.mark.parametrize("one_expired", [False, True])
async def test_a_file_for_several_requests_is_found_under_each_of_their_names(one_expired: bool) -> None:
    world, names = World(), [f"web-{number}" for number in range(8)]
    leaves = []
    for name in [*names, "late"] if one_expired else names:
        await create_request(
            world.certflow, CreateCommand("main", name, {"policy": {"issuer": {"name": "Unknown"}}}, "me@example.com")
        )
        wish = Wish(start=-9 * DAY, end=-DAY) if name == "late" else Wish()
        leaves.append(ISSUING.signs(world.vault.operations[name].csr, wish))
    world.chain_files.put("all.pem", pem(*leaves, ISSUING.certificate, ROOT.certificate))
    await handle_upload(world.certflow, "all.pem")
    ((container, folder, _),) = world.chain_files.moved
    assert container == ("chains-rejected" if one_expired else "chains-merged")
    assert report(world)["moved_to"] == f"{container}/{folder}"
    versions = {leaf["request"]["name"]: leaf["version"] for leaf in report(world)["leaves"] if "version" in leaf}
    assert sorted(versions) == names
    found = world.chain_files.reports_in + ([] if one_expired else [folder])
    drop_id = folder.rsplit("/", 1)[1]
    assert sorted(found) == [f"main/{name}/{versions[name]}/{drop_id}" for name in names]


async def test_what_a_file_has_overwritten_unread_is_dropped_again_before_it_is_read_and_said_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.chain_files.overwritten["certnew.cer"] = ["earlier/1/certnew.cer"]
    await handle_upload(
        world.certflow, "certnew.cer"
    )  # is gone, and there is something to be brought back all the same
    assert world.chain_files.overwritten == {}
    assert "earlier/1/certnew.cer" in caplog.text
    world.chain_files.overwritten["../certnew.cer"] = ["earlier/1/certnew.cer"]
    await handle_upload(world.certflow, "../certnew.cer")
    assert "../certnew.cer" in world.chain_files.overwritten  # such a name is never opened


async def test_of_a_file_with_eight_leaves_each_certificate_is_named() -> None:
    """Seven are merged; the eighth, for a request that has gone, has the file rejected."""
    world = World()
    names = [f"web-{number}" for number in range(8)]
    for name in names:
        await create_request(world.certflow, CreateCommand("main", name, {}, "me@example.com"))
    leaves = [ISSUING.signs(world.vault.operations[name].csr) for name in names]
    key = next(key for key in world.ledger.tracked if key[1] == "web-7")
    world.ledger.tracked[key] = replace(world.ledger.tracked[key], status=Status.DELETED)
    del world.vault.operations["web-7"]
    world.chain_files.put("all.pem", pem(*leaves, ISSUING.certificate, ROOT.certificate))
    await handle_upload(world.certflow, "all.pem")
    event = next(one for one in world.topic.published if one.type == "Certflow.Chain.Rejected")
    notice = notice_of(event.id, event.type, dict(event.data), Links())
    assert notice is not None
    assert notice.title == "Chain rejected: all.pem (for web-7 in main and 7 more)"
    told = [value for label, value in notice.facts if label == "Of the file"]
    assert sorted(told) == [*(f"web-{n} in main: merged" for n in range(7)), "web-7 in main: rejected"]
    assert {line.name for line in notice.lines} == set(names)
    for text in (mail_with([notice], ["a@example.com"]).text, json.dumps(message([notice], "card").decode())):
        assert [name for name in names if name not in text] == []
