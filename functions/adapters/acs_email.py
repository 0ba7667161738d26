"""Mail through Azure Communication Services, by the app's managed identity."""

from __future__ import annotations

import asyncio
import base64
import functools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.rest import HttpRequest

from functions.adapters.faults import faults_of, passing
from functions.adapters.mail_digest import MOST_NOTICES, mail_with
from functions.adapters.mail_text import EVENT_HEADER, Mail, bare_address, checked, message_id, with_or_without
from functions.issuance.errors import Unavailable
from functions.issuance.telling import USUAL_LIMITS, Attachment, DeliveryRefused, Limits, Notice

if TYPE_CHECKING:
    from azure.communication.email.aio import EmailClient
    from azure.core.credentials_async import AsyncTokenCredential

SERVICE = "Azure Communication Services"
API_VERSION = "2025-09-01"
LOOKS = (1.0, 2.0)  # seconds before each look at what becomes of an accepted mail; the service itself says 3
NO_ACCESS = (
    "the app's managed identity got no token or has no access; check CERTFLOW_ACS_ENDPOINT, and its role Communication "
    "and Email Service Owner there"
)
OPERATORS = frozenset({401, 403, 404})  # whoever runs the app mends these while mails wait


class AcsEmail:
    """The port `Channel`. `endpoint`: https://{resource}.communication.azure.com."""

    name = "email"
    most = MOST_NOTICES

    def __init__(
        self, endpoint: str, credential: AsyncTokenCredential, sender: str, limits: Limits = USUAL_LIMITS
    ) -> None:
        self.limits = limits
        self._endpoint, self._credential, self._sender = endpoint, credential, bare_address(sender)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        """Hands the mail over: 202 is enough, unless a look or two afterwards says that it failed. What the service
        refuses with attachments (they are too large, or of a kind that it does not know) goes without.

        A repeat is the same operation to the service, and no second mail. It has to be the same to the letter, too.
        """
        await with_or_without(attachments, lambda with_: self._send(notices, to, with_), notices)

    async def _send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment]) -> None:
        recipients = checked(to)
        mail = mail_with(notices, recipients, attachments)
        with faults_of(SERVICE):
            try:
                # Without a poller: it waits for the end as long as that takes.
                await self._client.begin_send(
                    _message(mail, self._sender, recipients), operation_id=str(mail.id), polling=False
                )
            except ClientAuthenticationError:
                raise Unavailable(SERVICE, NO_ACCESS) from None
            except HttpResponseError as error:
                await self._explain(error, mail)
        await self._look_after(mail)

    async def _explain(self, error: HttpResponseError, mail: Mail) -> None:
        """Raises what an answer other than 202 means; nothing if an earlier try got the mail accepted."""
        status = error.status_code or 0
        if status in OPERATORS:
            raise Unavailable(SERVICE, NO_ACCESS) from None
        if passing(status):
            raise error
        # A repeat that the service takes for another message, or that comes too early, is 4xx as well (Learn,
        # "Repeatability of requests"): ask for the operation before calling the mail refused.
        if await self._operation(mail) is None:
            code = _code(error.error.code if error.error else None)
            raise DeliveryRefused(f"{SERVICE} refused the mail: HTTP {status}, {code}; check CERTFLOW_MAIL_FROM")

    async def _look_after(self, mail: Mail) -> None:
        for pause in LOOKS:
            await asyncio.sleep(pause)
            try:
                with faults_of(SERVICE):
                    operation = await self._operation(mail) or {}
            except Unavailable:
                return  # the mail was accepted, whatever hinders the look
            status = operation.get("status")
            if status in {"Failed", "Canceled"}:
                code = _code((operation.get("error") or {}).get("code"))
                reason = f"{SERVICE} accepted the mail and then gave it up: {status}, {code}"
                raise DeliveryRefused(reason, whatever=True)  # a mailbox that is none, or wants no more
            if status == "Succeeded":
                return

    async def _operation(self, mail: Mail) -> dict[str, Any] | None:
        """The sending as the service knows it; None if it knows none, or tells us nothing."""
        request = HttpRequest("GET", f"/emails/operations/{mail.id}", params={"api-version": API_VERSION})
        response = await self._client.send_request(request)
        if passing(response.status_code):
            response.raise_for_status()
        return response.json() if response.status_code == 200 else None

    @functools.cached_property
    def _client(self) -> EmailClient:
        from azure.communication.email.aio import EmailClient  # only where mail goes this way

        # No retries in the client: it would sleep through Retry-After, which can be an hour here (10 mails an hour).
        return EmailClient(
            self._endpoint,
            self._credential,
            api_version=API_VERSION,
            retry_total=0,
            connection_timeout=5,
            read_timeout=10,
        )


def _message(mail: Mail, sender: str, to: Sequence[str]) -> dict[str, Any]:
    files = [
        {"name": one.name, "contentType": one.kind, "contentInBase64": base64.b64encode(one.content).decode()}
        for one in mail.attachments
    ]
    return {
        "senderAddress": sender,
        "recipients": {"to": [{"address": address} for address in to]},
        "content": {"subject": mail.subject, "plainText": mail.text, "html": mail.html},
        "headers": {EVENT_HEADER: mail.event, "Message-ID": message_id(mail, sender)},
        "userEngagementTrackingDisabled": True,  # tracking would put other addresses in place of the links
        **({"attachments": files} if files else {}),
    }


def _code(code: object) -> str:
    """The service's error code, if it is one."""
    return code if isinstance(code, str) and re.fullmatch(r"\w{1,80}", code) else "no code"
