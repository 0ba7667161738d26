"""The list of all acts on Azurite's tables: its order, its pages and tokens, filters, and what it asks."""

from __future__ import annotations

import base64
import itertools
import json
import random
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from aiohttp import web

from benchmarks.waiting import waits
from functions.adapters.azure_tables.history import pages as pages_module
from functions.adapters.azure_tables.history.kept import TableRetention
from functions.adapters.azure_tables.history.pages import TableHistory
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.rows import history_rows, keys_in, token_of
from functions.adapters.azure_tables.scan import NEXT
from functions.adapters.azure_tables.service import Tables
from functions.model.errors import InvalidRequest, Unavailable
from functions.model.record.act_list import ActFilter, ListedAct, is_wanted
from functions.model.request.actor import CHECK
from functions.model.request.history import ACTS, Action, HistoryEntry
from functions.model.request.new_request import track
from functions.model.request.operation import Operation, Status
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving
from testkit.tokens import AnyToken
from tests.actors import person, saying
from tests.clock import NOW
from tests.integration.key_vault.servers import one_handler

pytestmark = pytest.mark.asyncio(loop_scope="module")
BY = (person("Ann"), saying("Ann"), person("bob"), CHECK, None)
ALL = ActFilter(frozenset({"hist0", "hist1", "hist2"}))


def act(number: int) -> ListedAct:
    """In three vaults; several at the same moment; names in both cases."""
    at = NOW - timedelta(hours=7 * (number // 3), microseconds=number % 2)
    entry = HistoryEntry(ACTS[number % 4], at, f"{number:032x}", Status.IN_PROGRESS, BY[number % 5])
    return ListedAct(f"hist{number % 3}", f"{'Web' if number % 2 else 'api'}-{number % 7}", entry)


WRITTEN = [act(number) for number in range(60)]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def history(tables: Tables) -> TableHistory:
    for one in WRITTEN:
        await tables.commit([("upsert", row) for row in history_rows(one.vault, one.name, one.entry)])
    return TableHistory(tables)


async def pages(history: TableHistory, wanted: ActFilter) -> list[list[ListedAct]]:
    found, token = list[list[ListedAct]](), None
    while True:
        page = await history.page(wanted, token)
        found.append(list(page.acts))
        if page.token is None:
            return found
        token = page.token


def ids(acts: list[ListedAct]) -> list[str]:
    return [one.entry.request_id for one in acts]


@pytest.mark.parametrize("limit", [1, 7, 25, 60, 100])
async def test_pages_have_each_act_once_and_the_newest_first(history: TableHistory, limit: int) -> None:
    found = await pages(history, replace(ALL, limit=limit))
    everything = list(itertools.chain(*found))
    assert [len(one) for one in found[:-1]] == [limit] * (len(found) - 1)
    assert sorted(ids(everything)) == sorted(ids(WRITTEN))
    assert everything == sorted(everything, key=lambda one: one.entry.at, reverse=True)
    assert all(one in WRITTEN for one in everything)


async def test_a_filter_lists_what_matches_and_nothing_else(history: TableHistory) -> None:
    random_ = random.Random(1)  # noqa: S311  to be repeated, not secret
    for _ in range(25):
        moments = [None, *(one.entry.at for one in random_.sample(WRITTEN, 5))]
        wanted = ActFilter(
            vaults=frozenset(random_.sample(["hist0", "hist1", "hist2", "none"], 2)),
            since=random_.choice(moments),
            until=random_.choice(moments),
            by=random_.choice([None, None, "ANN", person("bob").oid, "system:check"]),
            verbs=frozenset(random_.sample(ACTS[:5], random_.randrange(3))),
            limit=random_.choice([2, 9, 100]),
            may_see=random_.choice([None, lambda vault, name: name.lower().startswith("web-") and vault != "hist1"]),
        )
        if wanted.may_see:
            wanted = replace(wanted, beginnings=random_.choice([frozenset(), frozenset({"web-", "x"})]))
        found = list(itertools.chain(*await pages(history, wanted)))
        expected = [one for one in WRITTEN if is_wanted(one, wanted)]
        assert sorted(ids(found)) == sorted(ids(expected)), wanted


async def test_more_names_than_a_filter_has_room_for_are_listed_all_the_same(history: TableHistory) -> None:
    beginnings = frozenset(f"web-{number}" for number in range(7))
    wanted = replace(ALL, beginnings=beginnings, may_see=lambda _, name: name.lower() in beginnings, limit=100)
    found = list(itertools.chain(*await pages(history, wanted)))
    assert sorted(ids(found)) == sorted(one.entry.request_id for one in WRITTEN if one.name.startswith("Web"))


async def test_no_token_names_a_row_that_the_reader_may_not_see(history: TableHistory) -> None:
    mine = replace(ALL, may_see=lambda vault, _: vault == "hist2", limit=2)
    first = await history.page(mine, None)
    assert [one.vault for one in first.acts] == ["hist2"] * 2
    at = first.acts[-1]
    keys = {key: history_rows(at.vault, at.name, at.entry)[1][key] for key in ("PartitionKey", "RowKey")}
    assert first.token == token_of(keys)
    of_others = history_rows(WRITTEN[0].vault, WRITTEN[0].name, WRITTEN[0].entry)[1]
    rest = await history.page(mine, token_of({key: of_others[key] for key in keys}))
    assert {one.vault for one in rest.acts} == {"hist2"}


DEEP = base64.urlsafe_b64encode(b"[" * 100_000).decode()


@pytest.mark.parametrize(
    "token",
    ["x", "e30=", token_of({"PartitionKey": 1, "RowKey": "w|"}), token_of({"PartitionKey": "a"}), DEEP],
    ids=range(5),
)
async def test_another_token_is_refused(history: TableHistory, token: str) -> None:
    with pytest.raises(InvalidRequest):
        await history.page(ALL, token)


@pytest.mark.parametrize("key", ["", "a", "r|", "w|", "~"])
async def test_a_token_with_other_keys_shows_acts_of_the_readers_vaults_or_none(
    history: TableHistory, key: str
) -> None:
    page = await history.page(ALL, token_of({"PartitionKey": "x|0", "RowKey": key}))
    assert all(one in WRITTEN for one in page.acts)


async def test_a_page_asks_each_partition_once_and_reads_few_rows_more_than_it_shows(history: TableHistory) -> None:
    with waits() as noted:
        page = await history.page(replace(ALL, vaults=frozenset({"hist0"}), limit=10), None)
    assert len(page.acts) == 10
    assert 16 <= len(noted.all) <= 20


def bound(monkeypatch: pytest.MonkeyPatch, *, rows: int, more: int) -> None:
    """A page reads this many rows at once, and this many answers more than one of each partition."""
    monkeypatch.setattr(pages_module, "SPARE_ROWS", rows)
    monkeypatch.setattr(pages_module, "FILTERED_ROWS", rows)
    monkeypatch.setattr(pages_module, "MAX_MORE_ANSWERS", more)


def moment_in(token: str) -> str:
    """The time part of a key, which is all that the token of a page has that ended early."""
    keys = keys_in(token)
    assert keys is not None
    assert keys["PartitionKey"] == ""
    assert re.fullmatch(r"w\|[0-9]{18}", keys["RowKey"])
    return keys["RowKey"]


@pytest.mark.parametrize("more", [0, 1, 5])
async def test_a_page_that_ends_early_loses_nothing_and_shows_nothing_twice(
    history: TableHistory, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    bound(monkeypatch, rows=1, more=more)
    wanted = replace(ALL, may_see=lambda _, name: name.endswith("3"), limit=4)
    found = await pages(history, wanted)
    everything = list(itertools.chain(*found))
    expected = sorted((one for one in WRITTEN if is_wanted(one, wanted)), key=lambda one: one.entry.at, reverse=True)
    assert sorted(ids(everything)) == sorted(ids(expected))
    assert [one.entry.at for one in everything] == [one.entry.at for one in expected]
    assert any(len(one) < 4 for one in found[:-1]), "a page ends early"
    await test_a_filter_lists_what_matches_and_nothing_else(history)


async def test_the_token_of_a_page_that_ends_early_has_a_time_and_no_name(
    history: TableHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound(monkeypatch, rows=1, more=0)
    token, moments = None, list[str]()
    while token is not None or not moments:
        page = await history.page(replace(ALL, may_see=lambda *_: False), token)
        assert page.acts == ()
        if (token := page.token) is None:
            break
        moments.append(moment_in(token))
    assert len(moments) > 2
    assert moments == sorted(set(moments)), "each page goes on behind the one before"


async def test_a_page_looks_at_so_many_answers_and_ends(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    bound(monkeypatch, rows=2, more=3)
    for number in range(20):
        entry = HistoryEntry("created", NOW - timedelta(hours=number), f"{number:032x}", Status.IN_PROGRESS, CHECK)
        await tables.commit([("upsert", row) for row in history_rows("many", "web", entry)])
    wanted = ActFilter(frozenset({"many"}), may_see=lambda *_: False)
    with waits() as noted:
        page = await TableHistory(tables).page(wanted, None)
    assert page.token is not None
    assert len(noted.all) == 16 + 3


async def test_more_acts_of_one_moment_than_one_page_may_look_at(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound(monkeypatch, rows=2, more=1)
    numbers = list(range(30))
    for number in numbers:
        at = NOW - timedelta(hours=0 if number < 2 else 1 if number < 25 else 2)
        entry = HistoryEntry("created", at, f"{number:032x}", Status.IN_PROGRESS, CHECK)
        await tables.commit([("upsert", row) for row in history_rows("moment", "web", entry)])
    wanted = ActFilter(frozenset({"moment"}), may_see=lambda *_: True, limit=10)
    found = list(itertools.chain(*await pages(TableHistory(tables), wanted)))
    assert sorted(ids(found)) == [f"{number:032x}" for number in numbers]


MORE = [f"x-ms-continuation-{key}" for key in NEXT]


def there(_request: web.Request) -> web.Response:
    """The answer to who makes a table."""
    error = {"code": "TableAlreadyExists", "message": {"lang": "en-US", "value": "It is there."}}
    return web.json_response({"odata.error": error}, status=409)


class Storage:
    """Answers as the service may that looks for five seconds and finds nothing: without rows, and with a place from
    which to go on, which is opaque (Learn, "Query timeout and pagination").
    """

    def __init__(self, acts: list[ListedAct]) -> None:
        rows = [history_rows(one.vault, one.name, one.entry)[1] for one in acts]
        self.rows, self.asked = sorted(rows, key=lambda row: str(row["RowKey"])), list[str]()

    async def answer(self, request: web.Request) -> web.Response:
        if request.method == "POST":
            return there(request)
        query = request.query["$filter"]
        self.asked.append(query)
        if "shown eq" in query:
            return web.json_response(
                {"value": []}, headers={f"x-ms-continuation-{key}": "1!8!b3BhcXVl" for key in NEXT}
            )
        found = re.search(r"PartitionKey eq '(.*?)' and RowKey (g[et]) '(.*?)'", query)
        assert found
        partition, compares, first = found.groups()
        rows = [one for one in self.rows if one["PartitionKey"] == partition and one["RowKey"] >= first]
        rows = rows[compares == "gt" and bool(rows) and rows[0]["RowKey"] == first :]
        after = int(request.query.get("NextRowKey", "0"))
        top = after + int(request.query["$top"])
        more = dict.fromkeys(MORE, str(top)) if rows[top:] else {}
        return web.json_response({"value": rows[after:top]}, headers=more)


async def test_where_the_service_finds_nothing_for_long_all_is_looked_at_piece_by_piece(
    trusted_ca: LocalCa, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound(monkeypatch, rows=1, more=2)
    storage = Storage([one for one in WRITTEN if one.vault == "hist1"])
    wanted = replace(ALL, vaults=frozenset({"hist1"}), by="bob@example.com")
    async with serving(one_handler(storage.answer), tls=trusted_ca.server_context()) as port:
        tables = Tables(f"https://localhost:{port}", AnyToken())
        try:
            found = await pages(TableHistory(tables), replace(wanted, by=person("bob").oid))
        finally:
            await tables.close()
    assert len(found) > 1, "a page ends early"
    expected = [one for one in WRITTEN if is_wanted(one, replace(wanted, by=person("bob").oid))]
    assert sorted(ids(list(itertools.chain(*found)))) == sorted(ids(expected))
    assert len(storage.asked) <= len(found) * (2 * 16 + 2)


@pytest.mark.parametrize("by", [None, "ann"])
async def test_a_storage_that_is_away_is_said_to_be_away(trusted_ca: LocalCa, by: str | None) -> None:
    async def storage(request: web.Request) -> web.Response:
        return there(request) if request.method == "POST" else web.json_response({}, status=403)

    async with serving(one_handler(storage), tls=trusted_ca.server_context()) as port:
        tables = Tables(f"https://localhost:{port}", AnyToken())
        try:
            with pytest.raises(Unavailable):
                await TableHistory(tables).page(replace(ALL, by=by), None)
        finally:
            await tables.close()


async def test_an_act_is_listed_with_the_change_that_it_is_of(tables: Tables) -> None:
    by = person("me@example.com")
    operation = Operation("c" * 32, Status.IN_PROGRESS, "DigiCert", b"")
    change = track("listed", "Web", operation, "CN=web", "key", None, NOW, Action("created", by))
    ledger = TableLedger(tables)
    await ledger.add(change)
    page = await TableHistory(tables).page(ActFilter(frozenset({"listed"})), None)
    assert page.acts == (ListedAct("listed", "Web", change.history[0]),)
    assert await ledger.history("listed", "web") == list(change.history)


@pytest.mark.parametrize(
    "broken",
    ["", "[]", "nonsense", '{"what": "created"}', "[" * 9999, {"status": "weird"}, {"actor": {"kind": "robot"}}],
)
async def test_a_row_that_cannot_be_read_hides_no_other(
    tables: Tables, caplog: pytest.LogCaptureFixture, broken: str | dict[str, object]
) -> None:
    entries = [
        replace(WRITTEN[3].entry, at=NOW - timedelta(hours=number), request_id=f"q{number}") for number in range(3)
    ]
    for entry in entries:
        await tables.commit([("upsert", row) for row in history_rows("bad", "web", entry)])
    for row in history_rows("bad", "web", entries[1]):
        stored = broken if isinstance(broken, str) else json.dumps(json.loads(row["act"]) | broken)
        await tables.commit([("upsert", row | {"act": stored})])
    good = [entries[2], entries[0]]
    page = await TableHistory(tables).page(ActFilter(frozenset({"bad"}), limit=100), None)
    assert [one.entry for one in page.acts] == good[::-1]
    assert await TableLedger(tables).history("bad", "web") == good
    assert [one.entry for one in await TableRetention(tables).acts("bad", "web")] == good
    assert caplog.text.count("row-not-read") == 3
