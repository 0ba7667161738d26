"""A tenant for the tests, and somebody who signs in with a browser that has no windows."""

from __future__ import annotations

import json
import re
import secrets
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import jwt
from multidict import CIMultiDictProxy

from entra_emulator import AZURE_CLI, Api, Client, Directory, Entra, Machine, Person, RedirectKind, running_entra
from entra_emulator.codes import challenge_of
from keyvault_emulator.tls import LocalCa
from testkit.clock import real_now

TENANT = "7e4a0000-0000-4000-8000-000000000001"
API, PAGE, ROBOT = (f"7e4a0000-0000-4000-8000-00000000000{number}" for number in (2, 3, 4))
ORIGIN = "https://console.example.com"
REDIRECT = f"{ORIGIN}/signed-in"
ADA, BOB = "ada", "bob"
SECRET = "a secret of the tests"


def tenant(*certificates: bytes) -> Directory:
    return Directory(
        TENANT,
        Api(API, "Certificates"),
        clients=(
            Client(PAGE, "Console", RedirectKind.SPA, (REDIRECT,)),
            Client(AZURE_CLI, "Azure CLI", RedirectKind.NATIVE, ("http://localhost",)),
        ),
        persons={
            ADA: Person("Ada Lovelace", "ada@example.com", ("Certflow.Reader", "team-pay")),
            BOB: Person("Bob", "bob@example.com"),
        },
        machines={
            "robot": Machine(ROBOT, "robot", ("team-pay",), SECRET, certificates),
            "idle": Machine("7e4a0000-0000-4000-8000-000000000005", "idle", (), SECRET),
        },
    )


@dataclass
class Clock:
    """A clock that stands, until a test moves it."""

    time: float = field(default_factory=lambda: real_now().timestamp())

    def __call__(self) -> float:
        return self.time


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    text: str

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found

    def sent_back(self) -> dict[str, str]:
        """What the redirect carries, in its query or its fragment."""
        parts = urlsplit(self.headers["Location"])
        return {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}

    def posted(self) -> dict[str, str]:
        """What the form would post back."""
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.text))


@dataclass
class Browser:
    entra: Entra
    clock: Clock
    session: aiohttp.ClientSession
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    async def call(self, method: str, url: str, **options: Any) -> Answer:
        async with self.session.request(method, url, allow_redirects=False, **options) as answer:
            return Answer(answer.status, answer.headers, await answer.text())

    async def control(self, method: str, path: str, body: Any) -> Answer:
        return await self.call(method, f"{self.entra.control_url}/{path}", json=body)

    async def open(self, **changed: str | None) -> Answer:
        asked = {
            "client_id": PAGE,
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": f"openid offline_access api://{API}/access_as_user",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            "state": "a state",
            "nonce": "a nonce",
        } | changed
        return await self.call("GET", self.entra.at.authorize, params=without_none(asked))

    async def choose(self, page: Answer, person: str) -> Answer:
        (flow,) = re.findall(r'name="flow" value="([^"]+)"', page.text)
        url = f"{self.entra.authority}/{TENANT}/choose"
        return await self.call("POST", url, data={"flow": unescape(flow), "person": person})

    async def code(self, person: str = ADA, **changed: str | None) -> str:
        return (await self.choose(await self.open(**changed), person)).sent_back()["code"]

    async def redeem(self, given: str, *, origin: str | None = ORIGIN, **changed: str | None) -> Answer:
        form = {
            "client_id": PAGE,
            "grant_type": "authorization_code",
            "code": given,
            "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
        } | changed
        return await self.token(form, origin=origin)

    async def token(self, form: Mapping[str, str | None], *, origin: str | None = None) -> Answer:
        headers = {"Origin": origin} if origin else {}
        return await self.call("POST", self.entra.at.token, data=without_none(form), headers=headers)

    async def as_machine(self, **changed: str | None) -> Answer:
        form = {
            "client_id": ROBOT,
            "grant_type": "client_credentials",
            "client_secret": SECRET,
            "scope": f"api://{API}/.default",
        } | changed
        return await self.token(form)

    async def claims(self, token: str, audience: str = API) -> dict[str, Any]:
        """The claims, after the signature was checked with the key set as it is published now."""
        answer = await self.call("GET", self.entra.at.keys)
        kid = jwt.get_unverified_header(token)["kid"]
        (key,) = (one for one in answer.json()["keys"] if one["kid"] == kid)
        options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
        found: dict[str, Any] = jwt.decode(
            token, jwt.PyJWK(key, "RS256"), ["RS256"], audience=audience, issuer=self.entra.at.issuer, options=options
        )
        return found


def without_none(fields: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


@asynccontextmanager
async def running_browser(tmp_path: Path, directory: Directory | None = None) -> AsyncIterator[Browser]:
    ca, clock = LocalCa(), Clock()
    tls = ssl.create_default_context(cafile=str(ca.write_ca(tmp_path / "ca.pem")))
    async with (
        running_entra(ca, directory or tenant(), now=clock) as entra,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session,
    ):
        yield Browser(entra, clock, session)
