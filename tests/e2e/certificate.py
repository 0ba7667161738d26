"""One certificate of a test through the API, from its start to its end."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from local.api import Client, until
from local.openssl_ca import OpensslCa


@dataclass
class Certificate:
    """One certificate name of a test, through our API."""

    client: Client
    name: str
    documented: bool

    async def call(self, method: str, path: str, **more: Any) -> tuple[int, dict[str, Any], aiohttp.ClientResponse]:
        response = await self.client.call(method, f"vaults/main/certificates/{self.name}{path}", **more)
        return response.status, await response.json(), response

    async def start(self, issuer: str | None = "Unknown", **more: Any) -> dict[str, Any]:
        status, answer, response = await self.call("POST", "/create", json=self.order(issuer, **more))
        assert status == 202, answer
        assert response.headers["Location"] == f"{self.url}/pending?request_id={answer['request_id']}"
        assert response.headers["Retry-After"] == "10"
        return answer

    def order(self, issuer: str | None = "Unknown", **more: Any) -> dict[str, Any]:
        policy: dict[str, Any] = {
            "key_props": {"kty": "EC", "crv": "P-256"},
            "x509_props": {"subject": f"CN={self.name}", "sans": {"dns_names": [f"{self.name}.example.com"]}},
        }
        if issuer is not None:
            policy["issuer"] = {"name": issuer}
        return {"policy": policy, **more}

    @property
    def url(self) -> str:
        return f"{self.client.stack['api']}/vaults/main/certificates/{self.name}"

    async def outcome(self, outcome: str, **more: Any) -> None:
        await self.client.set_outcome("main", self.name, outcome, **more)

    async def ended(self, status: str) -> dict[str, Any]:
        async def look() -> dict[str, Any] | None:
            code, answer, _ = await self.call("GET", "/pending")
            return answer if code == 200 and answer["status"] != "inProgress" else None

        answer = await until(f"{self.name} {status}", look)
        assert answer["status"] == status
        return answer

    def conflict_code(self) -> str:
        return "Forbidden" if self.documented else "Conflict"


def csr_of(answer: dict[str, Any]) -> x509.CertificateSigningRequest:
    return x509.load_der_x509_csr(base64.b64decode(answer["csr"]))


def chain_of(ca: OpensslCa, certificate: Certificate, answer: dict[str, Any]) -> tuple[x509.Certificate, ...]:
    pem = csr_of(answer).public_bytes(Encoding.PEM)
    leaf = x509.load_pem_x509_certificate(ca.sign(pem, certificate.name, f"{certificate.name}.example.com"))
    issuing = x509.load_pem_x509_certificate(ca.issuing.read_bytes())
    return x509.load_pem_x509_certificate(ca.root.read_bytes()), issuing, leaf
