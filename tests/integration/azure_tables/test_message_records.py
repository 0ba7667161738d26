"""The list of messages on Azurite's tables: its order, its pages and tokens, filters, and what is deleted."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
import pytest_asyncio

from functions.adapters.azure_tables.message_records import MESSAGES, TableMessageRecords
from functions.adapters.azure_tables.rows import token_of
from functions.adapters.azure_tables.service import Tables
from functions.model.errors import InvalidRequest
from functions.model.people.message_record import MessageFilter, MessageRecord, is_wanted
from tests.clock import NOW

pytestmark = pytest.mark.asyncio(loop_scope="module")
CHANNELS, OUTCOMES = ("teams", "email", "urls:1"), ("delivered", "refused", "overtaken")


@pytest_asyncio.fixture(loop_scope="module")
async def records(tables: Tables) -> TableMessageRecords:
    """A table of its own content: what an earlier test left is gone."""
    made = TableMessageRecords(tables)
    await made.forget(date.max)
    return made


def record(number: int, at: datetime, **more: object) -> MessageRecord:
    made = MessageRecord(
        event_id=f"main/web#{number}?ä",
        channel=CHANNELS[number % 3],
        type="Certflow.Issuance.Failed",
        happened=at,
        settled=at + timedelta(seconds=7),
        outcome=OUTCOMES[number % 3],
        attempts=1 + number % 4,
        vault=f"vault{number % 4}",
        name=f"{'Web' if number % 2 else 'api'}-{number % 5}",
        to=("ann@example.com", "bob@example.com"),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def over_days(count: int) -> list[MessageRecord]:
    """The oldest last; several in a day, some at the same moment, some days without any."""
    moments = [NOW - timedelta(hours=7 * (number // 2)) for number in range(count)]
    return [record(number, at) for number, at in enumerate(moments)]


async def pages(records: TableMessageRecords, wanted: MessageFilter) -> list[list[MessageRecord]]:
    found, token = list[list[MessageRecord]](), None
    while True:
        page = await records.page(wanted, token)
        found.append(list(page.messages))
        token = page.token
        if token is None:
            return found


async def test_a_record_comes_back_whole(records: TableMessageRecords) -> None:
    named = record(1, NOW, reason="HTTP 404: “gone”", message="m" * 64)
    general = record(2, NOW - timedelta(days=1), vault=None, name=None, to=())
    for one in (general, named):
        await records.put(one)
    assert await pages(records, MessageFilter()) == [[named, general]]


async def test_pages_have_all_the_newest_first_over_the_days(records: TableMessageRecords) -> None:
    all_of_them = over_days(60)
    for one in random.Random(7).sample(all_of_them, len(all_of_them)):  # noqa: S311  an order, no secret
        await records.put(one)
    for limit in (1, 7, 25, 60, 100):
        found = await pages(records, MessageFilter(limit=limit))
        assert [len(some) for some in found[:-1]] == [limit] * (len(found) - 1)
        flat = [one for some in found for one in some]
        assert [one.happened for one in flat] == [one.happened for one in all_of_them]
        assert sorted(one.event_id for one in flat) == sorted(one.event_id for one in all_of_them)


async def test_what_comes_while_pages_are_read_moves_nothing(records: TableMessageRecords) -> None:
    for one in over_days(6):
        await records.put(one)
    first = await records.page(MessageFilter(limit=3), None)
    await records.put(record(99, NOW + timedelta(hours=1)))
    rest = await records.page(MessageFilter(limit=3), first.token)
    assert {one.event_id for one in (*first.messages, *rest.messages)} == {one.event_id for one in over_days(6)}
    assert rest.token is None


@pytest.mark.parametrize(
    "wanted",
    [
        MessageFilter(vaults=frozenset({"vault1"})),
        MessageFilter(vaults=frozenset({"vault1", "vault2"}), outcomes=frozenset({"refused"})),
        MessageFilter(name="WEB-3"),
        MessageFilter(name="web-*"),
        MessageFilter(name="*"),
        MessageFilter(channels=frozenset({"urls:1", "email"}), name="api-*"),
        MessageFilter(vaults=frozenset({"o'brien"})),
        MessageFilter(may_see=lambda one: one.vault == "vault3"),
        MessageFilter(
            beginnings=frozenset({"web-", "api-3"}), may_see=lambda one: one.name in {"Web-1", "Web-3", "api-3"}
        ),
        MessageFilter(beginnings=frozenset(f"web-{n}" for n in range(9)), may_see=lambda one: one.name == "Web-3"),
    ],
)
async def test_a_filter_finds_what_matches_and_on_each_page(
    records: TableMessageRecords, wanted: MessageFilter
) -> None:
    for one in over_days(40):
        await records.put(one)
    expected = {one.event_id for one in over_days(40) if is_wanted(one, wanted)}
    found = await pages(records, replace(wanted, limit=3))
    assert {one.event_id for some in found for one in some} == expected
    assert all(len(some) == 3 for some in found[:-1])


async def test_a_token_is_that_of_a_row_which_the_reader_may_see(records: TableMessageRecords) -> None:
    """It is the same whatever others have."""
    own = [one for one in over_days(40) if one.vault == "vault3"]
    sight = MessageFilter(limit=4, may_see=lambda one: one.vault == "vault3")
    for one in own:
        await records.put(one)
    alone = (await records.page(sight, None)).token
    for one in over_days(40):
        await records.put(one)
    assert (await records.page(sight, None)).token == alone is not None


async def test_rows_that_a_reader_cannot_see_by_their_names_are_not_returned(records: TableMessageRecords) -> None:
    for one in (*over_days(40), record(41, NOW, name=None)):
        await records.put(one)
    returned = set[str | None]()

    def may_see(one: MessageRecord) -> bool:
        returned.add(one.name)
        return True

    await pages(records, MessageFilter(beginnings=frozenset({"web-1", "web-3"}), may_see=may_see))
    assert returned == {"Web-1", "Web-3", None}


async def test_a_second_time_it_is_the_same_row_which_keeps_what_is_not_known_now(records: TableMessageRecords) -> None:
    await records.put(record(1, NOW, message="m1", reason="r1"))
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    again = record(1, elsewhere, settled=NOW + timedelta(hours=5), attempts=9)
    await records.put(again)
    assert await pages(records, MessageFilter()) == [[replace(again, message="m1", reason="r1")]]


async def test_a_day_is_deleted_whole_and_the_days_after_it_stay(records: TableMessageRecords, tables: Tables) -> None:
    midnight = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    old = [record(number, midnight - timedelta(microseconds=1 + number)) for number in range(230)]
    kept = record(500, midnight)
    for one in (*old, record(600, midnight - timedelta(days=40)), kept):
        await records.put(one)
    await records.forget(midnight.date())
    assert await pages(records, MessageFilter()) == [[kept]]
    await records.forget(midnight.date())
    table = await tables.table(MESSAGES)
    assert len([row async for row in table.list_entities()]) == 1


@pytest.mark.parametrize("token", ["x", "e30=", token_of({"PartitionKey": 1, "RowKey": "a"}), token_of([1])])
async def test_any_other_text_is_no_token(records: TableMessageRecords, token: str) -> None:
    with pytest.raises(InvalidRequest):
        await records.page(MessageFilter(), token)
