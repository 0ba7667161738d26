"""The storage queues from which functions take events."""

from __future__ import annotations

import json
from typing import Any

import azure.functions as func

from functions.triggers.queued_events import poison_blueprint, queued_blueprint


def queues_read() -> dict[str, str]:
    """The queue of each function that takes events from one."""
    app = func.FunctionApp()
    nothing: Any = None  # never called
    app.register_functions(queued_blueprint(nothing, nothing, nothing))
    app.register_functions(poison_blueprint(nothing))
    triggers = {str(one.get_function_name()): json.loads(str(one))["bindings"][0] for one in app.get_functions()}
    return {str(trigger["queueName"]): name for name, trigger in triggers.items()}
