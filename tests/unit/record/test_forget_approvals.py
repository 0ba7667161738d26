"""Approvals go some time after they were decided, but for those that somebody still needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.model.approval.ids import new_approval_id
from functions.model.approval.record import APPROVAL_TTL, Approval, ApprovalOf, ApprovalState, Decided
from functions.model.request.actor import CHECK
from functions.model.request.tracked import TrackedRequest
from functions.record.forget_approvals import forget_approvals
from tests.actors import person
from tests.clock import NOW
from tests.unit.fakes import World

REFUSED, STARTED = ApprovalState.REFUSED, ApprovalState.STARTED


def decided(world: World, name: str, days: float, state: ApprovalState = REFUSED, **more: Any) -> str:
    """An approval that was asked for and decided so many days ago; returns its id."""
    at = NOW - timedelta(days=days)
    found = Approval(
        id=new_approval_id(at),
        vault="main",
        name=name,
        of=ApprovalOf.CREATE,
        digest="",
        body={},
        policy={},
        needs=(),
        asked=at,
        asked_by=person("ann@example.com"),
        expires=at + APPROVAL_TTL,
        state=state,
        decided=Decided(at, CHECK),
    )
    world.approvals.kept[found.id] = replace(found, **more)
    return found.id


async def forgotten(world: World, *ids: str) -> list[bool]:
    """Whether each is gone, after as many runs as it takes to see all."""
    for _ in range(3):
        await forget_approvals(world.certflow)
    return [one not in world.approvals.kept for one in ids]


async def test_what_was_decided_long_ago_goes_and_what_was_lately_stays() -> None:
    world = World()
    ids = [decided(world, f"web-{days}", days) for days in (900, 401, 399, 1)]
    assert await forgotten(world, *ids) == [True, True, False, False]


async def test_each_run_takes_a_page_and_the_next_one_goes_on() -> None:
    world = World()
    ids = [decided(world, f"web-{number}", 900 + number) for number in range(5)]
    left = []
    for _ in range(2):
        await forget_approvals(world.certflow)
        left.append(sum(one in world.approvals.kept for one in ids))
    assert left == [2, 0]


@pytest.mark.parametrize("state", [ApprovalState.AWAITING, ApprovalState.APPROVED])
async def test_what_is_open_stays_however_old_it_is(state: ApprovalState) -> None:
    world = World()
    assert await forgotten(world, decided(world, "web", 900, state)) == [False]


async def test_it_counts_from_when_it_was_decided() -> None:
    world = World()
    lately = decided(world, "web", 404, decided=Decided(NOW - timedelta(days=397), CHECK))
    assert await forgotten(world, lately) == [False]


async def test_that_of_a_request_that_is_kept_stays_with_it() -> None:
    world, request_id = World(), "a" * 32
    made = TrackedRequest("main", "web", request_id, "Unknown", "", "", NOW - timedelta(days=900))
    world.ledger.tracked["main", "web", request_id] = made
    old = decided(world, "web", 900, STARTED, request_id=request_id)
    decided(world, "web", 1, STARTED)
    assert await forgotten(world, old) == [False]
    del world.ledger.tracked["main", "web", request_id]
    assert await forgotten(world, old) == [True]


async def test_the_last_one_that_led_to_a_start_stays_for_renewals() -> None:
    world = World()
    ids = [decided(world, "Web", days, state) for days, state in ((950, STARTED), (900, STARTED), (850, REFUSED))]
    other = decided(world, "other", 990, STARTED)
    assert await forgotten(world, *ids, other) == [True, False, True, False]


async def test_nothing_goes_of_a_vault_that_was_taken_out_or_while_the_setting_is_wrong() -> None:
    world = World()
    elsewhere, here = decided(world, "web", 900, vault="gone"), decided(world, "web", 900)
    world.options = replace(world.options, keep_requests=None)
    assert await forgotten(world, elsewhere, here) == [False, False]
    world.options = replace(world.options, keep_requests=timedelta(days=400))
    assert await forgotten(world, elsewhere, here) == [False, True]
