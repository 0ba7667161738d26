"""Assembles the app: settings → adapters → use cases → triggers. Nothing else."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING

import azure.functions as func

from functions.settings import Settings, load_settings
from functions.triggers import doctor, http, overview
from functions.triggers.chains import CONTAINER, chains_blueprint
from functions.triggers.events import events_blueprint
from functions.triggers.routes import Context, http_blueprint
from functions.triggers.schedule import schedule_blueprint

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow
    from functions.issuance.ports import Channel


@functools.cache
def settings() -> Settings:
    """The settings, read on first use: an import that fails would leave an app without any function."""
    return load_settings(os.environ)


@functools.cache
def certflow() -> Certflow:
    """The use cases' dependencies, built on first use and kept for the life of the process.

    The SDKs are imported here rather than above: they cost several times what indexing the functions does.
    """
    from azure.identity.aio import ManagedIdentityCredential

    from functions.adapters.blobs import Blobs, Chains, CsrFiles
    from functions.adapters.deliveries import TableDeliveries
    from functions.adapters.email import Email, SmtpServer
    from functions.adapters.event_topic import EventTopic
    from functions.adapters.key_vault import KeyVault
    from functions.adapters.tables import TableLedger, Tables
    from functions.adapters.teams import Teams
    from functions.adapters.trusted_cas import TrustedCaFiles
    from functions.issuance.certflow import Certflow

    given = settings()
    identity = ManagedIdentityCredential(client_id=given.client_id)
    tables = Tables(given.tables_url, identity)
    blobs = Blobs(given.chains_url, identity)
    channels: list[Channel] = []
    if given.teams_webhook_url:
        channels.append(Teams(given.teams_webhook_url))
    if mail := given.mail:
        server = SmtpServer(mail.host, mail.port, mail.user, mail.password)
        channels.append(Email(server, mail.sender, mail.default_to))
    return Certflow(
        vaults={
            alias: KeyVault(alias, url, identity, verify_challenge=given.verify_challenge_resource)
            for alias, url in given.vaults.items()
        },
        ledger=TableLedger(tables),
        drops=Chains(blobs, CONTAINER),
        trusted=TrustedCaFiles(blobs),
        handouts=CsrFiles(blobs, CONTAINER),
        topic=EventTopic(given.topic_endpoint, identity),
        deliveries=TableDeliveries(tables),
        channels=tuple(channels),
        include_root=given.include_root,
    )


app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
context = Context(certflow, lambda: settings().app_service_auth)
app.register_functions(http_blueprint((*http.ROUTES, *doctor.ROUTES, *overview.ROUTES), context))
app.register_functions(schedule_blueprint(certflow))
app.register_functions(events_blueprint(certflow, lambda: settings().vaults))
app.register_functions(chains_blueprint(certflow))
