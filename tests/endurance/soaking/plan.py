"""Everything that is left to chance, drawn from one seed before anything begins: the same seed, the same plan."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from tests.corpus import FORMATS, ORDERS

type Kind = Literal["issued", "refused", "cancelled", "signed", "signed twice", "wrong key first"]

KINDS: dict[Kind, float] = {
    "issued": 0.25,
    "refused": 0.15,
    "cancelled": 0.1,
    "signed": 0.3,
    "signed twice": 0.1,
    "wrong key first": 0.1,
}
END_OF: dict[Kind, str] = {"issued": "completed", "refused": "failed", "cancelled": "cancelled"}
ISSUERS = ("DigiCert", "GlobalSign")
MANUAL = "Unknown"
INCOMPLETE = "intermediate missing"  # the one order of a good chain's parts that is refused
LONGEST_WORK = 6.0  # seconds that an issuer or the CA outside takes at most
KILL_GAPS = (2.5, 6.0)  # seconds between two kills


@dataclass(frozen=True)
class Wanted:
    """One request: when it is asked for (seconds after the start), and what its issuer or the CA outside will do.

    `work` are the seconds that they take for each step; `files` how the CA writes each file: format and order.
    """

    vault: str
    name: str
    kind: Kind
    issuer: str
    at: float
    work_queue: tuple[float, float]
    files: tuple[tuple[str, str], ...]

    @property
    def end(self) -> str:
        """How it is to end."""
        return END_OF.get(self.kind, "completed")


@dataclass(frozen=True)
class Kill:
    """When which host is killed."""

    at: float
    host: int


@dataclass(frozen=True)
class Seeds:
    """Of the chance in the parts that throw faults."""

    key_vault: int
    teams: int
    mail: int
    events: int
    gusts: int


@dataclass(frozen=True)
class Plan:
    """What happens in a soak; `faulty` is how many seconds of it have faults."""

    seed: int
    faulty: float
    requests: tuple[Wanted, ...]
    kills: tuple[Kill, ...]
    seeds: Seeds


def plan_of(seed: int, seconds: float, requests: int, vaults: list[str], hosts: int) -> Plan:
    """A soak of so many seconds: faults for two thirds, and no new request in the last third of that."""
    chance, faulty = random.Random(seed), seconds * 2 / 3  # noqa: S311  to be repeated, not secret
    wanted = tuple(_wanted(chance, number, vaults, faulty * 2 / 3) for number in range(requests))
    seeds = Seeds(*(chance.randrange(2**32) for _ in Seeds.__annotations__))
    return Plan(seed, faulty, wanted, tuple(_kills(chance, faulty, hosts)), seeds)


def _wanted(chance: random.Random, number: int, vaults: list[str], until: float) -> Wanted:
    (drawn,) = chance.choices(list(KINDS), list(KINDS.values()))
    kind = dict(enumerate(KINDS)).get(number, drawn)  # each of them, however few there are
    issuer = chance.choice(ISSUERS) if kind in END_OF else MANUAL
    orders = [order for order in ORDERS if order != INCOMPLETE]
    return Wanted(
        vault=chance.choice(vaults),
        name=f"soak-{number}-{kind.replace(' ', '-')}",
        kind=kind,
        issuer=issuer,
        at=chance.uniform(0, until),
        work_queue=(chance.uniform(0, LONGEST_WORK), chance.uniform(0, LONGEST_WORK)),
        files=tuple((chance.choice(list(FORMATS)), chance.choice(orders)) for _ in range(2)),
    )


def _kills(chance: random.Random, until: float, hosts: int) -> list[Kill]:
    kills, at = list[Kill](), chance.uniform(*KILL_GAPS)
    while at < until:
        kills.append(Kill(at, chance.randrange(hosts)))
        at += chance.uniform(*KILL_GAPS)
    return kills
