"""What can be asked of, and done to, a pending request."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from cryptography import x509

from functions.chains.merge_by_call import merge
from functions.model.errors import Refused
from functions.model.findings import ChainProblem
from functions.model.request.actor import CHECK
from functions.model.request.operation import Status
from functions.model.timing import AFTER_AN_ACTION, FIRST_CHECKS
from functions.ports.vault import Bundle
from functions.ports.work_queue import CHECK_QUEUE
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, cancel, csr, delete, status
from tests.actors import saying
from tests.certificates import Ca, as_read, make_csr
from tests.clock import fixed_now
from tests.unit.fakes import World

ME = saying("me")
WEB = Address("main", "web")
ROOT = Ca.root("Root", at=fixed_now)


async def started(world: World, issuer: str = "DigiCert") -> str:
    return (
        await create_request(world.certflow, CreateCommand("main", "web", {"policy": {"issuer": {"name": issuer}}}))
    ).request_id


async def test_looking_records_an_end_once() -> None:
    world = World()
    request_id = await started(world)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.CANCELLED)
    seen = await status(world.certflow, WEB)
    assert seen.request is not None
    assert seen.request.status is Status.CANCELLED
    await status(world.certflow, Address("MAIN", "web", request_id))
    assert world.published == ["Issuance.Started", "Issuance.Cancelled"]
    assert world.history == ["created", "observed"]


async def test_what_is_completed_is_said_although_its_version_may_not_be_read() -> None:
    world = World()
    await started(world)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.COMPLETED)
    certificate = world.vault.certificate

    async def refused(name: str) -> Bundle | None:
        raise Refused(403, "Forbidden", "no access", inner="AccessDenied")

    world.vault.certificate = refused  # type: ignore[method-assign]  # until somebody mends that
    seen = await status(world.certflow, WEB)
    assert seen.operation.operation.status is Status.COMPLETED
    assert seen.request is not None
    assert seen.request.status is Status.IN_PROGRESS  # its end is still to be recorded
    world.vault.certificate = certificate  # type: ignore[method-assign]
    world.later(minutes=2)
    await world.sweep()
    assert world.published == ["Issuance.Started", "Issuance.Completed"]


async def test_after_an_overwrite_the_request_that_stands_there_says_whose_place_it_took() -> None:
    world = World()
    old = await started(world)
    new = world.vault.start("web", "DigiCert").request_id
    seen = await status(world.certflow, WEB)
    assert (seen.operation.operation.request_id, seen.replaced) == (new, old)
    assert world.published == ["Issuance.Started", "Issuance.Overwritten"]


@pytest.mark.parametrize("reason", ["deleted", "overwritten", "another-request", "none"])
async def test_a_request_that_is_not_there_is_404_and_says_which(reason: str) -> None:
    world = World()
    address = replace(WEB, request_id="0" * 32)
    if reason in {"deleted", "overwritten"}:
        address = replace(WEB, request_id=await started(world))
        del world.vault.operations["web"]
    if reason in {"overwritten", "another-request"}:
        world.vault.start("web")
    for look in (status, csr):
        with pytest.raises(Refused) as caught:
            await look(world.certflow, address)
        assert (caught.value.status, caught.value.code) == (404, "PendingCertificateNotFound")
        assert caught.value.reason == reason
    standing = world.vault.operations.get("web")
    assert caught.value.request_id == (standing.request_id if standing else None)


async def test_the_csr_comes_as_pem() -> None:
    world = World()
    await started(world, "Unknown")
    pem = await csr(world.certflow, WEB)
    assert x509.load_pem_x509_csr(pem).subject.rfc4514_string() == "CN=web.example.com"


async def test_cancelling_is_asked_for_and_its_outcome_watched() -> None:
    world = World()
    await started(world)
    seen = await cancel(world.certflow, WEB, ME)
    assert seen.operation.operation.cancellation_requested
    assert world.published == ["Issuance.Started"]
    assert len(world.work_queue.queue(CHECK_QUEUE)) == 2 * len(FIRST_CHECKS)  # for the start, and for this
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.CANCELLED)
    world.later(minutes=2)
    await world.sweep()
    assert world.published == ["Issuance.Started", "Issuance.Cancelled"]
    assert [(act.what, act.by) for act in world.ledger.acts][1:] == [("cancelled", ME), ("observed", CHECK)]


async def test_a_cancellation_is_told_of_at_once_where_no_issuer_acts_on_it_and_its_completion_says_so() -> None:
    world = World()
    await started(world, "Unknown")
    for _ in range(2):  # told once
        await cancel(world.certflow, WEB, ME)
    assert world.published == ["Issuance.Started", "Issuance.Cancelling"]
    assert world.topic.published[1].data["by"] == "me"
    asked = world.now
    assert len(world.work_queue.queue(CHECK_QUEUE)) == 2 * len(FIRST_CHECKS)
    (request,) = await world.ledger.by_name("main", "web")
    assert request.next_check == world.now + AFTER_AN_ACTION
    world.later(minutes=2)
    chain = as_read(ROOT.signs(world.vault.operations["web"].csr), ROOT.certificate)
    await merge(world.certflow, WEB, chain, {}, saying("ann"))
    completed = world.topic.published[-1]
    assert completed.type.endswith("Completed")
    overtaken = {"status": "cancelling", "at": asked.isoformat(), "by": "me"}
    assert completed.data["went_before"] == overtaken | {"actor": {"kind": "key", "on_behalf_of": "me"}}
    assert (completed.data["by"], completed.data["actor"]) == ("ann", {"kind": "key", "on_behalf_of": "ann"})


@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELLED])
async def test_a_completion_says_which_end_it_has_overtaken(end: Status) -> None:
    world = World()
    await started(world)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=end)
    await status(world.certflow, WEB)
    ended = world.now
    world.later(hours=1)
    chain = as_read(ROOT.signs(world.vault.operations["web"].csr), ROOT.certificate)
    await merge(world.certflow, WEB, chain, {}, ME)
    assert world.topic.published[-1].data["went_before"] == {"status": end.value, "at": ended.isoformat()}


async def test_whoever_deletes_or_cancels_is_named_and_never_whoever_started_it() -> None:
    world = World()
    order = CreateCommand("main", "web", {"policy": {"issuer": {"name": "DigiCert"}}}, by=saying("creator"))
    await create_request(world.certflow, order)
    await cancel(world.certflow, WEB, ME)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.CANCELLED)
    await status(world.certflow, WEB)
    assert world.topic.published[-1].data["by"] == "me"
    await create_request(world.certflow, replace(order, if_pending="replace"))
    await delete(world.certflow, WEB, ME)
    deleted = world.topic.published[-1]
    assert (deleted.data["by"], deleted.data["requested_by"]) == ("me", "creator")


async def test_what_is_not_in_progress_cannot_be_cancelled_whatever_code_key_vault_uses() -> None:
    world = World()
    await started(world)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.FAILED)
    for code in (403, 400):
        world.vault.faults = [Refused(code, "Forbidden", "must be in progress")]
        with pytest.raises(Refused) as caught:
            await cancel(world.certflow, WEB, ME)
        assert (caught.value.status, caught.value.reason) == (400, "not-in-progress")
        assert "failed" in str(caught.value)


async def test_a_vault_that_forbids_cancelling_keeps_its_own_refusal() -> None:
    world = World()
    await started(world)
    world.vault.faults = [Refused(403, "Forbidden", "Caller is not authorized")]
    with pytest.raises(Refused, match="not authorized") as caught:
        await cancel(world.certflow, WEB, ME)
    assert caught.value.status == 403


async def test_deleting_ends_the_request_and_a_second_time_is_404() -> None:
    world = World()
    await started(world)
    seen = await delete(world.certflow, WEB, ME)
    assert seen.note == "DigiCert may or may not go on with this request."
    assert world.published == ["Issuance.Started", "Issuance.Deleted"]
    assert world.history == ["created", "deleted"]
    with pytest.raises(Refused) as caught:
        await delete(world.certflow, WEB, ME)
    assert (caught.value.status, caught.value.reason) == (404, "deleted")
    world.later(hours=1)
    await world.sweep()
    assert len(world.published) == 2


@pytest.mark.parametrize("act", [cancel, delete])
async def test_an_old_link_does_nothing_to_somebodys_newer_request(act) -> None:  # type: ignore[no-untyped-def]  # both alike
    world = World()
    old = await started(world)
    new = world.vault.start("web", "DigiCert")
    with pytest.raises(Refused) as caught:
        await act(world.certflow, replace(WEB, request_id=old), ME)
    assert (caught.value.status, caught.value.reason) == (404, "overwritten")
    assert world.vault.operations["web"] == new


async def test_a_request_started_elsewhere_is_adopted_when_something_is_done_to_it() -> None:
    world = World()
    world.vault.start("web", "DigiCert")
    await cancel(world.certflow, WEB, ME)
    assert world.history == ["adopted", "cancelled"]


async def test_two_acts_at_once_adopt_a_request_once() -> None:
    world = World()
    world.vault.start("web", "DigiCert")
    await asyncio.gather(*(cancel(world.certflow, WEB, ME) for _ in range(3)))
    assert world.history.count("adopted") == 1
    assert world.history.count("cancelled") == 3


async def test_a_chain_in_any_order_is_merged_with_key_vaults_other_fields() -> None:
    world = World()
    await started(world, "Unknown")
    issuing = ROOT.ca("Issuing")
    leaf = issuing.signs(world.vault.operations["web"].csr)
    chain = as_read(ROOT.certificate, issuing.certificate, leaf)
    bundle, findings = await merge(world.certflow, WEB, chain, {"tags": {"a": "b"}}, ME)
    assert [one.code for one in findings] == ["any-ca-accepted", "root-left-out"]
    assert bundle.fields["tags"] == {"a": "b"}
    assert world.published == ["Issuance.Started", "Issuance.Completed"]
    assert [(act.what, act.by) for act in world.ledger.acts][1:] == [("merged", ME)]
    before, after = (world.ledger.acts[-1].before or {}, world.ledger.acts[-1].after or {})
    assert (before["status"], after["status"], after["version"]) == ("inProgress", "completed", "v1")
    again, findings = await merge(world.certflow, WEB, chain, {}, ME)
    assert again.version == bundle.version
    assert findings[0].code == "already-merged"
    assert len(world.vault.merges) == 1


async def test_a_chain_for_another_key_or_an_ended_request_is_refused_with_a_next_step() -> None:
    world = World()
    await started(world, "Unknown")
    stranger = ROOT.signs(make_csr("web.example.com")[1])
    with pytest.raises(ChainProblem) as caught:
        await merge(world.certflow, WEB, as_read(stranger), {}, ME)
    assert caught.value.finding.code == "key-of-another-request"
    operation = world.vault.operations["web"]
    await merge(world.certflow, WEB, as_read(ROOT.signs(operation.csr), ROOT.certificate), {}, ME)
    with pytest.raises(ChainProblem) as caught:
        await merge(world.certflow, WEB, as_read(ROOT.signs(operation.csr), ROOT.certificate), {}, ME)
    assert caught.value.finding.code == "request-ended"


async def test_key_vaults_refusal_of_a_merge_is_passed_on_and_the_request_stays_mergeable() -> None:
    world = World()
    await started(world)
    chain = as_read(ROOT.signs(world.vault.operations["web"].csr), ROOT.certificate)
    normal = world.vault.merge

    async def refuse(*_: object) -> None:
        raise Refused(403, "Forbidden", "Merge is forbidden")

    world.vault.merge = refuse  # type: ignore[assignment,method-assign]  # an issuer works on it
    with pytest.raises(Refused, match="Merge is forbidden"):
        await merge(world.certflow, WEB, chain, {}, ME)
    world.vault.merge = normal  # type: ignore[method-assign]  # it has failed
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=Status.FAILED)
    await merge(world.certflow, WEB, chain, {}, ME)
    assert world.published[-1] == "Issuance.Completed"
