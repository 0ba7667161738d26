"""The table of rules: reading it, and the channels and recipients that it gives a notice.

```json
[
  {"severity": "critical", "to": ["teams", "email", "urls"], "also": true},
  {"events": ["Issuance.Failed", "Chain.*"], "vaults": ["prod"], "names": ["pay-*"],
   "owners": ["*@pay.example.com"],
   "severity": "warning", "to": ["teams:payments", "owner", "oncall@example.com"]}
]
```

The first rule that fits takes a notice; after one with `"also": true`, the next rules are tried as
well. A notice that no rule takes, or only rules with `also`, goes to the default. `to` names
channels (`teams`, `teams:payments`, `email`, `urls` for all notification URLs, `urls:2` for one),
roles (`owner`, `signer`, `operators`: recipients.py), or mail addresses.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase

from functions.model.errors import BadSettings
from functions.model.events.registry import TOLD
from functions.model.messages import Severity
from functions.model.people.readers import OPERATORS, OWNER, SIGNER
from functions.ports.notifications import Notice
from functions.ports.rules import EVENT_PREFIX, Rule

EMAIL = "email"
# The channels that everybody reads: they get what no rule takes, unless each of its roles has a
# channel of its own, and all escalations.
GENERAL = ("teams",)
ALL_URLS = "urls"  # all notification URLs
ROLES = (OWNER, SIGNER, OPERATORS)
EVENT_NAMES = tuple(type_.removeprefix(EVENT_PREFIX) for type_ in TOLD)
ESCALATED_TO = (*GENERAL, *ROLES, ALL_URLS)
LISTS = ("events", "vaults", "names", "owners", "to")


def is_table(text: str) -> bool:
    """Whether a setting holds the table itself, rather than the path of a blob with it. An empty
    setting is an empty table.
    """
    return text[:1] in {"", "[", "{"}


def parse_rules(text: str, where: str) -> tuple[Rule, ...]:
    """Reads the table from JSON. Raises BadSettings, which names the place of the table (`where`),
    the rule and the field.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadSettings(f"{where}: this is no JSON ({error}).") from None
    if not isinstance(given, list):
        raise BadSettings(f"{where}: a list of rules is needed.")
    return tuple(_rule(entry, f"{where}, rule {number}") for number, entry in enumerate(given, 1))


def destinations(rules: Iterable[Rule], notice: Notice, default: Iterable[str]) -> tuple[str, ...]:
    """The channels, roles and addresses that the rules give a notice, each once. An escalation goes
    to all roles and general channels as well, because whoever was to act has not.
    """
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


def _rule(entry: object, where: str) -> Rule:
    if not isinstance(entry, dict):
        raise BadSettings(
            f'{where}: write an object, such as {{"events": ["Issuance.*"], "to": ["teams"]}}.'
        )
    if unknown := entry.keys() - {*LISTS, "severity", "also"}:
        raise BadSettings(
            f"{where}: '{min(unknown)}' is no field; there are {', '.join(LISTS)}, severity, also."
        )
    lists = {field: _texts(entry[field], f"{where}, {field}") for field in LISTS if field in entry}
    lists["events"] = _event_patterns(lists.get("events", ()), where)
    if not lists.get("to"):
        raise BadSettings(
            f"{where}: 'to' is needed: channels, owner, signer, operators, or mail addresses."
        )
    severity, also = entry.get("severity", Severity.INFO), entry.get("also", False)
    if severity not in list(Severity):
        raise BadSettings(f"{where}, severity: write {', '.join(Severity)}.")
    if not isinstance(also, bool):
        raise BadSettings(f"{where}, also: write true or false.")
    return Rule(**lists, severity=Severity(severity), also=also)


def _event_patterns(patterns: Iterable[str], where: str) -> tuple[str, ...]:
    """Patterns of event types without their prefix, with which docs/events.md lists the types.
    Raises BadSettings for a pattern that fits no type: its rule would silently take nothing.
    """
    found = tuple(one.removeprefix(EVENT_PREFIX) for one in patterns)
    for pattern in found:
        if not any(fnmatchcase(event.lower(), pattern.lower()) for event in EVENT_NAMES):
            raise BadSettings(
                f"{where}, events: '{pattern}' is no event that makes a message: "
                f"{', '.join(EVENT_NAMES)}."
            )
    return found


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise BadSettings(f"{where}: write a list of texts.")
    return tuple(value)
