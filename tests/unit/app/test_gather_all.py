"""Work that goes on together: all of it ends before a fault of any of it is raised."""

from __future__ import annotations

import asyncio

import pytest

from functions.app.gather_all import gather_all


async def test_results_come_in_the_order_of_the_work() -> None:
    later = asyncio.Event()

    async def waits() -> int:
        await later.wait()
        return 1

    async def frees() -> int:
        later.set()
        return 2

    assert await gather_all([waits(), frees()]) == [1, 2]


async def test_the_rest_ends_before_the_first_fault_is_raised() -> None:
    failed, ended = asyncio.Event(), list[int]()

    async def fails(number: int) -> None:
        failed.set()
        raise ValueError(number)

    async def goes_on() -> None:
        await failed.wait()
        for _ in range(10):  # turns of the event loop, in which a plain gather has raised
            await asyncio.sleep(0)
        ended.append(1)

    with pytest.raises(ValueError, match=r"^1$"):
        await gather_all([goes_on(), fails(1), fails(2)])
    assert ended == [1]
