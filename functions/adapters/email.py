"""Mail over SMTP: STARTTLS always, a text part and an HTML part that say the same."""

from __future__ import annotations

import asyncio
import html
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from functions.issuance.errors import Unavailable
from functions.issuance.ports import DeliveryRefused, Notice

SERVICE = "The mail server"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes out. `user` None: no login."""

    host: str
    port: int
    user: str | None
    password: str | None


class Email:
    """The port `Channel`. An owner that is a mail address gets the mail; otherwise the default recipients do."""

    name = "email"

    def __init__(self, server: SmtpServer, sender: str, default_to: tuple[str, ...]) -> None:
        self._server, self._sender, self._default_to = server, sender, default_to

    async def send(self, notice: Notice) -> None:
        """Hands the mail to the server."""
        to = (notice.to,) if notice.to and "@" in notice.to else self._default_to
        mail = compose(notice, self._sender, to, datetime.now(UTC))
        try:
            await asyncio.to_thread(self._hand_over, mail)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
            raise Unavailable(SERVICE, f"{type(error).__name__}; check CERTFLOW_SMTP_*") from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _reason in error.recipients.values()}
            raise _refusal(max(codes), "recipients") from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, "message") from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(SERVICE, type(error).__name__) from None

    def _hand_over(self, mail: EmailMessage) -> None:
        with smtplib.SMTP(self._server.host, self._server.port, timeout=20) as client:
            client.starttls(context=ssl.create_default_context())
            if self._server.user is not None:
                client.login(self._server.user, self._server.password or "")
            client.send_message(mail)


def compose(notice: Notice, sender: str, to: tuple[str, ...], now: datetime) -> EmailMessage:
    """The notice as a mail. The event id stands in a header, so that a mail told twice can be recognised."""
    mail = EmailMessage()
    mail["Subject"] = _one_line(f"[Certflow] {notice.title}")
    mail["From"], mail["To"] = sender, ", ".join(to)
    mail["Date"], mail["Message-ID"] = format_datetime(now), make_msgid(domain="certflow.invalid")
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply, please
    mail["X-Certflow-Event"] = _one_line(notice.event_id)
    width = max((len(title) for title, _ in notice.facts), default=0)
    facts = "\n".join(f"{title + ':':<{width + 1}} {value}" for title, value in notice.facts)
    mail.set_content(f"{notice.sentence}\n\nNext step: {notice.next_step}\n\n{facts}\n")
    mail.add_alternative(_html(notice), subtype="html")
    return mail


def _html(notice: Notice) -> str:
    rows = "".join(
        '<tr><th style="text-align:left;padding:4px 16px 4px 0;color:#555;font-weight:normal;vertical-align:top;'
        'white-space:nowrap">'
        f'{html.escape(title)}</th><td style="padding:4px 0;word-break:break-word">{html.escape(value)}</td></tr>'
        for title, value in notice.facts
    )
    colour = "#107c41" if notice.good else "#b3261e"
    return (
        '<!doctype html><html lang="en"><body style="font:15px/1.5 Segoe UI,Helvetica,Arial,sans-serif;color:#222">'
        f'<h1 style="font-size:20px;color:{colour}">{html.escape(notice.title)}</h1>'
        f"<p>{html.escape(notice.sentence)}</p><p><b>Next step:</b> {html.escape(notice.next_step)}</p>"
        f'<table style="border-collapse:collapse">{rows}</table></body></html>'
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _refusal(code: int, what: str) -> Exception:
    """4xx is passing, 5xx is for good (RFC 5321 §4.2.1)."""
    if code < 500:
        return Unavailable(SERVICE, f"SMTP {code}")
    return DeliveryRefused(f"the mail server refused the {what}: SMTP {code}")
