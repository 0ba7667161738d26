"""Sends mail through Azure Communication Services, with the app's managed identity."""

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
from functions.adapters.mail.gathered import MAX_NOTICES, mail_with
from functions.adapters.mail.message import (
    EVENT_HEADER,
    Mail,
    bare_address,
    checked,
    message_id,
    with_or_without,
)
from functions.model.errors import Unavailable
from functions.ports.notifications import USUAL_LIMITS, Attachment, DeliveryRefused, Limits, Notice

if TYPE_CHECKING:
    from azure.communication.email.aio import EmailClient
    from azure.core.credentials_async import AsyncTokenCredential

COMMUNICATION_SERVICES = "Azure Communication Services"
API_VERSION = "2025-09-01"
# Seconds before each check of what became of an accepted mail; the service itself suggests 3.
STATUS_POLLS = (1.0, 2.0)
NO_ACCESS = (
    "the app's managed identity got no token or has no access; check CERTFLOW_ACS_ENDPOINT, and "
    "its role Communication and Email Service Owner there"
)
ACS_OPERATOR_STATUSES = frozenset(
    {401, 403, 404}
)  # the operators can fix these while the mails wait


class AcsEmail:
    """Implements the port `Channel`. `endpoint`: https://{resource}.communication.azure.com."""

    name = "email"
    max_notices = MAX_NOTICES

    def __init__(
        self,
        endpoint: str,
        credential: AsyncTokenCredential,
        sender: str,
        limits: Limits = USUAL_LIMITS,
    ) -> None:
        self.limits = limits
        self._endpoint, self._credential, self._sender = endpoint, credential, bare_address(sender)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def send(
        self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()
    ) -> None:
        """Sends the mail. A 202 counts as sent, unless one of two checks shortly afterwards finds
        that it failed. A mail that the service refuses with its attachments (they are too large, or
        of a kind that it does not take) is sent without them. Raises Unavailable, DeliveryRefused.

        The same mail sent again is the same operation to the service and reaches nobody twice, as
        long as all of its content is the same.
        """
        await with_or_without(attachments, lambda with_: self._send(notices, to, with_), notices)

    async def _send(
        self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment]
    ) -> None:
        recipients = checked(to)
        mail = mail_with(notices, recipients, attachments)
        with faults_of(COMMUNICATION_SERVICES):
            try:
                # Without the SDK's poller, which waits for the end without a limit.
                await self._client.begin_send(
                    _message(mail, self._sender, recipients),
                    operation_id=str(mail.id),
                    polling=False,
                )
            except ClientAuthenticationError:
                raise Unavailable(COMMUNICATION_SERVICES, NO_ACCESS) from None
            except HttpResponseError as error:
                await self._explain(error, mail)
        await self._look_after(mail)

    async def _explain(self, error: HttpResponseError, mail: Mail) -> None:
        """Raises the error that an answer other than 202 stands for; returns if an earlier try of
        the same mail was accepted.
        """
        status = error.status_code or 0
        if status in ACS_OPERATOR_STATUSES:
            raise Unavailable(COMMUNICATION_SERVICES, NO_ACCESS) from None
        if passing(status):
            raise error
        # A repeat that differs from the first try, or comes too early, is a 4xx as well (Learn,
        # "Repeatability of requests"). Whether the mail was accepted, its operation says.
        if await self._operation(mail) is None:
            code = _code(error.error.code if error.error else None)
            raise DeliveryRefused(
                f"{COMMUNICATION_SERVICES} refused the mail: HTTP {status}, {code}; check "
                "CERTFLOW_MAIL_FROM"
            )

    async def _look_after(self, mail: Mail) -> None:
        """Raises DeliveryRefused if an accepted mail fails within the next seconds."""
        for pause in STATUS_POLLS:
            await asyncio.sleep(pause)
            try:
                with faults_of(COMMUNICATION_SERVICES):
                    operation = await self._operation(mail) or {}
            except Unavailable:
                return  # the mail was accepted, even if nothing more can be found out
            status = operation.get("status")
            if status in {"Failed", "Canceled"}:
                code = _code((operation.get("error") or {}).get("code"))
                reason = (
                    f"{COMMUNICATION_SERVICES} accepted the mail and then gave it up: {status}, "
                    f"{code}"
                )
                # `whatever`: a mailbox that does not exist takes no mail without attachments.
                raise DeliveryRefused(reason, whatever=True)
            if status == "Succeeded":
                return

    async def _operation(self, mail: Mail) -> dict[str, Any] | None:
        """Returns the service's record of sending this mail; None if it has none, or does not show
        it.
        """
        request = HttpRequest(
            "GET", f"/emails/operations/{mail.id}", params={"api-version": API_VERSION}
        )
        response = await self._client.send_request(request)
        if passing(response.status_code):
            response.raise_for_status()
        return response.json() if response.status_code == 200 else None

    @functools.cached_property
    def _client(self) -> EmailClient:
        from azure.communication.email.aio import EmailClient  # only where mail goes this way

        # No retries in the client: it would sleep as long as Retry-After says, which can be an hour
        # here (the limit is 10 mails an hour).
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
        {
            "name": one.name,
            "contentType": one.kind,
            "contentInBase64": base64.b64encode(one.content).decode(),
        }
        for one in mail.attachments
    ]
    return {
        "senderAddress": sender,
        "recipients": {"to": [{"address": address} for address in to]},
        "content": {"subject": mail.subject, "plainText": mail.text, "html": mail.html},
        "headers": {EVENT_HEADER: mail.event, "Message-ID": message_id(mail, sender)},
        # Tracking would replace the addresses of the links.
        "userEngagementTrackingDisabled": True,
        **({"attachments": files} if files else {}),
    }


def _code(code: object) -> str:
    """Returns the service's error code, or "no code" for anything that does not look like one."""
    return code if isinstance(code, str) and re.fullmatch(r"\w{1,80}", code) else "no code"
