"""The settings that say who has CSRs signed, and who runs the app. What is wrong in them is told and keeps nothing
back: what it would have taken goes to the next row that fits, or to the default mailboxes.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from functions.channel_settings import MAIL_TO
from functions.issuance.addresses import ADDRESS
from functions.issuance.errors import BadSettings
from functions.issuance.rules import EMAIL
from functions.issuance.signers import DAYS, SignerRow
from functions.setting_values import Env, Faults, entries, text

SIGNERS, OPERATORS = "CERTFLOW_SIGNERS", "CERTFLOW_OPERATORS"
PATTERNS = ("vaults", "names", "dns")
FIELDS = (*PATTERNS, "to", "at", "days", "zone")
MOST_TIMES = 24  # of a day


def operators_of(env: Env, faults: Faults, channels: Collection[str]) -> tuple[str, ...]:
    """Mail addresses and channels, separated by commas; none for the default mailboxes."""
    given = faults.taken(lambda: entries(env, OPERATORS), list[str]())
    return _known(given, f"{OPERATORS}:", faults, channels)


def signers_of(env: Env, faults: Faults, channels: Collection[str]) -> tuple[SignerRow, ...]:
    """The rows of the table. One whose patterns can be read and its recipients cannot takes its requests to the default
    mailboxes; one whose patterns cannot be read takes none.
    """
    rows = faults.taken(lambda: _table(text(env, SIGNERS)), list[Any]())
    found = (_row(row, f"{SIGNERS}: row {number}", faults, channels) for number, row in enumerate(rows, 1))
    return tuple(row for row in found if row is not None)


def _table(given: str) -> list[Any]:
    if not given:
        return []
    try:
        table = json.loads(given)
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, list):
        raise BadSettings(
            f'{SIGNERS}: write a list of rows (JSON), such as [{{"vaults": ["prod"], "to": ["pki@example.com"]}}]. '
            f"Until then CSRs go to {MAIL_TO}."
        )
    return table


def _row(row: Any, where: str, faults: Faults, channels: Collection[str]) -> SignerRow | None:
    if not isinstance(row, dict):
        faults.tell(f'{where} is no object, such as {{"vaults": ["prod"], "to": ["pki@example.com"]}}, and takes none.')
        return None
    if any(not _are_texts(row.get(field, [])) for field in PATTERNS):
        faults.tell(f"{where}: write lists of texts for {', '.join(PATTERNS)}. Until then it takes none.")
        return None
    if unknown := row.keys() - {*FIELDS}:  # which may be patterns that are meant to keep others out
        faults.tell(f"{where} has {len(unknown)} unknown fields, and takes none; there are {', '.join(FIELDS)}.")
        return None
    to = row.get("to")
    if not _are_texts(to) or not to:
        faults.tell(f"{where}: write a list of mail addresses and channels for to. Until then {MAIL_TO} gets its CSRs.")
        to = []
    known = _known(to, f"{where}, to:", faults, channels)
    vaults, names, dns = (tuple(row.get(field, ())) for field in PATTERNS)
    found = SignerRow(known or (EMAIL,), vaults, names, dns)
    try:
        return replace(found, at=_times(row.get("at", [])), days=_days(row.get("days", DAYS)), zone=_zone(row))
    except ValueError as error:
        faults.tell(f"{where}, {error} Until then its CSRs are told one by one.")
        return found


def _times(given: Any) -> tuple[time, ...]:
    """Raises ValueError, which names the field and says what it should look like."""
    wrong = ValueError(f'at: write at most {MOST_TIMES} times of 24 hours, such as ["08:00", "14:00"].')
    if not isinstance(given, list) or len(given) > MOST_TIMES:
        raise wrong
    found = set[time]()
    for one in given:
        hours, _, minutes = one.partition(":") if isinstance(one, str) and one.isascii() else ("", "", "")
        if not (hours.isdecimal() and minutes.isdecimal() and len(hours) <= 2 == len(minutes)):
            raise wrong
        try:
            found.add(time(int(hours), int(minutes)))
        except ValueError:
            raise wrong from None
    return tuple(sorted(found))


def _days(given: Any) -> frozenset[int]:
    """Raises ValueError in the same way."""
    words = (
        [one.lower()[:3] if isinstance(one, str) else "" for one in given] if isinstance(given, list | tuple) else []
    )
    if not words or any(word not in DAYS for word in words):
        raise ValueError(f"days: write some of {', '.join(DAYS)}.")
    return frozenset(DAYS.index(word) for word in words)


def _zone(row: dict[str, Any]) -> str:
    """Raises ValueError in the same way."""
    zone = row.get("zone", "UTC")
    try:
        return ZoneInfo(zone).key
    except (KeyError, ValueError, OSError, TypeError, AttributeError):  # by what is wrong with it
        raise ValueError("zone: write the name of a time zone, such as Europe/Berlin.") from None


def _known(given: Collection[str], where: str, faults: Faults, channels: Collection[str]) -> tuple[str, ...]:
    """Those that are mail addresses, or channels that there are."""
    read = [one if ADDRESS.fullmatch(one) else one.lower() for one in given]
    known = tuple(one for one in read if ADDRESS.fullmatch(one) or one in channels)
    if wrong := [str(number) for number, one in enumerate(read, 1) if one not in known]:
        gets = "The others are told." if known else f"Until then {MAIL_TO} is told."
        faults.tell(f"{where} no mail address, and no channel that is set: entry {', '.join(wrong)}. {gets}")
    return known


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)
