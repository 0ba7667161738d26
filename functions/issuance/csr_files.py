"""The CSRs that go with a mail to whoever has them signed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence

from functions.issuance.certflow import Certflow
from functions.issuance.csr_zip import zip_of
from functions.issuance.errors import Refused, Unavailable
from functions.issuance.journal import record
from functions.issuance.open_csrs import AT_ONCE, csr_of
from functions.issuance.requests import Status
from functions.issuance.telling import Attachment, Line, Notice

# Bytes of CSRs in a mail, about 300 of them. Communication Services take 10 MB of a request in all, base64 and both
# texts among them (Learn, "Service limits for Azure Communication Services"); aiohttp holds the event loop up while it
# sends more than 1 MB. What does not fit has its address in the message.
MOST_BYTES = 500 * 1024
NAME = "certflow-csrs.zip"


async def csrs_of(certflow: Certflow, notices: Sequence[Notice]) -> tuple[Attachment, ...]:
    """The CSRs that these notices ask to be signed, each held against its request: one as it is, several as a zip.

    None if they cannot be read: a message without them is better than none.
    """
    asked = (line for notice in notices for line in notice.lines if line.csr)
    lines = list({(line.vault, line.name.lower()): line for line in asked}.values())
    if not lines:
        return ()
    try:
        gate = asyncio.Semaphore(AT_ONCE)
        found = await asyncio.gather(*(_read(certflow, gate, line) for line in lines))
        csrs = list(_fitting((line, pem) for line, pem in zip(lines, found, strict=True) if pem is not None))
        if not csrs:
            return ()
        if len(lines) == 1:
            ((line, pem),) = csrs
            said = f"The CSR is attached: {line.name}.csr."
            # Communication Services take only files of the kinds that they know.
            return (Attachment(f"{line.name}.csr", "text/plain", pem, said),)
        # The same for the same notices, so that a mail that is tried again is the same mail.
        made = max((notice.at for notice in notices if notice.at), default=certflow.now())
        content = zip_of(csrs, certflow.handouts.returns_to, made)
    except Exception as error:  # noqa: BLE001  as said above
        ids = [notice.event_id for notice in notices]
        record("csrs-not-attached", level=logging.WARNING, ids=ids, reason=repr(error))
        return ()
    count = f"{len(csrs)} CSRs are" if len(csrs) > 1 else "One CSR is"
    left = len(lines) - len(csrs)
    rest = f" Not attached: {left} more. The zip that is named below has all that still wait." if left else ""
    return (Attachment(NAME, "application/zip", content, f"{count} attached in {NAME}, with a manifest.{rest}"),)


async def _read(certflow: Certflow, gate: asyncio.Semaphore, line: Line) -> bytes | None:
    """None for one that waits no more, or cannot be read now: that keeps the others back no more than the message."""
    try:
        async with gate:
            request = await certflow.ledger.get(line.vault, line.name, line.request_id)
            waits = request is not None and request.status is Status.IN_PROGRESS
            return await csr_of(certflow, request) if request and waits else None
    except (Refused, Unavailable) as error:
        reason = str(error)
        record("csr-not-attached", level=logging.WARNING, vault=line.vault, name=line.name, reason=reason)
        return None


def _fitting(csrs: Iterable[tuple[Line, bytes]]) -> Iterable[tuple[Line, bytes]]:
    """The first that fit into a mail."""
    left = MOST_BYTES
    for line, pem in csrs:
        left -= len(pem)
        if left < 0:
            return
        yield line, pem
