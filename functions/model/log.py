"""The log: one JSON object per message, with the same field names everywhere, so that a request can
be followed through it.

Application Insights does not receive fields that are passed as `extra=`, so the message itself
holds them. The log never gets a key, a token, a URL with a query, or a whole payload.
"""

from __future__ import annotations

import json
import logging

_log = logging.getLogger("certflow")
_log.setLevel(logging.INFO)


def record(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Writes one log message. `event` is a constant; `fields` are its variables, such as vault,
    name, request and outcome. Values that JSON cannot hold are written as text.
    """
    _log.log(level, "%s", json.dumps({"event": event, **fields}, default=str))
