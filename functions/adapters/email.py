"""Mail over SMTP: STARTTLS always."""

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

from functions.adapters.mail_digest import MOST_NOTICES, mail_with
from functions.adapters.mail_text import EVENT_HEADER, Mail, checked, message_id, with_or_without
from functions.issuance.describe import printed
from functions.issuance.errors import Unavailable
from functions.issuance.journal import record
from functions.issuance.telling import USUAL_LIMITS, Attachment, DeliveryRefused, Limits, Notice

SERVICE = "The mail server"
# Seconds for one mail, from the connection on: half of what makes its claim stale (deliveries.py), for then another run
# would send it again. And for a connection to one of the server's addresses.
WITHIN, CONNECTING = 60, 20
NO_TIME = 0.001  # but for a reply that is there already; 0 would be another mode of the socket
# Before there was any message to refuse: the operators are to look.
_NOT_LET_IN = (
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPNotSupportedError,
)
TOO_LARGE = 552
LOGIN_AGAIN = 900  # seconds: logins in vain, one after another, can lock the account
MOST_SAID = 300  # characters of a server's reply
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]++")
# Python writes a word that is longer than a line as RFC 2047's code, and a mail rule on our header would not see the
# event id in it. A line may have 998 characters (RFC 5322 §2.1.1).
_LONG_LINES = policy.default.clone(max_line_length=998)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes out. `user` None: no login."""

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)


class Email:
    """The port `Channel`."""

    name = "email"
    most = MOST_NOTICES

    def __init__(self, server: SmtpServer, sender: str, limits: Limits = USUAL_LIMITS) -> None:
        self.limits = limits
        self._server, self._sender = server, sender

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        """Hands the mail to the server. Done if the server takes it for one recipient at least. What it takes with none
        of the attachments (they are too large for it, or of a kind that it refuses) goes without.
        """
        await with_or_without(attachments, lambda with_: self._send(notices, to, with_), notices)

    async def _send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment]) -> None:
        recipients = checked(to)
        if self._server.user is not None and self._server.password is None:  # a login in vain could lock the account
            raise Unavailable(SERVICE, "CERTFLOW_SMTP_USER is set, and CERTFLOW_SMTP_PASSWORD is not")
        mail = message_of(mail_with(notices, recipients, attachments), self._sender, recipients, datetime.now(UTC))
        try:
            refused = await asyncio.to_thread(self._hand_over, mail, recipients)
        except _NOT_LET_IN as error:
            said = f": {_said(error)}" if isinstance(error, smtplib.SMTPResponseException) else ""
            locks = isinstance(error, smtplib.SMTPAuthenticationError)
            reason = f"{type(error).__name__}{said}; check CERTFLOW_SMTP_*"
            raise Unavailable(SERVICE, reason, retry_after=LOGIN_AGAIN if locks else 10) from None
        except smtplib.SMTPRecipientsRefused as error:
            # One that passes is worth another try, whatever became of the others.
            code, said_of_it = min(error.recipients.values())
            raise _refusal(smtplib.SMTPResponseException(code, said_of_it), "recipients", whatever=True) from None
        except smtplib.SMTPSenderRefused as error:
            if error.smtp_code == TOO_LARGE:  # the size goes with the sender (RFC 1870 §6.1)
                raise _refusal(error, "message") from None
            raise _refusal(error, "sender, CERTFLOW_MAIL_FROM", whatever=True) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error, "message") from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(SERVICE, type(error).__name__) from None
        if refused:
            record(
                "mail-not-for-all",
                level=logging.WARNING,
                ids=[one.event_id for one in notices],
                smtp=refused,
                of=len(recipients),
            )

    def _hand_over(self, mail: EmailMessage, recipients: Sequence[str]) -> list[int]:
        """Returns the codes for recipients that were refused, if not all were."""
        # Not as a context manager: that raises what the server answers to QUIT, when it has the mail already.
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
            with suppress(OSError):  # smtplib's own errors are of these
                client.quit()
        return [code for code, _reason in refused.values()]


class _Client(smtplib.SMTP):
    """Gives a server up after `WITHIN` in all. The timeout of smtplib's own is for each reply, and each recipient has
    one.
    """

    def __init__(self, host: str, port: int) -> None:
        self._ends = time.monotonic() + WITHIN
        super().__init__(host, port, timeout=CONNECTING)

    def getreply(self) -> tuple[int, bytes]:
        """Waits for a reply, as long as there is time left."""
        if self.sock:
            self.sock.settimeout(max(NO_TIME, self._ends - time.monotonic()))
        return super().getreply()


def message_of(mail: Mail, sender: str, to: Sequence[str], now: datetime) -> EmailMessage:
    """The mail with all its headers. The event id stands in one, so that a mail told twice can be recognised."""
    message = EmailMessage(_LONG_LINES)
    message["Subject"] = mail.subject
    message["From"], message["To"] = sender, ", ".join(to)
    message["Date"], message["Message-ID"] = format_datetime(now), message_id(mail, sender)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply, please
    message[EVENT_HEADER] = mail.event
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for one in mail.attachments:
        main, _, sub = one.kind.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return message


def _refusal(error: smtplib.SMTPResponseException, what: str, *, whatever: bool = False) -> Exception:
    """4xx is passing, 5xx is for good (RFC 5321 §4.2.1)."""
    if error.smtp_code < 500:
        return Unavailable(SERVICE, f"SMTP {_said(error)}")
    return DeliveryRefused(f"the mail server refused the {what}: SMTP {_said(error)}", whatever=whatever)


def _said(error: smtplib.SMTPResponseException) -> str:
    """A reply as the server gave it, on one line: its code, its enhanced code (RFC 3463) and its text, which alone
    tells an account that is locked from a password that is wrong. No address: this stands in the log, too.
    """
    text = error.smtp_error if isinstance(error.smtp_error, str) else error.smtp_error.decode(errors="replace")
    return printed(f"{error.smtp_code} {_ADDRESS.sub('…@…', ' '.join(text.split()))}".strip(), MOST_SAID)
