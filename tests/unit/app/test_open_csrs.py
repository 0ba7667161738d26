"""The CSRs that wait for a person's CA, all together."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509

from functions.app import open_csrs as module
from functions.app.csr_zip import zip_of
from functions.app.open_csrs import open_csrs
from functions.model.errors import Refused
from functions.model.request.actor import UNNAMED
from functions.model.request.operation import Status
from functions.model.request_filter import RequestFilter
from functions.ports.key_vault_objects import Policy
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, delete, status
from functions.x509.public_keys import key_sha256
from tests.unit.fakes import World

SANS: Policy = {"x509_props": {"sans": {"dns_names": ["web.example.com"]}}}


async def started(world: World, name: str, issuer: str = "Unknown") -> str:
    order = CreateCommand("main", name, {"policy": {"issuer": {"name": issuer}, **SANS}}, f"{name}@example.com")
    request_id = (await create_request(world.certflow, order)).request_id
    world.now += timedelta(minutes=1)
    return request_id


async def names(world: World, wanted: RequestFilter = RequestFilter()) -> list[str]:  # noqa: B008  it cannot be changed
    return [line.name for line, _ in (await open_csrs(world.certflow, wanted)).csrs]


async def test_they_are_those_of_manual_requests_in_progress_the_oldest_first() -> None:
    world = World()
    for name in ("web-3", "web-1", "web-2", "cancelled"):
        await started(world, name)
    cancelled = replace(world.vault.operations["cancelled"], status=Status.CANCELLED)
    world.vault.operations["cancelled"] = cancelled
    await status(world.certflow, Address("main", "cancelled", None))
    await started(world, "by-issuer", "DigiCert")
    await delete(world.certflow, Address("main", "web-1", None), UNNAMED)
    found = await open_csrs(world.certflow, RequestFilter())
    assert [line.name for line, _ in found.csrs] == ["web-3", "web-2"]
    line, pem = found.csrs[0]
    operation = world.vault.operations["web-3"]
    assert key_sha256(x509.load_pem_x509_csr(pem)) == key_sha256(x509.load_der_x509_csr(operation.csr))
    assert (line.owner, line.request_id, line.csr) == ("web-3@example.com", operation.request_id, True)
    assert await names(world, RequestFilter(name="web-2")) == ["web-2"]
    assert await names(world, RequestFilter(owner="WEB-3@example.com")) == ["web-3"]
    assert await names(world, RequestFilter(vaults=frozenset({"other"}))) == []


@pytest.mark.parametrize("put", [b"no CSR", None, "another's"])
async def test_one_that_was_exchanged_where_it_was_handed_out_is_asked_of_key_vault(put: bytes | str | None) -> None:
    world = World()
    ours, others = await started(world, "web"), await started(world, "other")
    right = world.csr_store.given[ours]
    if put is None:
        await world.csr_store.remove("main", "web", ours)
    else:
        world.csr_store.given[ours] = world.csr_store.given[others] if put == "another's" else (b"no CSR", b"")
    found = await open_csrs(world.certflow, RequestFilter(name="web"))
    assert [pem for _, pem in found.csrs] == [right[0]]


async def test_what_ended_without_our_knowing_is_left_out_and_a_vault_that_lets_nobody_in_is_told() -> None:
    world = World()
    request_id = await started(world, "web")
    await world.csr_store.remove("main", "web", request_id)
    operation = world.vault.operations.pop("web")
    assert await names(world) == []
    world.vault.operations["web"] = operation
    world.vault.faults.append(Refused(403, "Forbidden", "no", inner="ForbiddenByRbac"))
    with pytest.raises(Refused, match="no"):
        await names(world)


async def test_of_very_many_there_are_the_oldest_and_how_many_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CSRS", 2)
    world = World()
    for number in range(5):
        await started(world, f"web-{number}")
    found = await open_csrs(world.certflow, RequestFilter())
    assert ([line.name for line, _ in found.csrs], found.left_out) == (["web-0", "web-1"], 3)
    content = zip_of(found.csrs, "https://storage.example/chains", world.now, found.left_out)
    assert json.loads(zipfile.ZipFile(io.BytesIO(content)).read("manifest.json"))["left_out"] == 3


async def test_of_a_name_whose_request_was_replaced_without_our_knowing_there_is_the_last_csr() -> None:
    world = World()
    for name in ("web", "other"):
        await started(world, name)
    del world.vault.operations["web"]
    last = await started(world, "web")
    found = await open_csrs(world.certflow, RequestFilter())
    assert len(world.ledger.tracked) == 3
    assert [(line.name, line.request_id == last) for line, _ in found.csrs] == [("other", False), ("web", True)]


async def test_those_can_be_chosen_by_their_ids_and_an_old_id_never_brings_a_newer_csr() -> None:
    world = World()
    chosen = await started(world, "web-1")
    await started(world, "web-2")
    assert await names(world, RequestFilter(request_ids=frozenset({chosen}))) == ["web-1"]
    await delete(world.certflow, Address("main", "web-1", None), UNNAMED)
    newer = await started(world, "web-1")
    assert await names(world, RequestFilter(request_ids=frozenset({chosen}))) == []
    assert await names(world, RequestFilter(request_ids=frozenset({chosen, newer}))) == ["web-1"]
