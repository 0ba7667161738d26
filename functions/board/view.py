"""All that is known of one request: what Key Vault says of it now, and what Certflow has kept. It
only reads: what it discovers is left to the checks to record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.app.context_parts import HasCsrStore
from functions.app.contexts import PendingViewContext
from functions.app.open_csrs import own_csr
from functions.model.errors import Refused, Unavailable
from functions.model.request.apply_state import apply_state
from functions.model.request.history import HistoryEntry, described
from functions.model.request.moves import MOVES
from functions.model.request.operation import NotPending, Operation, Status
from functions.model.request.tracked import TrackedRequest
from functions.ports.vault import NOT_FOUND, get_pending_or_none
from functions.requests.apply_and_save import with_version
from functions.requests.manage import NOT_FOUND_CODE, Address, reason_of_404
from functions.x509.csr import CsrDescription, describe_csr
from functions.x509.public_keys import read_csr

KEY_VAULT_SECONDS = 5.0  # a page waits no longer for Key Vault: the rest is known without it


@dataclass(frozen=True, slots=True)
class Silence:
    """Why Key Vault was not read, and when the vault's last good check run was (UTC)."""

    why: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request. `tracked`: the ledger has it; otherwise its times are not known. `current` is
    the id of another request that is pending under the name. `certificate` describes the version
    that came of it (model/request/history.py). `cancelling`: Key Vault has the wish to cancel it.
    `silence` is None where Key Vault answered. `history` has the entries about this request.
    """

    request: TrackedRequest
    tracked: bool = True
    current: str | None = None
    csr: CsrDescription | None = None
    certificate: Mapping[str, str] | None = None
    cancelling: bool = False
    silence: Silence | None = None
    history: tuple[HistoryEntry, ...] = ()


async def view_request(certflow: PendingViewContext, address: Address) -> RequestView:
    """The view of a request, also of one that has ended. Raises UnknownVault, Refused (404 says
    which request is pending, if one is), Unavailable if the ledger does not answer, or if neither
    Key Vault does nor the ledger knows the request.
    """
    certflow.vault(address.vault)
    known = await certflow.ledger.by_name(address.alias, address.name)
    try:
        async with asyncio.timeout(KEY_VAULT_SECONDS):
            view = await _by_key_vault(certflow, address, known)
    except TimeoutError:
        late = Unavailable("Key Vault", f"no answer within {KEY_VAULT_SECONDS:.0f} seconds")
        view = await _by_ledger(certflow, address, known, late)
    except (Unavailable, Refused) as error:
        if isinstance(error, Refused) and not error.of_access:
            raise
        view = await _by_ledger(certflow, address, known, error)
    return await _with_history(certflow, view)


async def _by_key_vault(
    certflow: PendingViewContext, address: Address, known: Sequence[TrackedRequest]
) -> RequestView:
    """The view without its history, by Key Vault. What it raises is Key Vault's, or its own 404."""
    pending = await get_pending_or_none(certflow.vault(address.vault), address.name)
    here = pending.operation if pending else None
    wanted = address.request_id or (here.request_id if here else None)
    if here and here.request_id == wanted:
        tracked = _of_id(known, wanted)
        request = tracked or _untracked(address, here, certflow.now())
        view = await _now(certflow, request, here)
        csr = _described(here.csr)
        asked = here.cancellation_requested
        return replace(view, tracked=tracked is not None, csr=csr, cancelling=asked)
    other = here.request_id if here else None
    if wanted is None or (tracked := _of_id(known, wanted)) is None:
        raise _not_found(address, other, known)
    return replace(await _now(certflow, tracked, NotPending(other)), current=other)


async def _now(
    certflow: PendingViewContext, request: TrackedRequest, seen: Operation | NotPending
) -> RequestView:
    """A request as it is now: as the next check will record it, if that has news."""
    if isinstance(seen, NotPending):
        has_news = request.status is Status.IN_PROGRESS
    else:
        has_news = seen.status in MOVES[request.status]
    if not has_news:
        return RequestView(request)
    seen, bundle = await with_version(certflow, request, seen, None)
    version = bundle.version if bundle else None
    after = apply_state(request, seen, certflow.now(), version).request
    ours = version if version and after.version == version.version else None
    return RequestView(after, certificate=described(ours) if ours else None)


async def _by_ledger(
    certflow: PendingViewContext,
    address: Address,
    known: Sequence[TrackedRequest],
    error: Unavailable | Refused,
) -> RequestView:
    """The view without its history, as far as it goes without Key Vault. Raises `error` if there is
    nothing to show.
    """
    waiting = [one for one in known if one.status is Status.IN_PROGRESS]
    newest = max(waiting, key=lambda one: one.created, default=None)
    request = _of_id(known, address.request_id) if address.request_id else newest
    if request is None:
        raise error
    current = newest.request_id if newest and newest is not request else None
    beats = await certflow.monitoring_store.heartbeats()
    return RequestView(
        request,
        current=current,
        csr=await _published_csr(certflow, request),
        cancelling=request.cancel_asked is not None,
        silence=Silence(str(error), beats.get(address.alias)),
    )


async def _with_history(certflow: PendingViewContext, view: RequestView) -> RequestView:
    request = view.request
    acts = await certflow.ledger.history(request.vault, request.name)
    mine = tuple(one for one in acts if _is_about(one, request))
    if view.certificate or request.status is not Status.COMPLETED:
        return replace(view, history=mine)
    kept = next((one.certificate for one in reversed(mine) if one.certificate), None)
    return replace(view, history=mine, certificate=kept or _by_row(request))


def _is_about(entry: HistoryEntry, request: TrackedRequest) -> bool:
    """Whether an entry is about a request, or about the approval after which it was started."""
    approved = entry.approval is not None and entry.approval == request.approval
    return approved or entry.request_id == request.request_id


def _by_row(request: TrackedRequest) -> dict[str, str] | None:
    """What the row of a request says of its version: of one that was completed before it was
    found, its history says nothing.
    """
    if request.version is None:
        return None
    until = {"not_after": request.not_after.isoformat()} if request.not_after else {}
    return {"version": request.version, **until}


async def _published_csr(certflow: HasCsrStore, request: TrackedRequest) -> CsrDescription | None:
    """The CSR that was published for people, if it is there and is the request's own."""
    with suppress(Unavailable):
        pem = await certflow.csr_store.read(request.vault, request.name, request.request_id)
        ours = own_csr(pem, request.key_sha256) if pem else None
        return _described(x509.load_pem_x509_csr(ours).public_bytes(Encoding.DER)) if ours else None
    return None


def _described(csr: bytes) -> CsrDescription | None:
    try:
        return describe_csr(csr)
    except ValueError:
        return None


def _of_id(known: Sequence[TrackedRequest], request_id: str) -> TrackedRequest | None:
    return next((one for one in known if one.request_id == request_id), None)


def _untracked(address: Address, seen: Operation, now: datetime) -> TrackedRequest:
    """The record of a request that was started elsewhere and is not found yet."""
    try:
        subject, key = read_csr(seen.csr)
    except ValueError:
        subject, key = "", ""
    return TrackedRequest(
        address.alias, address.name, seen.request_id, seen.issuer, subject, key, created=now
    )


def _not_found(address: Address, other: str | None, known: Sequence[TrackedRequest]) -> Refused:
    """404. With an id, the ledger does not have that request; without one, nothing is pending."""
    reason, sentence = reason_of_404(other, known=bool(known) and not address.request_id)
    message = f"Pending certificate not found: {address.name}. {sentence}"
    return Refused(NOT_FOUND, NOT_FOUND_CODE, message, reason=reason, request_id=other)
