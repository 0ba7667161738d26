"""Assembles the app, and does nothing else: settings → adapters → use cases → triggers."""

from __future__ import annotations

import functools
import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import azure.functions as func

from functions import __version__
from functions.model.log import record
from functions.settings.auth_mode import AuthMode, auth_mode
from functions.triggers.blob import CHAIN_CONTAINER, chains_blueprint
from functions.triggers.console.blueprint import console_blueprint
from functions.triggers.event_grid import events_blueprint
from functions.triggers.http.blueprint import http_blueprint
from functions.triggers.http.routes import ROUTES
from functions.triggers.queued_events import Returns, poison_blueprint, queued_blueprint
from functions.triggers.queued_work import work_blueprint
from functions.triggers.timers import schedule_blueprint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.core.credentials_async import AsyncTokenCredential
    from azure.identity.aio import ManagedIdentityCredential

    from functions.adapters.azure_tables.service import Tables
    from functions.adapters.blob_storage.containers import Blobs
    from functions.adapters.work_queues import WorkQueues
    from functions.app.context import Certflow
    from functions.ports.endpoints import LivePorts
    from functions.ports.notifications import Channel
    from functions.ports.record.acts import ActFiles, WaitingActs
    from functions.ports.record.history import History
    from functions.ports.record.retention import Retention
    from functions.ports.rules import Rules
    from functions.ports.sign_in import PageSignIn, SignIn
    from functions.ports.vault import Vault
    from functions.settings.channels import Channels
    from functions.settings.load import Settings
    from functions.triggers.http.context import Context


# Whether callers sign in; otherwise the host checks function keys.
SIGNED_IN = auth_mode(os.environ) is AuthMode.ENTRA


@functools.cache
def settings() -> Settings:
    """Returns the settings. They are read on first use, because an app whose import fails has no
    functions at all.
    """
    from functions.settings.load import load_settings

    return load_settings(os.environ)


@functools.cache
def identity() -> ManagedIdentityCredential:
    """Returns the app's managed identity."""
    from azure.identity.aio import ManagedIdentityCredential

    from functions.settings.load import client_id

    return ManagedIdentityCredential(client_id=client_id(os.environ))


@functools.cache
def work() -> WorkQueues:
    """Returns the app's queues. They need none of the other settings: while one of those is wrong,
    events and dropped files wait there.
    """
    from functions.adapters.work_queues import WorkQueues
    from functions.settings.load import queues_url

    return WorkQueues(queues_url(os.environ), identity())


@functools.cache
def sign_in() -> SignIn:
    """Returns what says who calls the API. It needs none of the other settings, and never raises:
    while its own are wrong, it lets nobody in.
    """
    from functions.adapters.function_keys import ByKeys, KeysUntil, NobodyYet
    from functions.settings.sign_in import sign_in_of
    from functions.settings.values import Faults

    given = sign_in_of(os.environ, Faults())
    if given.fault:
        return NobodyYet(given.fault)
    if given.registration is None:
        return ByKeys()
    from functions.adapters.entra.sign_in import EntraSignIn

    tokens = EntraSignIn(given.registration, utc_now)
    if given.keys_until and given.keys:
        return KeysUntil(tokens, given.keys, given.keys_until, utc_now)
    return tokens


@functools.cache
def page_sign_in() -> PageSignIn:
    """Returns what the console has to know to sign somebody in. It needs none of the other
    settings, and never raises.
    """
    from functions.settings.sign_in import page_sign_in_of, sign_in_of
    from functions.settings.values import Faults

    return page_sign_in_of(sign_in_of(os.environ, Faults()))


def utc_now() -> datetime:
    """Returns the time."""
    return datetime.now(UTC)


@functools.cache
def certflow() -> Certflow:
    """Returns the dependencies of the use cases, built on first use and kept for the life of the
    process.

    The SDKs are imported here and not above, and each function imports its use case when it runs,
    because these imports take several times as long as indexing the functions.
    """
    from functions.adapters.azure_tables.access_notes import TableAccessNotes
    from functions.adapters.azure_tables.approvals import TableApprovals
    from functions.adapters.azure_tables.deliveries import TableDeliveries
    from functions.adapters.azure_tables.fresh_records import TableFreshRecords
    from functions.adapters.azure_tables.issuing_cas import TableIssuingCas
    from functions.adapters.azure_tables.ledger import TableLedger
    from functions.adapters.azure_tables.message_records import TableMessageRecords
    from functions.adapters.azure_tables.monitoring_store import TableMonitoringStore
    from functions.adapters.azure_tables.service import Tables
    from functions.adapters.azure_tables.start_counts import TableStartCounts
    from functions.adapters.blob_storage.access_files import access_files
    from functions.adapters.blob_storage.containers import BlobChainFiles, BlobCsrStore, Blobs
    from functions.adapters.blob_storage.inventory_files import BlobInventory
    from functions.adapters.blob_storage.trusted_cas import TrustedCaFiles
    from functions.adapters.event_topic import EventTopic
    from functions.app.context import Certflow
    from functions.notifications.provenance import source_of

    given, credential = settings(), identity()
    tables = Tables(given.tables_url, credential)
    blobs = Blobs(given.chains_url, credential)
    history, retention, waiting_acts, act_files = record_ports(blobs, tables)
    return Certflow(
        vaults=vaults(given, credential),
        ledger=TableLedger(tables),
        monitoring_store=TableMonitoringStore(tables),
        issuing_cas=TableIssuingCas(tables),
        chain_files=BlobChainFiles(blobs, CHAIN_CONTAINER),
        trusted=TrustedCaFiles(blobs),
        csr_store=BlobCsrStore(blobs, CHAIN_CONTAINER),
        topic=EventTopic(given.topic_endpoint, credential, source_of(given.topic_endpoint)),
        source=source_of(given.topic_endpoint),
        deliveries=TableDeliveries(tables),
        message_records=TableMessageRecords(tables),
        work_queue=work(),
        rules=rules(given.rules, blobs),
        access_notes=TableAccessNotes(tables),
        start_counts=TableStartCounts(tables),
        approvals=TableApprovals(tables),
        inventory_files=BlobInventory(Blobs(given.blobs_url, credential)),
        fresh_records=TableFreshRecords(tables),
        history=history,
        retention=retention,
        waiting_acts=waiting_acts,
        act_files=act_files,
        access_files=access_files(blobs, given.access)
        if given.sign_in.mode is AuthMode.ENTRA
        else None,
        tenant=given.sign_in.registration.tenant if given.sign_in.registration else None,
        live=live_ports(blobs, tables) if given.options.live.is_on else None,
        channels=tuple(channels(given.channels, credential)),
        mailboxes=given.channels.mailboxes,
        options=given.options,
        links=given.links,
        include_root=given.include_root,
        setting_faults=given.faults,
    )


@functools.cache
def http_context() -> Context:
    """Returns what the handlers of the API get."""
    from functions.triggers.http.context import Context

    return Context(certflow, sign_in=sign_in if SIGNED_IN else None)


def rules(given: str, blobs: Blobs) -> Rules:
    """Returns the rules of who is told, which are in the setting or in a file that it names."""
    from functions.adapters.rule_table import RulesInBlob, RulesInSetting
    from functions.notifications.routing import is_table

    return RulesInSetting(given) if is_table(given) else RulesInBlob(blobs, given)


def record_ports(blobs: Blobs, tables: Tables) -> tuple[History, Retention, WaitingActs, ActFiles]:
    """Returns where it is kept who did what: the list of all, what deletes from it what is too old,
    what acts wait in, and their record.
    """
    from functions.adapters.azure_tables.history.kept import TableRetention
    from functions.adapters.azure_tables.history.pages import TableHistory
    from functions.adapters.azure_tables.history.waiting_acts import TableWaitingActs
    from functions.adapters.blob_storage.act_files import BlobActFiles

    return (
        TableHistory(tables),
        TableRetention(tables),
        TableWaitingActs(tables),
        BlobActFiles(blobs),
    )


def live_ports(blobs: Blobs, tables: Tables) -> LivePorts:
    """Returns what is needed to see whether certificates are live."""
    from functions.adapters.azure_tables.endpoint_checks import TableEndpointChecks
    from functions.adapters.endpoints.endpoint_file import EndpointFileInBlob
    from functions.adapters.endpoints.tls_servers import TlsServerLooks
    from functions.ports.endpoints import LivePorts

    return LivePorts(TlsServerLooks(), EndpointFileInBlob(blobs), TableEndpointChecks(tables))


def vaults(given: Settings, credential: AsyncTokenCredential) -> dict[str, Vault]:
    """Returns the vaults by alias; those with `observe` in the settings are read only."""
    from functions.adapters.key_vault.client import KeyVault
    from functions.app.read_only_vault import read_only

    found: dict[str, Vault] = {
        alias: KeyVault(alias, url, credential, verify_challenge=given.verify_challenge_resource)
        for alias, url in given.vaults.items()
    }
    return found | {
        alias: read_only(alias, found[alias]) for alias in given.options.read_only_vaults
    }


def channels(given: Channels, credential: AsyncTokenCredential) -> Iterator[Channel]:
    """Yields the channels that the settings name, also those that wait for a wrong setting."""
    from functions.adapters.apprise_urls import channels_of
    from functions.adapters.mail.acs import AcsEmail
    from functions.adapters.mail.smtp import Email, SmtpServer
    from functions.adapters.teams.channel import Teams
    from functions.adapters.unusable_channel import UnusableChannel

    yield from (UnusableChannel(name, fault) for name, fault in given.waiting.items())
    for name, url in given.teams.webhooks.items():
        yield Teams(
            name, url, auth=given.teams.auth, envelope=given.teams.envelope, credential=credential
        )
    if (mail := given.mail) and mail.acs_endpoint:
        yield AcsEmail(mail.acs_endpoint, credential, mail.sender, mail.limits)
    elif mail:
        yield Email(
            SmtpServer(mail.host, mail.port, mail.user, mail.password), mail.sender, mail.limits
        )
    yield from channels_of(given.urls)


# The worker sets the root logger to INFO (azure-functions-python-worker#743). At that level the
# SDKs log every call and its headers: a hundred records a minute even in an app that has nothing to
# do.
for library in ("azure", "aiohttp", "apprise", "msal"):
    logging.getLogger(library).setLevel(logging.WARNING)
logging.getLogger("azure.identity").setLevel(
    logging.ERROR
)  # it warns at every try; the caller logs the failure itself

record("started", version=__version__, auth=auth_mode(os.environ))

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(http_blueprint(ROUTES, http_context, signed_in=SIGNED_IN))
app.register_functions(console_blueprint(page_sign_in))
app.register_functions(schedule_blueprint(certflow))
app.register_functions(events_blueprint(certflow, work))
app.register_functions(chains_blueprint(work))
app.register_functions(work_blueprint(certflow))
returns = Returns(work, utc_now)
app.register_functions(queued_blueprint(certflow, lambda: settings().vaults, returns))
app.register_functions(poison_blueprint(returns))
