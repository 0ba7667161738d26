"""Publishing a CSR: it is written with a request card where the person who has it signed may read
it, and deleted when its request has ended.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.app.context_parts import HasCsrStore
from functions.app.contexts import CsrsContext
from functions.model.errors import ConcurrentChange, Refused, Unavailable
from functions.model.log import record
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.ports.ledger import Intent
from functions.requests.fetch_state import fetch_state
from functions.requests.policy_diff import key_type
from functions.x509.public_keys import key_sha256
from functions.x509.san import names_of


async def put_csr(
    certflow: HasCsrStore, whose: Intent | TrackedRequest, operation: Operation
) -> str | None:
    """Writes the CSR (PEM) and a request card (JSON) of a manual request; returns the CSR's address
    (https). None for a request at an issuer. Safe to repeat. Raises Unavailable.
    """
    if not operation.manual:
        return None
    csr = x509.load_der_x509_csr(operation.csr)
    card = json.dumps(_card(certflow, whose, operation, csr), indent=2, ensure_ascii=False).encode()
    pem = csr.public_bytes(Encoding.PEM)
    return await certflow.csr_store.put(whose.vault, whose.name, operation.request_id, pem, card)


async def put_csr_again(
    certflow: CsrsContext, request: TrackedRequest, operation: Operation
) -> None:
    """Publishes the CSR of a tracked request in progress as put_csr does, without an event, and
    notes where it is. Raises Unavailable.
    """
    if operation.status is not Status.IN_PROGRESS or request.status is not Status.IN_PROGRESS:
        return
    url = await put_csr(certflow, request, operation)
    if url != request.csr_url:
        # Who has changed the request meanwhile may have ended it. A CSR that is not noted is
        # deleted by `remove_stale_csrs`.
        with suppress(ConcurrentChange):
            await certflow.ledger.save(request, Change(replace(request, csr_url=url)))


async def remove_csr(certflow: HasCsrStore, ended: TrackedRequest) -> None:
    """Deletes the CSR of a request that has ended, so that nobody has it signed in vain. One that
    cannot be deleted now is deleted by `remove_stale_csrs` on the next day.
    """
    if ended.csr_url is None:
        return
    try:
        await certflow.csr_store.remove(ended.vault, ended.name, ended.request_id)
    except Unavailable as error:
        record(
            "csr-left", level=logging.WARNING, vault=ended.vault, name=ended.name, reason=str(error)
        )


async def remove_stale_csrs(certflow: CsrsContext) -> None:
    """Deletes the CSRs of all requests that have ended. Raises Unavailable if the storage does not
    answer.
    """
    async for vault, name, request_id in certflow.csr_store.published():
        request = await certflow.ledger.get(vault, name, request_id)
        if request is not None:
            is_open = request.status is Status.IN_PROGRESS
        else:
            is_open = await _may_be_open(certflow, vault, name, request_id)
        if not is_open:
            await certflow.csr_store.remove(vault, name, request_id)


async def _may_be_open(certflow: CsrsContext, vault: str, name: str, request_id: str) -> bool:
    """Whether a request that is not tracked may still wait for a signature: Key Vault says so or
    cannot be asked, or its start is under way. The tables of one that has ended were lost.
    """
    if vault not in certflow.vaults or await certflow.ledger.is_starting(vault, name):
        return True
    try:
        state = await fetch_state(certflow, vault, name, request_id)
    except (Refused, Unavailable) as error:
        record("csr-left", level=logging.WARNING, vault=vault, name=name, reason=str(error))
        return True
    return isinstance(state, Operation) and state.status is Status.IN_PROGRESS


def _card(
    certflow: HasCsrStore,
    whose: Intent | TrackedRequest,
    operation: Operation,
    csr: x509.CertificateSigningRequest,
) -> dict[str, object]:
    return {
        "vault": whose.vault,
        "name": whose.name,
        "request_id": operation.request_id,
        "subject": csr.subject.rfc4514_string(),
        "names": {kind: sorted(some) for kind, some in names_of(csr).items() if some},
        "key": {"type": key_type(csr), "sha256": key_sha256(csr)},
        "owner": whose.owner,
        "signer": whose.signer,
        "how_to_return_the_chain": (
            f"Have the CSR beside this card ({operation.request_id}.csr) signed. Put what the CA "
            "sends, under any name and as it is (PEM, DER, PKCS#7, zip), into "
            f"{certflow.csr_store.returns_to}. It is merged within seconds or a few minutes, or a "
            "report says what to do. Ask Key Vault for no other CSR meanwhile: each has a key of "
            "its own."
        ),
        "returns_to": certflow.csr_store.returns_to,
    }
