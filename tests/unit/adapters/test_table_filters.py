"""Filters of tables keep to the number of comparisons that the service takes; Azurite takes any."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from functions.adapters.azure_tables.filters import joined
from functions.adapters.azure_tables.message_records import TableMessageRecords
from functions.adapters.azure_tables.rows import filter_of, token_of
from functions.adapters.azure_tables.service import Tables
from functions.model.people.message_record import MessageFilter
from functions.model.request.operation import Status
from functions.model.request_filter import RequestFilter

LIMIT = 15
VAULTS = frozenset(f"vault{number}" for number in range(20))


def comparisons(query: str) -> int:
    return sum(query.count(f" {word} @") + query.count(f" {word} '") for word in ("eq", "gt", "ge", "lt", "le"))


@dataclass
class NotedTable:
    """A table without rows that notes what it is asked."""

    asked: list[str] = field(default_factory=list)

    async def table(self, _name: str) -> NotedTable:
        return self

    async def query_entities(self, query: str, **_more: Any) -> AsyncIterator[Any]:
        self.asked.append(query)
        nothing: tuple[Any, ...] = ()
        for row in nothing:
            yield row


def test_a_part_for_which_there_is_no_room_is_left_out_and_later_ones_are_not() -> None:
    many = f"( {' or '.join('a eq @a' for _ in range(14))} )"
    assert joined(["b ge @b and b lt @c", many, "d eq @d"]) == "b ge @b and b lt @c and d eq @d"
    assert joined(["d eq @d", many]) == f"d eq @d and {many}"
    assert joined(["d eq @d", many], 14) == "d eq @d"


@pytest.mark.parametrize("vaults", [0, 1, 5, 6, 20])
def test_that_of_requests_leaves_room_for_the_place_of_a_page(vaults: int) -> None:
    some = frozenset(sorted(VAULTS)[:vaults])
    query, _ = filter_of(RequestFilter(vaults=some, statuses=frozenset({Status.FAILED, Status.CANCELLED})))
    assert comparisons(query) <= LIMIT - 3
    assert ("PartitionKey" in query) is (0 < vaults < 6)
    assert ("status eq 'failed'" in query) is (vaults != 5)


@pytest.mark.parametrize("vaults", [0, 1, 5, 20])
@pytest.mark.parametrize("beginnings", [0, 1, 6, 20])
@pytest.mark.parametrize("place", [None, token_of({"PartitionKey": "a", "RowKey": "b"})])
async def test_that_of_messages_keeps_what_leaves_out_the_most(vaults: int, beginnings: int, place: str | None) -> None:
    table = NotedTable()
    wanted = MessageFilter(
        vaults=frozenset(sorted(VAULTS)[:vaults]),
        channels=frozenset({"teams", "email"}),
        name="web-*",
        beginnings=frozenset(f"web{number}-" for number in range(beginnings)),
    )
    await TableMessageRecords(cast(Tables, table)).page(wanted, place)
    assert len(table.asked) == (1 if place is None else 2)
    for query in table.asked:
        assert comparisons(query) <= LIMIT
        assert "PartitionKey" in query
        assert "lower ge @from" in query
        assert ("@begin0" in query) is (beginnings == 1)
        assert ("vault eq" in query) is (vaults in {1, 5})
