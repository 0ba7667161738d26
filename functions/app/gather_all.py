"""Running work concurrently, all of it to its end, before a fault of any of it is raised."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable


async def gather_all[T](work: Iterable[Awaitable[T]]) -> list[T]:
    """Returns all results in order once all work has ended; then raises the first error, if any.

    asyncio.gather by itself would raise while the rest is still running.
    """
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
