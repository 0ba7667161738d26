"""The mail server: submission with STARTTLS and a password, as `smtp.azurecomm.net:587` wants it (platform §6.4)."""

from __future__ import annotations

import asyncio
import hmac
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from inbox.faults import Faults
from inbox.messages import Message, Messages
from keyvault_emulator.web import LOOPBACK

MAX_BYTES = 10 * 1024 * 1024
logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd: at DEBUG it logs passwords
_PARSER = BytesParser(EmailMessage, policy=policy.default)


@dataclass
class Mails:
    """Keeps mails, whichever way they came; `mail_dir` gets each as an .eml file, too."""

    messages: Messages
    mail_dir: Path | None = None

    async def keep(self, content: bytes, recipients: list[str]) -> str:
        """Keeps a mail (RFC 5322) and returns its id."""
        message = _keep(self.messages, content, recipients)
        if self.mail_dir is not None:
            await asyncio.to_thread(_write, self.mail_dir, message.id, content)
        return message.id


@dataclass
class MailServer:
    """Takes mail from whoever knows the user and the password, and keeps it."""

    mails: Mails
    faults: Faults
    password: str
    user: str = "certflow"

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext, port: int = 0) -> AsyncIterator[int]:
        """Listens on 127.0.0.1 while the block runs and yields the port."""
        server = await asyncio.get_running_loop().create_server(lambda: self._session(tls), LOOPBACK, port)
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            server.abort_clients()

    def _session(self, tls: ssl.SSLContext) -> SMTP:
        return SMTP(
            self,
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="Certflow inbox",
            tls_context=tls,
            require_starttls=True,
            auth_required=True,
            authenticator=self._authenticate,
            loop=asyncio.get_running_loop(),
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and (
            hmac.compare_digest(data.login, self.user.encode())
            and hmac.compare_digest(data.password, self.password.encode())
        )
        # handled=False: aiosmtpd sends 535 itself
        return AuthResult(success=known, handled=False)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keeps a mail, or answers with the fault that was asked for."""
        if (fault := self.faults.next_smtp()) is not None:
            return f"{fault.code} {fault.code // 100}.3.0 This answer was asked for at /control/faults"
        kept = await self.mails.keep(envelope.original_content or b"", [str(address) for address in envelope.rcpt_tos])
        return f"250 2.0.0 OK: kept as {kept}"


def _keep(messages: Messages, content: bytes, recipients: list[str]) -> Message:
    mail = _PARSER.parsebytes(content)
    html = _part(mail, "html")
    text = _part(mail, "plain")
    return messages.add(
        "email",
        to=", ".join(recipients),
        subject=str(mail.get("Subject", "")),
        text=_text_of(html or "") if text is None else text,
        raw=content.decode(errors="replace"),
        sender=str(mail.get("From", "")),
        html=html,
        attachments=tuple(part.get_filename() or part.get_content_type() for part in mail.iter_attachments()),
    )


def _part(mail: EmailMessage, subtype: str) -> str | None:
    part = mail.get_body((subtype,))
    if part is None:
        return None
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError):  # a charset that Python does not know
        payload = part.get_payload(decode=True)
        return payload.decode(errors="replace") if isinstance(payload, bytes) else str(payload)


def _write(directory: Path, name: str, content: bytes) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.eml").write_bytes(content)


_UNSEEN = ("style", "script", "title")


class _Text(HTMLParser):
    """The text between tags, for mails that bring no text part."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self._hidden += tag in _UNSEEN

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _UNSEEN))

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.pieces.append(data.strip())


def _text_of(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    return "\n".join(parser.pieces)
