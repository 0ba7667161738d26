"""The view of one request: what Key Vault says of it, what is kept of it, and that nothing changes by looking."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from functions.board import view
from functions.board.view import RequestView, view_request
from functions.model.errors import Refused, Unavailable, UnknownVault
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import Change
from functions.ports.vault import PendingOperation
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, cancel, delete
from tests.actors import saying
from tests.certificates import Ca, make_csr
from tests.clock import NOW, fixed_now
from tests.unit.fakes import World, version_of

WEB = Address("main", "web")
ME = saying("me")
CA = Ca.root("Root", at=fixed_now)
DOWN = Unavailable("Key Vault", "HTTP 503")


async def started(world: World, issuer: str = "Unknown") -> str:
    command = CreateCommand("main", "web", {"policy": {"issuer": {"name": issuer}}}, owner="ann")
    return (await create_request(world.certflow, command)).request_id


async def viewed(world: World, address: Address = WEB) -> RequestView:
    """The view, which has changed nothing."""
    before = deepcopy((world.ledger, world.vault.operations, world.vault.certificates, world.csr_store))
    try:
        return await view_request(world.certflow, address)
    finally:
        assert (world.ledger, world.vault.operations, world.vault.certificates, world.csr_store) == before


def set_status(world: World, status: Status, **more: Any) -> None:
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=status, **more)


async def test_a_request_in_progress_has_its_csr_and_its_history() -> None:
    world = World()
    request_id = await started(world)
    for address in (WEB, Address("MAIN", "Web", request_id)):
        seen = await viewed(world, replace(address, name="web"))
        assert (seen.request.request_id, seen.request.status, seen.request.owner) == (request_id, "inProgress", "ann")
        assert seen.csr
        assert seen.csr.subject == "CN=web.example.com"
        assert seen.csr.key_sha256 == seen.request.key_sha256
        assert [one.what for one in seen.history] == ["created"]
        assert (seen.tracked, seen.current, seen.silence, seen.certificate) == (True, None, None, None)


async def test_a_reminder_that_is_due_is_not_given_by_looking() -> None:
    world = World()
    await started(world)
    world.later(days=30)
    assert (await viewed(world)).request.reminded == 0


async def test_an_end_that_no_check_has_seen_yet_is_shown_and_not_recorded() -> None:
    world = World()
    request_id = await started(world, "DigiCert")
    set_status(world, Status.FAILED, error_code="Denied", error_message="No such account.")
    seen = await viewed(world, Address("main", "web", request_id))
    assert (seen.request.status, seen.request.error_message) == (Status.FAILED, "No such account.")
    assert world.published == ["Issuance.Started"]


async def test_a_completed_one_has_its_version_before_and_after_that_is_recorded() -> None:
    world = World()
    request_id = await started(world, "DigiCert")
    csr = world.vault.operations["web"].csr
    world.vault.certificates["web"] = version_of(CA.signs(csr).public_bytes(Encoding.DER))
    set_status(world, Status.COMPLETED)
    new = await viewed(world)
    world.later(minutes=2)
    await world.sweep()
    del world.vault.operations["web"]
    for seen in (new, await viewed(world, Address("main", "web", request_id))):
        assert seen.request.status is Status.COMPLETED
        assert seen.certificate
        assert seen.certificate["version"] == "v1"
        assert set(seen.certificate) >= {"thumbprint", "serial", "issuer", "not_before", "not_after"}
    assert new.csr


async def test_of_one_that_was_completed_before_it_was_found_the_row_has_the_version() -> None:
    world = World()
    request_id = await started(world)
    ((key, request),) = world.ledger.tracked.items()
    found = replace(request, status=Status.COMPLETED, ended=NOW, next_check=None, version="v9")
    world.ledger.tracked[key] = found
    world.ledger.listed.clear()
    set_status(world, Status.COMPLETED)
    address = Address("main", "web", request_id)
    assert (await viewed(world, address)).certificate == {"version": "v9"}
    world.ledger.tracked[key] = replace(found, not_after=NOW)
    assert (await viewed(world, address)).certificate == {"version": "v9", "not_after": NOW.isoformat()}
    world.ledger.tracked[key] = replace(found, version=None)
    assert (await viewed(world, address)).certificate is None


async def test_one_that_was_deleted_is_still_there_by_its_id() -> None:
    world = World()
    request_id = await started(world)
    await delete(world.certflow, WEB, ME)
    seen = await viewed(world, Address("main", "web", request_id))
    assert (seen.request.status, seen.csr, seen.current) == (Status.DELETED, None, None)
    assert [one.what for one in seen.history] == ["created", "deleted"]
    with pytest.raises(Refused) as refused:
        await viewed(world)
    assert (refused.value.status, refused.value.reason) == (404, "deleted")


async def test_one_that_was_overwritten_names_the_one_that_stands_there() -> None:
    world = World()
    request_id = await started(world)
    other = world.vault.start("web")
    seen = await viewed(world, Address("main", "web", request_id))
    assert (seen.request.status, seen.current) == (Status.OVERWRITTEN, other.request_id)
    assert seen.request.replaced_by == other.request_id
    assert seen.csr is None, "that CSR is the other's"


async def test_the_id_of_a_request_that_nobody_knows_is_a_404_that_names_the_pending_one() -> None:
    world = World()
    unknown = Address("main", "web", "f" * 32)
    with pytest.raises(Refused) as nothing:
        await viewed(world, unknown)
    assert (nothing.value.status, nothing.value.reason, nothing.value.request_id) == (404, "none", None)
    request_id = await started(world)
    with pytest.raises(Refused) as another:
        await viewed(world, unknown)
    assert (another.value.reason, another.value.request_id) == ("another-request", request_id)
    with pytest.raises(Refused) as name:
        await viewed(world, Address("main", "shop"))
    assert name.value.reason == "none"
    with pytest.raises(UnknownVault):
        await viewed(world, Address("other", "web"))


async def test_one_that_was_started_elsewhere_is_shown_without_being_tracked() -> None:
    world = World()
    operation = world.vault.start("web", "DigiCert")
    seen = await viewed(world)
    assert (seen.tracked, seen.request.request_id, seen.history) == (False, operation.request_id, ())
    assert seen.request.subject == "CN=web.example.com"
    assert seen.csr
    set_status(world, Status.FAILED, error_code="Denied", error_message="No.")
    failed = await viewed(world)
    assert (failed.request.status, failed.request.error_code) == (Status.FAILED, "Denied")
    assert not failed.request.has_dated_end


async def test_a_csr_that_cannot_be_read_is_left_out() -> None:
    world = World()
    operation = Operation("e" * 32, Status.IN_PROGRESS, "Unknown", b"no CSR")
    world.vault.operations["web"] = operation
    seen = await viewed(world)
    assert (seen.csr, seen.request.subject, seen.request.key_sha256) == (None, "", "")


async def test_a_wish_to_cancel_is_what_key_vault_has_of_it() -> None:
    world = World()
    await started(world)
    assert not (await viewed(world)).cancelling
    await cancel(world.certflow, WEB, ME)
    assert (await viewed(world)).cancelling


async def test_with_key_vault_down_the_ledger_answers() -> None:
    world = World()
    request_id = await started(world)
    await world.monitoring_store.heartbeat("main", NOW)
    pem = world.csr_store.given[request_id][0] if request_id in world.csr_store.given else None
    for address in (WEB, Address("main", "web", request_id)):
        world.vault.faults = [DOWN]
        seen = await viewed(world, address)
        assert (seen.request.request_id, seen.request.status) == (request_id, Status.IN_PROGRESS)
        assert seen.silence
        assert (seen.silence.why, seen.silence.since) == (str(DOWN), NOW)
        assert bool(seen.csr) is bool(pem)
        assert [one.what for one in seen.history] == ["created"]
    world.vault.faults = [DOWN]
    with pytest.raises(Unavailable):
        await viewed(world, Address("main", "web", "f" * 32))
    world.vault.faults = [DOWN]
    with pytest.raises(Unavailable):
        await viewed(world, Address("main", "shop"))


@pytest.mark.parametrize("stranger", [False, True])
async def test_with_key_vault_down_the_published_csr_is_shown_if_it_is_its_own(stranger: bool) -> None:
    world = World()
    request_id = await started(world)
    pem = (await viewed(world)).csr
    assert pem
    content = (await _pem_of_another()) if stranger else pem.pem.encode()
    await world.csr_store.put("main", "web", request_id, content, b"")
    world.vault.faults = [DOWN]
    seen = await viewed(world)
    assert (seen.csr == pem) is not stranger
    assert stranger is (seen.csr is None)


async def _pem_of_another() -> bytes:
    other = World()
    other.vault.operations["web"] = Operation("e" * 32, Status.IN_PROGRESS, "Unknown", make_csr("x.example.com")[1])
    seen = (await view_request(other.certflow, WEB)).csr
    assert seen
    return seen.pem.encode()


async def test_without_access_to_the_vault_the_ledger_answers_and_any_other_refusal_is_key_vaults() -> None:
    world = World()
    await started(world)
    world.vault.faults = [Refused(403, "Forbidden", "no access", inner="ForbiddenByFirewall")]
    seen = await viewed(world)
    assert seen.silence
    assert (seen.silence.why, seen.silence.since) == ("no access", None)
    world.vault.faults = [Refused(400, "BadParameter", "no name")]
    with pytest.raises(Refused):
        await viewed(world)


async def test_a_vault_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    await started(world)

    async def never(name: str, request_id: str | None = None) -> PendingOperation:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(view, "KEY_VAULT_SECONDS", 0.0)
    monkeypatch.setattr(world.vault, "pending", never)
    seen = (await view_request(world.certflow, WEB)).silence
    assert seen
    assert "no answer within" in seen.why


async def test_a_cancelled_request_names_the_one_in_progress_after_it_also_with_key_vault_down() -> None:
    world = World()
    first = await started(world)
    await delete(world.certflow, WEB, ME)
    second = await started(world)
    world.vault.faults = [DOWN]
    seen = await viewed(world, Address("main", "web", first))
    assert (seen.request.status, seen.current) == (Status.DELETED, second)


async def test_with_key_vault_down_the_newest_in_progress_is_the_one_and_names_no_other() -> None:
    world = World()
    await started(world, "DigiCert")
    ((key, request),) = world.ledger.tracked.items()
    for number, minutes in enumerate((1, 2)):
        later = replace(request, request_id=f"later-{number}", created=request.created + timedelta(minutes=minutes))
        world.ledger.tracked[*key[:2], later.request_id] = replace(later, cancel_asked=NOW if number else None)
    world.vault.faults = [DOWN, DOWN]
    seen = await viewed(world)
    assert (seen.request.request_id, seen.current, seen.cancelling) == ("later-1", None, True)
    seen = await viewed(world, replace(WEB, request_id="later-0"))
    assert (seen.request.request_id, seen.current, seen.cancelling) == ("later-0", "later-1", False)


async def test_the_approval_after_which_it_was_started_is_a_part_of_its_history() -> None:
    world = World()
    request_id = await started(world)
    (known,) = await world.ledger.by_name("main", "web")
    lines = [
        HistoryEntry(what, NOW, "", Status.IN_PROGRESS, ME, approval=approval, after={"state": what})
        for what, approval in (("asked", "one"), ("approved", "one"), ("asked", "other"))
    ]
    await world.ledger.save(known, Change(replace(known, approval="one"), history=tuple(lines)))
    seen = await viewed(world, replace(WEB, request_id=request_id))
    assert [(one.what, one.approval) for one in seen.history if one.approval] == [("asked", "one"), ("approved", "one")]
    assert "created" in [one.what for one in seen.history]
