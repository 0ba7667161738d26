"""Reads the settings of the channels: Teams, mail, Apprise URLs, and the table of rules.

Where a setting of a channel is wrong, the messages for that channel wait; the other channels are
not affected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import partial
from importlib.util import find_spec
from typing import Literal

from functions.model.blob_names import is_blob_path
from functions.model.errors import BadSettings
from functions.model.people.addresses import ADDRESS
from functions.notifications.routing import EMAIL, is_table
from functions.ports.notifications import Limits
from functions.settings.values import (
    Env,
    Faults,
    entries,
    https_of,
    limits,
    required,
    text,
    web_url,
    word,
)

TEAMS, RULES = "CERTFLOW_TEAMS_WEBHOOK_URL", "CERTFLOW_NOTIFY_RULES"
TEAMS_AUTH, TEAMS_ENVELOPE = "CERTFLOW_TEAMS_AUTH", "CERTFLOW_TEAMS_ENVELOPE"
SMTP, ACS = "CERTFLOW_SMTP_SERVER", "CERTFLOW_ACS_ENDPOINT"
MAIL_FROM, MAIL_TO, URLS = "CERTFLOW_MAIL_FROM", "CERTFLOW_MAIL_TO", "CERTFLOW_NOTIFY_URLS"
MAIL_LIMITS, LIMITED = "CERTFLOW_MAIL_LIMITS", ("minute", "hour", "address", "caller")
AZURES_OWN, MAX_MAILS = ".azurecomm.net", 1_000_000
# So few mails that one address or one caller must not use up all of them, not even with critical
# messages.
OF_AZURES_DOMAIN = {"minute": 5, "hour": 10, "address": 5, "caller": 4}
OF_OWN_DOMAIN = {"minute": 30, "hour": 100}
SMTP_USER, SMTP_PASSWORD = "CERTFLOW_SMTP_USER", "CERTFLOW_SMTP_PASSWORD"


@dataclass(frozen=True, slots=True)
class Mail:
    """Outgoing mail: an SMTP server with STARTTLS (`host`), or Azure Communication Services
    (`acs_endpoint`).
    """

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


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels that the settings name. A further kind of channel is a field here, its name in
    `names`, its settings read by `read_channels`, and its adapter made in function_app.py.

    `mailboxes` are the addresses that get mail which no other recipient is set for. `waiting` maps
    the name of each channel that a fault keeps from being used to the sentence of that fault.
    """

    teams: Teams
    mail: Mail | None
    mailboxes: tuple[str, ...]
    urls: tuple[str, ...] = field(repr=False)
    waiting: Mapping[str, str]

    @property
    def names(self) -> frozenset[str]:
        """The names of all channels, those that wait for a fault too. `urls` stands for all
        Apprise URLs, `urls:1` for the first.
        """
        urls = [f"urls:{position}" for position in range(1, len(self.urls) + 1)]
        return frozenset(
            {
                *self.waiting,
                *self.teams.webhooks,
                *([EMAIL] if self.mail else []),
                *(["urls", *urls] if urls else []),
            }
        )


def read_channels(env: Env, faults: Faults) -> Channels:
    """Reads the settings of all channels. A fault in those of one lets its messages wait."""
    teams = _teams_of(env, faults)
    mail, mailboxes = _mail_of(env, faults)
    urls = _urls_of(env, faults)
    return Channels(teams, mail, mailboxes, urls, waiting=faults.waiting)


def _teams_of(env: Env, faults: Faults) -> Teams:
    """Reads the webhooks, and how to call them. All webhooks wait while the settings that say how
    to call them (CERTFLOW_TEAMS_AUTH, CERTFLOW_TEAMS_ENVELOPE) are wrong.
    """
    names = _teams_settings(env, faults)
    webhooks = {
        channel: faults.taken(partial(web_url, env, name), "", channel)
        for channel, name in names.items()
    }
    auth = faults.taken(lambda: word(env, TEAMS_AUTH, ("sas", "entra"), "sas"), "sas", *names)
    envelope = faults.taken(
        lambda: word(env, TEAMS_ENVELOPE, ("message", "card"), "message"), "message", *names
    )
    return Teams(
        {channel: url for channel, url in webhooks.items() if channel not in faults.waiting},
        auth="entra" if auth == "entra" else "sas",
        envelope="card" if envelope == "card" else "message",
    )


def _teams_settings(env: Env, faults: Faults) -> dict[str, str]:
    """Returns the name of the setting of each Teams channel, by the channel's name."""
    names = {"teams": TEAMS} if env.get(TEAMS, "").strip() else {}
    for name in sorted(env):
        further = name.removeprefix(f"{TEAMS}__")
        if further == name or not env[name].strip():
            continue
        channel = f"teams:{further.lower()}"
        if channel in names:
            faults.tell(
                f"{name}: it differs from {names[channel]} in case alone; give it another name."
            )
        else:
            names[channel] = name
    return names


def _mail_of(env: Env, faults: Faults) -> tuple[Mail | None, tuple[str, ...]]:
    """Reads how mail is sent (None: not at all, or not while a setting is wrong), and the default
    mailboxes. Entries of CERTFLOW_MAIL_TO that are not mail addresses are left out.
    """
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
        faults.tell(
            f"{MAIL_TO}: no mail address: entry {', '.join(wrong)}. The others get the mail."
        )
    return found


def _outgoing(env: Env, faults: Faults) -> Mail:
    server, acs = text(env, SMTP), https_of(env, ACS)
    if server and acs:
        raise BadSettings(
            f"{SMTP}: {ACS} is set, too, and mail goes out by one of them; take one away."
        )
    host, port = _host_and_port(server)
    sender = _sender(env)
    user, password = _login(env)
    own = faults.taken(lambda: limits(env, MAIL_LIMITS, LIMITED, MAX_MAILS), dict[str, int]())
    return Mail(
        sender=sender,
        limits=Limits(**_usual_limits(sender, by_azure=acs is not None) | own),
        acs_endpoint=acs,
        host=host,
        port=port,
        user=user,
        password=password,
    )


def _host_and_port(server: str) -> tuple[str, int]:
    """Reads `host` or `host:port`; an empty host if no server is set. The port is 587 if it is
    missing (RFC 6409 §3.1).
    """
    host, _, given = server.partition(":")
    port = given or "587"
    if server and (not host or not _is_port(port) or re.search(r"\s|/", host)):
        raise BadSettings(f"{SMTP}: write host:port, such as smtp.example.com:587.")
    return host, int(port)


def _sender(env: Env) -> str:
    sender = required(env, MAIL_FROM)
    if not sender.isprintable() or not ADDRESS.fullmatch(parseaddr(sender)[1]):
        raise BadSettings(f"{MAIL_FROM}: write a mail address.")
    return sender


def _login(env: Env) -> tuple[str | None, str | None]:
    """Reads user and password for the mail server. A user without a password is an error, because a
    login that fails could lock the account.
    """
    user, password = text(env, SMTP_USER) or None, text(env, SMTP_PASSWORD)
    if user and not password:
        raise BadSettings(f"{SMTP_PASSWORD}: it is not set, and {SMTP_USER} is.")
    # Blanks may belong to the password. A line end does not: an editor puts one at the end of a
    # file, from which the password may have been set.
    return user, env.get(SMTP_PASSWORD, "").rstrip("\r\n") or None


def _usual_limits(sender: str, *, by_azure: bool) -> dict[str, int]:
    """Returns how many mails the service lets everybody send. Azure Communication Services has one
    limit for its own domain (….azurecomm.net) and another for a customer's domain (Learn, "Service
    limits for Azure Communication Services"); a mail server is taken to have none.
    """
    of_azure = sender.rstrip(" >").lower().endswith(AZURES_OWN)
    return (OF_AZURES_DOMAIN if of_azure else OF_OWN_DOMAIN) if by_azure else {}


def _is_port(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,5}", text)) and 0 < int(text) < 2**16


def _urls_of(env: Env, faults: Faults) -> tuple[str, ...]:
    """Reads Apprise URLs, separated by blanks. A wrong one is reported and stays in the list, so
    that the messages for it wait; so do all of them in a package without Apprise.
    """
    urls = tuple(faults.taken(lambda: text(env, URLS), "", "urls").split())
    if wrong := [
        str(number)
        for number, url in enumerate(urls, 1)
        if not re.match(r"[A-Za-z][\w.+-]*://", url)
    ]:
        faults.tell(
            f"{URLS}: no address of Apprise: entry {', '.join(wrong)}. Write slack://…, say."
        )
    if urls and find_spec("apprise") is None:
        faults.tell(
            f"{URLS}: the package that runs has no Apprise. Deploy one that was built with `make "
            "package EXTRAS=apprise` (docs/settings.md), or take the setting away."
        )
    return urls


def rules_of(env: Env) -> str:
    """Returns the table of rules (JSON), or the path of a blob that holds it. Only whoever sends
    messages parses the table and reports its errors, because a wrong rule must not stop the
    monitoring. Raises BadSettings for what is neither.
    """
    given = text(env, RULES)
    if is_table(given) or is_blob_path(given):
        return given
    raise BadSettings(
        f"{RULES}: write a list of rules (JSON), or where they are: container/name of a blob."
    )
