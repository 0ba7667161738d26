"""Sends mail over SMTP, always with STARTTLS."""

from __future__ import annotations

import asyncio
import logging
import re
import smtplib
import ssl
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from functions.adapters.mail.gathered import MAX_NOTICES, mail_with
from functions.adapters.mail.message import EVENT_HEADER, Mail, checked, message_id, with_or_without
from functions.model.errors import Unavailable
from functions.model.log import record
from functions.ports.notifications import USUAL_LIMITS, Attachment, DeliveryRefused, Limits, Notice
from functions.x509.describe import printed

MAIL_SERVER = "The mail server"
# Seconds for one mail, from the connection on, and for a connection to one of the server's
# addresses. The former is half of the time after which the claim of a delivery is stale and another
# run would send the mail again (adapters/azure_tables/deliveries.py).
SMTP_TIMEOUT, CONNECT_TIMEOUT = 60, 20
# Seconds; enough to read a reply that has arrived. With 0 the socket would not block at all.
NO_TIME = 0.001
# Errors before there was a message to refuse: the operators can fix their causes.
_NOT_LET_IN = (
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPNotSupportedError,
)
TOO_LARGE = 552
LOGIN_AGAIN = 900  # seconds; several failed logins in a row can lock the account
MAX_SAID = 300  # characters of a server's reply
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]++")
# Python encodes a word that is longer than a line (RFC 2047), and then a mail rule would not find
# the event id in our header. A line may have 998 characters (RFC 5322 §2.1.1).
_LONG_LINES = policy.default.clone(max_line_length=998)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The server that sends the mail. `user` None: no login."""

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)


class Email:
    """Implements the port `Channel`."""

    name = "email"
    max_notices = MAX_NOTICES

    def __init__(self, server: SmtpServer, sender: str, limits: Limits = USUAL_LIMITS) -> None:
        self.limits = limits
        self._server, self._sender = server, sender

    async def send(
        self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()
    ) -> None:
        """Sends the mail; done if the server accepts it for at least one recipient. A mail that is
        refused with its attachments (they are too large, or of a kind that the server refuses) is
        sent without them. Raises Unavailable, DeliveryRefused.
        """
        await with_or_without(attachments, lambda with_: self._send(notices, to, with_), notices)

    async def _send(
        self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment]
    ) -> None:
        recipients = checked(to)
        self._check_login()
        mail = message_of(
            mail_with(notices, recipients, attachments), self._sender, recipients, datetime.now(UTC)
        )
        try:
            refused = await asyncio.to_thread(self._hand_over, mail, recipients)
        except (OSError, smtplib.SMTPException) as error:
            raise _error_of(error) from None
        if refused:
            record(
                "mail-not-for-all",
                level=logging.WARNING,
                ids=[one.event_id for one in notices],
                smtp=refused,
                of=len(recipients),
            )

    def _check_login(self) -> None:
        """Raises Unavailable for a user without a password, because a login that fails could lock
        the account.
        """
        if self._server.user is not None and self._server.password is None:
            raise Unavailable(
                MAIL_SERVER, "CERTFLOW_SMTP_USER is set, and CERTFLOW_SMTP_PASSWORD is not"
            )

    def _hand_over(self, mail: EmailMessage, recipients: Sequence[str]) -> list[int]:
        """Returns the codes for the recipients that were refused, if not all were."""
        # `closing`, because smtplib's own context manager raises for the answer to QUIT, when the
        # server has accepted the mail already.
        with closing(_Client(self._server.host, self._server.port)) as client:
            client.starttls(context=ssl.create_default_context())
            if self._server.user is not None:
                client.login(self._server.user, str(self._server.password))
            try:
                refused = client.send_message(mail, to_addrs=recipients)
            except smtplib.SMTPNotSupportedError:  # no SMTPUTF8 (RFC 6531)
                raise DeliveryRefused(
                    "the mail server takes no addresses with letters outside ASCII", whatever=True
                ) from None
            with suppress(OSError):  # smtplib's errors are OSErrors, too
                client.quit()
        return [code for code, _reason in refused.values()]


class _Client(smtplib.SMTP):
    """Gives a server up after `SMTP_TIMEOUT` seconds in all. The timeout of smtplib is for one
    reply, and there is a reply for each recipient.
    """

    def __init__(self, host: str, port: int) -> None:
        self._ends = time.monotonic() + SMTP_TIMEOUT
        super().__init__(host, port, timeout=CONNECT_TIMEOUT)

    def getreply(self) -> tuple[int, bytes]:
        """Waits for a reply as long as there is time left."""
        if self.sock:
            self.sock.settimeout(max(NO_TIME, self._ends - time.monotonic()))
        return super().getreply()


def message_of(mail: Mail, sender: str, to: Sequence[str], now: datetime) -> EmailMessage:
    """Returns the mail with all its headers. One of them has the event ids, so that a mail that is
    sent twice can be recognised.
    """
    message = EmailMessage(_LONG_LINES)
    message["Subject"] = mail.subject
    message["From"], message["To"] = sender, ", ".join(to)
    message["Date"], message["Message-ID"] = format_datetime(now), message_id(mail, sender)
    message["Auto-Submitted"] = "auto-generated"  # asks for no out-of-office reply (RFC 3834)
    message[EVENT_HEADER] = mail.event
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for one in mail.attachments:
        main, _, sub = one.kind.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return message


def _error_of(error: OSError) -> Exception:
    """Returns our error for what smtplib raises while it sends a mail."""
    if isinstance(error, _NOT_LET_IN):
        return _not_let_in(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # The lowest code: a refusal that passes (4xx) makes another try worthwhile, whatever the
        # server says of the other recipients.
        lowest = smtplib.SMTPResponseException(*min(error.recipients.values()))
        return _refusal(lowest, "recipients", whatever=True)
    # With TOO_LARGE it is the message: its size is sent with the sender (RFC 1870 §6.1).
    if isinstance(error, smtplib.SMTPSenderRefused) and error.smtp_code != TOO_LARGE:
        return _refusal(error, "sender, CERTFLOW_MAIL_FROM", whatever=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return _refusal(error, "message")
    return Unavailable(MAIL_SERVER, type(error).__name__)


def _not_let_in(error: OSError) -> Unavailable:
    said = f": {_said(error)}" if isinstance(error, smtplib.SMTPResponseException) else ""
    locks = isinstance(error, smtplib.SMTPAuthenticationError)
    reason = f"{type(error).__name__}{said}; check CERTFLOW_SMTP_*"
    return Unavailable(MAIL_SERVER, reason, retry_after=LOGIN_AGAIN if locks else 10)


def _refusal(
    error: smtplib.SMTPResponseException, what: str, *, whatever: bool = False
) -> Exception:
    """Returns Unavailable for a 4xx, which passes, and DeliveryRefused for a 5xx, which does not
    (RFC 5321 §4.2.1).
    """
    if error.smtp_code < 500:
        return Unavailable(MAIL_SERVER, f"SMTP {_said(error)}")
    return DeliveryRefused(
        f"the mail server refused the {what}: SMTP {_said(error)}", whatever=whatever
    )


def _said(error: smtplib.SMTPResponseException) -> str:
    """Returns a reply of the server as one line: its code, its enhanced code (RFC 3463) and its
    text. Only the text tells an account that is locked from a wrong password. Addresses are
    removed, because the line goes into the log, too.
    """
    said = error.smtp_error
    text = said if isinstance(said, str) else said.decode(errors="replace")
    without_addresses = _ADDRESS.sub("…@…", " ".join(text.split()))
    return printed(f"{error.smtp_code} {without_addresses}".strip(), MAX_SAID)
