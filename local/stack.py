"""The whole stack on this machine: Azurite, Key Vault stand-in, identity, Event Grid, inbox, and the Functions host.

Everything but Azurite (Node) and the host (one Functions app per process) runs in this process.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from azure.storage.blob.aio import BlobServiceClient

from local.azurite import Azurite, running_azurite
from local.eventgrid import EventGrid, Subscription, running_event_grid, watch_blobs
from local.functions_host import Keys, running_functions_host
from local.inbox import Inbox, running_inbox
from local.keyvault import StandIn, running_standin
from local.keyvault.profile import OBSERVED, ProfileName
from local.tls import LocalCa
from local.web import LOOPBACK

DROP, MERGED, REJECTED, QUARANTINE = "chains", "chains-merged", "chains-rejected", "chains-quarantine"
TRUSTED, CSRS = "trusted-cas", "csr"
ISSUERS = ("DigiCert", "GlobalSign", "Test")  # registered in every vault, under the names of their providers
# The identity that the product runs under, and all that it may do in a vault: what README asks a deployment to grant.
PRODUCT_CLIENT_ID = "5c1e7ab1-0000-4000-8000-0000000000c3"
PRODUCT_ACTIONS = (
    "certificates/read",
    "certificates/create/action",
    "certificates/update/action",
    "certificatecas/read",
)
CHECK_SCHEDULE = "*/5 * * * * *"  # every minute on Azure; nobody wants to wait for that here


@dataclass(frozen=True)
class Ports:
    """Where the parts listen; 0 takes a free port."""

    host: int = 0
    keyvault: int = 0
    identity: int = 0
    blob: int = 0
    queue: int = 0
    table: int = 0
    topic: int = 0
    inbox: int = 0
    smtp: int = 0


# What local.settings.sample.json names. `make up` takes each of them that is free.
SAMPLE_SECRET = "certflow-local"  # noqa: S105  stands in local.settings.sample.json, for Core Tools; loopback only
USUAL = Ports(7071, 8443, 8444, 10000, 10001, 10002, 8445, 8025, 8026)


@dataclass
class Stack:
    """The running parts and their addresses."""

    directory: Path
    ca_file: Path
    standin: StandIn
    event_grid: EventGrid
    inbox: Inbox
    azurite: Azurite
    host_url: str
    keys: Keys
    settings: dict[str, str]
    host: asyncio.subprocess.Process | None = None

    @property
    def vaults(self) -> dict[str, str]:
        """Vault addresses by alias. One stand-in; every host name that leads to it is a vault of its own."""
        return vault_urls(self.standin.port)

    def describe(self) -> dict[str, Any]:
        """What `.local/stack.json` holds."""
        return {
            "api": f"{self.host_url}/api",
            "function_key": self.keys.function,
            "admin": f"{self.host_url}/admin",
            "master_key": self.keys.master,
            "vaults": self.vaults,
            "keyvault_control": self.standin.control_url,
            "ca_file": str(self.ca_file),
            "identity": {"endpoint": self.standin.identity_endpoint, "header": self.standin.identity_header},
            "storage": {
                "connection_string": self.azurite.connection_string,
                "drop_container": DROP,
                "merged_container": MERGED,
                "rejected_container": REJECTED,
            },
            "event_topic": {"endpoint": self.event_grid.endpoint, "key": self.event_grid.key},
            "inbox": self.inbox.url,
            "settings": self.settings,
            "logs": str(self.directory),
        }

    async def host_ended(self) -> int:
        """Waits until the Functions host is no more; returns its exit code. Never returns if it is not ours."""
        if self.host is None:
            await asyncio.Event().wait()
            return 0
        return await self.host.wait()


def vault_urls(port: int) -> dict[str, str]:
    """The two vaults of the local stack."""
    return {"main": f"https://localhost:{port}", "staging": f"https://{LOOPBACK}:{port}"}


def free_or_any(ports: Ports) -> Ports:
    """The given ports where nothing listens on them, and 0 (any) in place of those that are taken."""
    return Ports(**{name: port if port and not _taken(port) else 0 for name, port in vars(ports).items()})


@asynccontextmanager
async def running_stack(
    directory: Path,
    *,
    ports: Ports | None = None,
    issuing_delay: float = 5.0,
    own_host: bool = True,
    profile: ProfileName = OBSERVED,
) -> AsyncIterator[Stack]:
    """Starts everything, yields when all of it answers, and stops all of it.

    `directory` takes the CA certificate and the logs. `issuing_delay` is how long integrated issuers take, in seconds;
    `profile` whether the vaults answer as the service was seen to, or as it is documented.
    With `own_host` False the host's place is left to Core Tools, on the port given. Raises HostFailed,
    AzuriteFailed or OSError (a port) with what failed and where its log is.
    """
    ports = ports or Ports()
    secret = None if own_host else SAMPLE_SECRET
    directory.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as running:
        ca = LocalCa()
        ca_file = ca.write_ca(directory / "ca.pem")
        event_grid = await running.enter_async_context(
            running_event_grid(ca, port=ports.topic, dead_letters=directory / "dead-letters")
        )
        inbox = await running.enter_async_context(
            running_inbox(ca, http_port=ports.inbox, smtp_port=ports.smtp, secret=secret)
        )
        standin = await running.enter_async_context(
            running_standin(
                ca,
                port=ports.keyvault,
                identity_port=ports.identity,
                identity_header=secret,
                identities={PRODUCT_CLIENT_ID: PRODUCT_ACTIONS},
                issuing_delay=issuing_delay,
                profile=profile,
                on_event=lambda event: event_grid.publish("vaults", event),
            )
        )
        azurite = await running.enter_async_context(
            running_azurite(ca, directory, ports=(ports.blob, ports.queue, ports.table), log=directory / "azurite.log")
        )
        await _prepare_vaults(standin, ca_file)
        service = await running.enter_async_context(_storage(azurite, ca_file))
        watching = asyncio.Event()
        watcher = asyncio.create_task(
            watch_blobs(service, [DROP], lambda event: event_grid.publish("storage", event), watching=watching)
        )
        running.push_async_callback(_cancel, watcher)
        keys = Keys()
        settings = _settings(standin, event_grid, inbox, azurite, ca_file)
        stack = Stack(directory, ca_file, standin, event_grid, inbox, azurite, "", keys, settings)
        host_port = ports.host or _free_port()
        stack.host_url = f"http://{LOOPBACK}:{host_port}"
        if own_host:
            log = directory / "host.log"
            stack.host = await running.enter_async_context(
                running_functions_host(settings, keys, port=host_port, log=log)
            )
        _subscribe(event_grid, stack.host_url, keys)
        await watching.wait()  # a file dropped before would count as one that was there already
        yield stack


def _settings(standin: StandIn, event_grid: EventGrid, inbox: Inbox, azurite: Azurite, ca_file: Path) -> dict[str, str]:
    """The app settings, as Bicep would set them: the same names, other values."""
    return {
        "AzureWebJobsStorage__blobServiceUri": azurite.blob_url,
        "AzureWebJobsStorage__queueServiceUri": azurite.queue_url,
        "AzureWebJobsStorage__tableServiceUri": azurite.table_url,
        "ChainStorage__blobServiceUri": azurite.blob_url,
        "ChainStorage__queueServiceUri": azurite.queue_url,
        "AZURE_CLIENT_ID": PRODUCT_CLIENT_ID,
        "IDENTITY_ENDPOINT": standin.identity_endpoint,
        "IDENTITY_HEADER": standin.identity_header,
        "SSL_CERT_FILE": str(ca_file),
        "CERTFLOW_VAULTS": ",".join(f"{alias}={url}" for alias, url in vault_urls(standin.port).items()),
        "CERTFLOW_VERIFY_CHALLENGE_RESOURCE": "false",
        "CERTFLOW_CHECK_SCHEDULE": CHECK_SCHEDULE,
        "CERTFLOW_SWEEP_SCHEDULE": "0 */10 * * * *",
        "CERTFLOW_TOPIC_ENDPOINT": event_grid.endpoint,
        "CERTFLOW_TEAMS_WEBHOOK_URL": inbox.teams_url,
        "CERTFLOW_SMTP_SERVER": f"{inbox.smtp_host}:{inbox.smtp_port}",
        "CERTFLOW_SMTP_USER": inbox.smtp_user,
        "CERTFLOW_SMTP_PASSWORD": inbox.smtp_password,
        "CERTFLOW_MAIL_FROM": "certflow@example.com",
        "CERTFLOW_MAIL_TO": "pki-team@example.com",
    }


def _subscribe(event_grid: EventGrid, host_url: str, keys: Keys) -> None:
    """The event subscriptions, as the second phase of a deployment makes them."""
    for topic, webhook, function in (
        ("certflow", "eventgrid", "notify"),
        ("vaults", "eventgrid", "vault_events"),
        ("storage", "blobs", "dropped_chain"),
    ):
        named = f"Host.Functions.{function}" if webhook == "blobs" else function
        url = f"{host_url}/runtime/webhooks/{webhook}?functionName={named}&code={keys.system}"
        event_grid.subscribe(topic, Subscription(function.replace("_", "-"), url))


async def _prepare_vaults(standin: StandIn, ca_file: Path) -> None:
    """Registers the issuers, as an administrator does once in a real vault: by the default identity."""
    context = ssl.create_default_context(cafile=str(ca_file))
    issuer = {"credentials": {"account_id": "local", "pwd": "local"}, "org_details": {"id": "1"}}
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        asked = {"resource": "https://vault.azure.net", "api-version": "2019-08-01"}
        identity = {"X-IDENTITY-HEADER": standin.identity_header}
        async with session.get(standin.identity_endpoint, params=asked, headers=identity) as response:
            token = {"Authorization": f"Bearer {(await response.json())['access_token']}"}
        for vault in vault_urls(standin.port).values():
            for name in ISSUERS:
                url = f"{vault}/certificates/issuers/{name}?api-version=7.4"
                async with session.put(url, json=issuer | {"provider": name}, headers=token, ssl=context):
                    pass


@asynccontextmanager
async def _storage(azurite: Azurite, ca_file: Path) -> AsyncIterator[BlobServiceClient]:
    service = BlobServiceClient.from_connection_string(azurite.connection_string, connection_verify=str(ca_file))
    async with service:
        for container in (DROP, MERGED, REJECTED, QUARANTINE, TRUSTED, CSRS):
            await service.create_container(container)
        yield service


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
