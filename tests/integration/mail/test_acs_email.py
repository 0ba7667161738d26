"""Mail through Communication Services: the real client against the inbox's resource, over TLS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_string, policy
from typing import Any

import aiohttp
import pytest
from azure.core.credentials import AccessToken
from azure.identity.aio import ManagedIdentityCredential

from functions.adapters.mail import acs
from functions.adapters.mail.acs import AcsEmail
from functions.adapters.mail.message import mail_of
from functions.model.errors import Unavailable
from functions.ports.notifications import Attachment, DeliveryRefused, Notice, QueuedNotice
from functions.settings.load import load_settings
from inbox import Inbox, running_inbox
from keyvault_emulator import running_emulator
from keyvault_emulator.tls import LocalCa
from testkit.tokens import AnyToken
from tests.clock import NOW
from tests.integration.identity import use_identity
from tests.sample_settings import LEAST
from tests.unit.fakes import World

NOTICE = Notice(
    event_id="main:web:abc:failed",
    type="Certflow.Issuance.Failed",
    title="Certificate request failed: web",
    good=False,
    sentence="DigiCert did not issue it. Request rejected: <b>*.example.com</b> is not validated.",
    facts=(("Subject", "CN=*.example.com, O=Über GmbH"), ("Owner", "me@example.com")),
    next_step="Correct the request.",
)
SENDER = "Certflow <certflow@example.com>"
ME, PKI = "me@example.com", "pki@example.com"


@pytest.fixture
async def inbox(trusted_ca: LocalCa, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Inbox]:
    monkeypatch.setattr(acs, "STATUS_POLLS", (0.0, 0.0))
    async with running_inbox(trusted_ca) as inbox:
        yield inbox


@pytest.fixture
async def channel(inbox: Inbox) -> AsyncIterator[AcsEmail]:
    channel = AcsEmail(inbox.acs_endpoint, AnyToken(), SENDER)
    yield channel
    await channel.close()


async def faults(inbox: Inbox, **asked: object) -> None:
    async with aiohttp.ClientSession() as session, session.post(f"{inbox.url}/control/faults", json=asked) as response:
        assert response.status < 300, await response.text()


async def test_a_mail_arrives_like_one_over_smtp(inbox: Inbox, channel: AcsEmail) -> None:
    await channel.send([NOTICE], [ME, PKI])
    (kept,) = inbox.messages
    assert (kept.channel, kept.to, kept.sender) == ("email", f"{ME}, {PKI}", "certflow@example.com")
    assert kept.subject == "[Certflow] Certificate request failed: web"
    assert "Subject: CN=*.example.com, O=Über GmbH" in kept.text
    assert kept.html is not None
    assert "&lt;b&gt;*.example.com&lt;/b&gt;" in kept.html
    mail = message_from_string(kept.raw, policy=policy.default)
    assert mail["X-Certflow-Event"] == NOTICE.event_id
    assert mail["Message-ID"].endswith("@example.com>")


async def test_the_managed_identitys_own_token_is_taken(
    trusted_ca: LocalCa, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_emulator(trusted_ca) as emulator:
        use_identity(monkeypatch, emulator)
        async with ManagedIdentityCredential() as identity:
            channel = AcsEmail(inbox.acs_endpoint, identity, SENDER)
            await channel.send([NOTICE], [ME])
            await channel.close()
    assert len(inbox.messages) == 1


async def test_a_mail_sent_twice_arrives_once(inbox: Inbox, channel: AcsEmail) -> None:
    await channel.send([NOTICE], [ME, PKI])
    await channel.send([NOTICE], [ME, PKI])
    await channel.send([NOTICE], [PKI, ME])
    await channel.send([NOTICE], [PKI])
    assert [kept.to for kept in inbox.messages] == [f"{ME}, {PKI}", PKI]


async def test_a_repeat_in_other_words_counts_as_the_mail_that_was_sent(inbox: Inbox, channel: AcsEmail) -> None:
    """The service answers 400 to a known operation with another body, as after an update of the app between tries."""
    await channel.send([NOTICE], [ME])
    await channel.send([replace(NOTICE, sentence="In other words.")], [ME])
    assert len(inbox.messages) == 1


async def test_several_notices_are_one_mail_and_a_repeat_is_no_second_one(inbox: Inbox, channel: AcsEmail) -> None:
    notices = [replace(NOTICE, event_id=f"main:web-{number}:failed") for number in range(7)]
    for _ in range(2):
        await channel.send(notices, [ME])
    (kept,) = inbox.messages
    assert kept.subject == "[Certflow] 7 certificate requests failed"
    mail = message_from_string(kept.raw, policy=policy.default)
    assert mail["X-Certflow-Event"].split() == [notice.event_id for notice in notices]
    assert kept.html is not None
    assert kept.html.count("&lt;b&gt;*.example.com&lt;/b&gt;") == 7


async def test_throttling_waits_as_long_as_asked_and_is_not_slept_through(inbox: Inbox, channel: AcsEmail) -> None:
    await faults(inbox, acs={"status": 429, "retry_after": 3600, "code": "TooManyRequests"})
    with pytest.raises(Unavailable) as caught:
        await channel.send([NOTICE], [ME])
    assert (caught.value.retry_after, caught.value.throttled) == (3600, True)
    await channel.send([NOTICE], [ME])
    assert len(inbox.messages) == 1


@pytest.mark.parametrize("status", [408, 500, 503])
async def test_a_passing_fault_is_tried_again_later(inbox: Inbox, channel: AcsEmail, status: int) -> None:
    await faults(inbox, acs={"status": status})
    with pytest.raises(Unavailable, match=str(status)):
        await channel.send([NOTICE], [ME])


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_no_access_names_what_an_operator_looks_at(inbox: Inbox, channel: AcsEmail, status: int) -> None:
    await faults(inbox, acs={"status": status, "code": "Denied"})
    with pytest.raises(Unavailable, match=r"CERTFLOW_ACS_ENDPOINT.*Communication and Email Service Owner"):
        await channel.send([NOTICE], [ME])


async def test_a_token_for_another_service_has_no_access(inbox: Inbox) -> None:
    class ForKeyVault(AnyToken):
        async def get_token(self, *_scopes: str, **options: Any) -> AccessToken:
            return await super().get_token("https://vault.azure.net/.default", **options)

    channel = AcsEmail(inbox.acs_endpoint, ForKeyVault(), SENDER)
    with pytest.raises(Unavailable, match="CERTFLOW_ACS_ENDPOINT"):
        await channel.send([NOTICE], [ME])
    await channel.close()
    assert inbox.messages == []


async def test_a_refusal_has_the_services_own_code(inbox: Inbox, channel: AcsEmail) -> None:
    await faults(inbox, acs={"status": 400, "code": "DomainNotLinked"})
    with pytest.raises(DeliveryRefused, match="HTTP 400, DomainNotLinked; check CERTFLOW_MAIL_FROM"):
        await channel.send([NOTICE], [ME])


@pytest.mark.parametrize("status", ["Failed", "Canceled"])
async def test_an_accepted_mail_that_fails_at_once_is_refused_also_when_repeated(
    inbox: Inbox, channel: AcsEmail, status: str
) -> None:
    await faults(inbox, acs_operation={"status": status, "code": "EmailDroppedAllRecipientsSuppressed"})
    for _ in range(2):
        with pytest.raises(DeliveryRefused, match=f"{status}, EmailDroppedAllRecipientsSuppressed"):
            await channel.send([NOTICE], [ME])
    assert inbox.messages == []


async def test_a_mail_on_its_way_is_not_waited_for(inbox: Inbox, channel: AcsEmail) -> None:
    await faults(inbox, acs_operation={"status": "Running"})
    await channel.send([NOTICE], [ME])


async def test_a_resource_that_nobody_answers_for_is_unavailable() -> None:
    channel = AcsEmail("https://127.0.0.1:9", AnyToken(), SENDER)
    with pytest.raises(Unavailable, match="no connection"):
        await channel.send([NOTICE], [ME])
    await channel.close()


async def test_a_look_that_is_hindered_does_not_undo_the_sending(
    trusted_ca: LocalCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resource is gone between the sending and the look."""
    async with running_inbox(trusted_ca) as inbox:
        channel = AcsEmail(inbox.acs_endpoint, AnyToken(), SENDER)
        monkeypatch.setattr(acs, "STATUS_POLLS", (0.0,))
        await channel.send([NOTICE], [ME])
        sent = inbox.messages[0]
    await channel._look_after(mail_of(NOTICE, [ME]))
    await channel.close()
    assert sent.to == ME


async def test_nobody_to_mail_to_is_refused(inbox: Inbox, channel: AcsEmail) -> None:
    with pytest.raises(DeliveryRefused, match="nobody"):
        await channel.send([NOTICE], [])
    assert inbox.messages == []


@pytest.mark.parametrize(("sender", "most"), [(SENDER, 30), ("DoNotReply@1-2.azurecomm.net", 5)])
async def test_no_more_mails_are_taken_in_a_minute_than_the_service_takes(inbox: Inbox, sender: str, most: int) -> None:
    channel = AcsEmail(inbox.acs_endpoint, AnyToken(), sender)
    for number in range(most):
        await channel.send([replace(NOTICE, event_id=str(number))], [ME])
    with pytest.raises(Unavailable, match="429") as caught:
        await channel.send([replace(NOTICE, event_id="one too many")], [ME])
    assert 0 < caught.value.retry_after <= 60
    await channel.close()
    assert len(inbox.messages) == most


async def test_a_channel_that_keeps_to_the_limits_is_never_told_to_wait(inbox: Inbox) -> None:
    settings = {"CERTFLOW_ACS_ENDPOINT": inbox.acs_endpoint, "CERTFLOW_MAIL_FROM": "DoNotReply@1-2.azurecomm.net"}
    mail = load_settings(LEAST | settings | {"CERTFLOW_MAIL_TO": ME}).channels.mail
    assert mail is not None
    channel = AcsEmail(inbox.acs_endpoint, AnyToken(), mail.sender, mail.limits)
    world = World(channels=(channel,))  # type: ignore[arg-type]  # no fake
    for number in range(12):
        await world.deliveries.enqueue(
            "email", QueuedNotice(replace(NOTICE, event_id=str(number)), NOW, (f"{number}@b.example",))
        )
    world.later(minutes=1)
    await world.send()
    await channel.close()
    assert len(inbox.messages) == 4  # one of a minute's five is kept for what is critical
    assert len(world.deliveries.notices) == 8
    assert not any(one.due for one in world.deliveries.notices.values())  # none was tried in vain


ZIP = Attachment("certflow-csrs.zip", "application/zip", b"PK\x05\x06" + b"\x00" * 18, "2 CSRs are attached.")


async def test_a_file_goes_with_the_mail_and_the_mail_says_so(inbox: Inbox, channel: AcsEmail) -> None:
    await channel.send([NOTICE], [ME], [ZIP])
    await channel.send([NOTICE], [ME], [ZIP])  # a repeat is the same mail
    (kept,) = inbox.messages
    (part,) = message_from_string(kept.raw, policy=policy.default).iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_content()) == (ZIP.name, ZIP.kind, ZIP.content)
    assert ZIP.says in kept.text
    assert ZIP.says in str(kept.html)


@pytest.mark.parametrize(
    ("kind", "fault"), [("application/pkcs10", None), (ZIP.kind, {"status": 413, "times": 1})], ids=["kind", "size"]
)
async def test_a_mail_that_is_not_taken_with_its_file_goes_without(
    inbox: Inbox, channel: AcsEmail, kind: str, fault: dict[str, int] | None
) -> None:
    await faults(inbox, acs=fault)
    await channel.send([NOTICE], [ME], [replace(ZIP, kind=kind)])
    (kept,) = inbox.messages
    assert kept.attachments == ()
    assert ZIP.says not in kept.text
