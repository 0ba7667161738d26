"""Whose certificates a vault takes: the CAs in its folder and no others, also where a folder is misspelt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError

from local.api import Client, until
from local.openssl_ca import OpensslCa
from tests.e2e.dropped_files import reports
from tests.e2e.request_and_chain import body, chain_for, csr_of
from tests.e2e.telling import told


@pytest.fixture
async def takes_only(client: Client) -> AsyncIterator[Any]:
    """Sets whose certificates the vault `staging` takes. Afterwards it takes nobody's: trust was set, and is gone."""
    container = client.blobs.get_container_client("trusted-cas")

    async def set_to(content: bytes) -> None:
        await container.upload_blob("staging/ca.pem", content, overwrite=True)

    yield set_to
    with suppress(ResourceNotFoundError):
        await container.delete_blob("staging/ca.pem")


async def test_a_vault_takes_the_certificates_of_the_cas_that_are_set_for_it_and_no_others(
    client: Client, name: str, ca: OpensslCa, tmp_path: Path, takes_only: Any
) -> None:
    own = OpensslCa(tmp_path / "own")
    response = await client.create("staging", name, body(name))
    operation = await response.json()
    await takes_only(own.root.read_bytes())
    await client.drop(f"{name}.pem", await chain_for(ca, operation, name))
    (report,) = await reports(client, "chains-rejected", f"{name}.pem", 1)
    assert report["findings"][0]["code"] == "untrusted-ca"
    assert "CN=Example Root CA" in report["sentence"]
    await takes_only(b"public\n")
    checked = await client.call("POST", "chains/inspect", data=await chain_for(own, operation, name))
    assert (await checked.json())["findings"][0]["code"] == "untrusted-ca"
    await takes_only(own.root.read_bytes())
    leaf = own.sign(csr_of(operation), name, f"{name}.example.com")
    await client.drop(f"{name}.pem", leaf + own.issuing.read_bytes())
    (report,) = await reports(client, "chains-merged", f"staging/{name}/", 1)
    assert report["findings"] == []


async def takes(client: Client, state: str) -> None:
    """Waits until `GET status` says so of the vault `staging`."""

    async def look() -> bool:
        vaults = (await (await client.call("GET", "status")).json())["vaults"]
        return any(one["vault"] == "staging" and one["trusted_cas"]["state"] == state for one in vaults)

    await until(f"the vault's trust to be seen as {state}", look)


async def test_a_folder_with_a_slip_in_its_name_is_told_and_no_vault_takes_a_strangers_chain_for_want_of_it(
    client: Client, name: str, ca: OpensslCa, tmp_path: Path, takes_only: Any
) -> None:
    container = client.blobs.get_container_client("trusted-cas")
    operation = await (await client.create("staging", name, body(name))).json()
    await takes_only(ca.root.read_bytes())
    await takes(client, "set")
    await container.upload_blob("stagign/ca.pem", ca.root.read_bytes(), overwrite=True)
    await container.delete_blob("staging/ca.pem")
    try:
        await takes(client, "none")
        await told(client, "Trusted CAs where no vault looks")
        stranger = OpensslCa(tmp_path / "stranger")
        for whose, file in ((stranger, "stranger"), (ca, "own")):
            await client.drop(f"{name}-{file}.pem", await chain_for(whose, operation, name))
            await told(client, f"Chain waits: {name}-{file}.pem")
        assert await client.messages("Nothing is merged any more: vault staging")
        pending = await client.certificates["staging"].get_certificate_operation(name)
        assert pending.status == "inProgress"
        another = await (await client.create("staging", f"{name}-2", body(f"{name}-2"))).json()
        assert "There is no CA's certificate in trusted-cas/staging/ any more." in another["note"]
    finally:
        await container.delete_blob("stagign/ca.pem")
    await takes_only(ca.root.read_bytes())
    outcomes = []
    for file in ("stranger", "own"):
        answer = await client.call("POST", "chains/retry", json={"name": f"{name}-{file}.pem"})
        outcomes.append((await answer.json())["outcome"])
    assert outcomes == ["rejected", "merged"]
