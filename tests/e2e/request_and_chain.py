"""A request through the API, and the chain that a CA makes of its CSR."""

from __future__ import annotations

import base64
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from local.api import Client
from local.openssl_ca import OpensslCa

OWNER = "owner@example.com"


def body(name: str, issuer: str = "Unknown", **more: Any) -> dict[str, Any]:
    policy = {"x509_props": {"subject": f"CN={name}.example.com"}, "issuer": {"name": issuer}}
    return {"policy": policy, "owner": OWNER, **more}


async def started(client: Client, name: str, issuer: str = "Unknown") -> dict[str, Any]:
    response = await client.create("main", name, body(name, issuer))
    assert response.status == 202, await response.text()
    return dict(await response.json())


def csr_of(operation: dict[str, Any]) -> bytes:
    return x509.load_der_x509_csr(base64.b64decode(operation["csr"])).public_bytes(Encoding.PEM)


async def chain_for(ca: OpensslCa, operation: dict[str, Any], name: str) -> bytes:
    leaf = ca.sign(csr_of(operation), name, f"{name}.example.com")
    parts = (b"Root:", ca.root.read_bytes(), b"# issuing CA", ca.issuing.read_bytes(), b"yours:", leaf)
    return b"\n".join(parts).replace(b"\n", b"\r\n")
