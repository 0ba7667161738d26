"""The events of dropped files: for which request they are, and what they contain of the reports."""

from __future__ import annotations

from datetime import datetime

from functions.app.contexts import ChainsContext, MatchContext
from functions.app.outbox import send
from functions.chains.match import match
from functions.chains.own_faults import WAIT, tell_of_own_fault
from functions.chains.parsing.parse import parse
from functions.chains.report import (
    FileHash,
    FileInReport,
    Report,
    StuckReport,
    brief_of,
    request_of,
)
from functions.model.events.chains import Waiting
from functions.model.events.event import Event
from functions.model.events.file import OfFile
from functions.model.events.wire import read as read_data
from functions.model.request.tracked import TrackedRequest
from functions.ports.chain_files import DroppedFile


async def tell_held_up(certflow: ChainsContext, drop: DroppedFile, error: Exception) -> None:
    """Tells of a fault of Certflow's own: the operators once for all files, and whoever waits for
    this file that it waits. Raises Unavailable.
    """
    await tell_of_own_fault(certflow, error)
    waits: Report = {
        "outcome": "waiting",
        "sentence": f"The file cannot be handled now: the fault is Certflow's own. {error}",
        "next_step": WAIT,
        "findings": [],
        "leaves": [],
        "file": file_of(drop),
    }
    request = await request_for(certflow, drop)
    await send(certflow, event_of(Waiting, drop, certflow.now(), waits, request))


async def request_for(certflow: MatchContext, drop: DroppedFile) -> TrackedRequest | None:
    """The request for which a file is, so that its people can be told; None if that cannot be found
    out.
    """
    try:
        return (await match(certflow, parse(drop.content).certificates)).matches[0].request
    except Exception:  # noqa: BLE001  the error that makes the file stuck can come here, too: then operators are told
        return None


def file_of(drop: DroppedFile) -> FileInReport:
    """The file as its report has it."""
    digest: FileHash = {"sha256": drop.sha256} if drop.sha256 else {}
    return {
        "name": drop.name,
        "size": drop.size,
        **digest,
        "etag": drop.etag,
        "dropped": drop.modified.isoformat(),
        "metadata": dict(drop.metadata),
    }


def event_of(
    type_: type[OfFile],
    drop: DroppedFile,
    now: datetime,
    report: Report | StuckReport,
    request: TrackedRequest | None,
) -> Event:
    """The event of a file: its report in brief, and the request that it is for."""
    told = brief_of(report)
    if request:
        told["request"] = request_of(request)
        whose = {"names": request.names.split(), "owner": request.owner, "signer": request.signer}
        told |= {key: value for key, value in whose.items() if value}
    vault, name = (request.vault, request.name) if request else (None, None)
    id_ = f"drop:{drop.id}:{type_.what_happened()}"
    return read_data(type_, told).event(id_, f"chains/{drop.id}", now, vault=vault, name=name)
