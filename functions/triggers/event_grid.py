"""The triggers for events from Event Grid: those of the vaults, and those that Certflow itself
published on its topic.

Event Grid delays all events for an endpoint that fails, new ones too, for hours (Learn, "Event Grid
message delivery and retry", Delayed delivery). So these functions only put each event on the app's
own queue, and `queued_events.py` handles it, even while a wrong setting stops the rest of the app.
They fail only if the queue cannot be reached; then Event Grid tries again.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import azure.functions as func

from functions.ports.work_queue import EVENT_QUEUE, VAULT_EVENT_QUEUE

if TYPE_CHECKING:
    from functions.app.context import Certflow
    from functions.ports.work_queue import WorkQueue

NEW_VERSION_EVENT = "Microsoft.KeyVault.CertificateNewVersionCreated"
# Key Vault's events about expiry (protocol §7); the first comes 30 days before it. Certflow's own
# ladder may tell earlier.
EXPIRY_EVENTS = {
    "Microsoft.KeyVault.CertificateNearExpiry",
    "Microsoft.KeyVault.CertificateExpired",
}
# Names that Key Vault can have (protocol §2). A name becomes part of an address in Key Vault.
CERTIFICATE_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")


def events_blueprint(
    certflow: "Callable[[], Certflow]", work: "Callable[[], WorkQueue]"
) -> func.Blueprint:
    """Returns **vault_events** and **notify**. `work` returns the queues, which need no other
    setting.
    """
    blueprint = func.Blueprint()

    # Both take events of either schema: the worker makes a CloudEvent of any event with a
    # `specversion`, whatever type is declared here.
    @blueprint.function_name("vault_events")
    @blueprint.event_grid_trigger(arg_name="event")
    async def vault_events(event: func.EventGridEvent) -> None:
        await work().put(VAULT_EVENT_QUEUE, _queue_message(event))

    @blueprint.function_name("notify")
    @blueprint.event_grid_trigger(arg_name="event")
    async def notify(event: func.EventGridEvent) -> None:
        from functions.model.errors import TooLong

        written = _queue_message(event)
        try:
            await work().put(EVENT_QUEUE, written)
        except TooLong:  # an event may be as large as a row of a table, a queue's message may not
            await hear_own(certflow(), written)

    return blueprint


async def hear(
    certflow: "Certflow", vault_urls: Mapping[str, str], type_: str, data: Mapping[str, Any]
) -> None:
    """Handles an event of a vault about one of its certificates: checks its requests now, whether
    they are due or not, within the vault's budget of calls, and renews its record in the inventory.
    `vault_urls` maps aliases to addresses of vaults. Raises Refused, Unavailable.
    """
    from functions.app.vault_limiters import rate_limited
    from functions.inventory.fresh import refresh
    from functions.live.expected import expect_version
    from functions.monitoring.expiry import check_expiry_of
    from functions.requests.check import check_named

    alias, name = about(data, vault_urls)
    if alias and name:
        paced = rate_limited(certflow, alias)
        await check_named(paced, alias, name)
        if type_ in EXPIRY_EVENTS:
            await check_expiry_of(paced, alias, name)
        bundle = await refresh(paced, alias, name)
        if type_ == NEW_VERSION_EVENT and bundle is not None:
            await expect_version(paced, alias, name, bundle, certflow.now())


async def hear_own(certflow: "Certflow", event: Mapping[str, Any]) -> None:
    """Handles an event that Certflow published: tells people, and counts the failures of an issuer.
    Ignores an event that somebody else published. Safe to repeat. Raises Unavailable.
    """
    from functions.live.expected import hear_completed
    from functions.model.events.ends import Completed, Failed
    from functions.monitoring.issuer_failures import note_failure
    from functions.notifications.provenance import own_event
    from functions.notifications.tell import queue_event

    own = await own_event(certflow, event)
    if own is None:
        return
    await queue_event(certflow, own.id, own.type, own.data, own.time)
    if own.type == Failed.type:
        await note_failure(certflow, own.data, certflow.now())
    if own.type == Completed.type:
        await hear_completed(certflow, own.data, own.time)


def about(data: Mapping[str, Any], vault_urls: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Returns the vault alias and the certificate name of a Key Vault event; None in place of the
    alias of an unknown vault, or of a name that Key Vault cannot have.

    It ignores the case of keys and blanks around keys and values, because the documented examples
    differ in them (protocol §7).
    """
    fields = {
        key.strip().lower(): value.strip() for key, value in data.items() if isinstance(value, str)
    }
    host = urlsplit(fields.get("id", "")).netloc.lower()
    alias = next(
        (alias for alias, url in vault_urls.items() if urlsplit(url).netloc.lower() == host), None
    )
    name = fields.get("objectname", "")
    return alias, name if CERTIFICATE_NAME.fullmatch(name) else None


def _queue_message(event: Any) -> dict[str, Any]:
    """Returns the message for the queue: those fields of an event, of either schema, that its
    handler needs.
    """
    type_ = event.type if hasattr(event, "type") else event.event_type
    told = {"id": str(event.id), "source": getattr(event, "source", None), "type": str(type_)}
    return told | {"data": event.get_json()}
