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


@dataclass(frozen=True, slots=True)
class PageSignIn:
    """What the console has to know before anybody has signed in. Nothing of it is secret, and a
    token alone lets anybody in.

    `registration` is None where people do not sign in with Entra ID, or cannot yet; then
    `without` says why: `keys` (function keys decide), `setting` (a setting of sign-in is wrong), or
    `page` (no application is registered for the console). `page` is its application id.
    """

    registration: Registration | None = None
    page: str = ""
    without: str = ""

    @property
    def authority(self) -> str:
        """The address of Entra ID, which the page calls; empty where it does not."""
        return self.registration.authority if self.registration else ""

    @property
    def public(self) -> dict[str, str]:
        """What stands in the console's config.json."""
        if self.registration is None:
            return {"without": self.without}
        of = self.registration
        ids = {"tenant": of.tenant, "api": of.api, "page": self.page}
        return {"authority": of.authority, **ids}


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
