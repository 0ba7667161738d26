"""What a setting may look like: each function takes the settings and a name, and raises BadSettings, which names it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from functions.issuance.errors import BadSettings

PERIOD = re.compile(r"([0-9]{1,4})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
Env = Mapping[str, str]


def required(env: Env, name: str) -> str:
    """A text that must be there."""
    value = env.get(name, "").strip()
    if not value:
        raise BadSettings(f"{name} is not set.")
    return value


def https(name: str, url: str) -> str:
    """Bearer tokens travel to these addresses, so nothing but https will do."""
    if urlsplit(url).scheme != "https" or not urlsplit(url).netloc:
        raise BadSettings(f"{name}: '{url}' is no https:// address.")
    return url.rstrip("/")


def https_of(env: Env, name: str) -> str | None:
    """An https address, if one is set."""
    value = env.get(name, "").strip()
    return https(name, value) if value else None


def flag(env: Env, name: str, *, default: bool) -> bool:
    """`true` or `false`."""
    return word(env, name, ("true", "false"), "true" if default else "false") == "true"


def word(env: Env, name: str, allowed: tuple[str, ...], default: str) -> str:
    """One of some words, in any case."""
    value = env.get(name, "").strip().lower() or default
    if value not in allowed:
        raise BadSettings(f"{name}: write {' or '.join(allowed)}, not '{value}'.")
    return value


def number(env: Env, name: str, lowest: int, highest: int, default: int) -> int:
    """A whole number within limits."""
    value = env.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdigit() and lowest <= int(value) <= highest):
        raise BadSettings(f"{name}: write a number from {lowest} to {highest}, not '{value}'.")
    return int(value)


def period(env: Env, name: str, default: timedelta) -> timedelta:
    """A period such as 90m, 12h, 3d; at least a minute."""
    value = env.get(name, "").strip()
    match = PERIOD.fullmatch(value)
    if value and (not match or int(match[1]) == 0):
        raise BadSettings(f"{name}: write a number and m, h or d, such as 12h or 3d, not '{value}'.")
    return timedelta(**{UNITS[match[2]]: int(match[1])}) if match else default


def shares(env: Env, name: str, default: tuple[float, ...]) -> tuple[float, ...]:
    """Shares of one, the largest first: `1/3,1/6,1/20` or `0.33,0.1`."""
    value = env.get(name, "").strip()
    if not value:
        return default
    try:
        found = tuple(_share(part) for part in value.split(","))
    except (ValueError, ZeroDivisionError):
        found = ()
    if not found or any(not 0 < share < 1 for share in found) or list(found) != sorted(set(found), reverse=True):
        raise BadSettings(f"{name}: write shares between 0 and 1, the largest first, such as 1/3,1/6,1/20.")
    return found


def limits(env: Env, name: str, of: Collection[str], highest: int) -> dict[str, int]:
    """Numbers, each by what it is for: `30/minute,100/hour`. What is not named is not in it."""
    found = dict[str, int]()
    for entry in filter(None, (part.strip() for part in env.get(name, "").lower().split(","))):
        count, _, what = (part.strip() for part in entry.partition("/"))
        if what not in of or what in found or not (count.isascii() and count.isdigit() and 0 < int(count) <= highest):
            raise BadSettings(
                f"{name}: write numbers from 1 to {highest}, each once, for {', '.join(of)}, such as "
                f"{','.join(f'30/{one}' for one in list(of)[:2])}; not '{entry}'."
            )
        found[what] = int(count)
    return found


def _share(text: str) -> float:
    """`1/3` or `0.33`."""
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)
