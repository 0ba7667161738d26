"""The host's keys and who may use what: function keys, host keys, the master key, the extensions' system key."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from aiohttp import web


def _new_key() -> str:
    return secrets.token_urlsafe(40)


@dataclass(frozen=True)
class Keys:
    """One key of each kind. The platform has one set per function and per extension; here they share."""

    function: str = field(default_factory=_new_key, repr=False)
    host: str = field(default_factory=_new_key, repr=False)
    master: str = field(default_factory=_new_key, repr=False)
    system: str = field(default_factory=_new_key, repr=False)

    def admit_level(self, request: web.BaseRequest, level: str) -> bool:
        """Whether the request may call a function of this auth level."""
        if level == "anonymous":
            return True
        allowed = (self.master,) if level == "admin" else (self.function, self.host, self.master)
        return _presents(request, allowed)

    def admit_master(self, request: web.BaseRequest) -> bool:
        """Whether the request may use the admin API."""
        return _presents(request, (self.master,))

    def admit_system(self, request: web.BaseRequest) -> bool:
        """Whether the request may use an extension's webhook; the master key opens every door."""
        return _presents(request, (self.system, self.master))


def _presents(request: web.BaseRequest, allowed: Iterable[str]) -> bool:
    """The header beats `?code=`, even when only the latter would do."""
    given = request.headers.get("x-functions-key") or request.query.get("code") or ""
    return any(hmac.compare_digest(given.encode(), key.encode()) for key in allowed)
