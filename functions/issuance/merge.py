"""Merging a chain into its request, once, whoever tries and however often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.chains import Chain
from functions.issuance.errors import ConcurrentChange, Refused, Unavailable
from functions.issuance.examine import already_merged, request_ended
from functions.issuance.findings import ChainProblem, Finding
from functions.issuance.issuing_cas import remember
from functions.issuance.journal import record
from functions.issuance.matching import unmerged
from functions.issuance.ports import Bundle
from functions.issuance.requests import MERGEABLE, Change, Doing, Gone, Operation, Status, TrackedRequest
from functions.issuance.watch import NOT_FOUND, look, record_seen

# Longer than one merge can take; a claim older than this was left by a run that was cut off.
CLAIM = timedelta(minutes=2)
WAIT_FOR_CLAIM = 30  # seconds, a second a try; then whoever asked tries again


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
    the certificate version and what there is to say. Raises ChainProblem; Refused, if Key Vault refused the merge (or
    did not let the app in before it); Unavailable.
    """
    claimed = await _claim(certflow, by, request)
    if claimed.status not in MERGEABLE:
        with _no_verdict():
            return await _merged_before(certflow, claimed, chain)
    try:
        with _no_verdict():
            seen = await look(certflow, claimed.vault, claimed.name, claimed.request_id)
        bundle = None if _has_ended(seen) else await _merge_or_find(certflow, claimed, chain, more, seen)
        if bundle is None:
            ours = doing if request.merging == by else None  # this run, before it was cut off
            with _no_verdict():
                return await _merged_before(certflow, await record_seen(certflow, claimed, seen, ours), chain)
    except Exception:
        await _release(certflow, claimed)  # so that another run need not wait for this one
        raise
    stood = Operation(claimed.request_id, claimed.status, claimed.issuer, b"") if isinstance(seen, Gone) else seen
    completed = replace(stood, status=Status.COMPLETED, error_code=None, error_message=None)
    with _no_verdict(merged=True):
        await record_seen(certflow, claimed, completed, doing)
    await remember(certflow, claimed.vault, chain)
    record("chain-merged", vault=claimed.vault, name=claimed.name, version=bundle.version.version, run=by)
    return bundle, ()


def _has_ended(seen: Operation | Gone) -> bool:
    """Whether nothing can be merged any more. A 404 does not say so: it can pass, and the merge has one of its own."""
    if isinstance(seen, Gone):
        return seen.replaced_by is not None
    return seen.status is Status.COMPLETED


async def _merge_or_find(
    certflow: Certflow,
    request: TrackedRequest,
    chain: Chain,
    more: Mapping[str, Any] | None,
    seen: Operation | Gone,
) -> Bundle | None:
    """Merges; None if there is no request to merge into, as was `seen`. A second merge's answer proves nothing; the
    vault does: is this leaf its certificate already?
    """
    vault, items = certflow.vault(request.vault), chain.der(include_root=certflow.include_root)
    try:
        return await vault.merge(request.name, items, more)
    except Refused as verdict:
        with _no_verdict():
            current = await vault.certificate(request.name)
        if current is not None and current.version.der == items[0]:
            return current
        if verdict.status != NOT_FOUND:
            raise
        if isinstance(seen, Gone):
            return None
        # One of the two answers does not hold: the next look says which.
        raise Unavailable("Key Vault", f"the request that it has just shown is not there: {verdict}") from verdict


@contextmanager
def _no_verdict(*, merged: bool = False) -> Iterator[None]:
    """What is refused here is a look, not the chain: it may be taken when the look is not refused, so that is tried
    again. Only a vault that does not let the app in is told as that; but not once the chain is merged, for whoever
    hears of a refusal takes back what was to be told of the merge.
    """
    try:
        yield
    except Refused as error:
        if error.of_access and not merged:
            raise
        reason = f"it refused a look at the request: HTTP {error.status}, {error.code}: {error}"
        raise Unavailable("Key Vault", reason) from error


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
    """The request has ended. If this very leaf is a version in the vault, it was merged before, and that is fine."""
    if request.status is Status.COMPLETED:
        vault = certflow.vault(request.vault)
        _leaf, version = unmerged(await vault.versions(request.name), [chain.leaf])
        current = await vault.certificate(request.name) if version else None
        if version and current:
            return current, (already_merged(request.name, version),)
    ended = request_ended(request)
    raise ChainProblem(ended.code, ended.sentence, ended.next_step)
