"""The calls that came to the vaults, as tests count them: how often a client asks is a promise of its own."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from aiohttp import web

KEPT = 20_000  # the newest


class Call(NamedTuple):
    """One call that was answered. `at` is when it came, in the vaults' time; `request_id` as its query has it."""

    at: float
    vault: str
    method: str
    path: str
    request_id: str | None
    status: int


class Received:
    """All vaults' calls, in the order of their answers."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT)

    def note(self, at: float, vault: str, request: web.Request, status: int) -> None:
        """Keeps a call."""
        self._calls.append(Call(at, vault, request.method, request.path, request.query.get("request_id"), status))

    def items(self, ending: str) -> list[dict[str, Any]]:
        """Those whose path ends so."""
        return [call._asdict() for call in self._calls if call.path.endswith(ending)]
