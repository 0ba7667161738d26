"""The only reader of environment variables. Every name here is in the README's table and in local.settings.sample.json.

The host reads some of the same settings (connections of triggers, the timer's schedule); they are not repeated under
names of our own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from functions.issuance.errors import BadSettings


@dataclass(frozen=True, slots=True)
class Mail:
    """Outgoing mail: an SMTP server with STARTTLS."""

    host: str
    port: int
    user: str | None
    password: str | None
    sender: str
    default_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may differ between Azure, a laptop, and a test."""

    vaults: Mapping[str, str]
    verify_challenge_resource: bool
    client_id: str | None
    tables_url: str
    chains_url: str
    topic_endpoint: str
    teams_webhook_url: str | None
    mail: Mail | None
    app_service_auth: bool
    include_root: bool


def load_settings(env: Mapping[str, str]) -> Settings:
    """Reads and checks all settings. Raises BadSettings, which names the setting and what it should look like."""
    return Settings(
        vaults=_vaults(env),
        verify_challenge_resource=_flag(env, "CERTFLOW_VERIFY_CHALLENGE_RESOURCE", default=True),
        client_id=env.get("AZURE_CLIENT_ID") or None,
        tables_url=_url(env, "AzureWebJobsStorage__tableServiceUri"),
        chains_url=_url(env, "ChainStorage__blobServiceUri"),
        topic_endpoint=_url(env, "CERTFLOW_TOPIC_ENDPOINT"),
        teams_webhook_url=env.get("CERTFLOW_TEAMS_WEBHOOK_URL") or None,
        mail=_mail(env),
        app_service_auth=_flag(env, "WEBSITE_AUTH_ENABLED", default=False),
        include_root=_flag(env, "CERTFLOW_CHAIN_INCLUDE_ROOT", default=False),
    )


def _vaults(env: Mapping[str, str]) -> dict[str, str]:
    """`alias=https://name.vault.azure.net`, several separated by commas. Aliases are lower-cased."""
    name, vaults = "CERTFLOW_VAULTS", {}
    for entry in _required(env, name).split(","):
        alias, _, url = (part.strip() for part in entry.partition("="))
        if not re.fullmatch(r"[0-9a-zA-Z-]{1,24}", alias):
            raise BadSettings(
                f"{name}: '{entry.strip()}' does not begin with an alias (letters, digits, hyphens, 24 at most)."
            )
        if alias.lower() in vaults:
            raise BadSettings(f"{name}: the alias '{alias}' stands there twice.")
        vaults[alias.lower()] = _https(name, url)
    return vaults


def _mail(env: Mapping[str, str]) -> Mail | None:
    server = env.get("CERTFLOW_SMTP_SERVER")
    if not server:
        return None
    host, _, port = server.partition(":")
    if not host or not (port or "587").isdigit():
        raise BadSettings("CERTFLOW_SMTP_SERVER: write host:port, such as smtp.example.com:587.")
    recipients = tuple(address.strip() for address in _required(env, "CERTFLOW_MAIL_TO").split(",") if address.strip())
    return Mail(
        host=host,
        port=int(port or "587"),
        user=env.get("CERTFLOW_SMTP_USER") or None,
        password=env.get("CERTFLOW_SMTP_PASSWORD") or None,
        sender=_required(env, "CERTFLOW_MAIL_FROM"),
        default_to=recipients,
    )


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise BadSettings(f"{name} is not set.")
    return value


def _url(env: Mapping[str, str], name: str) -> str:
    return _https(name, _required(env, name))


def _https(name: str, url: str) -> str:
    """Bearer tokens travel to these addresses, so nothing but https will do."""
    if urlsplit(url).scheme != "https" or not urlsplit(url).netloc:
        raise BadSettings(f"{name}: '{url}' is no https:// address.")
    return url.rstrip("/")


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = env.get(name, "").strip().lower()
    if value not in {"", "true", "false"}:
        raise BadSettings(f"{name}: write true or false, not '{value}'.")
    return default if not value else value == "true"
