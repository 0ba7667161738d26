"""The inbox's webhook, and faults that come by chance."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from inbox import Inbox, running_inbox
from keyvault_emulator.tls import LocalCa

POST = {"version": "1.0", "title": "Ready", "message": "words", "type": "success"}


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    async with running_inbox(LocalCa()) as running:
        yield running


async def post(inbox: Inbox, body: Any = POST, secret: str | None = None) -> int:
    url = inbox.notify_url.replace("json://", "http://")
    if secret is not None:
        url = f"{url.rpartition('/')[0]}/{secret}"
    options = {"data": body} if isinstance(body, bytes) else {"json": body}
    async with aiohttp.ClientSession() as session, session.post(url, **options) as answer:
        return answer.status


async def faults(inbox: Inbox, **asked: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(f"{inbox.url}/control/faults", json=asked) as answer:
        return answer.status, await answer.json()


async def test_a_post_is_kept_and_listed(inbox: Inbox) -> None:
    assert await post(inbox) == 200
    async with aiohttp.ClientSession() as session, session.get(f"{inbox.url}/api/messages?channel=webhook") as answer:
        (listed,) = await answer.json()
    assert (listed["to"], listed["subject"], listed["text"]) == ("webhook", "Ready", "words")


async def test_any_object_is_kept_and_nothing_else(inbox: Inbox) -> None:
    assert await post(inbox, {"other": 1}) == 200
    bodies: list[Any] = [[], b"{", b"\xff", b'{"a":' * 20_000]
    assert [await post(inbox, body) for body in bodies] == [400] * 4
    assert len(inbox.messages) == 1


async def test_without_its_secret_there_is_no_webhook(inbox: Inbox) -> None:
    assert await post(inbox, secret="guessed") == 404
    assert inbox.messages == []


async def test_nothing_that_holds_a_credential_is_in_the_repr(inbox: Inbox) -> None:
    assert inbox.smtp_password not in repr(inbox)


async def struck(inbox: Inbox, count: int) -> list[bool]:
    return [await post(inbox) != 200 for _ in range(count)]


async def test_a_rate_strikes_a_share_and_the_same_seed_the_same_ones(inbox: Inbox) -> None:
    fault = {"status": 503, "rate": 0.33, "seed": 7}
    assert await faults(inbox, webhook=fault) == (200, {"webhook": fault})
    first = await struck(inbox, 40)
    await faults(inbox, webhook=fault)
    assert await struck(inbox, 40) == first
    assert 5 <= sum(first) <= 25
    await faults(inbox, webhook=fault | {"seed": 8})
    assert await struck(inbox, 40) != first


async def test_a_seed_that_was_drawn_is_told_so_that_a_run_can_be_repeated(inbox: Inbox) -> None:
    _, standing = await faults(inbox, webhook={"status": 503, "rate": 0.5})
    first = await struck(inbox, 40)
    assert (await faults(inbox, **standing))[1] == standing
    assert await struck(inbox, 40) == first


async def test_all_and_none_and_so_many_of_a_share(inbox: Inbox) -> None:
    await faults(inbox, webhook={"status": 503, "rate": 1})
    assert await struck(inbox, 5) == [True] * 5
    await faults(inbox, webhook={"status": 503, "rate": 0})
    assert await struck(inbox, 5) == [False] * 5
    await faults(inbox, webhook={"status": 503, "rate": 1, "times": 2})
    assert await struck(inbox, 4) == [True, True, False, False]


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"webhook": {"status": 503, "rate": 1.1}}, "$.webhook.rate"),
        ({"webhook": {"status": 503, "rate": -0.1}}, "$.webhook.rate"),
        ({"webhook": {"status": 503, "seed": "x"}}, "$.webhook.seed"),
        ({"acs": {"status": 202}}, "$.acs.status"),
        ({"acs_operation": {"status": "Succeeded"}}, "$.acs_operation.status"),
    ],
)
async def test_a_bad_fault_is_400_and_named(inbox: Inbox, fault: Any, named: str) -> None:
    status, answer = await faults(inbox, **fault)
    assert status == 400
    assert named in answer["error"]["message"]


@pytest.mark.parametrize("channel", ["teams", "acs", "webhook"])
async def test_every_channel_takes_a_rate(inbox: Inbox, channel: str) -> None:
    fault = {"status": 503, "rate": 0.33, "seed": 1}
    status, standing = await faults(inbox, **{channel: fault})
    assert status == 200
    assert fault.items() <= standing[channel].items()
