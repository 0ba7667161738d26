"""Collects the CSRs of all manual requests that wait for a CA's signature."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from functions.app.contexts import CsrsContext
from functions.model.errors import InvalidRequest, Refused
from functions.model.issuers import is_manual
from functions.model.log import record
from functions.model.messages import Line
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from functions.model.request_filter import MAX_IN_ORDER, RequestFilter
from functions.x509.public_keys import key_sha256

MAX_CSRS = 500  # CSRs in one answer: a few MB, read in a few seconds
MAX_PARALLEL_CSRS = 20  # CSRs that are read at the same time
MANUAL_ISSUER = (
    "Unknown"  # the issuer's name in Key Vault where no issuer works on it (protocol §3)
)


@dataclass(frozen=True, slots=True)
class OpenCsrs:
    """Requests with their CSRs (PEM), the oldest first; `left_out` is how many more there are."""

    csrs: tuple[tuple[Line, bytes], ...]
    left_out: int


def line_of(request: TrackedRequest) -> Line:
    """A request as a line of a table in a message."""
    waits = request.status is Status.IN_PROGRESS and is_manual(request.issuer)
    return Line(
        request.vault,
        request.name,
        request.request_id,
        request.names,
        request.owner,
        request.created,
        csr=waits,
    )


async def open_csrs(certflow: CsrsContext, request_filter: RequestFilter) -> OpenCsrs:
    """The CSRs of the manual requests in progress that match `request_filter`, the oldest first,
    MAX_CSRS at most. Requests that Key Vault no longer knows are left out.

    Raises InvalidRequest if more than MAX_IN_ORDER requests match, Unavailable, and Refused where
    the app has no access to a vault.
    """
    found = await _manual_requests(certflow, request_filter)
    gate = asyncio.Semaphore(MAX_PARALLEL_CSRS)

    async def read(request: TrackedRequest) -> tuple[Line, bytes] | None:
        async with gate:
            pem = await csr_of(certflow, request)
        return (line_of(request), pem) if pem else None

    csrs = [one for one in await asyncio.gather(*map(read, found[:MAX_CSRS])) if one]
    return OpenCsrs(tuple(csrs), max(0, len(found) - MAX_CSRS))


async def _manual_requests(
    certflow: CsrsContext, request_filter: RequestFilter
) -> list[TrackedRequest]:
    """The manual requests in progress that match, the oldest first, one for each certificate."""
    asked = replace(
        request_filter,
        request_ids=frozenset(),
        statuses=frozenset({Status.IN_PROGRESS}),
        issuer=MANUAL_ISSUER,
        limit=MAX_IN_ORDER,
    )
    try:
        pending = (await certflow.ledger.requests(asked, None)).requests
    except InvalidRequest:
        raise InvalidRequest(
            "vault", f"More than {MAX_IN_ORDER:,} wait. Ask for fewer: vault, owner, name."
        ) from None
    # A request that was replaced, without Certflow having seen that yet, still counts as pending. A
    # certificate has only one CSR in Key Vault, that of its newest request.
    last = {(one.vault, one.name.lower()): one.request_id for one in pending}
    newest = [one for one in pending if last[one.vault, one.name.lower()] == one.request_id]
    chosen = request_filter.request_ids
    return [one for one in newest if not chosen or one.request_id.lower() in chosen]


async def csr_of(certflow: CsrsContext, request: TrackedRequest) -> bytes | None:
    """The CSR (PEM) of a request in progress; None if Key Vault no longer knows the request.

    The published CSR is taken only if it has the request's key, since others may write to that
    storage; otherwise Key Vault is asked. Raises Unavailable, and Refused where the app has no
    access to the vault.
    """
    handed_out = await certflow.csr_store.read(request.vault, request.name, request.request_id)
    if handed_out is not None:
        if (ours := own_csr(handed_out, request.key_sha256)) is not None:
            return ours
        whose = {"vault": request.vault, "name": request.name, "request": request.request_id}
        record("csr-exchanged", level=logging.WARNING, **whose)
    try:
        answer = await certflow.vault(request.vault).pending(request.name, request.request_id)
    except Refused as error:
        if error.of_access:
            raise
        return None
    return x509.load_der_x509_csr(answer.operation.csr).public_bytes(Encoding.PEM)


def own_csr(pem: bytes, key: str) -> bytes | None:
    """The CSR alone, without any text around it, if it has this key (SHA-256, hex) and is signed
    with it.
    """
    try:
        csr = x509.load_pem_x509_csr(pem)
        same = key_sha256(csr) == key and csr.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        return None
    return csr.public_bytes(Encoding.PEM) if same else None
