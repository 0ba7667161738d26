"""The access file as the deciding function uses it."""

from __future__ import annotations

from dataclasses import dataclass, field

from functions.access.limits import RequestLimits
from functions.access.verbs import Verb
from functions.access.who import Who


@dataclass(frozen=True, slots=True)
class Grant:
    """A row of `grants`: who may do what where. `vaults` and `names` are patterns; none: all.
    `limits` count for the verb `request` alone.
    """

    who: tuple[Who, ...]
    may: frozenset[Verb]
    vaults: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    limits: RequestLimits = field(default_factory=RequestLimits)


@dataclass(frozen=True, slots=True)
class Condition:
    """A row of `conditions`: what it matches is denied, or needs `approvals` of people in `by`
    (none named: anybody who may approve it). A field that is empty or None matches all.

    `issuers`, `wildcard` and `exportable` ask what a request is for, so a row that has one of them
    matches the verb `request` alone. `say` is the reason that the caller reads, `tell` who hears of
    a request that waits.
    """

    who: tuple[Who, ...] = ()
    verbs: frozenset[Verb] = frozenset()
    vaults: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    wildcard: bool | None = None
    exportable: bool | None = None
    deny: bool = False
    say: str | None = None
    approvals: int = 0
    by: tuple[Who, ...] = ()
    tell: tuple[str, ...] = ()

    @property
    def asks_for_policy(self) -> bool:
        """Whether the row can only be told from what a request is for."""
        return bool(self.issuers) or self.wildcard is not None or self.exportable is not None


# Compared and hashed by identity: decisions about lists are kept for each set of rules.
@dataclass(frozen=True, slots=True, eq=False)
class AccessRules:
    """What is granted. `sha256` (hex) is that of the file; "" without a file. Where `tenant` is
    known, nobody of another tenant is meant by any row.
    """

    grants: tuple[Grant, ...] = ()
    conditions: tuple[Condition, ...] = ()
    sha256: str = ""
    tenant: str | None = None
