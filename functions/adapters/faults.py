"""Turns exceptions of the Azure SDKs into errors of ours: this module decides which of them mean
"try again later".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from aiohttp import ClientConnectorError
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
)

from functions.model.errors import Refused, Unavailable

FORBIDDEN, CONFLICT, THROTTLED = 403, 409, 429
# Key Vault's inner code while a deletion is under way: soon the name is free, or its soft-deleted
# certificate can be purged (protocol §2).
BEING_DELETED = "ObjectIsBeingDeleted"
# Words with which Key Vault's 409 says that two calls met (protocol §2, §4.4).
CONCURRENCY_WORDS = ("conflict while", "in parallel", "concurrent access")
DEFAULT_RETRY_AFTER = 10  # seconds; Key Vault's own Retry-After for a pending request


@contextmanager
def faults_of(service: str, *, forbidden_passes: bool = True) -> Iterator[None]:
    """Turns a passing fault of a service into Unavailable. Answers that have a meaning for the
    caller (404, 409, 412) stay the SDK's HttpResponseError.

    An identity that gets no token, or has no access, counts as passing: the operators can fix it
    while requests wait, and the reason says what to fix. With `forbidden_passes=False` a 403 stays
    an HttpResponseError, because Key Vault's 403 also says what is forbidden to everybody.
    """
    try:
        yield
    except HttpResponseError as error:
        passing_error = _of_answer(service, error, forbidden_passes=forbidden_passes)
        if passing_error is None:
            raise
        raise passing_error from error
    except AzureError as error:
        raise _without_answer(service, error) from error


def _of_answer(
    service: str, error: HttpResponseError, *, forbidden_passes: bool
) -> Unavailable | None:
    """Returns the error for an answer that means "later"; None for any other answer."""
    status = error.status_code or 0
    if isinstance(error, ClientAuthenticationError):
        reason = "the app's managed identity got no token, or has no access"
        return Unavailable(service, reason, of_access=True)
    if status == FORBIDDEN and forbidden_passes:
        return Unavailable(service, "the app's managed identity has no access", of_access=True)
    if not passing(status):
        return None
    return later(service, status, getattr(error.response, "headers", {}))


def _without_answer(service: str, error: AzureError) -> Unavailable:
    """Returns the error for a call that got no answer. `maybe_done`: the service may have done what
    it was asked.
    """
    if isinstance(error, ServiceRequestError):
        # The SDK raises the same for a connection that was cut after the request had been sent.
        never_sent = isinstance(error, ServiceRequestTimeoutError) or isinstance(
            error.inner_exception, ClientConnectorError
        )
        reason = "no connection" if never_sent else "the connection broke"
        return Unavailable(service, reason, maybe_done=not never_sent)
    if isinstance(error, ServiceResponseError):
        reason = "the connection broke, or no answer came in time"
        return Unavailable(service, reason, maybe_done=True)
    return Unavailable(service, type(error).__name__, maybe_done=True)


def later(service: str, status: int, headers: Mapping[str, str]) -> Unavailable:
    """Returns the error for an answer that means "later", with the pause that its headers ask
    for.
    """
    throttled, conflict = status == THROTTLED, status == CONFLICT
    return Unavailable(
        service,
        "HTTP 409: something else is being done to the same certificate"
        if conflict
        else f"HTTP {status}",
        retry_after=retry_after(headers),
        maybe_done=not (throttled or conflict),
        throttled=throttled,
    )


def passing(status: int) -> bool:
    """Whether an HTTP status means "later": 408, 429 and 5xx."""
    return status in {408, THROTTLED} or status >= 500


def passing_refusal(refused: Refused, *, starts: bool) -> bool:
    """Whether Key Vault may accept the same call a little later. `starts`: the call was a create.

    Besides 408 and 429 that is so for a 409 which says that something else is being done to the
    same certificate; the service itself may be at work on a pending one (protocol §4.4;
    azure-sdk-for-js#24086, #27212, #35011). For a pending certificate every 409 passes, whatever
    its words. For a create some last: a request in progress, a name that is soft-deleted or taken
    (protocol §2).
    """
    if refused.status != CONFLICT or refused.inner:
        return passing(refused.status) or (
            refused.status == CONFLICT and refused.inner == BEING_DELETED
        )
    return not starts or any(words in str(refused).lower() for words in CONCURRENCY_WORDS)


def retry_after(headers: Mapping[str, str]) -> int:
    """Returns `Retry-After` in whole seconds, at least 1; 10 if it is missing or cannot be read.
    The header holds seconds or a date (RFC 9110 §10.2.3).
    """
    value = str(headers.get("Retry-After", ""))
    if value.isdecimal():
        return max(1, int(value))
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # OverflowError: for a time zone that is out of range
        return DEFAULT_RETRY_AFTER
    return max(1, round((at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()))
