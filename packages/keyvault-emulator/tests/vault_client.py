"""A plain HTTP client for the Key Vault emulator, and a CA outside of it, for the tests beside this file."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import io
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from azure.identity.aio import ManagedIdentityCredential
from azure.keyvault.certificates.aio import CertificateClient
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from multidict import CIMultiDictProxy

from keyvault_emulator import Emulator, running_emulator
from keyvault_emulator.tls import LocalCa
from testkit.certificates import Ca, make_csr
from testkit.clock import HANG, real_now

API_VERSION = "7.4"
QUICK = 0.2  # an issuing delay long enough to see inProgress, short enough not to wait for
NEVER = 3600.0

EC_KEY = {"kty": "EC", "crv": "P-256"}  # quicker to make than RSA


def policy(issuer: str | None = "Unknown", subject: str = "CN=web.example.com", **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"key_props": EC_KEY, "x509_props": {"subject": subject}}
    if issuer:
        body["issuer"] = {"name": issuer}
    return body | more


@dataclass(frozen=True)
class Reply:
    status: int
    headers: CIMultiDictProxy[str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> tuple[int, str, str]:
        assert set(self.body) == {"error"}
        return self.status, self.body["error"]["code"], self.body["error"]["message"]


@dataclass
class VaultClient:
    """One vault, over plain HTTP. `host` goes into the Host header; the connection goes to localhost."""

    emulator: Emulator
    session: aiohttp.ClientSession
    tls: ssl.SSLContext
    ca_file: Path
    host: str = "localhost"
    token: str = "a-token"

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.emulator.port}"

    def at(self, host: str) -> VaultClient:
        return VaultClient(self.emulator, self.session, self.tls, self.ca_file, host, self.token)

    async def token_of(self, client_id: str | None = None, resource: str = "https://vault.azure.net") -> str:
        """A token from the identity endpoint."""
        asked = {"resource": resource, "api-version": "2019-08-01"} | ({"client_id": client_id} if client_id else {})
        headers = {"X-IDENTITY-HEADER": self.emulator.identity_header}
        async with self.session.get(self.emulator.identity_endpoint, params=asked, headers=headers) as response:
            assert response.status == 200, await response.text()
            return str((await response.json())["access_token"])

    async def as_client(self, client_id: str) -> VaultClient:
        """The same vault, called by a user-assigned identity."""
        return dataclasses.replace(self, token=await self.token_of(client_id))

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> Reply:
        sent = {"Authorization": f"Bearer {self.token}"}
        return await self.send(method, path, body, headers=sent, query={"api-version": API_VERSION} | query)

    async def send(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str], query: dict[str, str]
    ) -> Reply:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        async with self.session.request(
            method,
            f"https://localhost:{self.emulator.port}{path}",
            params=query,
            data=io.BytesIO(raw) if raw else None,
            headers={"Host": f"{self.host}:{self.emulator.port}", "Content-Type": "application/json"} | headers,
            ssl=self.tls,
        ) as response:
            return Reply(response.status, response.headers, await response.text())

    async def create(self, name: str, issuer: str | None = "Unknown", **body: Any) -> Reply:
        return await self.call("POST", f"/certificates/{name}/create", {"policy": policy(issuer)} | body)

    async def pending(self, name: str, **query: str) -> Reply:
        return await self.call("GET", f"/certificates/{name}/pending", **query)

    async def merge(self, name: str, x5c: Sequence[str], **more: Any) -> Reply:
        return await self.call("POST", f"/certificates/{name}/pending/merge", {"x5c": x5c} | more)

    async def set_issuer(self, name: str = "my-ca", provider: str = "DigiCert") -> Reply:
        body = {"provider": provider, "org_details": {"id": "1"}}
        return await self.call("PUT", f"/certificates/issuers/{name}", body)

    async def ended(self, name: str) -> dict[str, Any]:
        """The operation, once it is no longer in progress."""
        async with asyncio.timeout(HANG):
            while True:
                operation = (await self.pending(name)).body
                if operation["status"] != "inProgress":
                    return dict(operation)
                await asyncio.sleep(0.02)

    async def outcome(self, **body: Any) -> tuple[int, Any]:
        asked = {"vault": self.host} | body
        async with self.session.post(f"{self.emulator.control_url}/outcomes", json=asked) as response:
            return response.status, await response.json()

    async def control(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.session.request(method, f"{self.emulator.control_url}/{path}", json=body) as response:
            return response.status, await response.json()

    async def state(self) -> Any:
        async with self.session.get(f"{self.emulator.control_url}/state") as response:
            return (await response.json())["vaults"][self.host]["certificates"]


@asynccontextmanager
async def vault_client(
    tmp_path: Path, *, issuing_delay: float = QUICK, any_token: bool = True, **switches: Any
) -> AsyncIterator[VaultClient]:
    """An emulator and a client for it. Without `any_token` the client's calls carry tokens of the default identity."""
    ca = LocalCa()
    ca_file = ca.write_ca(tmp_path / "ca.pem")
    tls = ssl.create_default_context(cafile=str(ca_file))
    async with (
        running_emulator(ca, issuing_delay=issuing_delay, any_token=any_token, **switches) as emulator,
        aiohttp.ClientSession() as session,
    ):
        client = VaultClient(emulator, session, tls, ca_file)
        if not any_token:
            client.token = await client.token_of()
        yield client


class OutsideCa:
    """Signs CSRs as a CA would that Key Vault does not know."""

    def __init__(self, name: str = "Outside CA") -> None:
        self._ca = Ca.root(name, at=real_now)
        self.certificate = self._ca.certificate

    def sign_csr(self, csr: str) -> x509.Certificate:
        return self._ca.signs(base64.b64decode(csr))

    def sign_other_key(self) -> x509.Certificate:
        return self._ca.signs(make_csr("other.example.com")[1])


def b64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def use_identity(patch: pytest.MonkeyPatch, emulator: Emulator) -> None:
    """Points `ManagedIdentityCredential` at an emulator's identity endpoint."""
    patch.setenv("IDENTITY_ENDPOINT", emulator.identity_endpoint)
    patch.setenv("IDENTITY_HEADER", emulator.identity_header)


@asynccontextmanager
async def sdk_client(vault: VaultClient) -> AsyncIterator[CertificateClient]:
    """The SDK's client for a vault, with managed identity; `use_identity` says whose."""
    async with (
        ManagedIdentityCredential() as credential,
        CertificateClient(
            vault.url, credential, verify_challenge_resource=False, connection_verify=str(vault.ca_file)
        ) as client,
    ):
        yield client
