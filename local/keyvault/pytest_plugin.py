"""A Key Vault for tests: the fixture `key_vault`, for synchronous tests and asynchronous ones alike.

    pytest_plugins = ["local.keyvault.pytest_plugin"]     # in conftest.py

    def test_something(key_vault):
        client = CertificateClient(key_vault.url, key_vault.credential(), **key_vault.client_options)

    @pytest.mark.key_vault(unkindness=Unkindness(throttle=True), profile="documented")   # as `running_standin` takes
    def test_under_pressure(key_vault): ...

Each test gets a stand-in of its own, on free ports, in a thread of its own.
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
from typing import Any
from urllib.parse import urlencode

import pytest
from azure.core.credentials import AccessToken

from local.keyvault.identity import API_VERSION
from local.keyvault.server import StandIn, running_standin
from local.tls import LocalCa


@dataclass(frozen=True)
class StandInCredential:
    """A token credential for SDK clients, of an identity of the stand-in; `client_id` None is the default one."""

    standin: StandIn
    client_id: str | None = None

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """A token for the resource of the first scope."""
        query = {"resource": scopes[0].removesuffix("/.default"), "api-version": API_VERSION}
        if self.client_id:
            query["client_id"] = self.client_id
        headers = {"X-IDENTITY-HEADER": self.standin.identity_header}
        token = _fetch(f"{self.standin.identity_endpoint}?{urlencode(query)}", headers=headers)
        return AccessToken(token["access_token"], int(token["expires_on"]))


@dataclass(frozen=True)
class KeyVault:
    """A running stand-in, as a test sees it."""

    standin: StandIn
    ca_file: Path

    @property
    def url(self) -> str:
        """The address of its vault `localhost`."""
        return f"https://localhost:{self.standin.port}"

    @property
    def client_options(self) -> dict[str, Any]:
        """What an SDK client needs to be told here: the CA, and that this vault is no *.vault.azure.net."""
        return {"connection_verify": str(self.ca_file), "verify_challenge_resource": False}

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that lead `ManagedIdentityCredential` and SDK clients of another process here."""
        return {
            "IDENTITY_ENDPOINT": self.standin.identity_endpoint,
            "IDENTITY_HEADER": self.standin.identity_header,
            "SSL_CERT_FILE": str(self.ca_file),
        }

    def credential(self, client_id: str | None = None) -> StandInCredential:
        """A credential for synchronous SDK clients."""
        return StandInCredential(self.standin, client_id)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Asks the control door (`control.py`), such as `control("POST", "unkindness", {"latency": 1})`."""
        data = None if body is None else json.dumps(body).encode()
        return _fetch(f"{self.standin.control_url}/{path}", data=data, method=method)


def pytest_configure(config: pytest.Config) -> None:
    """Makes the marker known."""
    config.addinivalue_line("markers", "key_vault(**switches): what `running_standin` takes, for the fixture key_vault")


@pytest.fixture
def key_vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyVault]:
    """A stand-in for one test, started as its marker `key_vault` says."""
    marker = request.node.get_closest_marker("key_vault")
    with key_vault_in_thread(tmp_path, **(marker.kwargs if marker else {})) as running:
        yield running


@contextmanager
def key_vault_in_thread(directory: Path, **switches: Any) -> Iterator[KeyVault]:
    """The same without pytest: runs a stand-in while the block runs; its CA certificate goes into `directory`."""
    started: Future[KeyVault] = Future()
    stop: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        ca, stopping = LocalCa(), asyncio.Event()
        async with running_standin(ca, **switches) as standin:
            stop.set_result((asyncio.get_running_loop(), stopping))
            started.set_result(KeyVault(standin, ca.write_ca(directory / "key-vault-ca.pem")))
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
        yield running
    finally:
        loop, stopping = stop.result()
        loop.call_soon_threadsafe(stopping.set)
        thread.join()


def _fetch(url: str, **request: Any) -> Any:
    asked = urllib.request.Request(url, **request)  # noqa: S310  an address of our own
    with urllib.request.urlopen(asked) as response:  # noqa: S310  the same
        return json.loads(response.read())
