"""Readers for the values of settings: texts, addresses, words, numbers, periods. Each takes all
settings and the name of one, and raises BadSettings with that name.

The error never repeats the value: GET health shows it to anybody, and a secret may have been put
into the wrong setting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from functions.model.errors import BadSettings

PERIOD_SETTING = re.compile(r"([0-9]{1,4})([mhd])")
SETTING_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
Env = Mapping[str, str]
REFERENCES = ("@Microsoft.KeyVault(", "@Microsoft.AppConfiguration(")
UNRESOLVED = (
    "its reference to Key Vault is not resolved. See that the secret is there under this name, "
    "that the app's identity has the role Key Vault Secrets User, and that the vault's firewall "
    "lets the app in; then restart the app. (In the portal: Environment variables, Source.)"
)


@dataclass(frozen=True, slots=True)
class Faults:
    """Collects the wrong settings: a sentence for each (`told`), and the names of the channels that
    cannot be used for it, each with that sentence (`waiting`).
    """

    told: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)

    def taken[T](self, read: Callable[[], T], otherwise: T, *channels: str) -> T:
        """Returns what `read` returns. If it raises BadSettings, notes the fault, for `channels`
        too, and returns the safe value `otherwise`.
        """
        try:
            return read()
        except BadSettings as error:
            self.tell(str(error), *channels)
            return otherwise

    def tell(self, fault: str, *channels: str) -> None:
        """Notes a fault, and that these channels cannot be used for it."""
        self.told.append(fault)
        self.waiting.update(dict.fromkeys(channels, fault))


def text(env: Env, name: str) -> str:
    """Returns the text of a setting without blanks around it; empty if it is not set. Raises
    BadSettings for a reference that App Service could not resolve: App Service then passes the
    reference itself as the value (MicrosoftDocs/azure-docs#28923).
    """
    value = env.get(name, "").strip()
    if value.startswith(REFERENCES):
        raise BadSettings(f"{name}: {UNRESOLVED}")
    return value


def required(env: Env, name: str) -> str:
    """Returns the text of a setting that must be there."""
    value = text(env, name)
    if not value:
        raise BadSettings(f"{name}: it is not set.")
    return value


def https(name: str, url: str) -> str:
    """Returns an https address without a slash at its end. Other schemes raise BadSettings, because
    bearer tokens are sent to these addresses.
    """
    if not _is_url(url, "https"):
        raise BadSettings(f"{name}: this is no https:// address.")
    return url.rstrip("/")


def web_url(env: Env, name: str) -> str:
    """Returns an http or https address; empty if none is set."""
    value = text(env, name)
    if value and not _is_url(value, "http", "https"):
        raise BadSettings(f"{name}: this is no https:// address.")
    return value


def https_of(env: Env, name: str) -> str | None:
    """Returns an https address; None if none is set."""
    value = text(env, name)
    return https(name, value) if value else None


def flag(env: Env, name: str, *, default: bool) -> bool:
    """Reads `true` or `false`."""
    return word(env, name, ("true", "false"), "true" if default else "false") == "true"


def word(env: Env, name: str, allowed: tuple[str, ...], default: str) -> str:
    """Reads one of the words in `allowed`, in any case; returns it in lower case."""
    value = text(env, name).lower() or default
    if value not in allowed:
        raise BadSettings(f"{name}: write {' or '.join(allowed)}.")
    return value


def number(env: Env, name: str, lowest: int, highest: int, default: int) -> int:
    """Reads a whole number from `lowest` to `highest`."""
    value = text(env, name) or str(default)
    if not (re.fullmatch(r"[0-9]{1,9}", value) and lowest <= int(value) <= highest):
        raise BadSettings(f"{name}: write a number from {lowest} to {highest}.")
    return int(value)


def period(env: Env, name: str, default: timedelta) -> timedelta:
    """Reads a period such as 90m, 12h or 3d; at least one minute."""
    value = text(env, name)
    match = PERIOD_SETTING.fullmatch(value)
    if value and (not match or int(match[1]) == 0):
        raise BadSettings(f"{name}: write a number and m, h or d, such as 12h or 3d.")
    return timedelta(**{SETTING_UNITS[match[2]]: int(match[1])}) if match else default


def shares(env: Env, name: str, default: tuple[float, ...]) -> tuple[float, ...]:
    """Reads shares of 1, the largest first, each once: `1/3,1/6,1/20` or `0.33,0.1`."""
    value = text(env, name)
    if not value:
        return default
    try:
        found = tuple(_read_share(part) for part in value.split(","))
    except (ValueError, ZeroDivisionError):
        found = ()
    if (
        not found
        or any(not 0 < share < 1 for share in found)
        or list(found) != sorted(set(found), reverse=True)
    ):
        raise BadSettings(
            f"{name}: write shares between 0 and 1, the largest first, such as 1/3,1/6,1/20."
        )
    return found


def limits(env: Env, name: str, of: Collection[str], highest: int) -> dict[str, int]:
    """Reads numbers and what each is a limit of, as `30/minute,100/hour`. Returns them by that
    word; a word that the setting does not have is missing.
    """
    found = dict[str, int]()
    for entry in entries(env, name):
        count, _, what = (part.strip() for part in entry.lower().partition("/"))
        if (
            what not in of
            or what in found
            or not (re.fullmatch(r"[0-9]{1,9}", count) and 0 < int(count) <= highest)
        ):
            raise BadSettings(
                f"{name}: write numbers from 1 to {highest}, each once, for {', '.join(of)}, such "
                f"as {','.join(f'30/{one}' for one in list(of)[:2])}."
            )
        found[what] = int(count)
    return found


def _read_share(text: str) -> float:
    """Reads `1/3` or `0.33`."""
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


def entries(env: Env, name: str) -> list[str]:
    """Reads entries separated by commas; empty ones are left out."""
    return [one.strip() for one in text(env, name).split(",") if one.strip()]


def _is_url(value: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(value)
        return (
            parts.scheme in schemes
            and bool(parts.hostname)
            and parts.port != 0
            and not re.search(r"\s", value)
        )
    except ValueError:  # urlsplit raises it for wrong brackets, `port` for a wrong port
        return False
