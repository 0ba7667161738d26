"""Which of the SDKs' exceptions mean "later", and which are answers."""

from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError

from functions.adapters.faults import faults_of
from functions.issuance.errors import Unavailable


def answered(status: int) -> HttpResponseError:
    error = HttpResponseError("an answer")
    error.status_code = status
    return error


def test_a_storage_that_gives_no_access_is_unavailable_and_says_so() -> None:
    with pytest.raises(Unavailable, match="the app's managed identity has no access"), faults_of("The chain storage"):
        raise answered(403)


@pytest.mark.parametrize("status", [404, 409, 412])
def test_an_answer_that_means_something_passes_through(status: int) -> None:
    with pytest.raises(HttpResponseError) as caught, faults_of("The chain storage"):
        raise answered(status)
    assert caught.value.status_code == status


def test_key_vaults_403_is_an_answer() -> None:
    with pytest.raises(HttpResponseError), faults_of("Key Vault", forbidden_passes=False):
        raise answered(403)
