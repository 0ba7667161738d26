"""The authorize endpoint: who opens it chooses a person, and the browser goes back with a code.

PKCE with S256 is always needed, also of programs, where the service only recommends it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from entra_emulator import errors, pages
from entra_emulator.codes import CODE_TTL, Codes, Grant
from entra_emulator.directory import Client, Directory, Person, RedirectKind
from entra_emulator.errors import EntraError
from entra_emulator.scopes import Scopes, delegated

_MODES = ("query", "fragment", "form_post")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes
_LOOPBACK = re.compile(r"http://localhost(:[0-9]{1,5})?/?")
_MAX_STATE = 4096  # characters, of state and of nonce; nobody sends more


@dataclass(frozen=True)
class SignIn:
    """A request to sign in that waits for a choice."""

    client: Client
    redirect_uri: str
    scopes: Scopes
    challenge: str
    state: str | None
    nonce: str | None
    mode: str
    ends: float


class Authorize:
    """The page, and the choice that its buttons send."""

    def __init__(self, directory: Directory, codes: Codes, now: Callable[[], float]) -> None:
        self._directory, self._codes, self._now = directory, codes, now
        self._waiting: dict[str, SignIn] = {}

    def add_routes(self, app: web.Application) -> None:
        """Puts page and choice into an application."""
        app.router.add_get("/{tenant}/oauth2/v2.0/authorize", self._ask)
        app.router.add_post("/{tenant}/choose", self._choose)

    async def _ask(self, request: web.Request) -> web.Response:
        query = request.query
        try:
            if request.match_info["tenant"] != self._directory.tenant:
                raise errors.unknown_tenant(request.match_info["tenant"])
            client, redirect_uri = self._client(query)
        except EntraError as error:  # nowhere to send it: the person reads it
            return pages.refused(error, self._now())
        state = query.get("state")
        try:
            sign_in = self._sign_in(query, client, redirect_uri)
        except EntraError as error:
            answer = _with_state({"error": error.error, "error_description": error.description(self._now())}, state)
            mode = query.get("response_mode", "query")
            return _back(redirect_uri, answer, mode if mode in _MODES else "query")
        flow = secrets.token_urlsafe(24)
        self._waiting[flow] = sign_in
        return pages.choice(self._directory, client, flow, query.get("login_hint"))

    async def _choose(self, request: web.Request) -> web.Response:
        form = await request.post()
        sign_in = self._waiting.pop(str(form.get("flow")), None)
        person = self._directory.persons.get(str(form.get("person")))
        if sign_in is None or sign_in.ends <= self._now() or (person is None and form.get("person") != ""):
            error = EntraError("invalid_request", 50089, "The sign-in took too long or is not known. Start again.")
            return pages.refused(error, self._now())
        try:
            answer = {"code": self._allow(person, sign_in)}
        except EntraError as error:
            answer = {"error": error.error, "error_description": error.description(self._now())}
        return _back(sign_in.redirect_uri, _with_state(answer, sign_in.state), sign_in.mode)

    def _client(self, query: Mapping[str, str]) -> tuple[Client, str]:
        client_id, uri = query.get("client_id"), query.get("redirect_uri", "")
        if not client_id:
            raise errors.missing("client_id")
        client = self._directory.client(client_id)
        if client is None:
            raise errors.unknown_client(client_id, self._directory.tenant)
        if not any(_same(uri, registered, client.kind) for registered in client.redirect_uris):
            raise errors.redirect_mismatch(uri, client_id)
        return client, uri

    def _sign_in(self, query: Mapping[str, str], client: Client, redirect_uri: str) -> SignIn:
        response_type, mode = query.get("response_type"), query.get("response_mode", "query")
        if not response_type:
            raise errors.missing("response_type")
        if response_type != "code":
            text = f"response_type '{response_type}' is not enabled for the application."
            raise EntraError("unsupported_response_type", 700051, text)
        if mode not in _MODES:
            raise EntraError(
                "invalid_request", 901002, f"The 'response_mode' parameter value '{mode}' is not supported."
            )
        if len(query.get("state", "")) > _MAX_STATE or len(query.get("nonce", "")) > _MAX_STATE:
            raise errors.malformed()
        challenge, method = query.get("code_challenge"), query.get("code_challenge_method", "plain")
        if not challenge:
            text = "Proof Key for Code Exchange is required for cross-origin authorization code redemption."
            raise EntraError("invalid_request", 9002325, text)
        if method != "S256" or not _CHALLENGE.fullmatch(challenge):
            raise EntraError("invalid_request", 501491, "Invalid size or method of Code_Challenge parameter.")
        if not query.get("scope"):
            raise errors.missing("scope")
        if query.get("prompt") == "none":  # nobody has a session
            raise EntraError("login_required", 50058, "A silent sign-in request was sent but no user is signed in.")
        scopes = delegated(query["scope"], self._directory)
        ends = self._now() + CODE_TTL
        return SignIn(client, redirect_uri, scopes, challenge, query.get("state"), query.get("nonce"), mode, ends)

    def _allow(self, person: Person | None, sign_in: SignIn) -> str:
        if person is None:
            raise EntraError("access_denied", 65004, "User declined to consent to access the app.")
        api = self._directory.api
        if sign_in.scopes.api and api.assignment_required and not self._directory.roles_of(person):
            text = (
                f"Your administrator has configured the application {api.name} ('{api.client_id}') to block users "
                f"unless they are specifically granted ('assigned') access to the application. The signed in user "
                f"'{person.username}' is blocked because they are not a direct member of a group with access, nor had "
                "access directly assigned by an administrator."
            )
            raise EntraError("access_denied", 50105, text)
        ends = self._now() + CODE_TTL
        of = sign_in
        return self._codes.issue(Grant(person, of.client, of.scopes, of.redirect_uri, of.challenge, of.nonce, ends))


def _same(uri: str, registered: str, kind: RedirectKind) -> bool:
    """Exactly, but for the port of http://localhost, which a program does not know beforehand."""
    if kind is RedirectKind.NATIVE and registered == "http://localhost":
        return _LOOPBACK.fullmatch(uri) is not None
    return uri == registered


def _with_state(answer: dict[str, str], state: str | None) -> dict[str, str]:
    return answer if state is None else answer | {"state": state}


def _back(redirect_uri: str, answer: Mapping[str, str], mode: str) -> web.Response:
    if mode == "form_post":
        return pages.form_post(redirect_uri, answer)
    joint = "#" if mode == "fragment" else "&" if urlsplit(redirect_uri).query else "?"
    return web.Response(status=302, headers={"Location": f"{redirect_uri}{joint}{urlencode(answer)}"} | pages.HEADERS)
