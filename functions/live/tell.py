"""Which events follow from what the endpoints of a certificate show, each once at most for a
version, an endpoint and a state: what was told is written with the state, in one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TypedDict

from functions.model.events.event import Event
from functions.model.events.inventory.endpoints import Live, NotLive, command_for
from functions.model.inventory.endpoints import Endpoint
from functions.model.live.schedule import MAX_FAILURES_UNTOLD
from functions.model.live.state import (
    SERVED,
    WRONG,
    EndpointCheck,
    EndpointState,
    LiveState,
)

LIVE_KEY, CRITICAL_KEY = "live", ":critical"
# What an endpoint is of which nothing says that it is there.
NOTHING_SAID = frozenset({LiveState.NOT_FROM_HERE, LiveState.REFUSED})
SERVED_CRITICAL_SHARE = 1 / 20  # of the lifetime of what is served


def told(
    before: EndpointCheck, check: EndpointCheck, now: datetime
) -> tuple[EndpointCheck, tuple[Event, ...]]:
    """The check with what was known of its endpoints before, and with what is told now; and the
    events that tell it. What was told of another version counts for nothing.
    """
    known: dict[str, EndpointState] = {}
    if before.expected.sha256 == check.expected.sha256:
        known = {one.endpoint: one for one in before.states}
    reached = {one.endpoint for one in before.states if one.state not in NOTHING_SAID}
    states, events = list[EndpointState](), list[Event]()
    for state in check.states:
        here = _from_here(state) if state.endpoint in reached else state
        carried = _carried(known.get(state.endpoint), here)
        keys = tuple(_keys(check, carried, now))
        events += [_event(check, carried, key, now) for key in keys]
        both = (*carried.told, *keys)
        # One message is enough where both become due at the same look.
        both = (*both, *(f"{key}{CRITICAL_KEY}" for key in keys if _is_critical(carried, now)))
        states.append(replace(carried, told=tuple(dict.fromkeys(both))))
    return replace(check, states=tuple(states)), tuple(events)


def _from_here(state: EndpointState) -> EndpointState:
    """The state of an endpoint that the app has reached before: silence is a server that is down,
    not a network to which there is no way.
    """
    if state.state is not LiveState.NOT_FROM_HERE:
        return state
    said = f"{state.address} does not answer any more."
    return replace(state, state=LiveState.UNREACHABLE, sentence=said)


def _carried(known: EndpointState | None, state: EndpointState) -> EndpointState:
    """The state with what the last one has to say besides. The same one was not looked at now."""
    if state == known:
        return state
    told_before = known.told if known else ()
    failures = 0
    if state.state is LiveState.UNREACHABLE:
        failures = (known.failures if known else 0) + 1
    since = None
    if state.state in SERVED:
        since = (known.since if known else None) or state.at
    return replace(state, told=told_before, failures=failures, since=since)


def _keys(check: EndpointCheck, state: EndpointState, now: datetime) -> Iterator[str]:
    """What is to be told of a state and was not told yet."""
    due = _due_key(check, state, now)
    if due is not None and due not in state.told:
        yield due
    elif due == state.state.value and state.state in WRONG and _is_critical(state, now):
        once_more = f"{due}{CRITICAL_KEY}"
        if once_more not in state.told:
            yield once_more


def _due_key(check: EndpointCheck, state: EndpointState, now: datetime) -> str | None:
    """What a state is told under, whether or not it was; None if nobody is to hear of it."""
    what = state.state
    if what in SERVED and state.served == check.expected.sha256:
        return LIVE_KEY if check.expected.seen or state.told else None
    if what is LiveState.UNREACHABLE:
        return what.value if state.failures >= MAX_FAILURES_UNTOLD else None
    is_due = what in WRONG and (what is LiveState.EXPIRED or now >= check.deadline)
    return what.value if is_due else None


def _is_critical(state: EndpointState, now: datetime) -> bool:
    """Whether what is served has ended, or is about to."""
    starts, ends = state.not_before, state.not_after
    if starts is None or ends is None or state.state in SERVED:
        return False
    return ends - now <= (ends - starts) * SERVED_CRITICAL_SHARE


def _event(check: EndpointCheck, state: EndpointState, key: str, now: datetime) -> Event:
    event = _live(check, state) if key == LIVE_KEY else _not_live(check, state, now)
    which = hashlib.sha256(state.endpoint.encode()).hexdigest()[:16]
    return event.event(
        f"{check.vault}:{check.name.lower()}:{check.expected.sha1}:{which}:{key}",
        f"vaults/{check.vault}/certificates/{check.name}",
        now,
        vault=check.vault,
        name=check.name,
    )


class About(TypedDict):
    """What both events say."""

    vault: str
    name: str
    thumbprint: str
    owner: str | None
    endpoint: str
    expected: str
    changed: str


def _about(check: EndpointCheck, state: EndpointState) -> About:
    expected = check.expected
    return {
        "vault": check.vault,
        "name": check.name,
        "thumbprint": expected.sha1,
        "owner": check.owner,
        "endpoint": state.endpoint,
        "expected": expected.sha256,
        "changed": expected.changed.isoformat(),
    }


def _live(check: EndpointCheck, state: EndpointState) -> Live:
    since = state.since or state.at
    return Live(
        **_about(check, state),
        since=since.isoformat(),
        after=max(0, int((since - check.expected.changed).total_seconds())),
    )


def _not_live(check: EndpointCheck, state: EndpointState, now: datetime) -> NotLive:
    endpoint = _endpoint_of(check, state)
    return NotLive(
        **_about(check, state),
        state=state.state.value,  # type: ignore[arg-type]  # one of WRONG, or unreachable
        served=state.served or None,
        not_after=state.not_after.isoformat() if state.not_after else None,
        address=state.address or None,
        sentence=state.sentence,
        critical=_is_critical(state, now),
        command=command_for(endpoint.host, endpoint.port, state.address or endpoint.host),
    )


def _endpoint_of(check: EndpointCheck, state: EndpointState) -> Endpoint:
    return next(one for one in check.endpoints if str(one) == state.endpoint)
