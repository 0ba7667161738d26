"""A vault that is only observed: what would change something there is refused before it gets there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.app.context import Certflow
from functions.app.read_only_vault import read_only
from functions.model.errors import Refused
from functions.model.request.actor import UNNAMED
from functions.model.request.operation import Status
from functions.ports.key_vault_objects import Policy
from functions.ports.vault import Vault
from functions.requests.check import check_named
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, cancel, delete
from tests.unit.fakes import FakeVault, World

POLICY: Policy = {
    "issuer": {"name": "DigiCert"},
    "key_props": {"kty": "EC", "crv": "P-256"},
    "x509_props": {"subject": "CN=web.example.com"},
}
CHANGES = ["create", "cancel", "delete_pending", "merge", "set_tags"]


def guarded(world: World) -> Certflow:
    return replace(world.certflow, vaults={"main": read_only("main", world.vault)})


@pytest.mark.parametrize("method", CHANGES)
async def test_what_would_change_something_is_refused_and_never_sent(method: str) -> None:
    vault = FakeVault()
    vault.start("web")
    with pytest.raises(Refused, match=r"only observes the vault 'main'.*Do it in Key Vault") as caught:
        await getattr(read_only("main", vault), method)("web", {})
    assert (caught.value.status, caught.value.reason) == (403, "observed")
    assert vault.calls == []


async def test_what_only_reads_goes_through() -> None:
    vault = FakeVault(policies={"web": {"issuer": {"name": "DigiCert"}}})
    operation = vault.start("web")
    seen: Vault = read_only("main", vault)
    assert (await seen.pending("web")).operation == operation
    assert await seen.certificate("web") is None
    assert (await seen.policy("web"))["issuer"] == {"name": "DigiCert"}
    assert [entry.name for entry in (await seen.page()).certificates] == ["web"]
    assert (await seen.tags("web"), await seen.versions("web"), await seen.issuers()) == ({}, {}, ["DigiCert"])


def test_every_way_to_change_a_vault_is_one_that_is_refused() -> None:
    reads = {"pending", "certificate", "versions", "page", "tags", "policy", "issuers", "providers"}
    methods = {name for name in vars(Vault) if not name.startswith("_")}
    assert methods - reads == set(CHANGES)


async def test_a_start_is_refused_and_leaves_no_intent() -> None:
    world = World()
    with pytest.raises(Refused) as caught:
        await create_request(guarded(world), CreateCommand("main", "web", {}))
    assert (caught.value.status, caught.value.reason) == (403, "observed")
    assert (world.ledger.intents, world.ledger.tracked) == ({}, {})


async def test_a_pending_request_there_is_not_touched_and_its_end_is_told() -> None:
    world = World()
    operation = world.vault.start("web", "DigiCert")
    for act in (cancel, delete):
        with pytest.raises(Refused, match="only observes"):
            await act(guarded(world), Address("main", "web"), UNNAMED)
    with pytest.raises(Refused, match="only observes"):
        await create_request(guarded(world), CreateCommand("main", "web", {"policy": POLICY}, if_pending="replace"))
    await create_request(guarded(world), CreateCommand("main", "web", {"policy": POLICY}, if_pending="adopt"))
    world.vault.operations["web"] = replace(operation, status=Status.COMPLETED)
    await check_named(guarded(world), "main", "web")
    assert world.published == ["Issuance.Started", "Issuance.Completed"]
