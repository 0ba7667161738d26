"""The soak: many requests while everything fails, then quiet, and everything must have come to its end, told once.

`python -m tests.endurance.soak [--seconds 600] [--requests 500] [--seed N]`. The seed of a failed run repeats its
faults.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from local.api import Client, client_of
from local.stack import Stack, running_stack
from tests.clock import real_now
from tests.corpus import hierarchy
from tests.e2e.stack import app_of
from tests.e2e.telling import MUCH_MAIL, NO_SERVERS
from tests.endurance.soaking import checks
from tests.endurance.soaking.customers import KEY, Customers
from tests.endurance.soaking.faults import Faulty, Killer, Thrown
from tests.endurance.soaking.hurry import SPEED
from tests.endurance.soaking.plan import Plan, plan_of
from tests.endurance.soaking.record import Heard, Left, subscriber, what_is_left
from tests.endurance.soaking.rows import in_flight

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it has a trace for each session that a kill cut off
VAULTS, HOSTS = 5, 2
REQUESTS_A_SECOND = 500 / 600
ISSUING_DELAY = 1.0  # seconds; a cancellation takes as long
QUIET = 3  # looks in a row that find nothing in flight
LOOK = 1.0  # seconds between two looks
DRAIN_LIMIT = 300.0  # seconds, a hang guard: longer than the longest wait of Event Grid (12 h, hurried: 240 s)


@dataclass
class Soaked:
    """A soak that is over: what is left, and what is wrong about it."""

    plan: Plan
    left: Left
    thrown: Thrown
    kills: int
    asked_again: int
    seconds: float
    wrong: list[str] = field(default_factory=list)

    def summary(self) -> str:
        ends = Counter(str(row["status"]) for row in self.left.rows.requests())
        twice = sum(count - 1 for count in self.left.told().values() if count > 1)
        cut = sum(self.left.cut_off().values())
        return (
            f"soak: seed {self.plan.seed}, factor {SPEED}; {ends.total()} requests ({_listed(ends)}); {self.kills} "
            f"kills; faults: {_listed(self.thrown.counts)}, in {self.thrown.calls} calls of Key Vault; events "
            f"doubled: {self.left.doubled()}; told twice: {twice}, of {cut} deliveries that a kill cut off; "
            f"files stuck, told of and asked for again: {self.asked_again}; {self.seconds:.0f} s"
        )


async def soak(
    directory: Path, seconds: float, requests: int, seed: int, *, vaults: int = VAULTS, faults: bool = True
) -> Soaked:
    """Runs a soak of about so many seconds, and judges it."""
    began, thrown = time.monotonic(), Thrown()
    hierarchy(KEY.kty, real_now)  # made now, while nobody waits
    async with (
        running_stack(
            directory,
            app=app_of(Path(__file__).parent / "soaking" / "app", directory),
            vaults=vaults,
            hosts=HOSTS,
            hurry=SPEED,
            issuing_delay=ISSUING_DELAY,
            settings=MUCH_MAIL | NO_SERVERS,
        ) as stack,
        client_of(stack.describe()) as client,
        subscriber(stack.event_grid) as heard,
    ):
        assert stack.hosts is not None
        plan = plan_of(seed, seconds, requests, list(stack.vaults), HOSTS)
        customers = Customers(client, stack.hosts.urls, random.Random(seed))  # noqa: S311  not secret
        killer, crashed = Killer(stack.hosts), asyncio.create_task(stack.host_ended())
        with thrown.counted():
            await _faulty_time(stack, client, plan, customers, (killer, thrown) if faults else None)
        say(f"soak: the faults are over after {time.monotonic() - began:.0f} s")
        await _drained(stack, client, customers, heard)
        left = await what_is_left(client, heard, stack.event_grid)
        secret = checks.secrets_of(client.stack, stack.keys.system)
        by_itself = crashed.done()
        crashed.cancel()
    soaked = Soaked(plan, left, thrown, killer.kills, len(customers.asked_again), time.monotonic() - began)
    soaked.wrong += ["a host has ended by itself"] if by_itself else []
    soaked.wrong += _wrong(soaked, customers)
    soaked.wrong += checks.no_secret_anywhere(left, secret)
    return soaked


async def _faulty_time(
    stack: Stack, client: Client, plan: Plan, customers: Customers, faults: tuple[Killer, Thrown] | None
) -> None:
    """Two thirds of the soak, and longer until each kind of fault has struck: all requests, and all faults."""
    faulty = Faulty(client, stack.event_grid, plan.seeds)
    over = asyncio.get_running_loop().time() + plan.faulty
    async with asyncio.TaskGroup() as everybody:
        for wanted in plan.requests:
            everybody.create_task(customers.carry_out(wanted))
        if faults:
            killer, thrown = faults
            await faulty.begin()
            gusts = asyncio.create_task(faulty.gusts())
            everybody.create_task(killer.carry_out(plan))
            await asyncio.sleep(over - asyncio.get_running_loop().time())
            await thrown.each_kind()
            gusts.cancel()
            await asyncio.gather(gusts, return_exceptions=True)
            await faulty.end()


async def _drained(stack: Stack, client: Client, customers: Customers, heard: Heard) -> None:
    """Waits until nothing is in flight; at the limit the checks say what still is."""
    quiet, ends = 0, time.monotonic() + DRAIN_LIMIT
    while quiet < QUIET and time.monotonic() < ends:
        quiet = 0 if await in_flight(client, stack.event_grid) else quiet + 1
        await customers.ask_again(heard.stuck())
        await asyncio.sleep(LOOK)


def _wrong(soaked: Soaked, customers: Customers) -> Iterator[str]:
    yield from checks.all_was_asked_for(soaked.left, soaked.plan, customers)
    yield from checks.every_file_has_its_report(soaked.left, customers)
    for check in checks.CHECKS:
        yield from (f"{check.__name__}: {offender}" for offender in check(soaked.left))


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items()) if count) or "none"


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """1 if anything is wrong; the logs stay then."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--requests", type=int, help="500 in ten minutes, and never fewer than 80")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--no-faults", action="store_true", help="nothing fails, and nobody is killed")
    given = parser.parse_args()
    requests = given.requests or max(80, round(given.seconds * REQUESTS_A_SECOND))
    directory = Path(tempfile.mkdtemp(prefix="certflow-soak-"))
    say(f"soak: seed {given.seed}, factor {SPEED}: every wait of platform and product is that much shorter")
    soaked = asyncio.run(soak(directory, given.seconds, requests, given.seed, faults=not given.no_faults))
    for wrong in soaked.wrong:
        say(f"wrong: {wrong}")
    say(soaked.summary())
    if soaked.wrong:
        say(f"soak: {len(soaked.wrong)} things are wrong; the logs are in {directory}")
        return 1
    shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
