"""A certificate is completed, and then served: by real TLS servers, of which Certflow tells what they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from azure.keyvault.certificates import CertificateContentType, CertificatePolicy

from local.api import Client, until
from local.openssl_ca import OpensslCa
from local.stack import MERGED
from tests.e2e.request_and_chain import OWNER, body, chain_for
from tests.e2e.telling import CHANNELS, nothing_waits, tellings, told


@dataclass(frozen=True)
class Certificate:
    """A certificate of the vault main, of which the test sees what its servers show."""

    client: Client
    name: str

    @property
    def _path(self) -> str:
        return f"vaults/main/certificates/{self.name}"

    async def endpoints(self) -> dict[str, dict[str, Any]]:
        """What `GET` says of its servers, by their names."""
        answer = await (await self.client.call("GET", self._path)).json()
        return {one["host"].partition(".")[0]: one for one in answer["endpoints"]}

    async def named(self, tag: str) -> None:
        """Names its servers, so that they are looked at soon."""
        answer = await self.client.call("PATCH", self._path, json={"endpoints": tag})
        assert answer.status == 200, await answer.text()

    async def seen(self, **states: str) -> dict[str, dict[str, Any]]:
        """Waits until its servers are in these states."""

        async def look() -> dict[str, dict[str, Any]] | None:
            found = await self.endpoints()
            return found if {server: one.get("state") for server, one in found.items()} == states else None

        return await until(f"{self.name} to be {states}", look)


async def imported(client: Client, ca: OpensslCa, name: str) -> bytes:
    """The version of before, in the vault; returns it with its chain and key."""
    leaf = ca.sign_another_key(f"{name}-before", f"{name}.example.com")
    content = ca.key(f"{name}-before") + leaf + ca.issuing.read_bytes()
    policy = CertificatePolicy(issuer_name="Unknown", content_type=CertificateContentType.pem)
    await client.certificates["main"].import_certificate(name, content, policy=policy)
    return content


async def merged(client: Client, ca: OpensslCa, name: str, tag: str) -> None:
    """The next version, asked for with a tag, signed, dropped and merged."""
    asked = {**body(name), "tags": {"certflow-endpoints": tag}}
    answer = await client.create("main", name, asked)
    assert answer.status == 202, await answer.text()
    await client.drop(f"{name}.txt", await chain_for(ca, await answer.json(), name))
    await until(f"{name} to be merged", lambda: client.files(MERGED, f"/{name}/"))
    await told(client, f"Certificate issued: {name}")


async def test_a_server_is_old_until_it_gets_the_new_version_and_that_is_told_once(
    client: Client, ca: OpensslCa, name: str
) -> None:
    servers = client.stack["tls_servers"]["endpoints"]
    before, tag = await imported(client, ca, name), ", ".join(servers.values())
    for server in ("first", "second"):
        await client.serve(server, before)
    await merged(client, ca, name, tag)
    certificate = Certificate(client, name)
    await certificate.named(tag)
    found = await certificate.seen(first="old", second="old", third="other")
    assert "no version of this name" in found["third"]["sentence"]
    assert all("since" not in one for one in found.values())

    await client.serve("first", await client.secret("main", name))
    await certificate.named(tag)
    found = await certificate.seen(first="live", second="old", third="other")
    assert found["first"]["since"] == found["first"]["looked"]
    mail, card = await told(client, f"Served: {name} in main at {servers['first']}")
    assert mail["to"] == OWNER
    assert "has served the new version" in mail["text"]
    assert "has served the new version" in card["text"]

    since = found["first"]["since"]
    await certificate.named(tag)

    async def looked_again() -> bool:
        return bool((await certificate.endpoints())["first"]["looked"] > since)

    await until("another look", looked_again)
    assert (await certificate.endpoints())["first"]["since"] == since
    await nothing_waits(client, name)
    about = [one for one in tellings(await client.messages(name)) if "erved: " in one["subject"]]  # and Not served
    assert sorted(one["channel"] for one in about) == list(CHANNELS)
    assert all(f"Served: {name}" in one["subject"] for one in about)
