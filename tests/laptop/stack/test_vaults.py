"""More vaults than there are host names: the same names on further ports, each a vault of its own to an SDK client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.keyvault.certificates import CertificatePolicy
from azure.keyvault.certificates.aio import CertificateClient

from keyvault_emulator import Emulator, running_emulator
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import LOOPBACK
from local.api import LocalIdentity
from local.vaults import further_ports, register_issuers, vault_urls


@dataclass
class Several:
    """An emulator with five vaults, and an unmodified SDK client for each."""

    emulator: Emulator
    session: aiohttp.ClientSession
    urls: dict[str, str]
    clients: dict[str, CertificateClient]
    events: list[dict[str, Any]]

    async def control(self, path: str, body: Any = None) -> Any:
        url = f"{self.emulator.control_url}/{path}"
        async with self.session.request("POST" if body else "GET", url, json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


@pytest.fixture
async def several(tmp_path: Path) -> AsyncIterator[Several]:
    ca, events = LocalCa(), list[dict[str, Any]]()
    ca_file = ca.write_ca(tmp_path / "ca.pem")

    async def keep(event: dict[str, Any]) -> None:
        events.append(event)

    async with AsyncExitStack() as up:
        emulator = await up.enter_async_context(
            running_emulator(ca, further_ports=[0] * further_ports(5), issuing_delay=0, on_event=keep)
        )
        urls = vault_urls((emulator.port, *emulator.further_ports), 5)
        await register_issuers(emulator, urls.values(), ca_file)
        session = await up.enter_async_context(aiohttp.ClientSession())
        identity = LocalIdentity(emulator.identity_endpoint, emulator.identity_header, session)
        clients = {
            alias: await up.enter_async_context(
                CertificateClient(url, identity, verify_challenge_resource=False, connection_verify=str(ca_file))
            )
            for alias, url in urls.items()
        }
        yield Several(emulator, session, urls, clients, events)


def by_issuer(subject: str) -> CertificatePolicy:
    return CertificatePolicy(issuer_name="Test", subject=subject, key_type="EC", key_curve_name="P-256")


@pytest.mark.parametrize(
    ("count", "wanted"),
    [
        (1, ["main"]),
        (2, ["main", "staging"]),
        (5, ["main", "staging", "vault-3", "vault-4", "vault-5"]),
    ],
)
def test_so_many_vaults_have_so_many_addresses(count: int, wanted: list[str]) -> None:
    ports = range(1, 2 + further_ports(count))
    urls = vault_urls(ports, count)
    assert list(urls) == wanted
    assert len(set(urls.values())) == count


async def test_each_address_is_a_vault_of_its_own(several: Several) -> None:
    for alias, client in several.clients.items():
        await client.create_certificate(f"only-in-{alias}", by_issuer(f"CN={alias}.example.com"), _polling_interval=0.1)
    for alias, client in several.clients.items():
        assert [item.name async for item in client.list_properties_of_certificates()] == [f"only-in-{alias}"]
    with pytest.raises(ResourceNotFoundError):
        await several.clients["vault-3"].get_certificate_operation("only-in-main")
    state = await several.control("state")
    third, fifth = several.emulator.further_ports
    assert set(state["vaults"]) == {
        "localhost",
        LOOPBACK,
        f"localhost:{third}",
        f"{LOOPBACK}:{third}",
        f"localhost:{fifth}",
    }


async def test_an_event_has_the_address_of_its_vault(several: Several) -> None:
    await several.clients["vault-4"].create_certificate("web", by_issuer("CN=web.example.com"), _polling_interval=0.1)
    (told,) = several.events
    assert told["data"]["Id"].startswith(several.urls["vault-4"] + "/certificates/web/")


@pytest.mark.parametrize("alias", ["main", "vault-5"])
async def test_an_outcome_is_for_one_vault_by_its_address(several: Several, alias: str) -> None:
    vault = several.urls[alias].removeprefix("https://")
    await several.control("outcomes", {"vault": vault, "name": "web", "outcome": "fail"})
    for client in several.clients.values():
        await client.create_certificate("web", by_issuer("CN=web.example.com"), _polling_interval=0.1)
    statuses = {name: (await one.get_certificate_operation("web")).status for name, one in several.clients.items()}
    assert {name for name, status in statuses.items() if status == "failed"} == {alias}
