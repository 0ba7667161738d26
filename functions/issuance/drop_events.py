"""The events of dropped files: whose they are, and what travels of their reports."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.events import CHAIN_WAITING, Event
from functions.issuance.files import Drop
from functions.issuance.held_up import WAIT, tell_of_own_fault
from functions.issuance.matching import match
from functions.issuance.outbox import send
from functions.issuance.reading import read
from functions.issuance.report import brief_of, request_of
from functions.issuance.requests import TrackedRequest


async def tell_held_up(certflow: Certflow, drop: Drop, error: Exception) -> None:
    """A fault of ours: told to the operators for all files, and plainly to whoever waits for this one."""
    await tell_of_own_fault(certflow, error)
    waits = {
        "outcome": "waiting",
        "sentence": f"The file cannot be handled now: the fault is Certflow's own. {error}",
        "next_step": WAIT,
        "findings": [],
        "leaves": [],
        "file": file_of(drop),
    }
    await send(certflow, event_of(CHAIN_WAITING, drop, certflow.now(), waits, await request_for(certflow, drop)))


async def request_for(certflow: Certflow, drop: Drop) -> TrackedRequest | None:
    """The request that a file is for, if that can be told: those whom it concerns hear of it."""
    try:
        return (await match(certflow, read(drop.content).certificates)).matches[0].request
    except Exception:  # noqa: BLE001  whatever makes the file stick can do so here, and the operators hear of it then
        return None


def file_of(drop: Drop) -> dict[str, Any]:
    """Which file it is."""
    return {
        "name": drop.name,
        "size": drop.size,
        **({"sha256": drop.sha256} if drop.sha256 else {}),
        "etag": drop.etag,
        "dropped": drop.modified.isoformat(),
        "metadata": dict(drop.metadata),
    }


def event_of(type_: str, drop: Drop, now: datetime, report: dict[str, Any], request: TrackedRequest | None) -> Event:
    """What travels: the report in brief, and whose it is."""
    told = brief_of(report)
    if request:
        told["request"] = request_of(request)
        whose = {"names": request.names.split(), "owner": request.owner, "signer": request.signer}
        told |= {key: value for key, value in whose.items() if value}
    return Event(
        id=f"drop:{drop.id}:{type_.rsplit('.', 1)[1].lower()}",
        type=type_,
        subject=f"chains/{drop.id}",
        time=now,
        vault=request.vault if request else None,
        name=request.name if request else None,
        data=told,
    )
