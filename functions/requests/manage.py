"""What callers do with a pending request: read its status or CSR, cancel, delete or mute it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.app.contexts import CheckContext, RequestsContext
from functions.app.outbox import publish
from functions.app.retry_save import save_with_retries
from functions.model.errors import Refused
from functions.model.request.actor import Actor
from functions.model.request.history import Action
from functions.model.request.operation import NotPending, Status
from functions.model.request.remind import acknowledged
from functions.model.request.tracked import Change, TrackedRequest
from functions.ports.vault import NOT_FOUND, PendingOperation, get_pending_or_none
from functions.requests.adoption import adopt
from functions.requests.apply_and_save import apply_and_save, apply_if_shown, save_acts
from functions.requests.check import check
from functions.requests.first_checks import queue_first_checks

NOT_FOUND_CODE = "PendingCertificateNotFound"
BAD_REQUEST, FORBIDDEN = 400, 403


@dataclass(frozen=True, slots=True)
class Address:
    """The pending request that is meant. `request_id` None: whichever is pending under the name."""

    vault: str
    name: str
    request_id: str | None = None

    @property
    def alias(self) -> str:
        """The vault's alias as the ledger has it."""
        return self.vault.lower()


@dataclass(frozen=True, slots=True)
class PendingView:
    """A pending request as a caller sees it: Key Vault's operation, the tracked request, the id of
    the request that it has overwritten (`took_place_of`), and a note.
    """

    operation: PendingOperation
    request: TrackedRequest | None
    replaced: str | None = None
    note: str | None = None


async def status(certflow: CheckContext, address: Address) -> PendingView:
    """What Key Vault says of a pending request now. What is seen is recorded, so this can discover
    the end of a request.

    Raises UnknownVault, Refused (404 says which: deleted, overwritten, another request, or none),
    Unavailable.
    """
    answer = await get_pending(certflow, address)
    operation, named = answer.operation, await certflow.ledger.by_name(address.alias, address.name)
    here = operation.request_id

    def is_news(one: TrackedRequest) -> bool:
        return (
            operation.status is not one.status
            if one.request_id == here
            else one.status is Status.IN_PROGRESS
        )

    named = [
        await apply_if_shown(certflow, one, operation) if is_news(one) else one for one in named
    ]
    request = next((one for one in named if one.request_id == here), None)
    displaced = next((one.request_id for one in named if one.replaced_by == here), None)
    return PendingView(answer, request, displaced)


async def csr(certflow: CheckContext, address: Address) -> bytes:
    """The CSR of a pending request as PEM (RFC 7468 §7). Raises UnknownVault, Refused (as status),
    Unavailable.
    """
    answer = await get_pending(certflow, address)
    return x509.load_der_x509_csr(answer.operation.csr).public_bytes(Encoding.PEM)


async def cancel(certflow: RequestsContext, address: Address, by: Actor) -> PendingView:
    """Asks for cancellation; whether the issuer cancels is seen later.

    Raises UnknownVault, Unavailable, Refused: 404, or 400 if the request is not in progress,
    whatever code Key Vault uses for that.
    """
    try:
        answer = await certflow.vault(address.vault).cancel(address.name, address.request_id)
    except Refused as error:
        if error.status == NOT_FOUND:
            raise await _explain_not_found(certflow, address, error) from error
        raise await _why_not_cancelled(certflow, address, error) from error
    request = await tracked_request(certflow, address, answer, by)
    request = await apply_and_save(certflow, request, answer.operation, Action("cancelled", by))
    await queue_first_checks(certflow, request, after_an_act=True)
    return PendingView(answer, request)


async def delete(certflow: RequestsContext, address: Address, by: Actor) -> PendingView:
    """Deletes a pending request, and returns it as it was. Raises UnknownVault, Unavailable,
    Refused (404, also if it is called again).

    The request is tracked before that, so that its owner is told of the end whatever becomes of
    this call.
    """
    await tracked_request(certflow, address, await get_pending(certflow, address), by)
    try:
        answer = await certflow.vault(address.vault).delete_pending(
            address.name, address.request_id
        )
    except Refused as error:
        raise await _explain_not_found(certflow, address, error) from error
    operation = answer.operation
    request = await tracked_request(certflow, address, answer, by)
    deleted = await apply_and_save(certflow, request, NotPending(None), Action("deleted", by))
    goes_on = operation.status is Status.IN_PROGRESS and not operation.manual
    note = f"{operation.issuer} may or may not go on with this request." if goes_on else None
    return PendingView(answer, deleted, note=note)


async def acknowledge(
    certflow: RequestsContext, address: Address, until: datetime, why: str, by: Actor
) -> TrackedRequest:
    """Suppresses reminders of a request until `until` (UTC), and tells its owner so, with the
    reason (`why`). Its end is told all the same.

    Raises UnknownVault, Unavailable, Refused (404; 400 if it is not in progress).
    """
    answer = await get_pending(certflow, address)
    request = await tracked_request(certflow, address, answer, by)

    async def read() -> TrackedRequest:
        return await certflow.ledger.get(request.vault, request.name, request.request_id) or request

    async def save(known: TrackedRequest) -> tuple[TrackedRequest, Change]:
        if known.status is not Status.IN_PROGRESS:
            raise _not_in_progress(known.status, known.request_id, "has reminders")
        change = acknowledged(known, until, why, by, certflow.now())
        return await save_acts(certflow, known, change)

    saved, change = await save_with_retries(
        request, read, save, service="The request table", what=request.name
    )
    await publish(certflow, change.events)
    return saved


async def get_pending(certflow: CheckContext, address: Address) -> PendingOperation:
    """The pending operation as Key Vault has it. Raises UnknownVault, Refused (404 says which),
    Unavailable.
    """
    try:
        return await certflow.vault(address.vault).pending(address.name, address.request_id)
    except Refused as error:
        raise await _explain_not_found(certflow, address, error) from error


async def tracked_request(
    certflow: RequestsContext, address: Address, answer: PendingOperation, by: Actor
) -> TrackedRequest:
    """The tracked request of an operation; one that was started elsewhere is adopted. Raises
    Refused, Unavailable.
    """
    request = await certflow.ledger.get(address.alias, address.name, answer.operation.request_id)
    if request is not None:
        return request
    return await adopt(certflow, address.alias, address.name, answer.operation, by)


async def _why_not_cancelled(certflow: CheckContext, address: Address, error: Refused) -> Refused:
    """400 if Key Vault refused because the request is not in progress; otherwise its own refusal
    (no permission, say).
    """
    if error.status not in {BAD_REQUEST, FORBIDDEN}:
        return error
    operation = (await get_pending(certflow, address)).operation
    if operation.status is Status.IN_PROGRESS:
        return error
    return _not_in_progress(operation.status, operation.request_id, "can be cancelled")


def _not_in_progress(status_now: Status, request_id: str, what: str) -> Refused:
    message = f"The request is {status_now}; only one that is inProgress {what}."
    return Refused(
        BAD_REQUEST, "BadParameter", message, reason="not-in-progress", request_id=request_id
    )


async def _explain_not_found(certflow: CheckContext, address: Address, error: Refused) -> Refused:
    """Key Vault's 404 with its reason: the request was deleted or overwritten, another is pending,
    or there never was one.
    """
    if error.status != NOT_FOUND or error.code != NOT_FOUND_CODE:
        return error
    known = await _check_known(certflow, address)
    # Without an id, the 404 has said already that nothing is pending under the name.
    stands = None
    if address.request_id:
        stands = await get_pending_or_none(certflow.vault(address.vault), address.name)
    other = stands.operation.request_id if stands else None
    reason, sentence = reason_of_404(other, known=known)
    return Refused(
        error.status, error.code, f"{error}. {sentence}", reason=reason, request_id=other
    )


async def _check_known(certflow: CheckContext, address: Address) -> bool:
    """Whether the request that is meant is tracked; checks those that count as in progress."""
    named = await certflow.ledger.by_name(address.alias, address.name)
    meant = [one for one in named if address.request_id in {None, one.request_id}]
    for one in meant:
        if one.status is Status.IN_PROGRESS:
            await check(certflow, one)
    return bool(meant)


def reason_of_404(other: str | None, *, known: bool) -> tuple[str, str]:
    """The reason as a word for programs, and as a sentence. `other` is the id of another request
    that is pending; `known`: the one that is meant is tracked.
    """
    if other and known:
        return (
            "overwritten",
            f"It was overwritten: the request {other} stands in its place.",
        )
    if other:
        return "another-request", f"Another request is pending: {other}."
    if known:
        return "deleted", "Its pending object was deleted."
    return "none", "There is no such request."
