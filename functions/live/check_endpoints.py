"""Looks at the endpoints of a vault that are due, after each run of the vault. One instance of the
app at a time does so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from functions.app.contexts import LiveContext
from functions.app.outbox import publish
from functions.app.setting_faults import tell_setting
from functions.app.vault_limiters import rate_limited
from functions.live.look_at import look_at
from functions.live.tell import told
from functions.model.errors import CertflowError, ConcurrentChange, Unavailable
from functions.model.live.guard import NETWORKS_SETTING
from functions.model.live.schedule import TRY_AGAIN, next_look
from functions.model.live.state import EndpointCheck, EndpointState, LiveState
from functions.model.log import record
from functions.ports.endpoints import LivePorts

LIVE_RUN_TIME = timedelta(seconds=50)
# Looks that began at the end of a run take half a minute at most: their names, then eight addresses
# of MAX_PARALLEL_ENDPOINTS, MAX_PARALLEL_LOOKS at a time.
LIVE_LEASE = timedelta(seconds=100)
MAX_PARALLEL_ENDPOINTS = 50  # no less than a certificate may have
MAX_PARALLEL_LOOKS = 100  # connections
MAX_ROUND_CHECKS = 1000  # in memory at a time
# The vault is asked where a server shows something else; due checks and the scan come first.
LIVE_SHARE = 0.1
A_WEEK = timedelta(days=7)


async def check_endpoints(certflow: LiveContext, alias: str) -> None:
    """Looks at what is due in a vault, unless another instance does so now, or live is off. What is
    left is due in the next run. Raises Unavailable if the tables do not answer.
    """
    live = certflow.live
    if live is None or not certflow.options.live.is_on or alias not in certflow.vaults:
        return
    what, now = f"live:{alias}", certflow.now()
    token = await certflow.monitoring_store.acquire(what, now, now + LIVE_LEASE)
    if token is None:
        return
    try:
        await _run(rate_limited(certflow, alias, LIVE_SHARE), live, alias)
    finally:
        await certflow.monitoring_store.release(what, token)


async def _run(certflow: LiveContext, live: LivePorts, alias: str) -> None:
    ends, done = certflow.now() + LIVE_RUN_TIME, set[str]()
    states = list[EndpointState]()
    while certflow.now() < ends:
        due = await live.checks.due(alias, certflow.now(), MAX_ROUND_CHECKS)
        some = [check for check in due.checks if check.name not in done]
        states += await _round(certflow, live, some, ends, done)
        if not (some and due.more):
            break
    if states:
        record("endpoints-looked", vault=alias, endpoints=len(states), certificates=len(done))
    await _tell_no_way(certflow, alias, states)


async def _round(
    certflow: LiveContext,
    live: LivePorts,
    checks: Sequence[EndpointCheck],
    ends: datetime,
    done: set[str],
) -> list[EndpointState]:
    """Begins with checks, each when there is room for all its endpoints, until the run `ends`
    (UTC); their names get among those that are `done`. The others stay due.
    """
    room, gate = asyncio.Semaphore(MAX_PARALLEL_ENDPOINTS), asyncio.Semaphore(MAX_PARALLEL_LOOKS)
    states = list[EndpointState]()

    async def run(check: EndpointCheck) -> None:
        states.extend(await _check_one(certflow, live, check, gate))
        for _ in check.endpoints:
            room.release()

    async with asyncio.TaskGroup() as tasks:
        for check in checks:
            for _ in check.endpoints:
                await room.acquire()
            if certflow.now() >= ends:
                break
            done.add(check.name)
            tasks.create_task(run(check))
    return states


async def _check_one(
    certflow: LiveContext, live: LivePorts, check: EndpointCheck, gate: asyncio.Semaphore
) -> tuple[EndpointState, ...]:
    """Looks at one certificate's endpoints, and tells of them. A fault puts them off, and does not
    end the run for the others.
    """
    try:
        found = await look_at(certflow, live, check, gate)
        if found is None:
            await live.checks.remove(check)
            return ()
        found, events = told(check, found, certflow.now())
        await live.checks.save(_moved(found, check, certflow.now()), check, events)
    except ConcurrentChange:
        return ()  # another run has it, and tells
    except Exception as error:  # noqa: BLE001  as said above
        await _put_off(certflow, live, check, error)
        return ()
    await publish(certflow, events)
    return found.states


def _moved(check: EndpointCheck, before: EndpointCheck, now: datetime) -> EndpointCheck:
    """The check with its next look: soon, where an endpoint was not looked at, because the tag has
    named it only meanwhile, or the resolver did not answer.
    """
    at = next_look(check, check.states, now)
    known = {(one.endpoint, one.at) for one in before.states}
    looked_at = {one.endpoint for one in check.states if (one.endpoint, one.at) not in known}
    if not looked_at.issuperset(map(str, check.endpoints)):
        at = min(at, now + TRY_AGAIN)
    return replace(check, next_look=at)


async def _put_off(
    certflow: LiveContext, live: LivePorts, check: EndpointCheck, error: Exception
) -> None:
    """Looks again in some minutes. Where the tables do not answer, it stays due."""
    level = logging.WARNING if isinstance(error, CertflowError) else logging.ERROR
    where = {"vault": check.vault, "name": check.name}
    record("endpoint-put-off", level=level, reason=repr(error), **where)
    later = replace(check, next_look=certflow.now() + TRY_AGAIN)
    with suppress(ConcurrentChange, Unavailable):
        await live.checks.save(later, check)


async def _tell_no_way(certflow: LiveContext, alias: str, states: Sequence[EndpointState]) -> None:
    """Tells the operators, once a week, of private addresses to which the app has no way."""
    some = [one for one in states if one.state is LiveState.NOT_FROM_HERE]
    if not some:
        return
    now, what = certflow.now(), f"not-from-here:{alias}"
    if await certflow.monitoring_store.acquire(what, now, now + A_WEEK) is None:
        return
    more = f" and {len(some) - 1} more" if some[1:] else ""
    sentence = (
        f"the app has no way to {some[0].endpoint} ({some[0].address}){more}, which certificates "
        f"of vault {alias} name. Integrate the app with a network that leads there, or take the "
        "network away here."
    )
    await tell_setting(certflow, what, NETWORKS_SETTING, sentence)
