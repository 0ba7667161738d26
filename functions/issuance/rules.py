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
notification URLs, `urls:2`), `owner` (the owner's mail address; without one, the default mailboxes), or a mail address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

from functions.issuance.errors import BadSettings
from functions.issuance.telling import Notice, Severity
from functions.issuance.wording import WRITERS

PREFIX = "Certflow."
# A mail address as SMTP takes it without extensions: a dot-atom (RFC 5322 §3.2.3) at a host's name (RFC 1123 §2.1), and
# not at an IP address, in brackets (RFC 5321 §4.1.3) or not, which could be any machine.
ADDRESS = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*"
    r"@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    re.ASCII | re.IGNORECASE,
)
EMAIL, OWNER = "email", "owner"
EVENTS = tuple(type_.removeprefix(PREFIX) for type_ in WRITERS)
DEFAULT_TO = ("teams", OWNER, "urls")
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
            not patterns or any(fnmatchcase((value or "").lower(), pattern.lower()) for pattern in patterns)
            for patterns, value in (
                (self.events, notice.type.removeprefix(PREFIX)),
                (self.vaults, notice.vault),
                (self.names, notice.name),
                (self.owners, notice.owner),
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


def destinations(rules: Iterable[Rule], notice: Notice) -> tuple[str, ...]:
    """What a notice's `to` are, each once. An escalation reaches the default as well, and the default mailboxes: the
    owner is who has not acted.
    """
    found: list[str] = []
    for rule in rules:
        if rule.fits(notice):
            found += rule.to
            if not rule.also:
                break
    else:
        found += DEFAULT_TO
    if notice.escalated:
        found += (*DEFAULT_TO, EMAIL)
    return tuple(dict.fromkeys(found))


def recipients(to: Sequence[str], owner: str | None, mailboxes: tuple[str, ...]) -> tuple[str, ...]:
    """The mail addresses among them. `mailboxes` are the default ones: what `email` means, and an owner who is no
    address, or more than one.
    """
    found: list[str] = []
    for one in to:
        if one == EMAIL or (one == OWNER and not ADDRESS.fullmatch(owner or "")):
            found += mailboxes
        elif one == OWNER:
            found.append(owner or "")
        elif "@" in one:
            found.append(one)
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
        raise BadSettings(f"{where}: 'to' is needed: channels, owner, or mail addresses.")
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
