"""Messages as the host hands them to the functions on queues, and what they put back."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import azure.functions as func

from functions.app.context import Certflow
from functions.model.errors import BadSettings
from functions.model.events.event import Event
from functions.triggers.queued_events import Returns, poison_blueprint, queued_blueprint
from tests.clock import NOW
from tests.event_schemas import SOURCE
from tests.unit.fakes import World

VAULT = "https://kv.vault.azure.net"
Function = Callable[[func.QueueMessage], Awaitable[None]]


def returns(world: World) -> Returns:
    return Returns(lambda: world.work_queue, lambda: world.now)


def functions(world: World, certflow: Callable[[], Certflow] | None = None) -> dict[str, tuple[str, Function]]:
    """The queue and the handler of each function; `certflow` makes the app, if it is not the world's."""
    app = func.FunctionApp()
    app.register_functions(
        queued_blueprint(certflow or (lambda: world.certflow), lambda: {"main": VAULT}, returns(world))
    )
    app.register_functions(poison_blueprint(returns(world)))
    found = {}
    for one in app.get_functions():
        trigger = json.loads(str(one))["bindings"][0]
        assert trigger["connection"] == "AzureWebJobsStorage"
        found[str(one.get_function_name())] = (trigger["queueName"], one.get_user_function())
    return found


async def receive(
    world: World, name: str, event: dict[str, Any], certflow: Callable[[], Certflow] | None = None
) -> None:
    """The host hands a message over, its base64 taken off."""
    if name == "queued_notify" and "data" in event:  # what our outbox has sent; test_provenance.py has the others
        await world.ledger.keep_sent(Event(event["id"], event["type"], "", NOW, data=event["data"]), NOW)
    _, handler = functions(world, certflow)[name]
    await handler(func.QueueMessage(body=json.dumps(event).encode()))


def badly_set() -> Certflow:
    """What makes the app, while a setting is wrong."""
    raise BadSettings("CERTFLOW_VAULTS is not set.")


def cloud_event(type_: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "e1",
        "source": SOURCE,
        "specversion": "1.0",
        "type": type_,
        "time": NOW.isoformat(),
        "data": data,
    } | more


def vault_event(kind: str) -> dict[str, Any]:
    data = {"Id": f"{VAULT}/certificates/web/1", "VaultName": "kv", "ObjectType": "Certificate", "ObjectName": "web"}
    return cloud_event(f"Microsoft.KeyVault.Certificate{kind}", data)


def put_back(world: World, queue: str) -> tuple[dict[str, Any], timedelta] | None:
    """What was put into a queue, taken out, and after how long it can be seen."""
    found = [(dict(message), after) for name, message, after in world.work_queue.put_in if name == queue]
    world.work_queue.put_in[:] = [one for one in world.work_queue.put_in if one[0] != queue]
    assert len(found) < 2
    return found[0] if found else None
