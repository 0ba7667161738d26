"""Who hears of what: the table of rules, from which a notice's channels and recipients follow.

```json
[
  {"severity": "critical", "to": ["teams", "email", "urls"], "also": true},
  {"events": ["Issuance.Failed", "Chain.*"], "vaults": ["prod"], "names": ["pay-*"], "owners": ["*@pay.example.com"],
   "severity": "warning", "to": ["teams:payments", "owner", "oncall@example.com"]}
]
```

The first rule that fits takes a notice; one with `"also": true` lets the next ones have it, too. What none takes, or
only such ones do, goes to the default. `to`: a channel's name (`teams`, `teams:payments`, `email`, `urls` for all
notification URLs, `urls:2`), a role (`owner`, `signer`, `operators`: recipients.py), or a mail address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

from functions.issuance.addresses import spelled
from functions.issuance.errors import BadSettings
from functions.issuance.roles import OPERATORS, OWNER, SIGNER
from functions.issuance.signers import matches
from functions.issuance.telling import Notice, Severity
from functions.issuance.wording import WRITERS

PREFIX = "Certflow."
EMAIL = "email"
ROLES = (OWNER, SIGNER, OPERATORS)
EVENTS = tuple(type_.removeprefix(PREFIX) for type_ in WRITERS)
ESCALATED_TO = ("teams", *ROLES, "urls")
LISTS = ("events", "vaults", "names", "owners", "to")
RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. The patterns are those of a shell (`*`, `?`), and ignore case; none given fits all.

    `severity` fits what matters at least so much.
    """

    to: tuple[str, ...]
    events: tuple[str, ...] = ()
    vaults: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    severity: Severity = Severity.INFO
    also: bool = False

    def fits(self, notice: Notice) -> bool:
        """Whether a notice is this rule's."""
        return RANK[notice.severity] >= RANK[self.severity] and all(
            matches(patterns, values)
            for patterns, values in (
                (self.events, [notice.type.removeprefix(PREFIX)]),
                (self.vaults, [notice.vault]),
                (self.names, [notice.name]),
                (self.owners, spelled(notice.owner)),
            )
        )


class Rules(Protocol):
    """Where the table is kept."""

    async def read(self) -> tuple[Rule, ...]:
        """The rules as they are now. Raises BadSettings if they cannot be understood, Unavailable."""
        ...


def is_table(text: str) -> bool:
    """Whether a setting holds the table itself (none at all is an empty one), rather than the path of a blob."""
    return text[:1] in {"", "[", "{"}


def parse_rules(text: str, where: str) -> tuple[Rule, ...]:
    """The table from JSON. Raises BadSettings, which names `where` it stands, the rule and the field."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise BadSettings(f"{where}: this is no JSON ({error}).") from None
    if not isinstance(given, list):
        raise BadSettings(f"{where}: a list of rules is needed.")
    return tuple(_rule(entry, f"{where}, rule {number}") for number, entry in enumerate(given, 1))


def destinations(rules: Iterable[Rule], notice: Notice, default: Iterable[str]) -> tuple[str, ...]:
    """What a notice's `to` are, each once. An escalation reaches everybody as well: whoever was to act has not."""
    found: list[str] = []
    for rule in rules:
        if rule.fits(notice):
            found += rule.to
            if not rule.also:
                break
    else:
        found += default
    if notice.escalated:
        found += ESCALATED_TO
    return tuple(dict.fromkeys(found))


def _rule(entry: Any, where: str) -> Rule:
    if not isinstance(entry, dict):
        raise BadSettings(f'{where}: write an object, such as {{"events": ["Issuance.*"], "to": ["teams"]}}.')
    if unknown := entry.keys() - {*LISTS, "severity", "also"}:
        raise BadSettings(f"{where}: '{min(unknown)}' is no field; there are {', '.join(LISTS)}, severity, also.")
    lists = {field: _texts(entry[field], f"{where}, {field}") for field in LISTS if field in entry}
    # docs/events.md has the types with their prefix, and a rule that fits nothing would say nothing of it.
    lists["events"] = tuple(one.removeprefix(PREFIX) for one in lists.get("events", ()))
    for pattern in lists["events"]:
        if not any(fnmatchcase(event.lower(), pattern.lower()) for event in EVENTS):
            raise BadSettings(f"{where}, events: '{pattern}' is no event that people are told of: {', '.join(EVENTS)}.")
    if not lists.get("to"):
        raise BadSettings(f"{where}: 'to' is needed: channels, owner, signer, operators, or mail addresses.")
    severity, also = entry.get("severity", Severity.INFO), entry.get("also", False)
    if severity not in list(Severity):
        raise BadSettings(f"{where}, severity: write {', '.join(Severity)}.")
    if not isinstance(also, bool):
        raise BadSettings(f"{where}, also: write true or false.")
    return Rule(**lists, severity=Severity(severity), also=also)


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise BadSettings(f"{where}: write a list of texts.")
    return tuple(value)
