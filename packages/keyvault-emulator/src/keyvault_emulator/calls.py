"""What every operation is given: the request, its vault, and the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from keyvault_emulator.api_versions import as_of
from keyvault_emulator.certificate import NAME
from keyvault_emulator.errors import bad_parameter
from keyvault_emulator.vault import Vault
from keyvault_emulator.wire import reply


@dataclass(frozen=True)
class Call:
    """A request to one vault, with what the handlers need of it."""

    request: web.Request
    vault: Vault
    now: Callable[[], float]
    path: dict[str, str]

    @property
    def url(self) -> str:
        """The vault's base address, as the caller wrote it: ids are built on it."""
        return f"https://{self.request.host}"

    @property
    def name(self) -> str:
        """The certificate's name; 400 if it cannot be one."""
        if not NAME.fullmatch(self.path["name"]):
            # Status and text are not known (protocol §10); ours.
            raise bad_parameter(f"The request URI contains an invalid name: {self.path['name']}")
        return self.path["name"]

    @property
    def api_version(self) -> str:
        """As the caller asks for it; `routes.py` has checked it."""
        return self.request.query["api-version"]

    def reply(self, body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
        """A reply in the shape of the caller's API version."""
        return reply(as_of(self.api_version, body), status=status, headers=headers)

    @property
    def request_id(self) -> str | None:
        """The filter of protocol §4.2."""
        return self.request.query.get("request_id")


type Handler = Callable[[Call], Awaitable[web.Response]]
