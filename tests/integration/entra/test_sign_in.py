"""Signing in with tokens whose keys are published over TLS: roll-over, failures, and how often Entra ID is asked."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import pytest

from functions.adapters.entra.published_keys import fetch_keys
from functions.adapters.entra.sign_in import EntraSignIn
from functions.adapters.entra.signing_keys import SigningKeys
from functions.model.errors import Unauthenticated, Unavailable
from functions.model.request.actor import ActorKind
from tests.bad_tokens import BAD_TOKENS
from tests.clock import HANG, NOW
from tests.entra_tokens import ANN, Forge, signing_key
from tests.good_tokens import GOOD_TOKENS
from tests.integration.entra.published import Published

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@dataclass
class Person:
    """Ann, who gets a fresh token for each call, and the app that she calls."""

    published: Published
    now: datetime = NOW
    sign_in: EntraSignIn = field(init=False)

    def __post_init__(self) -> None:
        self.sign_in = EntraSignIn(self.published.registration, lambda: self.now)

    def forge(self) -> Forge:
        return Forge(self.now, self.published.registration)

    async def calls(self, key: int = 0, kid: str = "key-1") -> None:
        """A call with a token that this key has signed. Raises as the port says."""
        forge = self.forge()
        caller = await self.sign_in.caller_of(forge.bearer(forge.person(), key=signing_key(key), kid=kid))
        assert (caller.actor.kind, caller.actor.oid) == (ActorKind.PERSON, ANN)

    async def answer(self, key: int = 0, kid: str = "key-1") -> str:
        """What became of such a call, in a word."""
        try:
            await self.calls(key, kid)
        except Unauthenticated:
            return "401"
        except Unavailable:
            return "503"
        return "in"


@pytest.fixture
def ann(published: Published) -> Person:
    return Person(published)


async def read_behind() -> None:
    """Waits for the fetch that a call has left behind."""
    (fetch,) = (task for task in asyncio.all_tasks() if task.get_name() == "signing-keys")
    async with asyncio.timeout(HANG):
        await fetch


async def test_each_token_of_the_tables_is_answered_as_they_say(published: Published) -> None:
    forge = Forge(NOW, published.registration)
    sign_in = EntraSignIn(published.registration, lambda: NOW)
    for good in GOOD_TOKENS:
        assert await sign_in.caller_of(good.header(forge)) == good.caller, good.name
    for bad in BAD_TOKENS:
        with pytest.raises(Unauthenticated) as caught:
            await sign_in.caller_of(bad.header(forge))
        assert bad.says in str(caught.value), bad.name
    assert published.fetches == 1


async def test_a_token_that_cannot_be_right_asks_entra_nothing(published: Published) -> None:
    sign_in, forge = EntraSignIn(published.registration, lambda: NOW), Forge(NOW, published.registration)
    for header in (None, "Bearer x", forge.bearer(forge.person(), alg="none"), forge.bearer(forge.person(), kid=None)):
        with pytest.raises(Unauthenticated):
            await sign_in.caller_of(header)
    assert published.asked == []


async def test_a_key_that_is_new_counts_with_its_first_token_and_the_old_one_as_long_as_it_is_published(
    published: Published, ann: Person
) -> None:
    assert await ann.answer() == "in"
    published.publish(key_1=signing_key(), key_2=signing_key(1))
    ann.now += 10 * MINUTE
    assert await ann.answer(1, "key-2") == "in"
    assert await ann.answer() == "in"
    published.publish(key_2=signing_key(1))
    ann.now += DAY
    assert await ann.answer() == "in"  # and the keys are read behind it
    await read_behind()
    assert await ann.answer() == "401"
    assert await ann.answer(1, "key-2") == "in"


async def test_a_new_key_counts_without_a_call_that_waits_once_a_day_has_passed(
    published: Published, ann: Person
) -> None:
    await ann.calls()
    published.publish(key_1=signing_key(), key_2=signing_key(1))
    ann.now += DAY
    published.gate.clear()
    async with asyncio.timeout(HANG):
        assert [await ann.answer() for _ in range(5)] == ["in"] * 5  # while the key set does not come
    published.gate.set()
    await read_behind()
    asked = len(published.asked)
    assert await ann.answer(1, "key-2") == "in"
    assert len(published.asked) == asked


async def test_before_a_day_has_passed_nothing_is_read_again(published: Published, ann: Person) -> None:
    await ann.calls()
    ann.now += DAY - timedelta(seconds=1)
    await ann.calls()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "signing-keys"] == []
    assert published.fetches == 1


async def test_a_thousand_unknown_keys_cause_one_fetch_in_five_minutes(published: Published, ann: Person) -> None:
    await ann.calls()
    ann.now += 5 * MINUTE
    first = await asyncio.gather(*(ann.answer(1, f"unknown-{number}") for number in range(500)))
    ann.now += 5 * MINUTE - timedelta(seconds=1)
    then = [await ann.answer(1, f"other-{number}") for number in range(500)]
    assert {*first, *then} == {"401"}
    assert published.fetches == 2
    ann.now += timedelta(seconds=1)
    assert await ann.answer(1, "late") == "401"
    assert published.fetches == 3


async def test_callers_who_come_while_keys_are_read_share_that_fetch(published: Published, ann: Person) -> None:
    published.gate.clear()
    calls = [asyncio.create_task(ann.answer()) for _ in range(20)]
    async with asyncio.timeout(HANG):
        await published.reached.wait()
    calls[0].cancel()  # the one that began it hangs up
    late = asyncio.create_task(ann.answer())
    published.gate.set()
    assert await asyncio.gather(*calls[1:], late) == ["in"] * 20
    assert published.asked == ["discovery", "keys"]


async def test_for_an_hour_without_entra_known_keys_go_on(published: Published, ann: Person) -> None:
    await ann.calls()
    published.fails()
    for _ in range(12):
        ann.now += 5 * MINUTE
        assert await ann.answer() == "in"
        assert await ann.answer(1, "key-2") == "503"  # maybe Entra has just begun to use it
    assert published.fetches == 13
    published.works()
    published.publish(key_1=signing_key(), key_2=signing_key(1))
    ann.now += 5 * MINUTE
    assert await ann.answer(1, "key-2") == "in"


async def test_keys_that_could_not_be_read_again_count_for_two_days(published: Published, ann: Person) -> None:
    await ann.calls()
    published.fails()
    ann.now += 2 * DAY - timedelta(seconds=1)
    assert await ann.answer() == "in"
    await read_behind()
    ann.now += timedelta(seconds=1)
    assert await ann.answer() == "503"
    published.works()
    ann.now += timedelta(seconds=10)
    assert await ann.answer() == "in"


async def test_without_any_keys_nobody_gets_in_and_each_ten_seconds_somebody_tries(
    published: Published, ann: Person
) -> None:
    published.fails()
    assert [await ann.answer() for _ in range(100)] == ["503"] * 100
    assert published.fetches == 1
    with pytest.raises(Unavailable, match=r"Entra ID is not available \(its signing keys .*: HTTP 503\)") as caught:
        await ann.calls()
    assert caught.value.retry_after == 10
    ann.now += timedelta(seconds=4)
    with pytest.raises(Unavailable) as caught:
        await ann.calls()
    assert caught.value.retry_after == 6
    published.works()
    ann.now += timedelta(seconds=6)
    assert await ann.answer() == "in"


async def test_a_clock_that_is_put_back_keeps_nobody_waiting(published: Published, ann: Person) -> None:
    published.fails()
    assert await ann.answer() == "503"
    published.works()
    ann.now -= DAY
    assert await ann.answer() == "in"


async def test_the_log_says_how_many_keys_were_read_and_why_not(
    published: Published, ann: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await ann.calls()
    published.fails(500)
    ann.now += 5 * MINUTE
    await ann.answer(1, "unknown")
    told = [(record.levelname, json.loads(record.message)) for record in caplog.records if record.name == "certflow"]
    assert told == [
        ("INFO", {"event": "signing-keys-read", "keys": 1}),
        (
            "WARNING",
            {"event": "signing-keys-failed", "reason": "its signing keys cannot be had: HTTP 500"},
        ),
    ]


async def test_the_keys_of_a_process_are_read_once_for_all_of_its_calls(published: Published) -> None:
    keys = SigningKeys(partial(fetch_keys, published.registration), lambda: NOW)
    found = await asyncio.gather(*(keys.key("key-1") for _ in range(100)))
    assert len(set(map(id, found))) == 1
    assert published.fetches == 1
