"""What the timer does about approvals, and what it leaves to others who were faster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.approvals.expire import expire_if_over
from functions.approvals.settle import settle_approvals
from tests.unit.approvals.asking import Asking, outcome
from tests.unit.fakes import World

WEEK = 7


async def test_one_that_somebody_else_has_just_decided_is_theirs_and_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    asking = Asking()
    await asking.ask()
    asking.api.world.later(days=4)
    approvals, save, first = asking.api.world.approvals, asking.api.world.approvals.save, iter([True])

    async def meanwhile(change: Any) -> Any:
        if next(first, False):
            assert outcome(await asking.decide("refuse")) == (200, "refused")
        return await save(change)

    approvals.save = meanwhile  # type: ignore[method-assign]  # of the fake
    await settle_approvals(asking.api.certflow())
    assert (asking.approval.state, asking.told) == ("refused", ["Asked", "Refused"])
    assert "approval-not-settled" not in caplog.text


async def test_one_that_is_over_and_was_ended_by_another_is_what_the_other_has_made_of_it() -> None:
    asking = Asking()
    await asking.ask()
    asking.api.world.later(days=WEEK)
    seen = asking.approval
    first = await expire_if_over(asking.api.certflow(), seen)
    again = await expire_if_over(asking.api.certflow(), seen)
    assert (first.state, again) == ("expired", first)
    assert asking.told == ["Asked", "Expired"]


async def test_one_that_is_gone_is_as_it_was_seen() -> None:
    asking = Asking()
    await asking.ask()
    asking.api.world.later(days=WEEK)
    seen = replace(asking.approval, etag="older")
    kept, get = asking.api.world.approvals, asking.api.world.approvals.get

    async def gone(approval_id: str) -> Any:
        assert await get(approval_id)

    kept.get = gone  # type: ignore[method-assign]  # of the fake
    assert await expire_if_over(asking.api.certflow(), seen) == seen


async def test_where_nobody_signs_in_nothing_is_read() -> None:
    world, read = World(), list[Any]()

    async def unsettled(now: Any) -> Any:
        read.append(now)
        return []

    world.approvals.unsettled = unsettled  # type: ignore[method-assign]  # of the fake
    await settle_approvals(world.certflow)
    assert read == []
