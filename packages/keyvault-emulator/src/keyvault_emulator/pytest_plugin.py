"""A Key Vault for tests: the fixtures `key_vault` and `session_key_vault`, for synchronous and asynchronous tests.

    pytest_plugins = ["keyvault_emulator.pytest_plugin"]     # in conftest.py

    def test_something(key_vault):
        client = CertificateClient(key_vault.url, key_vault.credential(), **key_vault.client_options)

    async def test_something_else(key_vault):
        client = aio.CertificateClient(key_vault.url, key_vault.async_credential(), **key_vault.client_options)

    @pytest.mark.key_vault(unkindness=Unkindness(throttle=True), profile="documented")   # as `running_emulator` takes
    def test_under_pressure(key_vault): ...

With `key_vault` each test gets an emulator of its own, on free ports, in a thread of its own; `session_key_vault` is
one for all tests, which keep out of each other's way by a vault each: `session_key_vault.vault_url("orders")`.
Issuers and deletions take no time here (QUICK), unless a marker's `unkindness` says something else.
"""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import pytest
from azure.core.credentials import AccessToken

from keyvault_emulator.identity import API_VERSION
from keyvault_emulator.localhost_names import localhost_resolved
from keyvault_emulator.server import Emulator, running_emulator
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.unkindness import Unkindness

QUICK = Unkindness(issuing_delay=0.0, deletion_delay=0.0)  # a test is not to wait for what it does not test


@dataclass(frozen=True)
class EmulatorCredential:
    """A token credential for SDK clients, of an identity of the emulator; `client_id` None is the default one."""

    emulator: Emulator
    client_id: str | None = None

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """A token for the resource of the first scope."""
        query = {"resource": scopes[0].removesuffix("/.default"), "api-version": API_VERSION}
        if self.client_id:
            query["client_id"] = self.client_id
        headers = {"X-IDENTITY-HEADER": self.emulator.identity_header}
        token = _fetch(f"{self.emulator.identity_endpoint}?{urlencode(query)}", headers=headers)
        return AccessToken(token["access_token"], int(token["expires_on"]))


@dataclass(frozen=True)
class AsyncEmulatorCredential:
    """The same for asynchronous SDK clients."""

    emulator: Emulator
    client_id: str | None = None

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """A token for the resource of the first scope."""
        return await asyncio.to_thread(EmulatorCredential(self.emulator, self.client_id).get_token, *scopes)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()


@dataclass(frozen=True)
class KeyVault:
    """A running emulator, as a test sees it."""

    emulator: Emulator
    ca_file: Path

    @property
    def standin(self) -> Emulator:
        """The old name of `emulator`, for a release."""
        return self.emulator

    @property
    def url(self) -> str:
        """The address of its vault `localhost`."""
        return f"https://localhost:{self.emulator.port}"

    def vault_url(self, name: str) -> str:
        """The address of a vault of a name of its own, which the clients of this process find (localhost_names.py).

        With it an SDK client needs `connection_verify` alone.
        """
        return f"https://{name}.localhost:{self.emulator.port}"

    @property
    def client_options(self) -> dict[str, Any]:
        """What an SDK client needs to be told here: the CA, and that this vault is no *.vault.azure.net."""
        return {"connection_verify": str(self.ca_file), "verify_challenge_resource": False}

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that lead `ManagedIdentityCredential` and SDK clients of another process here."""
        return {
            "IDENTITY_ENDPOINT": self.emulator.identity_endpoint,
            "IDENTITY_HEADER": self.emulator.identity_header,
            "SSL_CERT_FILE": str(self.ca_file),
        }

    def credential(self, client_id: str | None = None) -> EmulatorCredential:
        """A credential for synchronous SDK clients."""
        return EmulatorCredential(self.emulator, client_id)

    def async_credential(self, client_id: str | None = None) -> AsyncEmulatorCredential:
        """A credential for asynchronous SDK clients."""
        return AsyncEmulatorCredential(self.emulator, client_id)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Asks the control door (`control.py`), such as `control("POST", "unkindness", {"latency": 1})`."""
        data = None if body is None else json.dumps(body).encode()
        return _fetch(f"{self.emulator.control_url}/{path}", data=data, method=method)


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line(
        "markers", "key_vault(**switches): what `running_emulator` takes, for the fixture key_vault"
    )


@pytest.fixture
def key_vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyVault]:
    """An emulator for one test, started as its marker `key_vault` says."""
    marker = request.node.get_closest_marker("key_vault")
    with key_vault_in_thread(tmp_path, **(marker.kwargs if marker else {})) as running:
        yield running


@pytest.fixture(scope="session")
def session_key_vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyVault]:
    """One emulator for all tests of a session, which start faster with it. Markers do not reach it."""
    with key_vault_in_thread(tmp_path_factory.mktemp("key-vault")) as running:
        yield running


@contextmanager
def key_vault_in_thread(directory: Path, *, unkindness: Unkindness = QUICK, **options: Any) -> Iterator[KeyVault]:
    """The same without pytest: runs an emulator while the block runs; its CA certificate goes into `directory`.

    `options` are those of `running_emulator`, whose errors come out of here.
    """
    started: Future[KeyVault] = Future()
    stop: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        ca, stopping = LocalCa(), asyncio.Event()
        async with running_emulator(ca, unkindness=unkindness, **options) as emulator:
            stop.set_result((asyncio.get_running_loop(), stopping))
            started.set_result(KeyVault(emulator, ca.write_ca(directory / "key-vault-ca.pem")))
            await stopping.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except Exception as error:  # noqa: BLE001  handed to whoever waits for the start
            if not started.done():
                started.set_exception(error)

    thread = threading.Thread(target=run, name="key-vault", daemon=True)
    thread.start()
    running = started.result()
    try:
        with localhost_resolved():
            yield running
    finally:
        loop, stopping = stop.result()
        loop.call_soon_threadsafe(stopping.set)
        thread.join()


def _fetch(url: str, **request: Any) -> Any:
    asked = urllib.request.Request(url, **request)  # noqa: S310  an address of our own
    with urllib.request.urlopen(asked) as response:  # noqa: S310  the same
        return json.loads(response.read())
