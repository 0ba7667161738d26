"""The loop that reads, changes and saves a row, and starts again after a concurrent change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from functions.model.errors import ConcurrentChange, KeepsChanging

# A try fails only because another one succeeded: of ten concurrent ones, one succeeds in each
# round.
MAX_SAVES = 10


async def save_with_retries[Known, Saved](
    known: Known,
    read: Callable[[], Awaitable[Known]],
    save: Callable[[Known], Awaitable[Saved]],
    *,
    service: str,
    what: str,
    tries: int = MAX_SAVES,
) -> Saved:
    """Returns what `save` returns. `save` changes what is known and saves it; on ConcurrentChange
    `read` returns the current state, and `save` changes that instead. `save` may find that there is
    nothing left to change.

    Raises KeepsChanging after so many tries, naming `what` and the `service` that stores it.
    """
    for _ in range(tries - 1):
        try:
            return await save(known)
        except ConcurrentChange:
            known = await read()
    try:
        return await save(known)
    except ConcurrentChange as error:
        raise KeepsChanging(service, f"{what} keeps changing", retry_after=1) from error
