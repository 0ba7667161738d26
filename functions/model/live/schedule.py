"""When endpoints are looked at: some minutes after a new version, an hour after it, when the grace
is over, and then once a day. What is not as it should be is looked at more often.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from functions.model.live.state import SERVED, EndpointCheck, EndpointState, LiveState
from functions.model.options import LiveOptions

FIRST_LOOKS = (timedelta(minutes=5), timedelta(hours=1))  # after a new version
DAILY, HOURLY = timedelta(days=1), timedelta(hours=1)
# A server that could not be reached is tried again so soon, until people are told.
TRY_AGAIN = timedelta(minutes=5)
MAX_FAILURES_UNTOLD = 3  # looks in a row that reached nothing, after which people are told
# How long each service may take for a new version at most: documented times with some room (Learn:
# Application Gateway looks every 4 hours, App Service syncs within 24, Front Door within 72, the
# extension of virtual machines every hour).
GRACES = {
    "appgw": timedelta(hours=6),
    "appservice": timedelta(hours=26),
    "frontdoor": timedelta(days=4),
    "vm": timedelta(hours=2),
}
GRACE_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
MAX_PERIOD_DIGITS = 4


def next_look(check: EndpointCheck, states: Sequence[EndpointState], now: datetime) -> datetime:
    """When to look at a certificate's endpoints next, by what they were just now."""
    soonest = now + DAILY
    if any(0 < one.failures < MAX_FAILURES_UNTOLD for one in states):
        soonest = now + TRY_AGAIN
    elif now >= check.deadline and any(_may_become_right(one) for one in states):
        soonest = now + HOURLY
    changed = check.expected.changed
    fixed = (*(changed + after for after in FIRST_LOOKS), check.deadline)
    return min(soonest, *(at for at in fixed if at > now), soonest)


def first_look(changed: datetime, now: datetime) -> datetime:
    """When to look first at what has become the current version at `changed`."""
    return max(changed + FIRST_LOOKS[0], now)


def grace_of(word: str, options: LiveOptions) -> timedelta | None:
    """How long a service may take for a new version: by its name, or as a period such as 6h; the
    default for an empty word. None if the word says nothing.
    """
    word = word.strip().lower()
    return _graces(options).get(word, period_of(word)) if word else options.grace


def grace_names(options: LiveOptions) -> str:
    """The names of the services, as a list in a sentence."""
    return ", ".join(sorted(_graces(options)))


def _graces(options: LiveOptions) -> dict[str, timedelta]:
    return GRACES | dict(options.graces)


def period_of(word: str) -> timedelta | None:
    """A period such as 90m, 6h or 4d; None for any other text."""
    count, unit = word[:-1], GRACE_UNITS.get(word[-1:])
    if unit is None or not (count.isascii() and count.isdecimal()):
        return None
    return timedelta(**{unit: int(count)}) if len(count) <= MAX_PERIOD_DIGITS else None


def _may_become_right(state: EndpointState) -> bool:
    return state.state not in SERVED | {LiveState.REFUSED, LiveState.NOT_FROM_HERE}
