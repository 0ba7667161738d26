"""The mail server as senders meet it: TLS and a password first, then a mail that is kept whole."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable
from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa
from testkit.clock import HANG


class Sender:
    """Talks SMTP to the inbox from a thread of its own."""

    def __init__(self, inbox: Inbox, ca_file: Path) -> None:
        self.inbox, self._tls = inbox, ssl.create_default_context(cafile=ca_file)

    async def talk(self, conversation: Callable[[smtplib.SMTP], object], *, login: bool = True) -> None:
        def run() -> None:
            with smtplib.SMTP(self.inbox.smtp_host, self.inbox.smtp_port, timeout=HANG) as client:
                if login:
                    client.starttls(context=self._tls)
                    client.login(self.inbox.smtp_user, self.inbox.smtp_password)
                conversation(client)

        await asyncio.to_thread(run)

    async def send(self, mail: EmailMessage) -> None:
        await self.talk(lambda client: client.send_message(mail))

    def start_tls(self, client: smtplib.SMTP) -> None:
        client.starttls(context=self._tls)


@pytest.fixture
async def sender(tmp_path: Path) -> AsyncIterator[Sender]:
    ca = LocalCa()
    async with running_inbox(ca, mail_dir=tmp_path / "mails") as inbox:
        yield Sender(inbox, ca.write_ca(tmp_path / "ca.pem"))


def mail(text: str | None = "plain words\n", html: str | None = None) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Certflow <certflow@example.org>"
    made["To"] = "Änne Müller <a@example.org>, b@example.org"
    made["Subject"] = "Zertifikat für web-1 ist fertig"
    if text is not None:
        made.set_content(text)
    if html is not None and text is not None:
        made.add_alternative(html, subtype="html")
    elif html is not None:
        made.set_content(html, subtype="html")
    return made


async def test_a_mail_is_kept_with_its_parts(sender: Sender, tmp_path: Path) -> None:
    await sender.send(mail("Grüße\nzweite Zeile\n", "<p>Grüße aus <b>HTML</b></p>"))
    (kept,) = sender.inbox.messages
    assert kept.channel == "email"
    assert kept.to == "a@example.org, b@example.org"
    assert kept.sender == "Certflow <certflow@example.org>"
    assert kept.subject == "Zertifikat für web-1 ist fertig"
    assert kept.text == "Grüße\nzweite Zeile\n"
    assert kept.html == "<p>Grüße aus <b>HTML</b></p>\n"
    assert kept.refused is None
    whole = message_from_string(kept.raw, policy=policy.default)
    assert whole["Subject"] == kept.subject
    assert (tmp_path / "mails" / f"{kept.id}.eml").read_bytes().startswith(b"From: ")


async def test_a_mail_of_html_alone_has_text_too(sender: Sender) -> None:
    await sender.send(mail(None, "</style><style>p{color:red}</style><p>Only</p><p>HTML</p>"))
    assert sender.inbox.messages[0].text == "Only\nHTML"


async def test_attachments_are_named(sender: Sender) -> None:
    made = mail()
    made.add_attachment(b"-----BEGIN", maintype="application", subtype="x-pem-file", filename="web-1.csr")
    await sender.send(made)
    assert sender.inbox.messages[0].attachments == ("web-1.csr",)
    assert sender.inbox.messages[0].text == "plain words\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no headers at all",
        b"Subject: =?utf-8?q?broken\r\nContent-Type: text/plain; charset=no-such-charset\r\n\r\nw\xc3\xb6rds\r\n",
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\nnothing follows\r\n",
    ],
)
async def test_a_broken_mail_is_kept_all_the_same(sender: Sender, content: bytes) -> None:
    await sender.talk(lambda client: client.sendmail("a@example.org", ["b@example.org"], content))
    assert len(sender.inbox.messages) == 1


async def test_without_tls_no_mail_and_no_login(sender: Sender) -> None:
    def converse(client: smtplib.SMTP) -> None:
        client.ehlo()
        assert client.has_extn("starttls")
        assert not client.has_extn("auth")
        assert client.docmd("MAIL FROM:<a@example.org>")[0] == 530
        assert client.docmd("AUTH PLAIN AGEAYg==")[0] in (530, 538)

    await sender.talk(converse, login=False)


async def test_without_login_no_mail(sender: Sender) -> None:
    def converse(client: smtplib.SMTP) -> None:
        sender.start_tls(client)
        client.ehlo()
        assert client.has_extn("auth")
        assert client.docmd("MAIL FROM:<a@example.org>")[0] == 530

    await sender.talk(converse, login=False)


async def test_a_wrong_password_is_refused(sender: Sender) -> None:
    def converse(client: smtplib.SMTP) -> None:
        sender.start_tls(client)
        with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
            client.login(sender.inbox.smtp_user, "wrong")
        assert caught.value.smtp_code == 535

    await sender.talk(converse, login=False)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
async def test_both_ways_to_log_in_work(sender: Sender, mechanism: str) -> None:
    def converse(client: smtplib.SMTP) -> None:
        sender.start_tls(client)
        client.ehlo()
        client.user, client.password = sender.inbox.smtp_user, sender.inbox.smtp_password
        code, _ = client.auth(mechanism, getattr(client, f"auth_{mechanism.lower()}"))
        assert code == 235

    await sender.talk(converse, login=False)


async def test_more_than_ten_megabytes_are_refused(sender: Sender) -> None:
    def converse(client: smtplib.SMTP) -> None:
        assert int(client.esmtp_features["size"]) == 10 * 1024 * 1024
        assert client.docmd(f"MAIL FROM:<a@example.org> SIZE={11 * 1024 * 1024}")[0] == 552

    await sender.talk(converse)


async def test_an_open_connection_does_not_hold_up_the_end(tmp_path: Path) -> None:
    ca = LocalCa()
    async with running_inbox(ca) as inbox:
        _reader, writer = await asyncio.open_connection("127.0.0.1", inbox.smtp_port)
        await _reader.readline()
    async with asyncio.timeout(HANG):
        assert await _reader.read() == b""
    writer.close()
