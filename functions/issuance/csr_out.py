"""CSR out: what a person needs to have a CSR signed, written where that person may read it."""

from __future__ import annotations

import json
import logging
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.issuance.certflow import Certflow
from functions.issuance.errors import Unavailable
from functions.issuance.journal import record
from functions.issuance.keys import key_sha256
from functions.issuance.names import names_of
from functions.issuance.ports import Intent
from functions.issuance.requests import Operation, Status, TrackedRequest
from functions.issuance.sameness import key_type


async def hand_out(certflow: Certflow, intent: Intent, operation: Operation) -> str | None:
    """Writes the CSR (PEM) and a request card (JSON) of a request that no issuer works on; returns the CSR's address.

    None for a request of an issuer. Safe to repeat.
    """
    if not operation.manual:
        return None
    csr = x509.load_der_x509_csr(operation.csr)
    card = json.dumps(_card(certflow, intent, operation, csr), indent=2, ensure_ascii=False).encode()
    pem = csr.public_bytes(Encoding.PEM)
    return await certflow.handouts.put(intent.vault, intent.name, operation.request_id, pem, card)


async def take_back(certflow: Certflow, ended: TrackedRequest) -> None:
    """Deletes the CSR of a request that has ended: whoever finds it there would have it signed in vain. What cannot be
    deleted now the next day's `tidy` deletes.
    """
    if ended.csr_url is None:
        return
    try:
        await certflow.handouts.take_back(ended.vault, ended.name, ended.request_id)
    except Unavailable as error:
        record("csr-left", level=logging.WARNING, vault=ended.vault, name=ended.name, reason=str(error))


async def tidy(certflow: Certflow) -> None:
    """Deletes the CSRs of requests that have ended. Those that nobody has tracked stay. Raises Unavailable."""
    async for vault, name, request_id in certflow.handouts.out():
        request = await certflow.ledger.get(vault, name, request_id)
        if request is not None and request.status is not Status.IN_PROGRESS:
            await certflow.handouts.take_back(vault, name, request_id)


def _card(certflow: Certflow, intent: Intent, operation: Operation, csr: Any) -> dict[str, Any]:
    return {
        "vault": intent.vault,
        "name": intent.name,
        "request_id": operation.request_id,
        "subject": csr.subject.rfc4514_string(),
        "names": {kind: sorted(some) for kind, some in names_of(csr).items() if some},
        "key": {"type": key_type(csr), "sha256": key_sha256(csr)},
        "owner": intent.owner,
        "signer": intent.signer,
        "how_to_return_the_chain": (
            f"Have the CSR beside this card ({operation.request_id}.csr) signed. Put what the CA sends, under any name "
            f"and as it is (PEM, DER, PKCS#7, zip), into {certflow.handouts.returns_to}. It is merged within seconds, "
            "or a report says what to do. Ask Key Vault for no other CSR meanwhile: each has a key of its own."
        ),
        "returns_to": certflow.handouts.returns_to,
    }
