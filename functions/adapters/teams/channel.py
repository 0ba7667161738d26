"""Posts cards to a Teams channel through a Workflows webhook ("When a Teams webhook request is
received").

The flow answers 202 before it posts. If it then cannot post the card, only its run history says so
(docs/notifications.md, "Teams"). Where the trigger of the flow is open to anyone, the `sig` in its
URL is a secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from azure.core.credentials_async import AsyncTokenCredential

from functions.adapters.faults import faults_of
from functions.adapters.teams.card import MAX_NOTICES, Envelope, message
from functions.adapters.webhook import post_json
from functions.ports.notifications import Attachment, Notice

type Auth = Literal["sas", "entra"]

# The part before "/.default" becomes the token's audience, and the flow expects that with a slash
# at its end. With a single slash here it answers MisMatchingOAuthClaims (Learn, "Add OAuth
# authentication for HTTP request triggers").
SCOPE = "https://service.flow.microsoft.com//.default"
WEBHOOK_SETTING = "CERTFLOW_TEAMS_WEBHOOK_URL"
OLD_HOST = re.compile(r"https?://[^/?#]+\.logic\.azure\.com(:\d+)?([/?#]|$)", re.IGNORECASE)
OLD_ADDRESS = (
    " (flows have no address at logic.azure.com since 2025-11-30: set {url} to the URL that its "
    "trigger shows now)"
)
NOT_LET_IN: dict[Auth, str] = {
    "sas": "copy the trigger's whole URL with its sig into {url}, "
    "or set CERTFLOW_TEAMS_AUTH to entra if the trigger is not open to anyone",
    "entra": 'set the trigger to "Any user in my tenant" and copy its URL, which then has no sig, '
    "into {url}, "
    "or set CERTFLOW_TEAMS_AUTH to sas if the trigger is open to anyone",
}
NOT_THERE = "turn the flow on, or set {url} to the trigger's URL of one that is there"
NOT_A_FLOW = "check that {url} is the trigger's URL of a flow that takes Teams webhook requests"


class Teams:
    """Implements the port `Channel`. There may be several Teams channels, each with its own flow
    and its own `name`.

    `auth` says who may start the flow: whoever has its URL (`sas`), or an identity of the tenant
    (`entra`, with a token of `credential`). `envelope` says what the flow's template expects: a
    message that contains the card, or the card alone.
    """

    max_notices = MAX_NOTICES
    limits = None

    def __init__(
        self,
        name: str,
        webhook_url: str,
        *,
        auth: Auth,
        envelope: Envelope,
        credential: AsyncTokenCredential,
    ) -> None:
        self.name = name
        self._url, self._auth, self._envelope, self._credential = (
            webhook_url,
            auth,
            envelope,
            credential,
        )
        # `teams:payments` has its URL in CERTFLOW_TEAMS_WEBHOOK_URL__PAYMENTS.
        self._setting = "__".join((WEBHOOK_SETTING, *name.upper().split(":")[1:]))
        old = OLD_ADDRESS.format(url=self._setting) if OLD_HOST.match(webhook_url) else ""
        self._service = f"The Teams workflow of channel {name}{old}"

    async def send(
        self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()
    ) -> None:
        """Posts one card with all notices. 202 means that the flow has taken it. Raises
        Unavailable, DeliveryRefused.
        """
        del to, attachments
        await post_json(
            self._service,
            self._url,
            message(notices, self._envelope),
            await self._authorization(),
            self._advice,
        )

    async def _authorization(self) -> dict[str, str]:
        if self._auth == "sas":
            return {}
        with faults_of(self._service):
            token = await self._credential.get_token(SCOPE)
        return {"Authorization": f"Bearer {token.token}"}

    def _advice(self, status: int) -> str:
        advice = {
            401: NOT_LET_IN[self._auth],
            403: NOT_LET_IN[self._auth],
            404: NOT_THERE,
            410: NOT_THERE,
        }
        return advice.get(status, NOT_A_FLOW).format(url=self._setting)
