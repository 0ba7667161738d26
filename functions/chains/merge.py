"""Merges a chain into its request exactly once, however many runs try it and how often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from functions.app.context_parts import HasLedger, HasVaults
from functions.app.contexts import MergeContext, ValidateContext
from functions.chains.inspect import already_merged, request_ended
from functions.chains.issuing_cas import remember
from functions.chains.match import unmerged
from functions.chains.validation.build import Chain
from functions.model.errors import ConcurrentChange, Refused, Unavailable
from functions.model.findings import ChainProblem, Finding
from functions.model.log import record
from functions.model.request.history import Action
from functions.model.request.moves import MERGEABLE
from functions.model.request.operation import NotPending, Operation, Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.ports.key_vault_objects import MergeFields
from functions.ports.vault import NOT_FOUND, Bundle
from functions.requests.apply_and_save import apply_and_save
from functions.requests.fetch_state import fetch_state

# Longer than one merge can take; a claim older than this was left by a run that was cut off.
CLAIM = timedelta(minutes=2)
WAIT_FOR_CLAIM = 30  # tries, one a second; then the caller has to try again


async def merge_once(
    certflow: MergeContext,
    by: str,
    request: TrackedRequest,
    chain: Chain,
    action: Action,
    more: MergeFields | None = None,
) -> tuple[Bundle, tuple[Finding, ...]]:
    """Merges a chain into its request, and only once, however often and by how many runs this is
    tried.

    `by` names the run, and is the same for every repetition of it; `more` are other fields of Key
    Vault's merge body. Returns the certificate version, and a finding if the leaf was merged
    before. Raises ChainProblem; Refused, if Key Vault refused the merge (or gave the app no access
    before it); Unavailable.
    """
    claimed = await _claim(certflow, by, request)
    if claimed.status not in MERGEABLE:
        with _no_verdict():
            return await _merged_before(certflow, claimed, chain)
    try:
        seen = await _state(certflow, claimed)
        bundle = await _merge_or_find(certflow, claimed, chain, more, seen)
        if bundle is None:
            ours = action if request.merging == by else None  # this run, before it was cut off
            return await _ended(certflow, claimed, seen, ours, chain)
    except Exception:
        await _release(certflow, claimed)  # so that another run need not wait for this one
        raise
    await _record_merge(certflow, claimed, seen, chain, action)
    version = bundle.version.version
    record("chain-merged", vault=claimed.vault, name=claimed.name, version=version, run=by)
    return bundle, ()


async def _state(certflow: ValidateContext, claimed: TrackedRequest) -> Operation | NotPending:
    with _no_verdict():
        return await fetch_state(certflow, claimed.vault, claimed.name, claimed.request_id)


async def _ended(
    certflow: MergeContext,
    claimed: TrackedRequest,
    seen: Operation | NotPending,
    action: Action | None,
    chain: Chain,
) -> tuple[Bundle, tuple[Finding, ...]]:
    """Records the end of a request, and returns the version if it was completed with this leaf."""
    with _no_verdict():
        updated = await apply_and_save(certflow, claimed, seen, action)
        return await _merged_before(certflow, updated, chain)


async def _record_merge(
    certflow: MergeContext,
    claimed: TrackedRequest,
    seen: Operation | NotPending,
    chain: Chain,
    action: Action,
) -> None:
    """Records that the request is completed, and remembers the CAs of its chain. `seen` is its
    state before the merge.
    """
    if isinstance(seen, NotPending):
        seen = Operation(claimed.request_id, claimed.status, claimed.issuer, b"")
    completed = replace(seen, status=Status.COMPLETED, error_code=None, error_message=None)
    with _no_verdict(merged=True):
        await apply_and_save(certflow, claimed, completed, action)
    await remember(certflow, claimed.vault, chain)


def _has_ended(seen: Operation | NotPending) -> bool:
    """Whether nothing can be merged any more. A 404 does not prove that: it can pass, and the merge
    itself answers 404, too, if there is no request.
    """
    if isinstance(seen, NotPending):
        return seen.replaced_by is not None
    return seen.status is Status.COMPLETED


async def _merge_or_find(
    certflow: ValidateContext,
    request: TrackedRequest,
    chain: Chain,
    more: MergeFields | None,
    seen: Operation | NotPending,
) -> Bundle | None:
    """Merges the chain, or finds that it is merged; None if there is no request to merge into, and
    `seen` said so, too. A refusal of a second merge proves nothing, so the vault is asked whether
    the leaf is the current version.
    """
    if _has_ended(seen):
        return None
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
        if isinstance(seen, NotPending):
            return None
        # One of the two answers is not true any more: the next try shows which.
        raise Unavailable(
            "Key Vault", f"the request that it has just shown is not there: {verdict}"
        ) from verdict


@contextmanager
def _no_verdict(*, merged: bool = False) -> Iterator[None]:
    """Turns a refusal of a reading call into Unavailable: Key Vault has not refused the chain, so
    the run is tried again. Only a refusal for want of access is raised as it is; but not once the
    chain is `merged`, since after Refused the caller withdraws the events of the merge.
    """
    try:
        yield
    except Refused as error:
        if error.of_access and not merged:
            raise
        reason = f"it refused a look at the request: HTTP {error.status}, {error.code}: {error}"
        raise Unavailable("Key Vault", reason) from error


async def _claim(certflow: MergeContext, by: str, request: TrackedRequest) -> TrackedRequest:
    """The request with the claim of this run, `by`; or as it is, if nothing can be merged into it
    any more. Raises Unavailable if another run has the claim for WAIT_FOR_CLAIM seconds.
    """
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
    raise Unavailable(
        f"The request for {request.name}", "another chain for it is being merged", retry_after=30
    )


async def _release(certflow: HasLedger, claimed: TrackedRequest) -> None:
    try:
        await certflow.ledger.save(
            claimed, Change(replace(claimed, merging=None, merging_until=None))
        )
    except ConcurrentChange:
        return  # another run has changed the request, and the claim with it


async def _merged_before(
    certflow: HasVaults, request: TrackedRequest, chain: Chain
) -> tuple[Bundle, tuple[Finding, ...]]:
    """The current version and the finding `already-merged`, for a request that was completed with
    this leaf. Raises ChainProblem for one that has ended otherwise.
    """
    if request.status is Status.COMPLETED:
        vault = certflow.vault(request.vault)
        _leaf, version = unmerged(await vault.versions(request.name), [chain.leaf])
        current = await vault.certificate(request.name) if version else None
        if version and current:
            return current, (already_merged(request.name, version),)
    ended = request_ended(request)
    raise ChainProblem(ended.code, ended.sentence, ended.next_step)
