"""The CSRs that wait for a person's CA, all together."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from functions.issuance.certflow import Certflow
from functions.issuance.errors import InvalidRequest, Refused
from functions.issuance.journal import record
from functions.issuance.keys import key_sha256
from functions.issuance.listing import MOST_IN_ORDER, Wanted
from functions.issuance.requests import Status, TrackedRequest, is_manual
from functions.issuance.telling import Line

MOST = 500  # CSRs of one answer: some MB, and some seconds of reading
AT_ONCE = 20  # reads
MANUAL = "Unknown"  # the issuer's name where there is none (protocol §3)


@dataclass(frozen=True, slots=True)
class OpenCsrs:
    """CSRs (PEM), the oldest request first; and how many more there are than fit."""

    csrs: tuple[tuple[Line, bytes], ...]
    left_out: int


def line_of(request: TrackedRequest) -> Line:
    """A request as a line of a table."""
    waits = request.status is Status.IN_PROGRESS and is_manual(request.issuer)
    return Line(
        request.vault, request.name, request.request_id, request.names, request.owner, request.created, csr=waits
    )


async def open_csrs(certflow: Certflow, wanted: Wanted) -> OpenCsrs:
    """The CSRs of the manual requests in progress that are wanted, the oldest first; MOST of them at most.

    What has ended meanwhile is left out. Raises InvalidRequest, Unavailable, and Refused where the app has no
    access to a vault.
    """
    asked = replace(wanted, statuses=frozenset({Status.IN_PROGRESS}), issuer=MANUAL, limit=MOST_IN_ORDER)
    try:
        pending = (await certflow.ledger.requests(asked, None)).requests
    except InvalidRequest:
        raise InvalidRequest("vault", f"More than {MOST_IN_ORDER:,} wait. Ask for fewer: vault, owner, name.") from None
    # One that was replaced without our knowing may still count as pending: a name has one CSR, that of the last.
    last = {(one.vault, one.name.lower()): one.request_id for one in pending}
    found = [one for one in pending if last[one.vault, one.name.lower()] == one.request_id]
    gate = asyncio.Semaphore(AT_ONCE)

    async def read(request: TrackedRequest) -> tuple[Line, bytes] | None:
        async with gate:
            pem = await csr_of(certflow, request)
        return (line_of(request), pem) if pem else None

    csrs = [one for one in await asyncio.gather(*map(read, found[:MOST])) if one]
    return OpenCsrs(tuple(csrs), max(0, len(found) - MOST))


async def csr_of(certflow: Certflow, request: TrackedRequest) -> bytes | None:
    """The CSR (PEM) of a request in progress; None if Key Vault knows that no more. The one that was handed out, if it
    is still that: others may write where it lies. Raises Unavailable, and Refused as above.
    """
    handed_out = await certflow.handouts.read(request.vault, request.name, request.request_id)
    if handed_out is not None:
        if (ours := _with_key(handed_out, request.key_sha256)) is not None:
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


def _with_key(pem: bytes, key: str) -> bytes | None:
    """The CSR alone, without whatever stands around it, if it has this key and is signed with it."""
    try:
        csr = x509.load_pem_x509_csr(pem)
        same = key_sha256(csr) == key and csr.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        return None
    return csr.public_bytes(Encoding.PEM) if same else None
