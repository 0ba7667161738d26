"""Indexes without complaint, and would misbehave quietly on the platform in every way that the host looks for."""

from __future__ import annotations

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
event_grid = func.BlobSource.EVENT_GRID


@app.timer_trigger(arg_name="timer", schedule="0 */5 * * *")
def five_fields(timer: func.TimerRequest) -> None:
    """Not NCRONTAB."""


@app.timer_trigger(arg_name="timer", schedule="%BAD_SCHEDULE%")
def from_setting(timer: func.TimerRequest) -> None:
    """Not NCRONTAB, once its setting is put in."""


@app.timer_trigger(arg_name="timer", schedule="%MISSING_SCHEDULE%")
def unset(timer: func.TimerRequest) -> None:
    """Its setting is missing."""


@app.queue_trigger(arg_name="message", queue_name="%MISSING_QUEUE%", connection="AzureWebJobsStorage")
def unset_queue(message: func.QueueMessage) -> None:
    """Its setting is missing too."""


@app.queue_trigger(arg_name="message", queue_name="work", connection="NoQueue")
def unconnected(message: func.QueueMessage) -> None:
    """Its connection is missing."""


@app.queue_trigger(arg_name="message", queue_name="work", connection="Garbled")
def garbled(message: func.QueueMessage) -> None:
    """Its connection is no connection string."""


@app.queue_trigger(arg_name="message", queue_name="work", connection="ByIdentity")
def identified(message: func.QueueMessage) -> None:
    """Nothing wrong with it."""


@app.queue_trigger(arg_name="message", queue_name="Work", connection="ByIdentity")
def shouting(message: func.QueueMessage) -> None:
    """Has a queue that cannot be."""


@app.blob_trigger(arg_name="blob", path="chains/{name}", connection="ByIdentity", source=event_grid)
def queue_only(blob: func.InputStream) -> None:
    """Its connection names a queue service only."""


@app.blob_trigger(arg_name="blob", path="chains/{name}", connection="ByAccount")
def polling(blob: func.InputStream) -> None:
    """Polls."""


@app.blob_trigger(arg_name="blob", path="chains/{a}/{a}", connection="ByAccount", source=event_grid)
def twice(blob: func.InputStream) -> None:
    """Uses a token twice."""


@app.queue_trigger(arg_name="message", queue_name="work", connection="ByAccount")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:05")
def retried(message: func.QueueMessage) -> None:
    """Has a policy that nobody reads."""


@app.service_bus_queue_trigger(arg_name="message", queue_name="work", connection="ByAccount")
def bus(message: func.ServiceBusMessage) -> None:
    """Another trigger."""


@app.route(route="copies")
@app.blob_output(arg_name="copy", path="copies/x", connection="ByAccount")
def copies(req: func.HttpRequest, copy: func.Out[bytes]) -> str:
    """Another output."""
    return ""


@app.route(route="Items/{id}", methods=["GET", "PUT"])
def item(req: func.HttpRequest) -> str:
    """Hides the next one, or not."""
    return ""


@app.route(route="items/latest", methods=["GET"])
def latest(req: func.HttpRequest) -> str:
    """Is hidden, or not."""
    return ""


@app.route(route="items/all", methods=["DELETE"])
def clear(req: func.HttpRequest) -> str:
    """Shares a path, but no method."""
    return ""


@app.route(route="admin/things")
def admin(req: func.HttpRequest) -> str:
    """Claims the host's own path."""
    return ""


@app.route(route="runtime")
def runtime(req: func.HttpRequest) -> str:
    """Claims the other one."""
    return ""
