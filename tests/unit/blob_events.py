"""The ways by which the name of a blob reaches the app."""

from __future__ import annotations

import json
from urllib.parse import quote

import azure.functions as func

from functions.triggers.blob import chains_blueprint
from functions.triggers.queued_events import queued_blueprint
from tests.unit.fakes import World
from tests.unit.queue_messages import cloud_event, returns

ACCOUNT = "https://chains.blob.core.windows.net"


async def deliver(world: World, name: str) -> None:
    """The name in every way in but HTTP: pushed and queued, and each of them as a poison message."""
    app = func.FunctionApp()
    app.register_functions(chains_blueprint(lambda: world.work_queue))
    app.register_functions(queued_blueprint(lambda: world.certflow, dict, returns(world)))
    functions = {one.get_function_name(): one.get_user_function() for one in app.get_functions()}
    await functions["dropped_chain"](func.blob.InputStream(data=b"", name=f"chains/{name}"))
    poison = {"BlobName": name}
    await functions["stuck_chain"](func.QueueMessage(body=json.dumps(poison).encode()))
    for url in (f"{ACCOUNT}/chains/{name}", f"{ACCOUNT}/chains/{quote(name, errors='replace')}"):
        message = json.dumps(cloud_event("Microsoft.Storage.BlobCreated", {"api": "PutBlob", "url": url})).encode()
        for function in ("queued_drop", "queued_stuck_drop"):
            await functions[function](func.QueueMessage(body=message))
