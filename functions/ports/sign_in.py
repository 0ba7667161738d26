"""The port of sign-in: who makes a call of the API, known before anything else of it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from functions.model.caller import Caller


@dataclass(frozen=True, slots=True)
class Registration:
    """What is registered in Entra ID, and so which tokens are accepted. All ids are GUIDs in lower
    case.

    `tenant` is the tenant, `api` the application id of the API (the audience), and `clients` are
    the applications with which people may call it. `authority` is the address of Entra ID without
    a slash at its end, such as https://login.microsoftonline.com.
    """

    tenant: str
    api: str
    clients: frozenset[str]
    authority: str

    @property
    def issuer(self) -> str:
        """The issuer of the tenant's v2.0 tokens (Learn, "Access token claims reference")."""
        return f"{self.authority}/{self.tenant}/v2.0"


class SignIn(Protocol):
    """Says who calls."""

    async def caller_of(self, authorization: str | None, key: str | None = None) -> Caller:
        """Returns who makes a call with these headers: `Authorization`, and `x-functions-key`. None
        stands for a header that is missing.

        Raises Unauthenticated for a caller who is not signed in, with one sentence that says what
        is wrong and never holds the token (401). Raises Unavailable while nobody can be signed in:
        Entra's signing keys cannot be had, or the settings of sign-in are wrong (503).
        """
        ...
