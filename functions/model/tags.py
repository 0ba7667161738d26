"""The tags by which people tell Certflow how to treat a certificate. Whoever may tag it in Key
Vault may decide that.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from enum import StrEnum

OWNER_TAG = "certflow-owner"
SIGNER_TAG = "certflow-signer"
RENEW_TAG = "certflow-renew"
MUTE_TAG = "certflow-mute"
# Where it is served, and how long the servers may take for a new version (inventory/endpoints.py).
ENDPOINTS_TAG = "certflow-endpoints"
GRACE_TAG = "certflow-endpoints-grace"
OUR_TAGS = frozenset({OWNER_TAG, SIGNER_TAG, RENEW_TAG, MUTE_TAG, ENDPOINTS_TAG, GRACE_TAG})
MAX_TAGS = 15  # that a certificate can have (protocol §6)
MAX_TAG_LETTERS = 512  # of a value that callers give (inferred); the vault itself decides
BEGINNING, FOREVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Renewal(StrEnum):
    """The values of `certflow-renew`: notify the owner of the expiry (the default), start the next
    version, or do neither.
    """

    NOTIFY = "notify"
    AUTO = "auto"
    OFF = "off"


def renewal_of(tags: Mapping[str, str]) -> Renewal:
    """The value of the tag `certflow-renew`; any other word counts as the default."""
    word = tags.get(RENEW_TAG, "").strip().lower()
    return Renewal(word) if word in set(Renewal) else Renewal.NOTIFY


def is_unread(tags: Mapping[str, str]) -> bool:
    """Whether a tag of Certflow has a value that cannot be read, and so has no effect."""
    renew, mute = (tags.get(tag, "").strip().lower() for tag in (RENEW_TAG, MUTE_TAG))
    return (renew not in {"", *Renewal}) or (bool(mute) and muted_until(tags, BEGINNING) is None)


def muted_until(tags: Mapping[str, str], now: datetime) -> datetime | None:
    """Until when `certflow-mute` suppresses reminders: to the end of a date (ISO 8601, UTC), or
    FOREVER for `true`, `yes` and `forever`. None if there is no such tag, its date has passed, or
    it cannot be read: one alert too many does less harm than one too few.
    """
    word = tags.get(MUTE_TAG, "").strip().upper()  # fromisoformat does not read z for Z
    if word in {"TRUE", "YES", "FOREVER"}:
        return FOREVER
    try:
        until = end_of(word)
    except ValueError:
        return None
    if until <= now:
        return None
    try:
        return until.astimezone(UTC)
    except OverflowError:  # the last hours of the year 9999, west of Greenwich
        return FOREVER


def end_of(text: str) -> datetime:
    """The end of a date, or the time itself (ISO 8601); UTC unless the text has an offset. Raises
    ValueError.
    """
    given = datetime.fromisoformat(text)
    if len(text) <= len("2026-11-24"):
        given = datetime.combine(given, time.max)
    return given if given.tzinfo else given.replace(tzinfo=UTC)
