"""A dropped file, from the container to the vault: parse, find the request by its key, order, merge, move, tell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from textwrap import shorten
from typing import Any

from cryptography import x509

from functions.issuance.certflow import Certflow
from functions.issuance.chains import (
    MAX_BYTES,
    Chain,
    ChainProblem,
    Finding,
    build,
    by_key,
    check_leaf,
    describe,
    parse,
)
from functions.issuance.errors import ConcurrentChange, Refused, Unavailable
from functions.issuance.events import CHAIN_MERGED, CHAIN_REJECTED, chain_event
from functions.issuance.journal import record
from functions.issuance.outbox import publish
from functions.issuance.ports import Bundle, Drop
from functions.issuance.requests import (
    MERGEABLE,
    NOBODY,
    CertificateVersion,
    Change,
    Doing,
    Gone,
    Status,
    TrackedRequest,
)
from functions.issuance.watch import look, record_seen

MERGED, REJECTED = "chains-merged", "chains-rejected"
# Longer than one merge can take; a claim older than this was left by a run that was cut off.
CLAIM = timedelta(minutes=2)
WAIT_FOR_CLAIM = 30  # seconds, a second a try; then the platform's own retry takes over

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


async def merge_once(
    certflow: Certflow,
    by: str,
    request: TrackedRequest,
    chain: Chain,
    doing: Doing,
    more: Mapping[str, Any] | None = None,
) -> tuple[Bundle, tuple[Finding, ...]]:
    """Merges a chain into its request, and only once, however often and by how many runs this is tried.

    `by` names the run (the same for every repetition of it); `more` are other fields of Key Vault's merge body. Returns
    the certificate version and what there is to say. Raises ChainProblem, Refused.
    """
    claimed = await _claim(certflow, by, request)
    if claimed.status not in MERGEABLE:
        return await _merged_before(certflow, claimed, chain)
    vault = certflow.vault(claimed.vault)
    seen = await look(certflow, claimed)
    if isinstance(seen, Gone) or seen.status is Status.COMPLETED:
        return await _merged_before(certflow, await record_seen(certflow, claimed, seen), chain)
    try:
        bundle = await vault.merge(claimed.name, chain.der(), more)
    except Refused:
        # A second merge's answer proves nothing; the vault does: is this leaf its certificate?
        current = await vault.certificate(claimed.name)
        if current is None or current.version.der != chain.der()[0]:
            await _release(certflow, claimed)
            raise
        bundle = current
    completed = replace(seen, status=Status.COMPLETED, error_code=None, error_message=None)
    await record_seen(certflow, claimed, completed, doing)
    record("chain-merged", vault=claimed.vault, name=claimed.name, version=bundle.version.version, run=by)
    return bundle, _stranger_notes(chain)


async def _claim(certflow: Certflow, by: str, request: TrackedRequest) -> TrackedRequest:
    """The request, marked as being merged by this run; or as it is, if there is nothing left to merge."""
    for _ in range(WAIT_FOR_CLAIM):
        newest = await certflow.ledger.get(request.vault, request.name, request.request_id)
        if newest is None or newest.status not in MERGEABLE:
            return newest or request
        now = certflow.now()
        if newest.merging not in {None, by} and newest.merging_until and newest.merging_until > now:
            await certflow.sleep(1)
            continue
        claimed = replace(newest, merging=by, merging_until=now + CLAIM)
        try:
            return await certflow.ledger.save(newest, Change(claimed))
        except ConcurrentChange:
            continue
    raise Unavailable(f"The request for {request.name}", "another chain for it is being merged", retry_after=30)


async def _release(certflow: Certflow, claimed: TrackedRequest) -> None:
    try:
        await certflow.ledger.save(claimed, Change(replace(claimed, merging=None, merging_until=None)))
    except ConcurrentChange:
        return  # it has moved on, and with it the claim


async def _merged_before(
    certflow: Certflow, request: TrackedRequest, chain: Chain
) -> tuple[Bundle, tuple[Finding, ...]]:
    """The request has ended. If this very leaf is the vault's certificate, it was merged before, and that is fine."""
    if request.status is Status.COMPLETED:
        current = await certflow.vault(request.vault).certificate(request.name)
        if current is not None and current.version.der == chain.der()[0]:
            done = Finding(
                "already-merged",
                "note",
                f"This certificate is already version {current.version.version} of {request.name}.",
                "Nothing to do.",
            )
            return current, (done,)
    ended = f" on {request.ended:%Y-%m-%d %H:%M} UTC" if request.ended else ""
    raise ChainProblem(
        "request-ended",
        f"The key belongs to the request {request.request_id} for {request.name} in vault {request.vault}, "
        f"which ended{ended}: {request.status}.",
        "Start a new request, have its CSR signed, and drop that chain.",
    )


def _refused(error: Refused) -> ChainProblem:
    return ChainProblem(
        "refused-by-key-vault",
        f"Key Vault refused the chain: {error.code}: {error}",
        "If an issuer still works on this request, wait for it or cancel it first; otherwise have the CSR signed anew.",
    )


def _stranger_notes(chain: Chain) -> tuple[Finding, ...]:
    return tuple(
        Finding("stranger-dropped", "note", f"{describe(one)['subject']} is no part of the chain.", "Nothing to do.")
        for one in chain.strangers
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
        container, folder = MERGED, f"{request.vault}/{request.name}/{version.version}/{drop.id}"
    else:
        container, folder = REJECTED, f"{drop.modified:%Y-%m-%d}/{drop.id}"
    report = _report(drop, findings, request, chain, version)
    report["moved_to"] = f"{container}/{folder}"
    told = {key: value for key, value in report.items() if key != "chain"}  # a table property holds 64 KiB
    event = chain_event(CHAIN_MERGED if version else CHAIN_REJECTED, drop.id, certflow.now(), told, request)
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
    else:
        report["sentence"] = findings[0].sentence
        report["next_step"] = findings[0].next_step
    return report
