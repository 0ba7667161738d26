"""The inbox of one run: where to send to, and what came."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from local.inbox.faults import Faults
from local.inbox.mail import MailServer
from local.inbox.messages import Message, Messages
from local.inbox.page import Page
from local.inbox.workflow import Workflow
from local.tls import LocalCa
from local.web import LOOPBACK, serving

_MAX_POST = 4 * 1024 * 1024


@dataclass(frozen=True)
class Inbox:
    """Addresses and credentials for senders; `teams_url` holds a credential too, and both are kept out of `repr`."""

    url: str
    teams_url: str = field(repr=False)
    smtp_host: str
    smtp_port: int
    smtp_user: str
    smtp_password: str = field(repr=False)
    messages: list[Message] = field(repr=False)


@asynccontextmanager
async def running_inbox(
    ca: LocalCa,
    *,
    http_port: int = 0,
    smtp_port: int = 0,
    mail_dir: Path | None = None,
    secret: str | None = None,
) -> AsyncIterator[Inbox]:
    """Takes cards and mails on loopback while the block runs; `mail_dir` gets each mail as an .eml file, too.

    `secret` is the `sig` of the Teams URL and the SMTP password; a random one if not given.
    """
    messages, faults = Messages(), Faults()
    secret = secret or secrets.token_urlsafe(24)
    workflow, mail = Workflow(messages, faults, secret), MailServer(messages, faults, secret, mail_dir)
    app = web.Application(client_max_size=_MAX_POST)
    workflow.add_routes(app)
    Page(messages, faults).add_routes(app)
    async with serving(app, port=http_port) as http, mail.serving(ca.server_context(), smtp_port) as smtp:
        url = f"http://{LOOPBACK}:{http}"
        yield Inbox(
            url=url,
            teams_url=url + workflow.path,
            smtp_host="localhost",
            smtp_port=smtp,
            smtp_user=mail.user,
            smtp_password=mail.password,
            messages=messages.all,
        )
