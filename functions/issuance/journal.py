"""The log: one JSON object a message, the same field names everywhere, so that a request can be followed through.

Fields given as `extra=` are lost on the way to Application Insights, so they stand in the message itself. Never a key,
a token, a URL with a query, or a whole payload.
"""

from __future__ import annotations

import json
import logging
from typing import Any

_log = logging.getLogger("certflow")
_log.setLevel(logging.INFO)


def record(event: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Writes one log message: `event` is constant, `fields` say which vault, name, request and outcome."""
    _log.log(level, "%s", json.dumps({"event": event, **fields}, default=str))
