"""The CSRs that are attached to a mail to whoever has them signed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from functions.app.context_parts import HasCsrStore
from functions.app.contexts import CsrsContext
from functions.app.csr_zip import zip_of
from functions.app.open_csrs import MAX_PARALLEL_CSRS, csr_of
from functions.model.errors import Refused, Unavailable
from functions.model.log import record
from functions.model.messages import Line
from functions.model.request.operation import Status
from functions.ports.notifications import Attachment, Notice

# Bytes of CSRs in a mail, about 300 of them. Communication Services take requests of 10 MB at most,
# with base64 and both texts (Learn, "Service limits for Azure Communication Services"), and aiohttp
# blocks the event loop while it sends more than 1 MB. The message has the address of what does not
# fit.
MAX_BYTES = 500 * 1024
NAME = "certflow-csrs.zip"


async def csrs_of(certflow: CsrsContext, notices: Sequence[Notice]) -> tuple[Attachment, ...]:
    """The CSRs that these notices ask to be signed, each compared with its request: one CSR as it
    is, several as a zip.

    Raises nothing: without CSRs that can be read there is no attachment, since a message without
    them is better than none.
    """
    lines = _lines_with_csrs(notices)
    if not lines:
        return ()
    try:
        csrs = await _readable(certflow, lines)
        if not csrs:
            return ()
        if len(lines) == 1:
            return (_single(*csrs[0]),)
        # The same time for the same notices, so that a mail that is tried again is the same mail.
        made = max((notice.at for notice in notices if notice.at), default=certflow.now())
        return (_zipped(certflow, csrs, made, left_out=len(lines) - len(csrs)),)
    except Exception as error:  # noqa: BLE001  as said above
        ids = [notice.event_id for notice in notices]
        record("csrs-not-attached", level=logging.WARNING, ids=ids, reason=repr(error))
        return ()


def _lines_with_csrs(notices: Sequence[Notice]) -> list[Line]:
    """The lines that ask for a CSR to be signed; of one certificate, the last."""
    asked = (line for notice in notices for line in notice.lines if line.csr)
    return list({(line.vault, line.name.lower()): line for line in asked}.values())


async def _readable(certflow: CsrsContext, lines: Sequence[Line]) -> list[tuple[Line, bytes]]:
    """The CSRs (PEM) of these lines that can be read now, as many as fit into a mail."""
    gate = asyncio.Semaphore(MAX_PARALLEL_CSRS)
    found = await asyncio.gather(*(_read(certflow, gate, line) for line in lines))
    return list(
        _fitting_csrs(
            (line, pem) for line, pem in zip(lines, found, strict=True) if pem is not None
        )
    )


def _single(line: Line, pem: bytes) -> Attachment:
    # Communication Services take only files of the types that they know; text is one.
    return Attachment(
        f"{line.name}.csr", "text/plain", pem, f"The CSR is attached: {line.name}.csr."
    )


def _zipped(
    certflow: HasCsrStore, csrs: list[tuple[Line, bytes]], made: datetime, *, left_out: int
) -> Attachment:
    count = f"{len(csrs)} CSRs are" if len(csrs) > 1 else "One CSR is"
    said = f"{count} attached in {NAME}, with a manifest."
    if left_out:
        said += (
            f" Not attached: {left_out} more. The zip that is named below has all that still wait."
        )
    content = zip_of(csrs, certflow.csr_store.returns_to, made)
    return Attachment(NAME, "application/zip", content, said)


async def _read(certflow: CsrsContext, gate: asyncio.Semaphore, line: Line) -> bytes | None:
    """The CSR (PEM) of a line; None if its request has ended or cannot be read now, which must keep
    back neither the others nor the message.
    """
    try:
        async with gate:
            request = await certflow.ledger.get(line.vault, line.name, line.request_id)
            waits = request is not None and request.status is Status.IN_PROGRESS
            return await csr_of(certflow, request) if request and waits else None
    except (Refused, Unavailable) as error:
        vault, name, reason = line.vault, line.name, str(error)
        record("csr-not-attached", level=logging.WARNING, vault=vault, name=name, reason=reason)
        return None


def _fitting_csrs(csrs: Iterable[tuple[Line, bytes]]) -> Iterable[tuple[Line, bytes]]:
    """The first CSRs that together have MAX_BYTES at most."""
    left = MAX_BYTES
    for line, pem in csrs:
        left -= len(pem)
        if left < 0:
            return
        yield line, pem
