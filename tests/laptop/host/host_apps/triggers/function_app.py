"""One function for each trigger; `seen` tells a test what they were given."""

from __future__ import annotations

import asyncio
import json
from typing import Any, List  # noqa: UP035 - the worker refuses Out[list[str]]

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
events = func.Blueprint()

SEEN: dict[str, list[Any]] = {}
running = 0


def note(function: str, what: object) -> None:
    SEEN.setdefault(function, []).append(what)


@app.route(route="seen/{function}", methods=["GET"])
def seen(req: func.HttpRequest) -> func.HttpResponse:
    """What a function noted so far."""
    return func.HttpResponse(json.dumps(SEEN.get(req.route_params["function"], [])), mimetype="application/json")


@app.timer_trigger(arg_name="timer", schedule="*/1 * * * * *", run_on_startup=False)
def tick(timer: func.TimerRequest) -> None:
    """Every second; fails now and then, which must not stop it."""
    note("tick", timer.past_due)
    if len(SEEN["tick"]) == 1:
        raise RuntimeError("the first tick fails")


@app.timer_trigger(arg_name="timer", schedule="%SLOW_SCHEDULE%", run_on_startup=False)
async def slow(timer: func.TimerRequest) -> None:
    """Takes longer than its interval."""
    global running
    running += 1
    note("slow", running)
    await asyncio.sleep(1.3)
    running -= 1


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
@app.queue_output(arg_name="out", queue_name="checks", connection="AzureWebJobsStorage")
def yearly(timer: func.TimerRequest, out: func.Out[List[str]]) -> None:  # noqa: UP006 - the same
    """Monitored; sends two messages."""
    note("yearly", {"past_due": timer.past_due, "status": getattr(timer, "schedule_status", None)})
    out.set(["one", "two"])


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:00")
def stubborn(timer: func.TimerRequest, context: func.Context) -> None:
    """Fails until its last retry."""
    note("stubborn", context.retry_context.retry_count)
    if context.retry_context.retry_count < 2:
        raise RuntimeError("again")


@app.queue_trigger(arg_name="message", queue_name="checks", connection="AzureWebJobsStorage")
def check(message: func.QueueMessage) -> None:
    """Notes each message; `bad` never works."""
    body = message.get_body().decode()
    note("check", [body, message.dequeue_count])
    if body == "bad":
        raise RuntimeError("never")


@app.queue_trigger(arg_name="message", queue_name="idle", connection="AzureWebJobsStorage")
def disabled(message: func.QueueMessage) -> None:
    """Switched off."""
    note("disabled", message.get_body().decode())


@app.blob_trigger(arg_name="chain", path="chains/{name}", connection="ChainStorage", source=func.BlobSource.EVENT_GRID)
def merge(chain: func.InputStream) -> None:
    """Notes each blob; `bad…` never works."""
    content = chain.read()
    note(
        "merge",
        {
            "name": chain.name,
            "length": chain.length,
            "uri": chain.uri,
            "content": content.decode(),
            "metadata": getattr(chain, "metadata", None),  # the SDK's types leave these two out
            "properties": getattr(chain, "blob_properties", None),
        },
    )
    if content == b"bad":
        raise ValueError("never")


@events.event_grid_trigger(arg_name="event")
async def notify(event: func.EventGridEvent) -> None:
    """Takes either schema."""
    kind = event.type if isinstance(event, func.CloudEvent) else event.event_type
    note("notify", [type(event).__name__, kind, event.subject])
    if event.subject == "bad":
        raise RuntimeError("this event fails")


app.register_functions(events)
