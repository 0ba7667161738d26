"""Which of the SDKs' exceptions mean "later", and which are answers."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from functions.adapters.faults import DEFAULT_RETRY_AFTER, faults_of, passing_refusal, retry_after
from functions.model.errors import Refused, Unavailable
from tests.clock import real_now


def answered(status: int) -> HttpResponseError:
    error = HttpResponseError("an answer")
    error.status_code = status
    return error


def test_a_storage_that_gives_no_access_is_unavailable_and_says_so() -> None:
    for error in (answered(403), ClientAuthenticationError("no token")):
        with pytest.raises(Unavailable, match=r"managed identity .*no access") as caught, faults_of("Storage"):
            raise error
        assert caught.value.of_access  # which is told to whoever runs the app
    with pytest.raises(Unavailable) as caught, faults_of("Storage"):
        raise answered(503)
    assert not caught.value.of_access


@pytest.mark.parametrize("status", [404, 409, 412])
def test_an_answer_that_means_something_passes_through(status: int) -> None:
    with pytest.raises(HttpResponseError) as caught, faults_of("The chain storage"):
        raise answered(status)
    assert caught.value.status_code == status


def test_key_vaults_403_is_an_answer() -> None:
    with pytest.raises(HttpResponseError), faults_of("Key Vault", forbidden_passes=False):
        raise answered(403)


SOMETHING_ELSE = "There was a conflict while updating pending certificate 'https://…'. This can happen when multiple …"
STARTED = (
    "A new key vault certificate can not be created … while a pending key vault certificate's status is inProgress."
)


@pytest.mark.parametrize(
    ("refused", "passes", "passes_on_create"),
    [
        (Refused(409, "Conflict", SOMETHING_ELSE), True, True),
        (Refused(409, "Conflict", "Another operation on the pending certificate is under way."), True, False),
        (Refused(409, "Conflict", "Certificate is being deleted.", inner="ObjectIsBeingDeleted"), True, True),
        (Refused(409, "Conflict", STARTED), True, False),
        (Refused(409, "Conflict", "…", inner="ObjectIsDeletedButRecoverable"), False, False),
        (Refused(400, "BadParameter", SOMETHING_ELSE), False, False),
        (Refused(403, "Forbidden", "…"), False, False),
        (Refused(404, "PendingCertificateNotFound", "…"), False, False),
        (Refused(412, "PreconditionFailed", "…"), False, False),
        (Refused(503, "ServiceUnavailable", "…"), True, True),
        (Refused(429, "Throttled", "…"), True, True),
        (Refused(503, "ServiceUnavailable", "…", inner="Later"), True, True),
    ],
)
def test_what_passes_of_key_vaults_refusals(refused: Refused, *, passes: bool, passes_on_create: bool) -> None:
    assert passing_refusal(refused, starts=False) is passes
    assert passing_refusal(refused, starts=True) is passes_on_create


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 1),
        ("Tue, 24 Nov 2020 12:00:00 GMT", 1),  # is over
        ("Tue, 24 Nov 2020 12:00:00 -0000", 1),
        ("", DEFAULT_RETRY_AFTER),
        ("²", DEFAULT_RETRY_AFTER),
        ("soon", DEFAULT_RETRY_AFTER),
        ("Tue, 24 Nov 2020 12:00:00 +99999999999999", DEFAULT_RETRY_AFTER),
    ],
)
def test_retry_after_is_whole_seconds_and_never_none_at_all(value: str, seconds: int) -> None:
    assert retry_after({"Retry-After": value}) == seconds


def test_retry_after_may_be_a_date() -> None:
    """So far ahead that the time until we ask does not matter."""
    at = real_now() + timedelta(days=1)
    assert round(retry_after({"Retry-After": format_datetime(at, usegmt=True)}) / 3600) == 24
