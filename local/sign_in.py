"""Signs in to a running stack as somebody: persons with a code, as programs do, machines with their secret."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

PROGRAM = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"  # the Azure CLI's id, for people without a page
REDIRECT = "http://localhost"
_RENEW = 300  # seconds before a token ends


class SignInRefused(RuntimeError):
    """Nobody is signed in; the text says why, and what to do."""


@dataclass
class Tokens:
    """Access tokens of everybody in a stack's tenant, each kept until shortly before its end."""

    stack: Mapping[str, Any]
    session: aiohttp.ClientSession
    _kept: dict[str, tuple[str, float]] = field(default_factory=dict)
    _tls: ssl.SSLContext | None = None

    async def of(self, name: str) -> str:
        """A token for who goes by this name. Raises SignInRefused."""
        token, ends = self._kept.get(name, ("", 0.0))
        if ends <= time.monotonic():
            answer = await self._fetch(name)
            token = str(answer["access_token"])
            self._kept[name] = token, time.monotonic() + float(answer["expires_in"]) - _RENEW
        return token

    def forget(self) -> None:
        """Signs everybody in anew, as after a change of roles."""
        self._kept.clear()

    async def _fetch(self, name: str) -> dict[str, Any]:
        auth = self.stack["auth"]
        if auth["mode"] != "entra":
            raise SignInRefused(
                "This stack takes the function key in its stack.json (header x-functions-key), not tokens. `make up` "
                "without AUTH=keys signs in."
            )
        if machine := auth["machines"].get(name):
            form = {"grant_type": "client_credentials", "client_secret": machine["secret"]}
            return await self._token(form | {"client_id": machine["client_id"]})
        if name not in auth["persons"]:
            raise SignInRefused(
                f"Nobody is called {name}. There are: {', '.join([*auth['persons'], *auth['machines']])}."
            )
        return await self._as_person(name)

    async def _as_person(self, name: str) -> dict[str, Any]:
        auth, verifier, state = self.stack["auth"], secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "client_id": PROGRAM,
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": self._scope(),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "state": state,
        }
        async with self.session.get(auth["authorize"], params=asked, ssl=self.tls) as page:
            found = re.search(r'name="flow" value="([^"]+)"', await page.text())
        if found is None:
            raise SignInRefused(f"The sign-in page at {auth['authorize']} has nobody to choose.")
        choice = {"flow": html.unescape(found[1]), "person": name}
        url = f"{auth['authority']}/{auth['tenant']}/choose"
        async with self.session.post(url, data=choice, ssl=self.tls, allow_redirects=False) as answer:
            back = parse_qs(urlsplit(answer.headers.get("Location", "")).query)
        if "code" not in back or back.get("state") != [state]:
            raise SignInRefused(f"Signing in as {name}: {back.get('error_description', ['no code came back'])[0]}")
        form = {"grant_type": "authorization_code", "client_id": PROGRAM, "redirect_uri": REDIRECT}
        return await self._token(form | {"code": back["code"][0], "code_verifier": verifier})

    async def _token(self, form: dict[str, str]) -> dict[str, Any]:
        url = self.stack["auth"]["token"]
        async with self.session.post(url, data=form | {"scope": self._scope()}, ssl=self.tls) as answer:
            body: dict[str, Any] = await answer.json()
        if answer.status != 200:
            raise SignInRefused(str(body.get("error_description", body)))
        return body

    def _scope(self) -> str:
        return f"api://{self.stack['auth']['api']}/.default"

    @property
    def tls(self) -> ssl.SSLContext:
        """What trusts the stack's CA."""
        self._tls = self._tls or ssl.create_default_context(cafile=self.stack["ca_file"])
        return self._tls
