"""Who gets in without a token: with a key that the host has checked, with one that still counts, and nobody."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import date, timedelta

import pytest

import function_app
from functions.adapters.entra.sign_in import EntraSignIn
from functions.adapters.function_keys import ByKeys, KeysUntil, NobodyYet
from functions.model.caller import Caller
from functions.model.errors import Unauthenticated, Unavailable
from functions.model.request.actor import UNNAMED, Actor, ActorKind
from functions.ports.sign_in import SignIn
from tests.clock import NOW
from tests.sample_settings import SIGN_IN
from tests.unit.settings.test_sign_in import DIGEST

KEY = "a function key"
ANN = Caller(Actor(ActorKind.PERSON, "ann", tid="t", oid="o", azp="a"))


class Tokens:
    """A sign-in that knows one token."""

    async def caller_of(self, authorization: str | None, key: str | None = None) -> Caller:
        if authorization != "Bearer ann":
            raise Unauthenticated("No token.")
        return ANN


def moving(days: float = 0) -> KeysUntil:
    """Keys count until today; the day of the call is as many days later."""
    return KeysUntil(Tokens(), {hashlib.sha256(KEY.encode()).hexdigest()}, NOW.date(), lambda: NOW + timedelta(days))


async def test_a_key_that_the_host_has_checked_says_nothing_of_its_caller() -> None:
    for header in (None, "Bearer x"):
        assert await ByKeys().caller_of(header, "any") == Caller(UNNAMED)


async def test_nobody_gets_in_while_the_settings_are_wrong() -> None:
    for header, key in ((None, None), ("Bearer ann", KEY)):
        with pytest.raises(Unavailable, match=r"^Sign-in is not available \(X: it is wrong\.\)\.$") as caught:
            await NobodyYet("X: it is wrong.").caller_of(header, key)
        assert caught.value.retry_after == 300


async def test_a_key_counts_to_the_end_of_its_last_day(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert await moving().caller_of(None, KEY) == Caller(UNNAMED)
    assert await moving(0.49).caller_of(None, KEY) == Caller(UNNAMED)  # NOW is noon
    assert [json.loads(record.message) for record in caplog.records] == [
        {"event": "key-used", "until": NOW.date().isoformat()}
    ] * 2
    with pytest.raises(Unauthenticated):
        await moving(0.5).caller_of(None, KEY)
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", [None, "", "another", DIGEST])
async def test_no_other_key_counts(key: str | None) -> None:
    with pytest.raises(Unauthenticated):
        await moving().caller_of(None, key)


async def test_a_token_comes_before_a_key() -> None:
    assert await moving().caller_of("Bearer ann", KEY) == ANN
    assert await moving(400).caller_of("Bearer ann") == ANN
    with pytest.raises(Unauthenticated):
        await moving().caller_of("Bearer wrong", KEY)


@pytest.fixture
def assembled(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in SIGN_IN:
        monkeypatch.delenv(name, raising=False)
    function_app.sign_in.cache_clear()
    return monkeypatch


def as_set(patch: pytest.MonkeyPatch, **env: str) -> SignIn:
    for name, value in env.items():
        patch.setenv(name, value)
    found = function_app.sign_in()
    function_app.sign_in.cache_clear()
    return found


def test_the_app_assembles_what_is_set(assembled: pytest.MonkeyPatch) -> None:
    assert isinstance(as_set(assembled), ByKeys)
    assert isinstance(as_set(assembled, **SIGN_IN), EntraSignIn)
    assert isinstance(as_set(assembled, CERTFLOW_AUTH_KEYS_UNTIL="2027-03-31"), EntraSignIn)
    both = as_set(assembled, CERTFLOW_AUTH_KEYS=DIGEST)
    assert isinstance(both, KeysUntil)
    assert (both.until, both.keys, type(both.tokens)) == (date(2027, 3, 31), {DIGEST}, EntraSignIn)
    assert as_set(assembled, CERTFLOW_AUTH_API="") == NobodyYet("CERTFLOW_AUTH_API: it is not set.")
    assert isinstance(as_set(assembled, CERTFLOW_AUTH="kyes"), NobodyYet)
