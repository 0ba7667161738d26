"""A Teams channel, through a Workflows webhook ("When a Teams webhook request is received").

The flow answers 202 before it posts, and a card that it cannot post is lost in its run history (README, "Teams"). Where
its trigger is open to anyone, the URL's `sig` is a secret: the URL is never logged, and no exception carries it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import aiohttp
from azure.core.credentials_async import AsyncTokenCredential

from functions.adapters.faults import faults_of, later, passing
from functions.adapters.teams_card import MOST_NOTICES, Envelope, message
from functions.issuance.errors import Unavailable
from functions.issuance.telling import Attachment, DeliveryRefused, Notice

type Auth = Literal["sas", "entra"]

# What stands before "/.default" becomes the token's audience, and the flow wants it with the slash at its end: with one
# slash here it answers MisMatchingOAuthClaims (Learn, "Add OAuth authentication for HTTP request triggers").
SCOPE = "https://service.flow.microsoft.com//.default"
OPERATORS = frozenset({401, 403, 404, 410})  # whoever runs the app mends these while cards wait
SETTING = "CERTFLOW_TEAMS_WEBHOOK_URL"
OLD_HOST = re.compile(r"https?://[^/?#]+\.logic\.azure\.com(:\d+)?([/?#]|$)", re.IGNORECASE)
OLD_ADDRESS = (
    " (flows have no address at logic.azure.com since 2025-11-30: set {url} to the URL that its trigger shows now)"
)
NOT_LET_IN: dict[Auth, str] = {
    "sas": "copy the trigger's whole URL with its sig into {url}, "
    "or set CERTFLOW_TEAMS_AUTH to entra if the trigger is not open to anyone",
    "entra": 'set the trigger to "Any user in my tenant" and copy its URL, which then has no sig, into {url}, '
    "or set CERTFLOW_TEAMS_AUTH to sas if the trigger is open to anyone",
}
NOT_THERE = "turn the flow on, or set {url} to the trigger's URL of one that is there"
NOT_A_FLOW = "check that {url} is the trigger's URL of a flow that takes Teams webhook requests"


class Teams:
    """The port `Channel`. There may be several, each with its own flow; `name` tells them apart.

    `auth` says who may start the flow: whoever has its URL (`sas`), or an identity of the tenant (`entra`: a token of
    `credential` goes along). `envelope` is what the flow's template takes: a message with the card in it, or the card.
    """

    most = MOST_NOTICES
    limits = None

    def __init__(
        self, name: str, webhook_url: str, *, auth: Auth, envelope: Envelope, credential: AsyncTokenCredential
    ) -> None:
        self.name = name
        self._url, self._auth, self._envelope, self._credential = webhook_url, auth, envelope, credential
        # `teams:payments` has its URL in CERTFLOW_TEAMS_WEBHOOK_URL__PAYMENTS.
        self._setting = "__".join((SETTING, *name.upper().split(":")[1:]))
        old = OLD_ADDRESS.format(url=self._setting) if OLD_HOST.match(webhook_url) else ""
        self._service = f"The Teams workflow of channel {name}{old}"

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        """Posts one card. 202 means handed over."""
        del to, attachments
        headers = {"Content-Type": "application/json"} | await self._authorization()
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session,
                # A redirect would be to a page for people, and its 200 no delivery.
                session.post(
                    self._url, data=message(notices, self._envelope), headers=headers, allow_redirects=False
                ) as response,
            ):
                status, answered = response.status, response.headers
        except (aiohttp.ClientError, TimeoutError) as error:
            never_sent = isinstance(error, aiohttp.ClientConnectorError)
            # The error's own text holds the URL.
            raise Unavailable(self._service, type(error).__name__, maybe_done=not never_sent) from None
        if passing(status):
            raise later(self._service, status, answered)
        if status in OPERATORS:
            raise Unavailable(self._service, f"HTTP {status}: {self._advice(status)}")
        if not 200 <= status < 300:
            raise DeliveryRefused(f"{self._service} answered HTTP {status}: {self._advice(status)}")

    async def _authorization(self) -> dict[str, str]:
        if self._auth == "sas":
            return {}
        with faults_of(self._service):
            token = await self._credential.get_token(SCOPE)
        return {"Authorization": f"Bearer {token.token}"}

    def _advice(self, status: int) -> str:
        advice = {401: NOT_LET_IN[self._auth], 403: NOT_LET_IN[self._auth], 404: NOT_THERE, 410: NOT_THERE}
        return advice.get(status, NOT_A_FLOW).format(url=self._setting)
