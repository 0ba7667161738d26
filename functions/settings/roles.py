"""Reads the settings that say who has CSRs signed (CERTFLOW_SIGNERS), and who runs the app
(CERTFLOW_OPERATORS).

An error in them is reported as a fault and holds no message back: a message that a wrong row would
have taken goes by the next row that matches, or to the default mailboxes.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from functions.model.errors import BadSettings
from functions.model.people.addresses import ADDRESS
from functions.model.people.signers import DAYS, SignerRow
from functions.notifications.routing import EMAIL
from functions.settings.channels import MAIL_TO
from functions.settings.values import Env, Faults, entries, text

SIGNERS, OPERATORS_SETTING = "CERTFLOW_SIGNERS", "CERTFLOW_OPERATORS"
PATTERNS = ("vaults", "names", "dns")
ROW_FIELDS = (*PATTERNS, "to", "at", "days", "zone")
MAX_TIMES = 24  # in a day
EXAMPLE_ROW = '{"vaults": ["prod"], "to": ["pki@example.com"]}'


def operators_of(env: Env, faults: Faults, channels: Collection[str]) -> tuple[str, ...]:
    """Reads mail addresses and names of channels, separated by commas. Empty: the default mailboxes
    stand in for the operators.
    """
    given = faults.taken(lambda: entries(env, OPERATORS_SETTING), list[str]())
    return _known(given, f"{OPERATORS_SETTING}:", faults, channels)


def signers_of(env: Env, faults: Faults, channels: Collection[str]) -> tuple[SignerRow, ...]:
    """Reads the rows of the table. A row with readable patterns and unreadable recipients sends the
    CSRs that it matches to the default mailboxes. A row with unreadable patterns matches nothing.
    """
    rows = faults.taken(lambda: _json_rows(text(env, SIGNERS)), list[Any]())
    found = (
        _signer_row(row, f"{SIGNERS}: row {number}", faults, channels)
        for number, row in enumerate(rows, 1)
    )
    return tuple(row for row in found if row is not None)


def _json_rows(given: str) -> list[Any]:
    if not given:
        return []
    try:
        table = json.loads(given)
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, list):
        raise BadSettings(
            f"{SIGNERS}: write a list of rows (JSON), such as [{EXAMPLE_ROW}]. Until then CSRs go "
            f"to {MAIL_TO}."
        )
    return table


def _signer_row(
    row: Any, where: str, faults: Faults, channels: Collection[str]
) -> SignerRow | None:
    if fault := _pattern_fault(row, where):
        faults.tell(fault)
        return None
    known = _known(_recipients(row, where, faults), f"{where}, to:", faults, channels)
    vaults, names, dns = (tuple(row.get(field, ())) for field in PATTERNS)
    found = SignerRow(known or (EMAIL,), vaults, names, dns)
    try:
        return replace(
            found,
            at=_times(row.get("at", [])),
            days=_weekdays(row.get("days", DAYS)),
            zone=_zone(row),
        )
    except ValueError as error:
        faults.tell(f"{where}, {error} Until then each of its CSRs is a message of its own.")
        return found


def _pattern_fault(row: Any, where: str) -> str | None:
    """Says why the patterns of a row cannot be read; None if they can be."""
    if not isinstance(row, dict):
        return f"{where} is no object, such as {EXAMPLE_ROW}, and takes none."
    if any(not _are_texts(row.get(field, [])) for field in PATTERNS):
        return f"{where}: write lists of texts for {', '.join(PATTERNS)}. Until then it takes none."
    # A row with unknown fields is not used: they may be patterns that are meant to exclude others.
    if unknown := row.keys() - {*ROW_FIELDS}:
        return (
            f"{where} has {len(unknown)} unknown fields, and takes none; there are "
            f"{', '.join(ROW_FIELDS)}."
        )
    return None


def _recipients(row: dict[str, Any], where: str, faults: Faults) -> list[str]:
    to = row.get("to")
    if to and _are_texts(to):
        return list(to)
    faults.tell(
        f"{where}: write a list of mail addresses and channels for to. Until then {MAIL_TO} "
        "gets its CSRs."
    )
    return []


def _times(given: Any) -> tuple[time, ...]:
    """Reads times of day. Raises ValueError, which names the field and says what it should look
    like.
    """
    wrong = ValueError(
        f'at: write at most {MAX_TIMES} times of 24 hours, such as ["08:00", "14:00"].'
    )
    if not isinstance(given, list) or len(given) > MAX_TIMES:
        raise wrong
    found = {_time_of_day(one) for one in given}
    if None in found:
        raise wrong
    return tuple(sorted(one for one in found if one is not None))


def _time_of_day(given: Any) -> time | None:
    """Reads `8:00` or `08:00`; None for anything else."""
    if not isinstance(given, str) or not given.isascii():
        return None
    hours, _, minutes = given.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and len(hours) <= 2 == len(minutes)):
        return None
    try:
        return time(int(hours), int(minutes))
    except ValueError:
        return None


def _weekdays(given: Any) -> frozenset[int]:
    """Reads days of the week, as numbers from Monday, 0. Raises ValueError as `_times` does."""
    words = (
        [one.lower()[:3] if isinstance(one, str) else "" for one in given]
        if isinstance(given, list | tuple)
        else []
    )
    if not words or any(word not in DAYS for word in words):
        raise ValueError(f"days: write some of {', '.join(DAYS)}.")
    return frozenset(DAYS.index(word) for word in words)


def _zone(row: dict[str, Any]) -> str:
    """Reads the name of a time zone. Raises ValueError as `_times` does."""
    zone = row.get("zone", "UTC")
    try:
        return ZoneInfo(zone).key
    # Which of these ZoneInfo raises depends on what is wrong with the name.
    except (KeyError, ValueError, OSError, TypeError, AttributeError):
        raise ValueError("zone: write the name of a time zone, such as Europe/Berlin.") from None


def _known(
    given: Collection[str], where: str, faults: Faults, channels: Collection[str]
) -> tuple[str, ...]:
    """Returns the mail addresses, and the names of channels that are set; tells of the others."""
    read = [one if ADDRESS.fullmatch(one) else one.lower() for one in given]
    known = tuple(one for one in read if ADDRESS.fullmatch(one) or one in channels)
    if wrong := [str(number) for number, one in enumerate(read, 1) if one not in known]:
        gets = "The others get mail." if known else f"Until then {MAIL_TO} gets the mail."
        faults.tell(
            f"{where} no mail address, and no channel that is set: entry {', '.join(wrong)}. {gets}"
        )
    return known


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)
