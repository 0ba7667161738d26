"""The Azure SDKs' exceptions stop here: one place says which of them mean "try again later"."""

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

from functions.issuance.errors import Refused, Unavailable

FORBIDDEN, CONFLICT, THROTTLED = 403, 409, 429
BEING_DELETED = "ObjectIsBeingDeleted"  # in a moment the name is free, or can be purged (protocol §2)
AT_ONCE = ("conflict while", "in parallel", "concurrent access")
DEFAULT_RETRY_AFTER = 10  # seconds, as Key Vault's own Retry-After on a pending request


@contextmanager
def faults_of(service: str, *, forbidden_passes: bool = True) -> Iterator[None]:
    """Turns a passing fault of a service into Unavailable. Answers that mean something (404, 409, 412) pass through.

    An identity that gets no token, or has no access, counts as passing: whoever runs the app mends it while requests
    wait, and the reason says so. Key Vault's 403 is an answer, though: it also says what is forbidden to everybody.
    """
    try:
        yield
    except ServiceRequestError as error:
        # The SDK's transport also says "request error" of a connection that was cut after the request had been sent.
        never_sent = isinstance(error, ServiceRequestTimeoutError) or isinstance(
            error.inner_exception, ClientConnectorError
        )
        reason = "no connection" if never_sent else "the connection broke"
        raise Unavailable(service, reason, maybe_done=not never_sent) from error
    except ServiceResponseError as error:
        raise Unavailable(service, "the connection broke, or no answer came in time", maybe_done=True) from error
    except ClientAuthenticationError as error:
        raise Unavailable(
            service, "the app's managed identity got no token, or has no access", of_access=True
        ) from error
    except HttpResponseError as error:
        status = error.status_code or 0
        if status == FORBIDDEN and forbidden_passes:
            raise Unavailable(service, "the app's managed identity has no access", of_access=True) from error
        if not passing(status):
            raise
        raise later(service, status, getattr(error.response, "headers", {})) from error
    except AzureError as error:
        raise Unavailable(service, type(error).__name__, maybe_done=True) from error


def later(service: str, status: int, headers: Mapping[str, str]) -> Unavailable:
    """The error for an answer with a passing status."""
    throttled, conflict = status == THROTTLED, status == CONFLICT
    return Unavailable(
        service,
        "HTTP 409: something else is being done to the same certificate" if conflict else f"HTTP {status}",
        retry_after=retry_after(headers),
        maybe_done=not (throttled or conflict),
        throttled=throttled,
    )


def passing(status: int) -> bool:
    """True for the statuses that say "later": 408, 429 and 5xx."""
    return status in {408, THROTTLED} or status >= 500


def passing_refusal(refused: Refused, *, starts: bool) -> bool:
    """Whether what Key Vault refuses now it may take when it is asked again. `starts`: it was asked to create.

    Of its 4xx a 409 does, where something else is just being done to the same certificate: the service itself may be at
    work on a pending one (protocol §4.4; azure-sdk-for-js#24086, #27212, #35011). A pending certificate knows no 409
    that lasts, in whatever words; a create does: a request in progress, a name that is soft-deleted or taken (§2).
    """
    if refused.status != CONFLICT or refused.inner:
        return passing(refused.status) or (refused.status == CONFLICT and refused.inner == BEING_DELETED)
    return not starts or any(words in str(refused).lower() for words in AT_ONCE)


def retry_after(headers: Mapping[str, str]) -> int:
    """`Retry-After` in whole seconds; 10 where it is missing or makes no sense. It may be a date (RFC 9110 §10.2.3)."""
    value = str(headers.get("Retry-After", ""))
    if value.isdecimal():
        return max(1, int(value))
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the latter of a time zone
        return DEFAULT_RETRY_AFTER
    return max(1, round((at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()))
