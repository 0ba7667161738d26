"""Stands in for the harness of Microsoft's monorepo, which is not published: what the suite imports of it, no more.

It records nothing and cleans nothing, so most of this does nothing. Every worker of pytest-xdist has a vault of its
own, under a host name of its own: contacts are a vault's, and two tests create an issuer of the same name.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AccessTokenInfo

MODE = os.environ["CONFORMANCE_MODE"]
LIVE = MODE == "live"
FAR_AWAY = 2**33  # tokens do not expire here
_run = os.environ["CONFORMANCE_RUN"]
_vault = f"{_run}-{MODE}-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}.localhost"
os.environ["AZURE_KEYVAULT_URL"] = f"https://{_vault}:{os.environ['CONFORMANCE_PORT']}"

_getaddrinfo = socket.getaddrinfo


def _resolve(host: Any, *arguments: Any, **named: Any) -> Any:
    """Not every machine's resolver leads `*.localhost` to loopback."""
    return _getaddrinfo("127.0.0.1" if host == _vault else host, *arguments, **named)


socket.getaddrinfo = _resolve


def is_live() -> bool:
    """Whether there is a service: in both modes (protocol §8)."""
    return True


class AzureRecordedTestCase:
    """The base of Microsoft's test classes."""

    is_live = LIVE

    def is_playback(self) -> bool:
        return not LIVE

    def fail(self, message: str) -> None:
        pytest.fail(message)

    def get_resource_name(self, name: str) -> str:
        """A name of this test in this run; the suite relies on its beginning."""
        test = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
        return name + hashlib.sha256(f"{_run} {test}".encode()).hexdigest()[:12]

    def get_credential(self, client: Any, *, is_async: bool = False, **_more: Any) -> Any:
        return AsyncCredential() if is_async else Credential()

    def create_client_from_credential(self, client: Any, credential: Any, **more: Any) -> Any:
        """Clients log unless told not to, as the real harness makes them: the logging tests rest on it."""
        more.setdefault("logging_enable", True)
        return client(credential=credential, connection_verify=os.environ["SSL_CERT_FILE"], **more)


class Credential:
    def get_token(self, *_scopes: str, **_more: Any) -> AccessToken:
        return AccessToken("a-token", FAR_AWAY)

    def get_token_info(self, *_scopes: str, **_more: Any) -> AccessTokenInfo:
        return AccessTokenInfo("a-token", FAR_AWAY)


class AsyncCredential:
    async def get_token(self, *_scopes: str, **_more: Any) -> AccessToken:
        return AccessToken("a-token", FAR_AWAY)

    async def get_token_info(self, *_scopes: str, **_more: Any) -> AccessTokenInfo:
        return AccessTokenInfo("a-token", FAR_AWAY)

    async def __aenter__(self) -> AsyncCredential:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Nothing is open."""


def recorded_by_proxy(test: Callable[..., Any]) -> Callable[..., Any]:
    return test


@pytest.fixture(scope="session")
def test_proxy() -> None:
    """There is no proxy."""


class AzureMgmtPreparer:
    """The base of a helper that no test uses."""


class PowerShellPreparer:
    """Hands a test the vault's address under the names that it gives; the values with them are for playing back."""

    def __init__(self, _service: str, **names: str) -> None:
        self._names = names

    def __call__(self, test: Callable[..., Any]) -> Callable[..., Any]:
        def prepared(test_class: AzureRecordedTestCase) -> None:  # its signature is all that pytest may see
            test(test_class, **dict.fromkeys(self._names, os.environ["AZURE_KEYVAULT_URL"]))

        return prepared


def _do_nothing(*_arguments: Any, **_named: Any) -> None:
    pass


add_body_key_sanitizer = add_general_regex_sanitizer = add_general_string_sanitizer = _do_nothing
add_oauth_response_sanitizer = add_remove_header_sanitizer = remove_batch_sanitizers = _do_nothing
set_bodiless_matcher = set_custom_default_matcher = _do_nothing
