"""The project's own app on a clock that runs twenty times as fast, or as the setting TESTS_SPEED says.

The host imports an app by its file's name, so two files named `function_app` in one process would be one module. This
one is that module, and the project's is loaded by its path under a name of its own. The host runs in the project's
folder; this file is copied out of it, beside the project's host.json.
"""

from __future__ import annotations

import importlib.util
import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from functions.adapters import work_queues
from functions.app import context
from functions.triggers import queued_events
from tests.clock import real_now

SPEED = float(os.environ.get("TESTS_SPEED", "20"))


@cache
def began() -> datetime:
    """When the stack did, so that all its hosts have one clock, also those that start later: its CA is new then."""
    return datetime.fromtimestamp(Path(os.environ["SSL_CERT_FILE"]).stat().st_mtime, UTC)


def now() -> datetime:
    """The time, as far ahead as the stack is old."""
    return began() + (real_now() - began()) * SPEED


class HurriedQueues(work_queues.WorkQueues):
    """Their messages come after a shorter time; in whole seconds, as storage hides them.

    Those of the queue that the setting TESTS_UNHURRIED names keep theirs: a test takes them out before.
    """

    async def put(
        self, queue: str, message: Mapping[str, Any], delay: timedelta = timedelta(0), ttl: timedelta | None = None
    ) -> None:
        if queue != os.environ.get("TESTS_UNHURRIED"):
            delay = timedelta(seconds=math.ceil(delay.total_seconds() / SPEED))
        await super().put(queue, message, delay, ttl)


Certflow = context.Certflow


def hurried(**given: Any) -> context.Certflow:
    return Certflow(**given, now=now)


# The project's app looks for these when it first needs one, and leaves the clock of Certflow to its default.
context.Certflow = hurried  # type: ignore[assignment,misc]  # a factory in its place
work_queues.WorkQueues = HurriedQueues  # type: ignore[misc]  # the same
Returns = queued_events.Returns
queued_events.Returns = lambda work, _now: Returns(work, now)  # type: ignore[assignment,misc]  # the same

spec = importlib.util.spec_from_file_location("certflow_app", Path.cwd() / "function_app.py")
assert spec is not None
assert spec.loader is not None
project = importlib.util.module_from_spec(spec)
spec.loader.exec_module(project)
app = project.app
