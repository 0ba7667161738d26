"""Applying what Key Vault says of a request, and publishing the events of what that changes. The
status of a request changes in no other way.
"""

from __future__ import annotations

import logging
from datetime import datetime

from functions.app.context_parts import HasMonitoringStore, HasVaults
from functions.app.contexts import CheckContext, CsrsContext
from functions.app.outbox import publish
from functions.app.retry_save import save_with_retries
from functions.model.errors import Refused, Unavailable
from functions.model.issuers import is_manual
from functions.model.log import record
from functions.model.request.act_facts import facts_of, with_facts
from functions.model.request.act_log import log_acts
from functions.model.request.actor import Origin
from functions.model.request.apply_state import apply_state
from functions.model.request.history import Action
from functions.model.request.operation import NotPending, Operation, Status
from functions.model.request.remind import is_reminder_due
from functions.model.request.tracked import Change, TrackedRequest
from functions.model.tags import muted_until
from functions.ports.vault import Bundle
from functions.requests.publish_csr import remove_csr


async def apply_and_save(
    certflow: CheckContext,
    request: TrackedRequest,
    seen: Operation | NotPending,
    action: Action | None = None,
) -> TrackedRequest:
    """Applies what was seen, in one transaction with its events, and publishes these. Raises
    Refused, Unavailable.

    `action` is our action after which it was seen. Two runs that see the same end at the same time
    write it once: the second finds the request ended already.
    """
    seen, bundle = await with_version(certflow, request, seen, action)
    certificate = bundle.version if bundle else None
    patience = certflow.options.reminder_delays

    async def read() -> TrackedRequest:  # never None: the rows of requests are not deleted
        return await certflow.ledger.get(request.vault, request.name, request.request_id) or request

    async def save(known: TrackedRequest) -> tuple[TrackedRequest, Change, TrackedRequest]:
        muted = await _muted(certflow, known, seen)
        change = apply_state(known, seen, certflow.now(), certificate, action, patience, muted)
        saved, change = await save_acts(certflow, known, change)
        return known, change, saved

    moved = await save_with_retries(
        request, read, save, service="The request table", what=request.name
    )
    return await _moved(certflow, *moved)


async def save_acts(
    certflow: CheckContext, known: TrackedRequest, change: Change
) -> tuple[TrackedRequest, Change]:
    """Saves a changed request, with what was before and after in each of its acts, and logs these.
    Returns the request as saved, and the change as written. Raises ConcurrentChange, Unavailable.
    """
    change = with_facts(change, facts_of(known), certflow.access_sha256)
    saved = await certflow.ledger.save(known, change)
    log_acts(change)
    return saved, change


async def apply_if_shown(
    certflow: CheckContext, request: TrackedRequest, seen: Operation
) -> TrackedRequest:
    """Does as apply_and_save for what a caller has Key Vault do or say. If Key Vault refuses to
    show the version that came of it, the request stays as it is, and the check of what is due tries
    again: the caller gets Key Vault's first answer all the same. Raises Unavailable.
    """
    try:
        return await apply_and_save(certflow, request, seen)
    except Refused as error:
        _log_unseen(request, error)
        return request


def _log_unseen(request: TrackedRequest, error: Refused) -> None:
    record(
        "version-not-seen",
        level=logging.WARNING,
        vault=request.vault,
        name=request.name,
        reason=str(error),
    )


async def with_version(
    certflow: HasVaults,
    request: TrackedRequest,
    seen: Operation | NotPending,
    action: Action | None,
) -> tuple[Operation | NotPending, Bundle | None]:
    """What was seen, with the version that came of the request if it is completed. A request that
    is gone without an action of ours may have been completed before.
    """
    if isinstance(seen, Operation) and seen.request_id == request.request_id:
        if seen.status is not Status.COMPLETED:
            return seen, None
        return seen, await certflow.vault(request.vault).certificate(request.name)
    if action is not None or request.status is not Status.IN_PROGRESS:
        return seen, None
    bundle = await _completed_before(certflow, request)
    if bundle is None:
        return seen, None
    return Operation(request.request_id, Status.COMPLETED, request.issuer, b""), bundle


async def _moved(
    certflow: CheckContext, before: TrackedRequest, change: Change, saved: TrackedRequest
) -> TrackedRequest:
    """Does what follows on a saved change: publishes its events, and after an end notes the
    issuer's duration, frees a renewal's place and deletes the published CSR.
    """
    if change.events:
        record(
            "request-moved",
            vault=saved.vault,
            name=saved.name,
            request_id=saved.request_id,
            status=saved.status,
            error=saved.error_code,
        )
    await publish(certflow, change.events)
    if saved.ended and not before.ended:
        await _learn(certflow, saved)
        await _uncount(certflow, saved)
        await remove_csr(certflow, saved)
    return saved


async def _completed_before(certflow: HasVaults, request: TrackedRequest) -> Bundle | None:
    """The version that came of a request before it was deleted or overwritten: the current one, if
    it has the request's key. None if the key proves nothing because the policy reuses keys, or if
    the vault refuses to show the version.
    """
    try:
        bundle = await certflow.vault(request.vault).certificate(request.name)
    except Refused as error:
        _log_unseen(request, error)
        return None
    if bundle is None or bundle.version.key_sha256 != request.key_sha256:
        return None
    key = (bundle.fields.get("policy") or {}).get("key_props") or {}
    return None if key.get("reuse_key") else bundle


async def _muted(
    certflow: CsrsContext, request: TrackedRequest, seen: Operation | NotPending
) -> datetime | None:
    """Until when the certificate's tag suppresses reminders (UTC). The tags are read only if a
    reminder is due.
    """
    in_progress = isinstance(seen, Operation) and seen.status is Status.IN_PROGRESS
    if not in_progress or not is_reminder_due(request, certflow.now()):
        return None
    return muted_until(await certflow.vault(request.vault).tags(request.name), certflow.now())


async def _learn(certflow: HasMonitoringStore, ended: TrackedRequest) -> None:
    """Notes how long the issuer took. It is only a hint for when to check later requests, so a
    fault here is only logged.
    """
    if ended.ended is None or is_manual(ended.issuer):
        return
    if ended.origin is Origin.FOUND:  # `created` is when it was found, perhaps shortly before
        return
    if ended.status not in {Status.COMPLETED, Status.FAILED}:
        return
    try:
        await certflow.monitoring_store.add_duration(
            ended.vault, ended.issuer, (ended.ended - ended.created).total_seconds()
        )
    except Unavailable as error:
        record(
            "not-learned",
            level=logging.WARNING,
            vault=ended.vault,
            issuer=ended.issuer,
            reason=str(error),
        )


async def _uncount(certflow: HasMonitoringStore, ended: TrackedRequest) -> None:
    """Frees the place of a renewal that was not completed under the day's cap for another one; its
    own version is not tried again.
    """
    if ended.origin is not Origin.RENEWAL or ended.status is Status.COMPLETED:
        return
    try:
        await certflow.monitoring_store.uncount_renewal(ended.vault, ended.created.date())
    except Unavailable as error:
        record(
            "renewal-not-uncounted",
            level=logging.WARNING,
            vault=ended.vault,
            name=ended.name,
            reason=str(error),
        )
