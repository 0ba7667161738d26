"""The inbox of one run: where to send to, and what came."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from inbox.acs import Acs
from inbox.faults import Faults
from inbox.mail import Mails, MailServer
from inbox.messages import Message, Messages
from inbox.page import Page
from inbox.webhook import Webhook
from inbox.workflow import Workflows
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import LOOPBACK, serving

_MAX_POST = 4 * 1024 * 1024


@dataclass(frozen=True)
class Inbox:
    """Addresses and credentials for senders; what holds a credential is kept out of `repr`.

    `teams_url` takes messages with cards, `teams_card_url` bare cards; `teams_entra_url` takes messages, and a token.
    `acs_endpoint` is that of a Communication Services resource; `notify_url` the webhook as Apprise writes it.
    """

    url: str
    teams_url: str = field(repr=False)
    teams_card_url: str = field(repr=False)
    teams_entra_url: str
    smtp_host: str
    smtp_port: int
    smtp_user: str
    smtp_password: str = field(repr=False)
    acs_endpoint: str
    notify_url: str = field(repr=False)
    messages: list[Message] = field(repr=False)


@asynccontextmanager
async def running_inbox(
    ca: LocalCa,
    *,
    http_port: int = 0,
    smtp_port: int = 0,
    acs_port: int = 0,
    mail_dir: Path | None = None,
    secret: str | None = None,
    acs_quota: bool = True,
) -> AsyncIterator[Inbox]:
    """Takes cards, mails and webhook posts on loopback while the block runs; `mail_dir` gets mails as .eml files, too.

    `secret` is the `sig` of the Teams URLs, the SMTP password and the end of the webhook's path; a random one if not
    given. `acs_quota`: Communication Services take no more mails than from everybody.
    """
    messages, faults = Messages(), Faults()
    mails = Mails(messages, mail_dir)
    secret = secret or secrets.token_urlsafe(24)
    workflows, mail = Workflows(messages, faults, secret), MailServer(mails, faults, secret)
    acs, webhook = Acs(faults, mails.keep, quota=acs_quota), Webhook(messages, faults, secret)
    app = web.Application(client_max_size=_MAX_POST)
    workflows.add_routes(app)
    webhook.add_routes(app)
    Page(messages, faults).add_routes(app)
    async with (
        serving(app, port=http_port) as http,
        mail.serving(ca.server_context(), smtp_port) as smtp,
        serving(acs.app(), port=acs_port, tls=ca.server_context()) as acs_bound,
    ):
        url = f"http://{LOOPBACK}:{http}"
        yield Inbox(
            url=url,
            teams_url=url + workflows.message.path,
            teams_card_url=url + workflows.card.path,
            teams_entra_url=url + workflows.entra.path,
            smtp_host="localhost",
            smtp_port=smtp,
            smtp_user=mail.user,
            smtp_password=mail.password,
            acs_endpoint=f"https://localhost:{acs_bound}",
            notify_url=f"json://{LOOPBACK}:{http}{webhook.path}",
            messages=messages.all,
        )
