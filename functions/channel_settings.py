"""The settings of the ways to reach people. One that cannot be used waits, and the others know nothing of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import partial
from typing import Literal

from functions.issuance.addresses import ADDRESS
from functions.issuance.blob_names import blob_name
from functions.issuance.errors import BadSettings, InvalidRequest
from functions.issuance.rules import EMAIL, is_table
from functions.issuance.telling import Limits
from functions.setting_values import Env, Faults, entries, https_of, limits, required, text, web_url, word

TEAMS, RULES = "CERTFLOW_TEAMS_WEBHOOK_URL", "CERTFLOW_NOTIFY_RULES"
TEAMS_AUTH, TEAMS_ENVELOPE = "CERTFLOW_TEAMS_AUTH", "CERTFLOW_TEAMS_ENVELOPE"
SMTP, ACS = "CERTFLOW_SMTP_SERVER", "CERTFLOW_ACS_ENDPOINT"
MAIL_FROM, MAIL_TO, URLS = "CERTFLOW_MAIL_FROM", "CERTFLOW_MAIL_TO", "CERTFLOW_NOTIFY_URLS"
MAIL_LIMITS, LIMITED = "CERTFLOW_MAIL_LIMITS", ("minute", "hour", "address", "caller")
AZURES_OWN, MOST_MAILS = ".azurecomm.net", 1_000_000
# Of so few, no address and no caller may have all: not even of what is critical, nor of what is left to the rest.
OF_AZURES_DOMAIN = {"minute": 5, "hour": 10, "address": 5, "caller": 4}
OF_OWN_DOMAIN = {"minute": 30, "hour": 100}
SMTP_USER, SMTP_PASSWORD = "CERTFLOW_SMTP_USER", "CERTFLOW_SMTP_PASSWORD"


@dataclass(frozen=True, slots=True)
class Mail:
    """Outgoing mail: an SMTP server with STARTTLS (`host`), or Azure Communication Services (`acs_endpoint`)."""

    sender: str
    limits: Limits
    acs_endpoint: str | None = None
    host: str = ""
    port: int = 587
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Teams:
    """The Workflows webhooks by channel name: `teams`, and `teams:{name}` for further ones."""

    webhooks: Mapping[str, str] = field(repr=False)
    auth: Literal["sas", "entra"]
    envelope: Literal["message", "card"]


def teams_of(env: Env, faults: Faults) -> Teams:
    """The webhooks. While it is not known how to speak to them, all of them wait."""
    names = {"teams": TEAMS} if env.get(TEAMS, "").strip() else {}
    for name in sorted(env):
        further = name.removeprefix(f"{TEAMS}__")
        channel = f"teams:{further.lower()}"
        if further == name or not env[name].strip():
            continue
        if channel in names:
            faults.tell(f"{name}: it differs from {names[channel]} in case alone; give it another name.")
        else:
            names[channel] = name
    webhooks = {channel: faults.taken(partial(web_url, env, name), "", channel) for channel, name in names.items()}
    auth = faults.taken(lambda: word(env, TEAMS_AUTH, ("sas", "entra"), "sas"), "sas", *names)
    envelope = faults.taken(lambda: word(env, TEAMS_ENVELOPE, ("message", "card"), "message"), "message", *names)
    return Teams(
        {channel: url for channel, url in webhooks.items() if channel not in faults.waiting},
        auth="entra" if auth == "entra" else "sas",
        envelope="card" if envelope == "card" else "message",
    )


def mail_of(env: Env, faults: Faults) -> tuple[Mail | None, tuple[str, ...]]:
    """How mail goes out, and to whom what is nobody else's. Of several mailboxes those get it that are some."""
    if not env.get(SMTP, "").strip() and not env.get(ACS, "").strip():
        return None, ()
    mailboxes = faults.taken(lambda: _mailboxes(env, faults), tuple[str, ...](), EMAIL)
    mail = faults.taken(lambda: _outgoing(env, faults), None, EMAIL)
    return (None if EMAIL in faults.waiting else mail), mailboxes


def _mailboxes(env: Env, faults: Faults) -> tuple[str, ...]:
    given = entries(env, MAIL_TO)
    found = tuple(address for address in given if ADDRESS.fullmatch(address))
    if not found:
        raise BadSettings(f"{MAIL_TO}: write mail addresses, separated by commas.")
    if len(found) < len(given):
        wrong = [str(number) for number, one in enumerate(given, 1) if one not in found]
        faults.tell(f"{MAIL_TO}: no mail address: entry {', '.join(wrong)}. The others get the mail.")
    return found


def _outgoing(env: Env, faults: Faults) -> Mail:
    server, acs = text(env, SMTP), https_of(env, ACS)
    if server and acs:
        raise BadSettings(f"{SMTP}: {ACS} is set, too, and mail goes out by one of them; take one away.")
    host, _, port = server.partition(":")
    if server and (not host or not _is_port(port or "587") or re.search(r"\s|/", host)):
        raise BadSettings(f"{SMTP}: write host:port, such as smtp.example.com:587.")
    sender = required(env, MAIL_FROM)
    if not sender.isprintable() or not ADDRESS.fullmatch(parseaddr(sender)[1]):
        raise BadSettings(f"{MAIL_FROM}: write a mail address.")
    user, password = text(env, SMTP_USER) or None, text(env, SMTP_PASSWORD)
    if user and not password:  # a login in vain could lock the account
        raise BadSettings(f"{SMTP_PASSWORD}: it is not set, and {SMTP_USER} is.")
    own = faults.taken(lambda: limits(env, MAIL_LIMITS, LIMITED, MOST_MAILS), dict[str, int]())
    return Mail(
        sender=sender,
        limits=Limits(**_usual_limits(sender, by_azure=acs is not None) | own),
        acs_endpoint=acs,
        host=host,
        port=int(port or "587"),
        user=user,
        # As it is, blanks and all; but one that was set from a file has the line end of its editor.
        password=env.get(SMTP_PASSWORD, "").rstrip("\r\n") or None,
    )


def _usual_limits(sender: str, *, by_azure: bool) -> dict[str, int]:
    """What the service gives to everybody: Communication Services to its own domain (….azurecomm.net) and to one's own
    (Learn, "Service limits for Azure Communication Services"); a mail server any number.
    """
    of_azure = sender.rstrip(" >").lower().endswith(AZURES_OWN)
    return (OF_AZURES_DOMAIN if of_azure else OF_OWN_DOMAIN) if by_azure else {}


def _is_port(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,5}", text)) and 0 < int(text) < 2**16


def notify_urls_of(env: Env, faults: Faults) -> tuple[str, ...]:
    """Addresses of Apprise, separated by blanks. One that is none is kept: what is meant for it waits there."""
    urls = tuple(faults.taken(lambda: text(env, URLS), "", "urls").split())
    if wrong := [str(number) for number, url in enumerate(urls, 1) if not re.match(r"[A-Za-z][\w.+-]*://", url)]:
        faults.tell(f"{URLS}: no address of Apprise: entry {', '.join(wrong)}. Write slack://…, say.")
    return urls


def rules_of(env: Env) -> str:
    """A table (JSON), or the path of a blob that has it. What is wrong in a table is told with each message, so it is
    read there: a slip about who is told must not stop the watching.
    """
    given = text(env, RULES)
    if is_table(given):
        return given
    container, _, name = given.partition("/")
    if re.fullmatch(r"[a-z0-9-]{3,63}", container) and _is_blob_name(name):
        return given
    raise BadSettings(f"{RULES}: write a list of rules (JSON), or where they are: container/name of a blob.")


def _is_blob_name(name: str) -> bool:
    try:
        return bool(blob_name(name))
    except InvalidRequest:
        return False
