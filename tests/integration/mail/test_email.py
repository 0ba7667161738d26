"""Mail over SMTP: against the inbox, and against servers that are hard to please."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_string, policy

import aiohttp
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from functions.adapters.mail.smtp import Email, SmtpServer
from functions.model.errors import Unavailable
from functions.ports.notifications import Attachment, DeliveryRefused, Notice
from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa

NOTICE = Notice(
    event_id="main:web:abc:failed",
    type="Certflow.Issuance.Failed",
    title="Certificate request failed: web",
    good=False,
    sentence="DigiCert did not issue it. Request rejected: *.example.com is not validated.",
    facts=(("Subject", "CN=*.example.com"), ("Owner", "me@example.com")),
    next_step="Correct the request.",
    links=(("Certificate", "https://portal.example/#@/asset/x"),),
)
ME, PKI = "me@example.com", "pki@example.com"


@pytest.fixture
async def inbox(trusted_ca: LocalCa) -> AsyncIterator[Inbox]:
    async with running_inbox(trusted_ca) as inbox:
        yield inbox


def email(inbox: Inbox, password: str | None = None) -> Email:
    server = SmtpServer(inbox.smtp_host, inbox.smtp_port, inbox.smtp_user, password or inbox.smtp_password)
    return Email(server, "Certflow <certflow@example.com>")


async def faults(inbox: Inbox, **asked: object) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{inbox.url}/control/faults", json=asked) as response:
        assert response.status < 300, await response.text()


class Picky:
    """Answers each recipient as it was told to."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self.answers, self.taken = answers, list[list[str]]()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append([str(address) for address in envelope.rcpt_tos])
        return "250 OK"


class Quits(Picky):
    """Takes mail, and has an answer of its own to QUIT."""

    def __init__(self, answer: str) -> None:
        super().__init__({})
        self.answer = answer

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        return self.answer


class Closed(Picky):
    """Lets nobody log in, and says so."""

    def __init__(self, answer: str) -> None:
        super().__init__({})
        self.answer = answer

    async def auth_PLAIN(self, server: SMTP, _args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        await server.push(self.answer)
        return AuthResult(success=False, handled=True)

    auth_LOGIN = auth_PLAIN  # noqa: N815 - the same


class Slow(Picky):
    """Takes a while for each recipient, and never long."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(0.2)
        return await super().handle_RCPT(server, session, envelope, address, options)


@asynccontextmanager
async def serving_mail(handler: Picky, tls: ssl.SSLContext | None, user: str | None = None) -> AsyncIterator[Email]:
    def session() -> SMTP:
        return SMTP(handler, hostname="localhost", tls_context=tls, loop=asyncio.get_running_loop())

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1")
    async with server:
        yield Email(SmtpServer("localhost", server.sockets[0].getsockname()[1], user, user), "certflow@example.com")


async def test_a_mail_arrives_at_its_recipients_in_two_parts(inbox: Inbox) -> None:
    await email(inbox).send([NOTICE], [ME, PKI])
    (kept,) = inbox.messages
    assert kept.to == f"{ME}, {PKI}"
    assert kept.subject == "[Certflow] Certificate request failed: web"
    assert kept.html is not None
    for part in (kept.text, kept.html):
        for words in ("Correct the request.", "CN=*.example.com", "https://portal.example/#@/asset/x", NOTICE.event_id):
            assert words in part
    assert message_from_string(kept.raw, policy=policy.default)["X-Certflow-Event"] == NOTICE.event_id


async def test_a_mail_sent_twice_has_the_same_message_id(inbox: Inbox) -> None:
    await email(inbox).send([NOTICE], [ME])
    await email(inbox).send([NOTICE], [ME])
    first, second = (message_from_string(kept.raw, policy=policy.default)["Message-ID"] for kept in inbox.messages)
    assert first == second


async def test_a_server_that_cannot_show_who_it_is_gets_neither_mail_nor_password(trusted_ca: LocalCa) -> None:
    picky = Picky({})
    async with serving_mail(picky, LocalCa().server_context()) as email:  # of a CA that nobody trusts
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            await email.send([NOTICE], [ME])
    assert picky.taken == []


async def test_mail_faults_are_told_apart(inbox: Inbox) -> None:
    await faults(inbox, smtp={"code": 451, "times": 1})
    with pytest.raises(Unavailable, match="451"):
        await email(inbox).send([NOTICE], [ME])
    await faults(inbox, smtp={"code": 550, "times": 1})
    with pytest.raises(DeliveryRefused, match="550"):
        await email(inbox).send([NOTICE], [ME])
    with pytest.raises(Unavailable, match="CERTFLOW_SMTP"):
        await email(inbox, password="wrong").send([NOTICE], [ME])
    await email(inbox).send([NOTICE], [ME])
    assert len(inbox.messages) == 1


async def test_a_wrong_password_stays_out_of_what_is_said(inbox: Inbox) -> None:
    channel = email(inbox, password="wrong-and-secret")
    with pytest.raises(Unavailable) as caught:
        await channel.send([NOTICE], [ME])
    assert "wrong-and-secret" not in f"{caught.value!r} {caught.value.__cause__!r} {vars(channel)!r}"


BASIC_AUTHENTICATION_IS_OFF = (
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit "
    "https://aka.ms/smtp_auth_disabled for more information."
)


async def test_what_the_server_says_is_passed_on_with_its_enhanced_code(trusted_ca: LocalCa) -> None:
    """The same 535 is a wrong password, a locked account, and Microsoft 365 where nobody may log in by password."""
    async with serving_mail(Closed(BASIC_AUTHENTICATION_IS_OFF), trusted_ca.server_context(), "certflow") as channel:
        with pytest.raises(Unavailable) as caught:
            await channel.send([NOTICE], [ME])
    assert BASIC_AUTHENTICATION_IS_OFF in str(caught.value)
    assert caught.value.retry_after == 900, "logins in vain can lock an account"
    said = f"550 5.7.54 Unable to relay\x1b[2J recipient <{ME}> in non-accepted domain {'x' * 999}"
    async with serving_mail(Picky({ME: said}), trusted_ca.server_context()) as channel:
        with pytest.raises(DeliveryRefused) as refused:
            await channel.send([NOTICE], [ME])
    told = str(refused.value)
    assert "550 5.7.54 Unable to relay\\x1b[2J recipient <…@…> in non-accepted" in told
    assert (ME in told, len(told) < 400) == (False, True)


async def test_without_a_password_there_is_no_login_and_the_mail_waits(trusted_ca: LocalCa) -> None:
    async with serving_mail(picky := Picky({}), trusted_ca.server_context()) as channel:
        server = channel._server
        lacking = Email(SmtpServer(server.host, server.port, "certflow", None), "certflow@example.com")
        with pytest.raises(Unavailable, match="CERTFLOW_SMTP_USER is set, and CERTFLOW_SMTP_PASSWORD is not"):
            await lacking.send([NOTICE], [ME])
    assert picky.taken == []


async def test_nobody_to_mail_to_and_an_owner_without_address_are_refused(inbox: Inbox) -> None:
    for to in ([], ["a team without an address"], [ME, f"{PKI}\r\nBcc: evil@example.com"]):
        with pytest.raises(DeliveryRefused):
            await email(inbox).send([NOTICE], to)
    assert inbox.messages == []


@pytest.mark.parametrize(("second", "error"), [("550 no such user", DeliveryRefused), ("450 greylisted", Unavailable)])
async def test_a_mail_that_no_recipient_got_is_refused_only_if_none_ever_will(
    trusted_ca: LocalCa, second: str, error: type[Exception]
) -> None:
    picky = Picky({ME: "550 no such user", PKI: second})
    async with serving_mail(picky, trusted_ca.server_context()) as channel:
        with pytest.raises(error, match=second[:3]):
            await channel.send([NOTICE], [ME, PKI])
    assert picky.taken == []


async def test_a_mail_that_one_recipient_got_is_delivered_and_the_log_says_that_another_did_not(
    trusted_ca: LocalCa, caplog: pytest.LogCaptureFixture
) -> None:
    picky = Picky({ME: "550 no such user"})
    async with serving_mail(picky, trusted_ca.server_context()) as channel:
        await channel.send([NOTICE], [ME, PKI])
    assert picky.taken == [[PKI]]
    assert '"event": "mail-not-for-all", "ids": ["main:web:abc:failed"], "smtp": [550], "of": 2' in caplog.text


@pytest.mark.parametrize("answer", ["421 4.3.2 going down", "554 no"])
async def test_what_a_server_answers_to_quit_does_not_matter_any_more(trusted_ca: LocalCa, answer: str) -> None:
    quits = Quits(answer)
    async with serving_mail(quits, trusted_ca.server_context()) as channel:
        await channel.send([NOTICE], [ME])
    assert quits.taken == [[ME]]


async def test_a_server_that_takes_too_long_in_all_is_given_up_before_it_has_the_mail(
    trusted_ca: LocalCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.adapters.mail.smtp.SMTP_TIMEOUT", 2)
    slow = Slow({})
    async with serving_mail(slow, trusted_ca.server_context()) as channel:
        with pytest.raises(Unavailable):
            await channel.send([NOTICE], [f"me{number}@example.com" for number in range(50)])
        await channel.send([NOTICE], [ME])  # each mail has its own time
    assert slow.taken == [[ME]]


async def test_a_server_that_lets_us_in_only_to_say_no_has_not_refused_the_mail() -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 not from your address\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unavailable, match="SMTPConnectError: 554 not from your address; check CERTFLOW_SMTP"):
            await Email(SmtpServer("127.0.0.1", port, None, None), "certflow@example.com").send([NOTICE], [ME])


async def test_a_server_without_starttls_gets_no_mail() -> None:
    picky = Picky({})
    async with serving_mail(picky, None) as channel:
        with pytest.raises(Unavailable, match="SMTPNotSupportedError"):
            await channel.send([NOTICE], [ME])
    assert picky.taken == []


async def test_an_address_that_the_server_cannot_write_is_refused(trusted_ca: LocalCa) -> None:
    async with serving_mail(Picky({}), trusted_ca.server_context()) as channel:
        with pytest.raises(DeliveryRefused, match="ASCII"):
            await channel.send([NOTICE], ["me@bücher.example"])


async def test_a_server_that_nobody_answers_for_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="mail server"):
        await Email(SmtpServer("127.0.0.1", 9, None, None), "certflow@example.com").send([NOTICE], [ME])


ZIP = Attachment("certflow-csrs.zip", "application/zip", b"PK\x05\x06" + b"\x00" * 18, "2 CSRs are attached.")


async def test_a_file_goes_with_the_mail_and_the_mail_says_so(inbox: Inbox) -> None:
    await email(inbox).send([NOTICE], [ME], [ZIP])
    (kept,) = inbox.messages
    assert kept.attachments == (ZIP.name,)
    (part,) = message_from_string(kept.raw, policy=policy.default).iter_attachments()
    assert (part.get_content_type(), part.get_content()) == (ZIP.kind, ZIP.content)
    assert ZIP.says in kept.text
    assert ZIP.says in str(kept.html)


async def test_a_mail_that_is_too_large_for_the_server_with_its_file_goes_without(inbox: Inbox) -> None:
    await email(inbox).send([NOTICE], [ME], [replace(ZIP, content=b"x" * (12 * 1024 * 1024))])
    (kept,) = inbox.messages
    assert kept.attachments == ()
    assert ZIP.says not in kept.text
