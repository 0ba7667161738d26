"""Event Grid: what the vaults say, and what we ourselves said on our topic.

Event Grid delays everything for an endpoint that fails, new events too, for hours ("delayed delivery", Learn, "Event
Grid message delivery and retry"). So an event is answered as soon as it is on a queue of our own, and `queued.py` goes
on from there, also while a setting stops the rest of the app. An error, after which Event Grid tries again, says that
the queue could not be reached.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import azure.functions as func

from functions.issuance.queues import EVENTS, VAULT_EVENTS

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow
    from functions.issuance.ports import Work

# What Key Vault says of a certificate's end (protocol §7), 30 days before it; our own ladder may say it earlier.
ENDS = {"Microsoft.KeyVault.CertificateNearExpiry", "Microsoft.KeyVault.CertificateExpired"}
CERTIFICATE_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")  # protocol §2: it becomes a part of an address in Key Vault


def events_blueprint(certflow: Callable[[], Certflow], work: Callable[[], Work]) -> func.Blueprint:
    """**vault_events** and **notify**. `work` makes the queues, which need no other setting."""
    blueprint = func.Blueprint()

    # Both take either schema: by its `specversion` the worker makes a CloudEvent of an event, whatever is declared.
    @blueprint.function_name("vault_events")
    @blueprint.event_grid_trigger(arg_name="event")
    async def vault_events(event: func.EventGridEvent) -> None:
        await work().put(VAULT_EVENTS, _written(event))

    @blueprint.function_name("notify")
    @blueprint.event_grid_trigger(arg_name="event")
    async def notify(event: func.EventGridEvent) -> None:
        from functions.issuance.errors import TooLong
        from functions.issuance.notify import notify as tell
        from functions.issuance.provenance import own_event

        written = _written(event)
        try:
            await work().put(EVENTS, written)
        except TooLong:  # a row of a table holds what a message of a queue does not
            app = certflow()
            if own := await own_event(app, written):
                await tell(app, own.id, own.type, own.data)

    return blueprint


async def hear(certflow: Certflow, vault_urls: Mapping[str, str], type_: str, data: Mapping[str, Any]) -> None:
    """What a vault says of one of its certificates: looked at now, due or not, within the vault's budget. `vault_urls`
    maps aliases to vault addresses. Raises Refused, Unavailable.
    """
    from functions.issuance.expiry import judge_named
    from functions.issuance.pace import at_pace
    from functions.issuance.watch import check_named

    alias, name = about(data, vault_urls)
    if alias and name:
        paced = at_pace(certflow, alias)
        await check_named(paced, alias, name)
        if type_ in ENDS:
            await judge_named(paced, alias, name)


def about(data: Mapping[str, Any], vault_urls: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Vault alias and certificate name of a Key Vault event; None for what is none of ours.

    The documented examples disagree about the case of keys, and have blanks in keys and values (protocol §7).
    """
    fields = {key.strip().lower(): value.strip() for key, value in data.items() if isinstance(value, str)}
    host = urlsplit(fields.get("id", "")).netloc.lower()
    alias = next((alias for alias, url in vault_urls.items() if urlsplit(url).netloc.lower() == host), None)
    name = fields.get("objectname", "")
    return alias, name if CERTIFICATE_NAME.fullmatch(name) else None


def _written(event: Any) -> dict[str, Any]:
    """An event of either schema as a message of our queue, with what is needed of it."""
    type_ = event.type if hasattr(event, "type") else event.event_type
    told = {"id": str(event.id), "source": getattr(event, "source", None), "type": str(type_)}
    return told | {"data": event.get_json()}
