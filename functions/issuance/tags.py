"""The tags of a certificate that say how it is to be treated. Whoever may tag it in Key Vault decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from enum import StrEnum

OWNER = "certflow-owner"
SIGNER = "certflow-signer"
RENEW = "certflow-renew"
MUTE = "certflow-mute"
OURS = frozenset({OWNER, SIGNER, RENEW, MUTE})
MOST_TAGS = 15  # of a certificate (protocol §6)
BEGINNING, FOREVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Renewal(StrEnum):
    """`certflow-renew`: tell the owner that it ends (the default), start the next version, or neither."""

    NOTIFY = "notify"
    AUTO = "auto"
    OFF = "off"


def renewal_of(tags: Mapping[str, str]) -> Renewal:
    """What the tag says; a word that is none of the three counts as the default."""
    word = tags.get(RENEW, "").strip().lower()
    return Renewal(word) if word in set(Renewal) else Renewal.NOTIFY


def is_unread(tags: Mapping[str, str]) -> bool:
    """Whether a tag of ours says what is not understood, and so has no effect."""
    renew, mute = (tags.get(tag, "").strip().lower() for tag in (RENEW, MUTE))
    return (renew not in {"", *Renewal}) or (bool(mute) and muted_until(tags, BEGINNING) is None)


def muted_until(tags: Mapping[str, str], now: datetime) -> datetime | None:
    """Until when `certflow-mute` wants no reminders: a date (ISO 8601; its end, UTC), or `true` for as long as it
    stands there. None if there is none, it has passed, or it cannot be read: an alert too many does less harm.
    """
    word = tags.get(MUTE, "").strip().upper()  # Python reads no z for Z
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
    """The end of a date, or a time (ISO 8601); UTC, unless it says otherwise. Raises ValueError."""
    given = datetime.fromisoformat(text)
    if len(text) <= len("2026-11-24"):
        given = datetime.combine(given, time.max)
    return given if given.tzinfo else given.replace(tzinfo=UTC)
