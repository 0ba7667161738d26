"""The whole stack on this machine: Azurite, Key Vault emulator, identity, Event Grid, inbox, TLS servers, and the
Functions host.

Everything but Azurite (Node) and the host (one Functions app per process) runs in this process.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob.aio import BlobServiceClient

from entra_emulator import Entra, running_entra
from eventgrid_emulator import EventGrid, running_event_grid, watch_blobs
from inbox import Inbox, running_inbox
from keyvault_emulator import Emulator, running_emulator
from keyvault_emulator.profile import OBSERVED, ProfileName
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import LOOPBACK
from local.azurite import Azurite, running_azurite
from local.entra import ACCESS_FILE, CONSOLE, USUAL_CALLER, Auth, described, sign_in_settings, tenant
from local.event_subscriptions import EventDelivery, subscribe, subscribed_to_queues
from local.functions_host import ROOT, FunctionsHost, Keys
from local.hosts import Hosts, free_ports, running_hosts, taken
from local.kept import Kept
from local.stack_settings import PRODUCT_CLIENT_ID, app_settings_of, with_addresses
from local.tls_servers import TlsServers, running_tls_servers
from local.vaults import ALIASES, further_ports, register_issuers, vault_urls

DROP, MERGED, REJECTED, QUARANTINE = "chains", "chains-merged", "chains-rejected", "chains-quarantine"
TRUSTED, CSRS, ACCESS, ACTS = "trusted-cas", "csr", "access", "acts"
# All that the identity of the product may do in a vault: what docs/security.md asks a deployment to grant.
PRODUCT_ACTIONS = (
    "certificates/read",
    "certificates/create/action",
    "certificates/update/action",
    "certificatecas/read",
)
BACK_OFF_FACTOR = 0.1  # of Event Grid's waits between attempts: nobody wants to wait for these here


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
    entra: int = 0
    first_server: int = 0
    second_server: int = 0
    third_server: int = 0


# What local.settings.sample.json names. `make up` takes each of them that is free.
SAMPLE_SECRET = "certflow-local"  # noqa: S105  stands in local.settings.sample.json, for Core Tools; loopback only
USUAL = Ports(7071, 8443, 8444, 10000, 10001, 10002, 8445, 8025, 8026, 8446, 8447, 8448, 8449)


@dataclass
class Stack:
    """The running parts and their addresses. What holds a key or a password is kept out of `repr`."""

    directory: Path
    ca_file: Path
    emulator: Emulator
    event_grid: EventGrid
    inbox: Inbox = field(repr=False)
    azurite: Azurite
    tls_servers: TlsServers
    vaults: dict[str, str]  # addresses by alias: one emulator, and every address that leads to it a vault of its own
    keys: Keys
    settings: dict[str, str] = field(repr=False)
    host_url: str  # of the first host, which answers for the API
    entra: Entra | None = None  # None: callers bring function keys
    hosts: Hosts | None = None  # None: the host's place is left to Core Tools
    access_file_kept: bool = False  # from before this start: it decides who may do what, and not the app roles alone

    def describe(self) -> dict[str, Any]:
        """What `.local/stack.json` holds."""
        return {
            "api": f"{self.host_url}/api",
            "auth": self._auth(),
            **({} if self.entra else {"function_key": self.keys.function}),
            "console": f"{self.host_url}/{CONSOLE}",
            "admin": f"{self.host_url}/admin",
            "master_key": self.keys.master,
            "vaults": self.vaults,
            "keyvault_control": self.emulator.control_url,
            "ca_file": str(self.ca_file),
            "identity": {"endpoint": self.emulator.identity_endpoint, "header": self.emulator.identity_header},
            "storage": {
                "connection_string": self.azurite.connection_string,
                "blobs": self.azurite.blob_url,
                "sas": self.azurite.blob_signature(),
                "ca_file": str(self.ca_file),
                "drop_container": DROP,
                "merged_container": MERGED,
                "rejected_container": REJECTED,
            },
            "event_topic": {"endpoint": self.event_grid.endpoint, "key": self.event_grid.key},
            "inbox": self.inbox.url,
            "tls_servers": self.tls_servers.describe(),
            "settings": self.settings,
            "logs": str(self.directory),
        }

    def _auth(self) -> dict[str, Any]:
        """How callers show who they are; the command prints a token, and takes another name after `--as`."""
        if self.entra is None:
            return {"mode": "keys"}
        file = self.directory.parent / "stack.json"
        return {"token_command": token_command(USUAL_CALLER, file), **described(self.entra)}

    async def host_ended(self) -> int:
        """Waits until a Functions host has ended by itself; returns its exit code. Never returns if it is not ours."""
        if self.hosts is None:
            await asyncio.Event().wait()
            return 0
        return await self.hosts.ended()


def token_command(name: str, file: Path) -> str:
    """What prints a token of this person or machine, in the project's folder; `file` is the stack's stack.json."""
    usual = file.resolve() == (ROOT / ".local" / "stack.json").resolve()
    return f".venv/bin/python -m local.token --as {name}" + ("" if usual else f" --stack {shlex.quote(str(file))}")


def free_or_any(ports: Ports) -> Ports:
    """The given ports where nothing listens on them, and 0 (any) in place of those that are taken."""
    return Ports(**{name: port if port and not taken(port) else 0 for name, port in vars(ports).items()})


@asynccontextmanager
async def running_stack(
    directory: Path,
    *,
    ports: Ports | None = None,
    issuing_delay: float = 5.0,
    own_host: bool = True,
    auth: Auth = "entra",
    profile: ProfileName = OBSERVED,
    app: Path = ROOT,
    vaults: int = len(ALIASES),
    hosts: int = 1,
    hurry: float = 1.0,
    event_delivery: EventDelivery = "webhook",
    settings: Mapping[str, str] | None = None,
    kept: Kept | None = None,
    endpoint_probation: bool = True,
    blob_tries_at_once: bool = True,
) -> AsyncIterator[Stack]:
    """Starts everything, yields when all of it answers, and stops all of it.

    `directory` takes the CA certificate and the logs. `issuing_delay` is how long integrated issuers take, in seconds;
    `profile` whether the vaults answer as the service was seen to, or as it is documented.
    `auth` is how callers of the API show who they are: by tokens of the stack's Entra, or by function keys.
    With `own_host` False the host's place is left to Core Tools, on the port given. `app` is the folder of the
    function_app.py that runs; `vaults` and `hosts` say how many there are, all hosts on the same storage; `hurry` how
    many times shorter the platform's own waits are: the host's, and Event Grid's beyond BACK_OFF_FACTOR. `settings` are
    app settings that take the place of the stack's own; in their values `{main}` and so on stand for the vaults'
    addresses, `{teams}` for the inbox's webhook. `kept` is where vaults and storage come from and stay; without it they
    begin empty and are gone at the end. `endpoint_probation` (Event Grid delays all deliveries to an
    endpoint that fails again and again) and `blob_tries_at_once` (a blob trigger's five tries have no pause) are the
    platform's unkindnesses. Raises HostFailed, AzuriteFailed, KeptUnreadable or OSError (a port) with what failed and
    where its log is.
    """
    ports = ports or Ports()
    secret = None if own_host else SAMPLE_SECRET
    directory.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as running:
        ca = LocalCa()
        ca_file = ca.write_ca(directory / "ca.pem")
        event_grid = await running.enter_async_context(
            running_event_grid(
                ca,
                port=ports.topic,
                dead_letters=directory / "dead-letters",
                time_factor=BACK_OFF_FACTOR / hurry,
                probation=endpoint_probation,
            )
        )
        inbox = await running.enter_async_context(
            running_inbox(ca, http_port=ports.inbox, smtp_port=ports.smtp, secret=secret)
        )
        emulator = await running.enter_async_context(
            running_emulator(
                ca,
                port=ports.keyvault,
                further_ports=[0] * further_ports(vaults),
                identity_port=ports.identity,
                identity_header=secret,
                identities={PRODUCT_CLIENT_ID: PRODUCT_ACTIONS},
                issuing_delay=issuing_delay,
                profile=profile,
                on_event=lambda event: event_grid.publish("vaults", event),
                kept_in=kept.vaults if kept else None,
            )
        )
        azurite = await running.enter_async_context(
            running_azurite(
                ca,
                directory,
                ports=(ports.blob, ports.queue, ports.table),
                log=directory / "azurite.log",
                kept_in=kept.azurite if kept else None,
            )
        )
        servers = await running.enter_async_context(
            running_tls_servers(ca, (ports.first_server, ports.second_server, ports.third_server))
        )
        urls = vault_urls((emulator.port, *emulator.further_ports), vaults)
        if not emulator.found.issuers:
            await register_issuers(emulator, urls.values(), ca_file)
        service = await running.enter_async_context(_storage(azurite, ca_file))
        watching = asyncio.Event()
        watcher = asyncio.create_task(
            watch_blobs(
                service,
                [DROP],
                lambda event: event_grid.publish("storage", event),
                tells_first=kept is not None,
                watching=watching,
            )
        )
        running.push_async_callback(_cancel, watcher)
        keys = Keys()
        host_ports = free_ports(hosts)
        host_ports[0] = ports.host or host_ports[0]
        host_urls = [f"http://{LOOPBACK}:{port}" for port in host_ports]
        usual = app_settings_of(emulator, event_grid, inbox, azurite, ca_file, urls, host_urls[0]) | servers.settings()
        entra = None
        if auth == "entra":
            entra = await running.enter_async_context(running_entra(ca, tenant(host_urls), port=ports.entra))
            usual |= sign_in_settings(entra)
        app_settings = usual | with_addresses(settings or {}, urls | {"teams": inbox.teams_url})
        stack = Stack(
            directory,
            ca_file,
            emulator,
            event_grid,
            inbox,
            azurite,
            servers,
            urls,
            keys,
            app_settings,
            host_urls[0],
            entra,
        )
        stack.access_file_kept = await service.get_blob_client(*ACCESS_FILE.split("/")).exists()
        if own_host:
            instances = [
                FunctionsHost(
                    app_settings,
                    keys,
                    port=port,
                    log=directory / log,
                    app=app,
                    hurry=hurry,
                    blob_tries_at_once=blob_tries_at_once,
                )
                for port, log in zip(host_ports, log_names(hosts), strict=True)
            ]
            stack.hosts = await running.enter_async_context(running_hosts(instances))
        if event_delivery == "webhook":
            subscribe(event_grid, host_urls, keys)
        else:
            await running.enter_async_context(subscribed_to_queues(event_grid, azurite, ca_file))
        await watching.wait()  # a file dropped before would count as one that was there already
        yield stack


def log_names(hosts: int) -> list[str]:
    """The hosts' logs: `host.log`, `host-2.log` and so on."""
    return ["host.log", *(f"host-{number}.log" for number in range(2, hosts + 1))]


@asynccontextmanager
async def _storage(azurite: Azurite, ca_file: Path) -> AsyncIterator[BlobServiceClient]:
    service = BlobServiceClient.from_connection_string(azurite.connection_string, connection_verify=str(ca_file))
    async with service:
        for container in (DROP, MERGED, REJECTED, QUARANTINE, TRUSTED, CSRS, ACCESS, ACTS):
            with suppress(ResourceExistsError):
                await service.create_container(container)
        yield service


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
