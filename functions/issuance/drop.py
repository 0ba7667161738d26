"""A dropped file, from the container to the vault: parse, find the request by its key, order, merge, move, tell."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from textwrap import shorten
from typing import Any

from cryptography import x509

from functions.issuance.certflow import Certflow
from functions.issuance.chains import (
    MAX_BYTES,
    PRIVATE_KEY,
    Chain,
    ChainProblem,
    Finding,
    build,
    by_key,
    check_leaf,
    describe,
    parse,
)
from functions.issuance.errors import CertflowError, Refused, Unavailable
from functions.issuance.events import CHAIN_MERGED, CHAIN_QUARANTINED, CHAIN_REJECTED, CHAIN_STUCK, Event
from functions.issuance.journal import record
from functions.issuance.merge import merge_once
from functions.issuance.outbox import publish
from functions.issuance.ports import Drop
from functions.issuance.requests import (
    NOBODY,
    CertificateVersion,
    Doing,
    Status,
    TrackedRequest,
)

MERGED, REJECTED, QUARANTINE = "chains-merged", "chains-rejected", "chains-quarantine"
LYING = timedelta(minutes=10)  # longer than an event and its five tries take
# Which of several requests with one key is meant: one that still waits, then one that ended without a certificate.
PREFERENCE = (
    Status.IN_PROGRESS,
    Status.FAILED,
    Status.CANCELLED,
    Status.COMPLETED,
    Status.OVERWRITTEN,
    Status.DELETED,
)


async def handle_drop(certflow: Certflow, name: str) -> None:
    """Merges or rejects one dropped file and moves it, with a report beside it. Safe to repeat, and to cut anywhere.

    A file that is gone was handled by another run. Raises Unavailable: nothing has moved, and the platform tries again.
    """
    drop = await certflow.drops.read(name, MAX_BYTES)
    if drop is None:
        record("drop-gone", blob=name)
        return
    request: TrackedRequest | None = None
    chain: Chain | None = None
    try:
        certificates = parse(drop.content)
        leaf, request = await find_request(certflow, certificates)
        chain = build(leaf, certificates)
        check_leaf(leaf, certflow.now())
        bundle, notes = await merge_once(certflow, drop.id, request, chain, Doing("merged", NOBODY))
    except ChainProblem as problem:
        await _finish(certflow, drop, (problem.finding,), request, chain, None)
    except Refused as error:
        await _finish(certflow, drop, (_refused(error).finding,), request, chain, None)
    else:
        await _finish(certflow, drop, notes, request, chain, bundle.version)


async def sweep(certflow: Certflow) -> int:
    """Takes up files that have been lying there; returns how many. The backstop for a drop whose event never came.

    One that fails is left for the next sweep, and does not keep the others waiting.
    """
    names = await certflow.drops.waiting(certflow.now() - LYING)
    for name in names:
        try:
            await handle_drop(certflow, name)
        except Exception as error:  # noqa: BLE001  one file's trouble must not end the sweep for the others
            record("drop-left", level=logging.WARNING, blob=name, reason=repr(error))
    return len(names)


async def handle_stuck(certflow: Certflow, name: str) -> None:
    """A file that failed as often as the platform tries: one more try, and if that fails too, people hear why.

    The file stays where it is. Raises Unavailable if the event cannot even be written: then this is tried again.
    """
    try:
        await handle_drop(certflow, name)
    except Exception as error:  # noqa: BLE001  whatever it is, it is the reason that people want to hear
        drop = await certflow.drops.read(name, MAX_BYTES)
        if drop is None:
            return
        reason = str(error) if isinstance(error, CertflowError) else f"An unforeseen error ({type(error).__name__})."
        report = _report(drop, (), None, None, None) | {
            "outcome": "stuck",
            "sentence": f"The file could not be handled, although it was tried again and again. {reason}",
            "next_step": "It is still in the container. Mend what is named here, then drop it again.",
        }
        event = _event(CHAIN_STUCK, drop, certflow.now(), report, await _owner_of(certflow, drop))
        await certflow.ledger.add_event(event)
        record("drop-stuck", level=logging.ERROR, blob=name, drop=drop.id, reason=reason)
        await publish(certflow, (event,))


async def _owner_of(certflow: Certflow, drop: Drop) -> TrackedRequest | None:
    """The request that a file is for, if that can be told: its owner hears of it."""
    try:
        return (await find_request(certflow, parse(drop.content)))[1]
    except (ChainProblem, Unavailable):
        return None


async def find_request(
    certflow: Certflow, certificates: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, TrackedRequest]:
    """The certificate in the file whose key is that of a request, and the request. Raises ChainProblem."""
    keys = by_key(certificates)
    found = await asyncio.gather(*(certflow.ledger.by_key(key) for key in keys))
    matches = [request for requests in found for request in requests]
    if not matches:
        names = shorten("; ".join(sorted({describe(one)["subject"] for one in certificates})), 300, placeholder=" …")
        raise ChainProblem(
            "no-request-for-this-key",
            f"No request has the public key of any certificate in this file ({names}).",
            "Check that the CA signed the newest CSR: each request has a key of its own. Get the CSR again from "
            "GET …/pending, have it signed, and drop the new chain.",
        )
    request = min(matches, key=lambda one: PREFERENCE.index(one.status))
    return keys[request.key_sha256][0], request


def _refused(error: Refused) -> ChainProblem:
    return ChainProblem(
        "refused-by-key-vault",
        f"Key Vault refused the chain: {error.code}: {error}",
        "If an issuer still works on this request, wait for it or cancel it first; otherwise have the CSR signed anew.",
    )


async def _finish(
    certflow: Certflow,
    drop: Drop,
    findings: tuple[Finding, ...],
    request: TrackedRequest | None,
    chain: Chain | None,
    version: CertificateVersion | None,
) -> None:
    """Moves the file with its report, and tells. The event is written first, so that a cut in between loses nothing."""
    if version is not None and request is not None:
        type_, container, folder = CHAIN_MERGED, MERGED, f"{request.vault}/{request.name}/{version.version}/{drop.id}"
    elif findings[0].code == PRIVATE_KEY:  # few may read where it goes
        type_, container, folder = CHAIN_QUARANTINED, QUARANTINE, f"{drop.modified:%Y-%m-%d}/{drop.id}"
    else:
        type_, container, folder = CHAIN_REJECTED, REJECTED, f"{drop.modified:%Y-%m-%d}/{drop.id}"
    report = _report(drop, findings, request, chain, version)
    report["moved_to"] = f"{container}/{folder}"
    told = {key: value for key, value in report.items() if key != "chain"}  # a table property holds 64 KiB
    event = _event(type_, drop, certflow.now(), told, request)
    await certflow.ledger.add_event(event)
    moved_to = await certflow.drops.move(drop, container, folder, json.dumps(report, indent=2).encode())
    record("drop-handled", blob=drop.name, drop=drop.id, moved_to=moved_to, findings=[one.code for one in findings])
    await publish(certflow, (event,))


def _report(
    drop: Drop,
    findings: tuple[Finding, ...],
    request: TrackedRequest | None,
    chain: Chain | None,
    version: CertificateVersion | None,
) -> dict[str, Any]:
    """What lies beside the file as report.json, and travels in the event. Holds no part of the file itself."""
    report: dict[str, Any] = {
        "outcome": "merged" if version else "rejected",
        "findings": [asdict(finding) for finding in findings],
        "file": {
            "name": drop.name,
            "size": drop.size,
            "sha256": drop.sha256,
            "etag": drop.etag,
            "dropped": drop.modified.isoformat(),
            "metadata": dict(drop.metadata),
        },
    }
    if request:
        report["request"] = {"vault": request.vault, "name": request.name, "request_id": request.request_id}
    if chain:
        report["chain"] = [describe(one) for one in (*chain.path, *((chain.root,) if chain.root else ()))]
    if version:
        report["version"] = version.version
        report["sentence"] = (
            f"The chain for {describe(chain.leaf)['subject'] if chain else ''} was merged as version {version.version}."
        )
    elif findings:
        report["sentence"] = findings[0].sentence
        report["next_step"] = findings[0].next_step
    return report


def _event(type_: str, drop: Drop, now: datetime, report: dict[str, Any], request: TrackedRequest | None) -> Event:
    return Event(
        id=f"drop:{drop.id}:{type_.rsplit('.', 1)[1].lower()}",
        type=type_,
        subject=f"chains/{drop.id}",
        time=now,
        vault=request.vault if request else None,
        name=request.name if request else None,
        data=report | ({"owner": request.owner} if request and request.owner else {}),
    )
