"""Reading, changing and saving again where somebody else was faster: no change of theirs is lost, and it ends."""

from __future__ import annotations

import pytest

from functions.app.retry_save import MAX_SAVES, save_with_retries
from functions.model.errors import ConcurrentChange, KeepsChanging


class Count:
    """A number that `others` change first: so often somebody is faster."""

    def __init__(self, others: int) -> None:
        self.value, self.others, self.tries = 0, others, 0

    async def read(self) -> int:
        return self.value

    async def add_one(self, known: int) -> int:
        self.tries += 1
        if self.others:
            self.others -= 1
            self.value += 1
        if known != self.value:
            raise ConcurrentChange("changed")
        self.value = known + 1
        return self.value

    async def added(self) -> int:
        return await save_with_retries(self.value, self.read, self.add_one, service="The table", what="the count")


async def test_without_anybody_else_it_is_saved_at_once() -> None:
    count = Count(others=0)
    assert (await count.added(), count.tries) == (1, 1)


async def test_what_others_have_saved_meanwhile_is_read_and_kept() -> None:
    count = Count(others=MAX_SAVES - 1)
    assert (await count.added(), count.tries) == (MAX_SAVES, MAX_SAVES)


async def test_where_others_are_always_faster_it_is_to_be_tried_later() -> None:
    count = Count(others=MAX_SAVES)
    with pytest.raises(KeepsChanging, match="the count keeps changing") as caught:
        await count.added()
    assert (count.tries, caught.value.service, caught.value.retry_after) == (MAX_SAVES, "The table", 1)
