"""Checking one request, due or not: asks Key Vault about it, and applies the answer."""

from __future__ import annotations

import logging

from functions.app.contexts import CheckContext, VaultRunContext
from functions.app.vault_limiters import rate_limited
from functions.model.errors import ConcurrentChange, Refused, Unavailable
from functions.model.log import record
from functions.model.request.apply_state import postpone
from functions.model.request.moves import MERGEABLE
from functions.model.request.operation import Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.requests.apply_and_save import apply_and_save
from functions.requests.fetch_state import fetch_state


async def check_named(certflow: CheckContext, vault: str, name: str) -> None:
    """Checks every request in progress of a certificate name, due or not, and the newest also if it
    failed or was cancelled: a merge, in the portal as well, can still complete it. Raises
    Unavailable if the storage does not answer.
    """
    named = sorted(await certflow.ledger.by_name(vault, name), key=lambda one: one.created)
    for request in named:
        if request.status is Status.IN_PROGRESS or (
            request is named[-1] and request.status in MERGEABLE
        ):
            await check(certflow, request)


async def check_early(certflow: VaultRunContext, vault: str, name: str, request_id: str) -> None:
    """Checks a request seconds after an action that an issuer answers, within the vault's budget.
    Raises Unavailable if the storage does not answer.
    """
    if vault in certflow.vaults:  # its alias may have changed since the message was written
        await check_one(rate_limited(certflow, vault), vault, name, request_id)


async def check_one(certflow: CheckContext, vault: str, name: str, request_id: str) -> None:
    """Checks a request, due or not, unless it has ended. Raises Unavailable if the storage does not
    answer.
    """
    request = await certflow.ledger.get(vault, name, request_id)
    if request is not None and request.status is Status.IN_PROGRESS:
        await check(certflow, request)


async def check(certflow: CheckContext, request: TrackedRequest) -> TrackedRequest:
    """Asks Key Vault about one request and applies its answer. A fault puts the next check off.
    Raises Unavailable if the storage does not answer.
    """
    try:
        seen = await fetch_state(certflow, request.vault, request.name, request.request_id)
        return await apply_and_save(certflow, request, seen)
    except (Unavailable, Refused) as error:
        # An answer about the request would be a 404. Any other refusal is about our access, say,
        # and may pass.
        pause = error.retry_after if isinstance(error, Unavailable) else 0
        record(
            "check-put-off",
            level=logging.WARNING,
            vault=request.vault,
            name=request.name,
            reason=str(error),
        )
        later = postpone(request, certflow.now(), str(error), pause)
        try:
            return await certflow.ledger.save(request, Change(later))
        except ConcurrentChange:
            return request  # another check has saved its result meanwhile
