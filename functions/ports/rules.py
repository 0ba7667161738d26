"""The port to the table of rules, and a rule, which says where the notices go that fit it
(notifications/routing.py reads and applies rules).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from functions.model.messages import Severity
from functions.model.people.addresses import spelled
from functions.model.people.signers import matches
from functions.ports.notifications import Notice

EVENT_PREFIX = "Certflow."
RULES_SUBJECT = "rules"  # of events about them
RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the table. Its patterns are those of a shell (`*`, `?`), regardless of case; an
    empty list fits all.

    `severity` fits notices that are at least so severe. With `also`, the rules after this one are
    tried as well.
    """

    to: tuple[str, ...]
    events: tuple[str, ...] = ()
    vaults: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    severity: Severity = Severity.INFO
    also: bool = False

    @property
    def takes_all(self) -> bool:
        """Whether no notice ever gets to the rules after this one."""
        some = self.vaults or self.names or self.owners or (self.events and "*" not in self.events)
        return not some and self.severity is Severity.INFO and not self.also

    def fits(self, notice: Notice) -> bool:
        """Whether a notice fits this rule."""
        fields = (
            (self.events, [notice.type.removeprefix(EVENT_PREFIX)]),
            (self.vaults, [notice.vault]),
            (self.names, [notice.name]),
            (self.owners, spelled(notice.owner)),
        )
        severe = RANK[notice.severity] >= RANK[self.severity]
        return severe and all(matches(patterns, values) for patterns, values in fields)


@dataclass(frozen=True, slots=True)
class RulesNote:
    """What was last seen of the table: where it is, and its SHA-256 (hex; empty: there was none).
    `changes` counts the changes that were told.
    """

    place: str
    sha256: str
    changes: int = 0
    etag: str = field(default="", compare=False)


class Rules(Protocol):
    """The place where the table is kept: a setting, or container/name."""

    place: str

    async def sha256(self) -> str:
        """The SHA-256 (hex) of the table as it is written now; empty if there is none. Raises
        Unavailable.
        """
        ...

    async def read(self) -> tuple[Rule, ...]:
        """The rules as they are now. Raises BadSettings if they are invalid, Unavailable."""
        ...
