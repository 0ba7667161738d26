"""Assembles the app: settings → adapters → use cases → triggers. Nothing else."""

from __future__ import annotations

import functools
import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import azure.functions as func

from functions.triggers.chains import CONTAINER, chains_blueprint
from functions.triggers.events import events_blueprint
from functions.triggers.queued import Returns, poison_blueprint, queued_blueprint
from functions.triggers.routes import ROUTES, Context, http_blueprint
from functions.triggers.schedule import schedule_blueprint
from functions.triggers.work import work_blueprint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.core.credentials_async import AsyncTokenCredential
    from azure.identity.aio import ManagedIdentityCredential

    from functions.adapters.work_queues import WorkQueues
    from functions.issuance.certflow import Certflow
    from functions.issuance.ports import Vault
    from functions.issuance.telling import Channel
    from functions.settings import Settings


@functools.cache
def settings() -> Settings:
    """The settings, read on first use: an import that fails would leave an app without any function."""
    from functions.settings import load_settings

    return load_settings(os.environ)


@functools.cache
def identity() -> ManagedIdentityCredential:
    """The app's identity."""
    from azure.identity.aio import ManagedIdentityCredential

    from functions.settings import client_id

    return ManagedIdentityCredential(client_id=client_id(os.environ))


@functools.cache
def work() -> WorkQueues:
    """The app's queues. They need none of the other settings: while one of those is wrong, what the platform tells us
    waits there.
    """
    from functions.adapters.work_queues import WorkQueues
    from functions.settings import queues_url

    return WorkQueues(queues_url(os.environ), identity())


@functools.cache
def certflow() -> Certflow:
    """The use cases' dependencies, built on first use and kept for the life of the process.

    The SDKs are imported here rather than above, as each function imports its use case when it runs: both cost several
    times what indexing the functions does.
    """
    from functions.adapters.blobs import Blobs, Chains, CsrFiles
    from functions.adapters.deliveries import TableDeliveries
    from functions.adapters.event_topic import EventTopic
    from functions.adapters.issuing_cas import TableIssuingCas
    from functions.adapters.key_vault import KeyVault
    from functions.adapters.rule_table import RulesInBlob, RulesInSetting
    from functions.adapters.table_service import Tables
    from functions.adapters.tables import TableLedger
    from functions.adapters.trusted_cas import TrustedCaFiles
    from functions.adapters.watchbook import TableWatchbook
    from functions.issuance.certflow import Certflow
    from functions.issuance.observed import observed
    from functions.issuance.provenance import source_of
    from functions.issuance.rules import is_table

    given, credential = settings(), identity()
    tables = Tables(given.tables_url, credential)
    blobs = Blobs(given.chains_url, credential)
    vaults: dict[str, Vault] = {
        alias: KeyVault(alias, url, credential, verify_challenge=given.verify_challenge_resource)
        for alias, url in given.vaults.items()
    }
    return Certflow(
        vaults=vaults | {alias: observed(alias, vaults[alias]) for alias in given.choices.observed},
        ledger=TableLedger(tables),
        watchbook=TableWatchbook(tables),
        issuing_cas=TableIssuingCas(tables),
        drops=Chains(blobs, CONTAINER),
        trusted=TrustedCaFiles(blobs),
        handouts=CsrFiles(blobs, CONTAINER),
        topic=EventTopic(given.topic_endpoint, credential, source_of(given.topic_endpoint)),
        source=source_of(given.topic_endpoint),
        deliveries=TableDeliveries(tables),
        work=work(),
        rules=RulesInSetting(given.rules) if is_table(given.rules) else RulesInBlob(blobs, given.rules),
        channels=tuple(channels(given, credential)),
        mailboxes=given.mailboxes,
        choices=given.choices,
        links=given.links,
        include_root=given.include_root,
        setting_faults=given.faults,
    )


def channels(given: Settings, credential: AsyncTokenCredential) -> Iterator[Channel]:
    """The ways to reach people that the settings name."""
    from functions.adapters.acs_email import AcsEmail
    from functions.adapters.apprise_urls import channels_of
    from functions.adapters.email import Email, SmtpServer
    from functions.adapters.teams import Teams
    from functions.adapters.waiting import WaitingChannel

    yield from (WaitingChannel(name, fault) for name, fault in given.waiting.items())
    for name, url in given.teams.webhooks.items():
        yield Teams(name, url, auth=given.teams.auth, envelope=given.teams.envelope, credential=credential)
    if (mail := given.mail) and mail.acs_endpoint:
        yield AcsEmail(mail.acs_endpoint, credential, mail.sender, mail.limits)
    elif mail:
        yield Email(SmtpServer(mail.host, mail.port, mail.user, mail.password), mail.sender, mail.limits)
    yield from channels_of(given.notify_urls)


# The worker sets the root logger to INFO (azure-functions-python-worker#743), at which the SDKs log each call, with its
# headers: a hundred records a minute of an app that has nothing to do.
for library in ("azure", "aiohttp", "apprise", "msal"):
    logging.getLogger(library).setLevel(logging.WARNING)
logging.getLogger("azure.identity").setLevel(logging.ERROR)  # it warns at every try; what fails for it says so itself

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
context = Context(certflow, lambda: settings().app_service_auth)
app.register_functions(http_blueprint(ROUTES, context))
app.register_functions(schedule_blueprint(certflow))
app.register_functions(events_blueprint(certflow, work))
app.register_functions(chains_blueprint(work))
app.register_functions(work_blueprint(certflow))
returns = Returns(work, lambda: datetime.now(UTC))
app.register_functions(queued_blueprint(certflow, lambda: settings().vaults, returns))
app.register_functions(poison_blueprint(returns))
