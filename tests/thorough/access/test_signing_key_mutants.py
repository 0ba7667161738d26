"""Every mutant of what keeps signing keys is killed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from functions.adapters.entra import signing_keys
from functions.model.errors import Unauthenticated, Unavailable
from tests.clock import NOW
from tests.entra_tokens import signing_key
from tests.mutants import judge

OLD, NEW = signing_key().public_key(), signing_key(1).public_key()


@dataclass
class Tenant:
    """Publishes keys, on a clock; `fails` says why it does not. `going_on` holds a fetch back while it is not set."""

    keys: Mapping[str, RSAPublicKey] = field(default_factory=lambda: {"old": OLD})
    now: datetime = NOW
    fails: str = ""
    fetches: int = 0
    going_on: asyncio.Event = field(default_factory=asyncio.Event)
    kept: signing_keys.SigningKeys = field(init=False)

    def __post_init__(self) -> None:
        self.going_on.set()
        self.kept = signing_keys.SigningKeys(self._fetch, lambda: self.now)

    async def _fetch(self) -> Mapping[str, RSAPublicKey]:
        self.fetches += 1
        await self.going_on.wait()
        if self.fails:
            raise Unavailable("Entra ID", self.fails)
        return self.keys

    async def asked(self, kid: str = "old") -> object:
        """The key; 401; or the seconds until the next try, and why not in this one."""
        try:
            return await self.kept.key(kid)
        except Unauthenticated:
            return 401
        except Unavailable as error:
            return (error.retry_after, error.reason) if error.service == "Entra ID" else error

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


def fetches_behind() -> list[asyncio.Task[None]]:
    """The fetches that calls have left behind."""
    return [task for task in asyncio.all_tasks() if task.get_name() == "signing-keys"]


async def read_behind() -> None:
    (fetch,) = fetches_behind()
    await fetch


async def keys_roll_over() -> None:
    tenant = Tenant()
    assert [await tenant.asked() for _ in range(3)] == [OLD] * 3
    assert tenant.fetches == 1
    tenant.keys = {"old": OLD, "new": NEW}
    tenant.passes(minutes=5, seconds=-1)
    assert await tenant.asked("new") == 401
    tenant.passes(seconds=1)
    assert await tenant.asked("new") == NEW
    assert tenant.fetches == 2
    tenant.keys = {"new": NEW}
    tenant.passes(hours=24, seconds=-1)
    assert await tenant.asked() == OLD
    assert fetches_behind() == []
    tenant.passes(seconds=1)
    tenant.going_on.clear()
    assert [await tenant.asked() for _ in range(3)] == [OLD] * 3  # and nobody waits
    late = asyncio.create_task(tenant.asked("else"))
    await asyncio.sleep(0)
    tenant.going_on.set()
    await read_behind()
    assert await late == 401
    assert (await tenant.asked(), await tenant.asked("new"), tenant.fetches) == (401, NEW, 3)


async def calls_share_a_fetch() -> None:
    tenant = Tenant()
    tenant.going_on.clear()
    calls = [asyncio.create_task(tenant.asked(f"{number}")) for number in range(5)]
    await asyncio.sleep(0)
    calls[0].cancel()
    await asyncio.sleep(0)
    calls.append(asyncio.create_task(tenant.asked()))
    await asyncio.sleep(0)
    tenant.going_on.set()
    assert await asyncio.gather(*calls[1:]) == [401] * 4 + [OLD]
    assert tenant.fetches == 1


async def without_entra_known_keys_go_on() -> None:
    tenant = Tenant()
    await tenant.asked()
    tenant.fails = "HTTP 500"
    tenant.passes(minutes=5)
    assert (await tenant.asked(), await tenant.asked("new")) == (OLD, (300, "HTTP 500"))
    tenant.passes(minutes=1.01)
    assert (await tenant.asked("new"), tenant.fetches) == ((239, "HTTP 500"), 2)
    tenant.passes(hours=24)
    assert (await tenant.asked(), tenant.fetches) == (OLD, 2)
    await read_behind()
    assert (await tenant.asked(), tenant.fetches) == (OLD, 3)
    tenant.now = NOW + timedelta(hours=48, seconds=-1)
    assert await tenant.asked() == OLD
    await read_behind()
    tenant.passes(seconds=1)
    assert (await tenant.asked(), tenant.fetches) == ((9, "HTTP 500"), 4)
    tenant.fails = ""
    tenant.passes(seconds=9)
    assert await tenant.asked() == OLD
    tenant.passes(minutes=5)
    assert await tenant.asked("new") == 401


async def without_keys_nobody_gets_in() -> None:
    told.clear()
    tenant = Tenant(fails="no connection")
    assert [await tenant.asked() for _ in range(3)] == [(10, "no connection")] * 3
    tenant.passes(seconds=9.9)
    assert (await tenant.asked(), tenant.fetches) == ((1, "no connection"), 1)
    tenant.fails = ""
    tenant.passes(seconds=0.1)
    assert await tenant.asked() == OLD
    assert told[-2:] == [
        (logging.WARNING, '{"event": "signing-keys-failed", "reason": "no connection"}'),
        (logging.INFO, '{"event": "signing-keys-read", "keys": 1}'),
    ]
    put_back = Tenant(fails="no connection")
    await put_back.asked()
    put_back.fails = ""
    put_back.passes(seconds=-1)
    assert await put_back.asked() == OLD


async def a_fetch_that_broke_off_lets_nobody_in() -> None:
    tenant = Tenant()
    tenant.going_on.clear()
    call = asyncio.create_task(tenant.asked())
    await asyncio.sleep(0)
    (fetch,) = fetches_behind()
    await asyncio.sleep(0)
    fetch.cancel()
    await asyncio.wait([call])
    assert await tenant.asked() == (10, "its signing keys were not read")


told: list[tuple[int, str]] = []


class Told(logging.Handler):
    """Keeps what is logged."""

    def emit(self, one: logging.LogRecord) -> None:
        told.append((one.levelno, one.getMessage()))


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """The log of the app, which these tests fill without end."""
    logger, kept = logging.getLogger("certflow"), Told()
    logger.addHandler(kept)
    logger.propagate = False
    yield
    logger.removeHandler(kept)
    logger.propagate = True


async def all_of_it() -> None:
    async with asyncio.timeout(5):
        await keys_roll_over()
        await calls_share_a_fetch()
        await without_entra_known_keys_go_on()
        await without_keys_nobody_gets_in()
        await a_fetch_that_broke_off_lets_nobody_in()


def test_each_mutant_is_killed() -> None:
    verdict = judge(signing_keys, lambda: asyncio.run(all_of_it()))
    assert verdict.count >= 60
    assert verdict.survivors == []
