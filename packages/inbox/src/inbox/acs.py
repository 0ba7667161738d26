"""The e-mail API of Azure Communication Services, version 2025-09-01: what `azure.communication.email` talks to.

It takes as many mails in a minute and an hour as the service gives to everybody, by the sender's domain; each request
counts, those that are answered 429, too. Of attachments it takes only the commonest kinds (ATTACHED). It knows no
domains or suppression lists, and checks a token's audience and time but no signature: who may send is a role
assignment, which a laptop does not have. An operation ends at the first look at it. Stricter than the service: a
repeated Operation-Id with another body is 400 always, where the service remembers the first body for five minutes.
"""

from __future__ import annotations

import base64
import hashlib
import math
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from http import HTTPStatus

import msgspec
from aiohttp import web

from inbox.acs_token import refusal_of
from inbox.faults import AcsFault, AcsOperationFault, Faults

API_VERSIONS = ("2023-03-31", "2024-07-01-preview", "2025-09-01")
MAX_BYTES = 10 * 1024 * 1024
RETRY_AFTER = {"Retry-After": "3"}
# Mails by seconds (Learn, "Service limits for Azure Communication Services", Email): from a domain of one's own, and
# from one of Azure's.
OWN_DOMAIN, AZURES_DOMAIN = {60: 30, 3600: 100}, {60: 5, 3600: 10}
# Learn, "Allowed attachment types for sending email in Azure Communication Services": of that table what anybody sends.
ATTACHED = {"text/plain", "text/csv", "application/json", "application/pdf", "application/xml", "application/zip"}
_OPERATIONS = "/emails/operations"
_LONG_LINES = policy.default.clone(max_line_length=998)


class _Recipient(msgspec.Struct, rename="camel"):
    address: str
    display_name: str = ""


class _Recipients(msgspec.Struct):
    to: list[_Recipient] = []
    cc: list[_Recipient] = []
    bcc: list[_Recipient] = []

    def addresses(self) -> list[str]:
        return [recipient.address for recipient in (*self.to, *self.cc, *self.bcc)]


class _Content(msgspec.Struct, rename="camel"):
    subject: str
    plain_text: str | None = None
    html: str | None = None


class _Attachment(msgspec.Struct, rename="camel"):
    name: str
    content_type: str
    content_in_base64: str


class _Message(msgspec.Struct, rename="camel"):
    sender_address: str
    recipients: _Recipients
    content: _Content
    headers: dict[str, str] = {}
    attachments: list[_Attachment] = []
    user_engagement_tracking_disabled: bool = False


@dataclass
class _Operation:
    """A mail that was accepted. `status` is what a look at it says."""

    id: str
    asked: bytes
    status: str
    error: dict[str, str] | None

    def answer(self, status: str, headers: dict[str, str]) -> web.Response:
        body = {"id": self.id, "status": status, "error": self.error if status == self.status else None}
        return web.json_response(body, headers=headers)


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Acs:
    """One Communication Services resource. `keep` gets each mail as it would go out, and its recipients. `quota`: no
    more of them than the service takes.
    """

    def __init__(
        self, faults: Faults, keep: Callable[[bytes, list[str]], Awaitable[str]], *, quota: bool = True
    ) -> None:
        self._faults, self._keep, self._quota = faults, keep, quota
        self._asked = list[float]()  # the times of all requests, on a clock that nobody sets
        self._operations: dict[str, _Operation] = {}

    def app(self) -> web.Application:
        """The resource as an application, to be served over TLS."""
        app = web.Application(client_max_size=MAX_BYTES)
        app.router.add_post("/emails:send", self._send)
        app.router.add_get(f"{_OPERATIONS}/{{id}}", self._look)
        return app

    async def _send(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()  # before any answer: aiohttp cuts a connection whose request was not read
            _let_in(request)
            operation_id = _operation_id(request.headers.get("Operation-Id"))
            asked = hashlib.sha256(body).digest()
            mail, recipients = _mail_of(body)
            if (wait := self._over(mail)) > 0:
                return _throttled(wait)
            if (fault := self._faults.next_acs()) is not None:
                return _faulty(fault)
            if (operation := self._repeated(operation_id, asked)) is None:
                operation = _operation(operation_id, asked, self._faults.next_acs_operation())
                self._operations[operation_id] = operation
                if operation.status == "Succeeded":
                    await self._keep(mail, recipients)
        except web.HTTPRequestEntityTooLarge:
            return _error(413, "RequestEntityTooLarge", f"A request has {MAX_BYTES} bytes at most.")
        except _RefusedError as error:
            return _error(error.status, error.code, str(error))
        version = request.query["api-version"]
        location = f"https://{request.host}{_OPERATIONS}/{operation_id}?api-version={version}"
        answer = operation.answer("Running", {"Operation-Location": location, **RETRY_AFTER})
        answer.set_status(HTTPStatus.ACCEPTED)
        return answer

    def _over(self, mail: bytes) -> float:
        """Counts a request. Returns for how many seconds no more are taken, 0 if this one is."""
        sender = parseaddr(str(message_from_bytes(mail, policy=policy.default)["From"]))[1]
        own = not sender.lower().endswith(".azurecomm.net")
        now = time.monotonic()
        free = [
            self._asked[-most] + seconds - now
            for seconds, most in (OWN_DOMAIN if own else AZURES_DOMAIN).items()
            if len(self._asked) >= most
        ]
        self._asked.append(now)
        return max([0.0, *free]) if self._quota else 0.0

    def _repeated(self, operation_id: str, asked: bytes) -> _Operation | None:
        known = self._operations.get(operation_id)
        if known is not None and known.asked != asked:
            raise _RefusedError(400, "BadRequest", "The Operation-Id was used for another message.")
        return known

    async def _look(self, request: web.Request) -> web.Response:
        try:
            _let_in(request)
        except _RefusedError as error:
            return _error(error.status, error.code, str(error))
        operation = self._operations.get(request.match_info["id"].lower())
        if operation is None:
            return _error(404, "NotFound", "There is no such operation.")
        return operation.answer(operation.status, RETRY_AFTER if operation.status == "Running" else {})


def _let_in(request: web.Request) -> None:
    if (reason := refusal_of(request.headers.get("Authorization", ""))) is not None:
        raise _RefusedError(401, "Denied", f"Denied by the resource provider. {reason}")
    if request.query.get("api-version") not in API_VERSIONS:
        raise _RefusedError(400, "BadRequest", f"api-version must be one of {', '.join(API_VERSIONS)}.")


def _operation_id(given: str | None) -> str:
    if given is None:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise _RefusedError(400, "BadRequest", "Operation-Id is no UUID.") from None


def _operation(operation_id: str, asked: bytes, fault: AcsOperationFault | None) -> _Operation:
    if fault is None:
        return _Operation(operation_id, asked, "Succeeded", None)
    error = {"code": fault.code, "message": "This end was asked for at /control/faults."}
    return _Operation(operation_id, asked, fault.status, None if fault.status == "Running" else error)


def _mail_of(body: bytes) -> tuple[bytes, list[str]]:
    """The mail as it would go out. Raises _RefusedError for what the service takes from nobody."""
    try:
        message = msgspec.json.decode(body, type=_Message)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _RefusedError(400, "BadRequest", str(error)) from None
    if not message.recipients.to or not (message.content.plain_text or message.content.html):
        raise _RefusedError(400, "BadRequest", "recipients.to and content must not be empty.")
    for address in (message.sender_address, *message.recipients.addresses()):
        try:
            Address(addr_spec=address)
        except Exception as error:  # noqa: BLE001 - ValueError, HeaderParseError, IndexError …, by what is wrong with it
            raise _RefusedError(400, "InvalidEmailAddress", f"{address!r} is no e-mail address: {error}") from None
    for one in message.attachments:
        if one.content_type not in ATTACHED:
            raise _RefusedError(400, "InvalidAttachmentType", f"Attachments of {one.content_type} are not taken.")
    try:
        return _mime(message).as_bytes(), message.recipients.addresses()
    except ValueError as error:  # a line break in a header
        raise _RefusedError(400, "BadRequest", str(error)) from None


def _mime(message: _Message) -> EmailMessage:
    mail = EmailMessage(_LONG_LINES)
    mail["From"], mail["Subject"] = message.sender_address, message.content.subject
    mail["To"] = ", ".join(recipient.address for recipient in message.recipients.to)
    for name, value in message.headers.items():
        mail[name] = value
    text, html = message.content.plain_text, message.content.html
    if text is not None:
        mail.set_content(text)
    if html is not None:
        (mail.set_content if text is None else mail.add_alternative)(html, subtype="html")
    for one in message.attachments:
        main, _, sub = one.content_type.partition("/")
        content = base64.b64decode(one.content_in_base64, validate=True)  # ValueError for what is none
        mail.add_attachment(content, maintype=main, subtype=sub, filename=one.name)
    return mail


def _faulty(fault: AcsFault) -> web.Response:
    answer = _error(fault.status, fault.code, "This answer was asked for at /control/faults.")
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def _throttled(wait: float) -> web.Response:
    answer = _error(429, "TooManyRequests", "The sending limit of the subscription is used up.")
    answer.headers["Retry-After"] = str(math.ceil(wait))
    return answer


def _error(status: int, code: str, message: str) -> web.Response:
    headers = {"x-ms-error-code": code}
    return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)
