"""Everything that goes wrong: Key Vault, the channels and the events at rates, and the hosts by SIGKILL."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from eventgrid_emulator import EventGrid
from inbox.faults import Faults
from keyvault_emulator.chance import Chance
from keyvault_emulator.errors import KeyVaultError
from keyvault_emulator.throttling import Throttle
from local.api import Client, until
from local.functions_host import HostFailed
from local.hosts import Hosts
from tests.endurance.soaking.plan import Plan, Seeds

# A tenth of the calls: these, and a 429 for all that come in a gust, which is so much of the time.
UNKIND = {"error_rate": 0.03, "silence_rate": 0.01, "cut_rate": 0.01, "reset_rate": 0.02, "latency_jitter": 0.05}
GUST, GUSTS = 0.1, 0.03  # seconds that a gust lasts, and their share of the time
STORM = {"throttle": True, "key_creations": 0, "other_calls": 0, "retry_after": 2}
CHANNELS_FAIL = 1 / 3
DUPLICATED, REORDERED = 0.1, 0.2  # shares of all events
KINDS = {"Key Vault", "Key Vault 429", "Teams", "mail"}


@dataclass
class Thrown:
    """How many faults have struck so far, by kind, and of how many calls of Key Vault."""

    counts: Counter[str] = field(default_factory=Counter)
    calls: int = 0

    async def each_kind(self) -> None:
        """Returns once each kind has struck: where the machine is busy, nobody may have been told anything so far."""

        async def all_have() -> bool:
            return set(+self.counts) >= KINDS

        await until("each kind of fault to strike", all_have)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Counts while the block runs: the parts run in this process, and keep no count of their own."""
        with pytest.MonkeyPatch.context() as changed:
            changed.setattr(Chance, "fault", self._given("Key Vault", Chance.fault))
            changed.setattr(Faults, "next_teams", self._given("Teams", Faults.next_teams))
            changed.setattr(Faults, "next_smtp", self._given("mail", Faults.next_smtp))
            changed.setattr(Throttle, "count", self._raised("Key Vault 429", Throttle.count))
            yield

    def _given(self, kind: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*given: Any) -> Any:
            fault = method(*given)
            self.counts[kind] += fault is not None
            return fault

        return counting

    def _raised(self, kind: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*given: Any) -> None:
            self.calls += 1
            try:
                method(*given)
            except KeyVaultError:
                self.counts[kind] += 1
                raise

        return counting


@dataclass
class Faulty:
    """The parts that are made faulty, and kind again."""

    client: Client
    event_grid: EventGrid
    seeds: Seeds

    async def begin(self) -> None:
        await self._key_vault(**UNKIND, seed=self.seeds.key_vault)
        await self._channels(
            teams={"status": 503, "rate": CHANNELS_FAIL, "seed": self.seeds.teams},
            smtp={"code": 451, "rate": CHANNELS_FAIL, "seed": self.seeds.mail},
        )
        self.event_grid.faults(DUPLICATED, REORDERED, self.seeds.events)

    async def gusts(self) -> None:
        """Too many calls, at times; until it is cancelled."""
        chance = random.Random(self.seeds.gusts)  # noqa: S311  to be repeated, not secret
        while True:
            await asyncio.sleep(chance.uniform(0, 2 * GUST / GUSTS))
            await self._key_vault(**STORM)
            await asyncio.sleep(GUST)
            await self._key_vault(throttle=False)

    async def end(self) -> None:
        await self._key_vault(**dict.fromkeys(UNKIND, 0.0), throttle=False)
        await self._channels(teams=None, smtp=None)
        self.event_grid.faults()

    async def _key_vault(self, **switches: Any) -> None:
        await self._post(f"{self.client.stack['keyvault_control']}/unkindness", switches)

    async def _channels(self, **faults: Any) -> None:
        await self._post(f"{self.client.stack['inbox']}/control/faults", faults)

    async def _post(self, url: str, body: Any) -> None:
        async with self.client.session.post(url, json=body) as response:
            assert response.status == 200, await response.text()


class Killer:
    """Kills hosts as planned, also while they start, and starts them again."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._starting: dict[int, asyncio.Task[None]] = {}
        self.kills = 0

    async def carry_out(self, plan: Plan) -> None:
        """All kills of a plan. All hosts run when it returns."""
        began = asyncio.get_running_loop().time()
        for kill in plan.kills:
            await asyncio.sleep(max(0.0, began + kill.at - asyncio.get_running_loop().time()))
            await self._hosts.kill(kill.host)
            self.kills += 1
            if starting := self._starting.get(kill.host):
                with suppress(HostFailed):  # it was killed before it was up
                    await starting
                await self._hosts.kill(kill.host)  # the first has hit nothing where there was no process yet
            self._starting[kill.host] = asyncio.create_task(self._hosts.start(kill.host))
        await asyncio.gather(*self._starting.values())
