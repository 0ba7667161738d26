"""Event Grid: what the vaults say, and what we ourselves said on our topic."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import azure.functions as func

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow

# What Key Vault says of a certificate's end (protocol §7), 30 days before it; our own ladder may say it earlier.
ENDS = {"Microsoft.KeyVault.CertificateNearExpiry", "Microsoft.KeyVault.CertificateExpired"}
CERTIFICATE_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")  # protocol §2: it becomes a part of an address in Key Vault


def events_blueprint(certflow: Callable[[], Certflow], vault_urls: Callable[[], Mapping[str, str]]) -> func.Blueprint:
    """**vault_events** and **notify**. `vault_urls` maps aliases to vault addresses."""
    blueprint = func.Blueprint()

    # Both take either schema: by its `specversion` the worker makes a CloudEvent of an event, whatever is declared.
    @blueprint.function_name("vault_events")
    @blueprint.event_grid_trigger(arg_name="event")
    async def vault_events(event: func.EventGridEvent) -> None:
        await hear(certflow(), vault_urls(), _type(event), event.get_json())

    @blueprint.function_name("notify")
    @blueprint.event_grid_trigger(arg_name="event")
    async def notify(event: func.EventGridEvent) -> None:
        from functions.issuance.notify import notify as tell
        from functions.issuance.provenance import is_ours

        if await is_ours(certflow(), getattr(event, "source", None), event.id, _type(event)):
            await tell(certflow(), event.id, _type(event), event.get_json())

    return blueprint


async def hear(certflow: Certflow, vault_urls: Mapping[str, str], type_: str, data: Mapping[str, Any]) -> None:
    """What a vault says of one of its certificates: looked at now, due or not. Raises Refused, Unavailable."""
    from functions.issuance.expiry import judge_named
    from functions.issuance.watch import check_named

    alias, name = about(data, vault_urls)
    if alias and name:
        await check_named(certflow, alias, name)
        if type_ in ENDS:
            await judge_named(certflow, alias, name)


def about(data: Mapping[str, Any], vault_urls: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Vault alias and certificate name of a Key Vault event; None for what is none of ours.

    The documented examples disagree about the case of keys, and have blanks in keys and values (protocol §7).
    """
    fields = {key.strip().lower(): value.strip() for key, value in data.items() if isinstance(value, str)}
    host = urlsplit(fields.get("id", "")).netloc.lower()
    alias = next((alias for alias, url in vault_urls.items() if urlsplit(url).netloc.lower() == host), None)
    name = fields.get("objectname", "")
    return alias, name if CERTIFICATE_NAME.fullmatch(name) else None


def _type(event: Any) -> str:
    return str(event.type if hasattr(event, "type") else event.event_type)
