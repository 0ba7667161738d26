"""What is too old goes from Azurite's tables, and nothing that is still needed, wherever a process dies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.adapters.azure_tables.history.kept import PIECE_ROWS, TableRetention
from functions.adapters.azure_tables.ledger import TableLedger
from functions.adapters.azure_tables.rows import history_rows
from functions.adapters.azure_tables.service import Tables
from functions.model.record.act_list import ActFilter, ListedAct
from functions.model.request.actor import CHECK
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status
from functions.model.request.tracked import Change
from functions.ports.ledger import Intent
from functions.record.forget import forget_requests
from tests.clock import NOW
from tests.integration.azure_tables.old_requests import KEPT, Killed, id_of, killed_at, rows, seed, years
from tests.unit.fakes import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


def ids_in(found: dict[tuple[str, str], dict[str, Any]], kind: str) -> set[str]:
    return {key.rpartition("|")[2] for _, key in found if key.startswith(f"{kind}|")}


def keys(found: dict[tuple[str, str], dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """The rows without what differs from one writing of the same to the next."""
    return {
        key: {name: value for name, value in row.items() if name not in {"PartitionKey", "RowKey"}}
        for key, row in found.items()
    }


async def test_requests_go_with_all_of_their_rows_and_the_others_stay_as_they_were(tables: Tables) -> None:
    await seed(tables, "years")
    before = await rows(tables, "years")
    await forget_requests(years("years", tables))
    after = await rows(tables, "years")
    kept = {id_of(one) for one in KEPT}
    assert ids_in(after, "r") == ids_in(after, "h") == ids_in(after, "w") == kept
    assert ids_in(after, "e") == kept - {id_of("9")}
    assert ids_in(after, "d") == {id_of("9")}
    leading = {key for _, key in after if key.startswith("-")}
    assert leading == {"-reused", "-of-f", "-of-9", "-of-2", "-of-3", "-of-4"}
    assert [one.request_id for one in await TableLedger(tables).by_key("years-reused")] == [id_of("d")]
    stays = {key: row for key, row in keys(before).items() if key in after and key[1] != "-reused"}
    assert stays == {key: row for key, row in keys(after).items() if key[1] != "-reused"}


async def test_the_list_of_all_acts_and_each_history_have_the_same(tables: Tables) -> None:
    await seed(tables, "both")
    app = years("both", tables)
    await forget_requests(app)
    listed = (await app.history.page(ActFilter(frozenset({"both"}), limit=100), None)).acts
    each = [
        ListedAct("both", name, act)
        for name in ("Web", "Web-2", "web-3")
        for act in await app.ledger.history("both", name)
    ]
    assert sorted(map(repr, listed)) == sorted(map(repr, each))
    assert len(each) == 2 * len(KEPT) - 1


async def test_as_the_years_pass_only_what_is_needed_is_left(tables: Tables) -> None:
    await seed(tables, "decade")
    app = years("decade", tables)
    for year in range(1, 12):
        later = World(now=NOW + timedelta(days=365 * year)).certflow.now
        await forget_requests(replace(app, now=later))
    found = await rows(tables, "decade")
    assert ids_in(found, "r") == {id_of(one) for one in ("d", "9", "2", "3", "4")}
    assert ids_in(found, "h") == ids_in(found, "w") == ids_in(found, "r")


async def test_rows_of_other_kinds_and_an_intent_stay(tables: Tables) -> None:
    await seed(tables, "kinds")
    (partition,) = {place for place, key in await rows(tables, "kinds") if key.startswith("r|web|")}
    others = [f"{kind}|web|{id_of('a')}" for kind in ("x", "q", "c", "l", "a", "o")]
    for key in others:
        await tables.commit([("upsert", {"PartitionKey": f"kinds{partition}", "RowKey": key, "at": "old"})])
    ledger = TableLedger(tables)
    intent = Intent("kinds", "web", "i1", NOW - timedelta(days=900), keep=True)
    await ledger.add_intent(intent)
    await forget_requests(years("kinds", tables))
    assert {key for _, key in await rows(tables, "kinds")} >= set(others)
    assert await ledger.intent("kinds", "web", "i1") == intent
    assert id_of("a") not in ids_in(await rows(tables, "kinds"), "r")


def without_ids_of_acts(found: Iterable[tuple[str, str]]) -> set[str]:
    """Row keys; those of acts that wait for their record end in an id that depends on the vault."""
    return {key.rpartition("|")[0] if key.startswith("oa|") else key for _, key in found}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_it_may_die_at_any_write_and_the_next_run_ends_it(tables: Tables, *, after: bool) -> None:
    await seed(tables, "undisturbed", "Web-2")
    await forget_requests(years("undisturbed", tables))
    expected = without_ids_of_acts(keys(await rows(tables, "undisturbed")))
    for number in range(100):
        vault = f"died{number}{after}".lower()
        await seed(tables, vault, "Web-2")
        try:
            with killed_at(number, after=after) as writes:
                await forget_requests(years(vault, tables))
        except Killed:
            pass
        found = await rows(tables, vault)
        assert id_of("2") in ids_in(found, "r")
        for one in await TableLedger(tables).by_name(vault, "web-2"):
            assert one in await TableLedger(tables).by_key(one.key_sha256), f"nothing leads to it: {one}"
        for _ in range(2):  # the place that was kept may be behind what was left
            await forget_requests(years(vault, tables))
        assert without_ids_of_acts(keys(await rows(tables, vault))) == expected
        if "died" not in writes:
            break
    assert number == 4  # the request, its key, its last entry, and the place


async def test_two_at_once_do_no_harm(tables: Tables) -> None:
    await seed(tables, "twice")
    await asyncio.gather(*(forget_requests(years("twice", tables)) for _ in range(3)))
    await forget_requests(years("twice", tables))
    found = await rows(tables, "twice")
    assert ids_in(found, "r") == ids_in(found, "h") == ids_in(found, "w") == {id_of(one) for one in KEPT}
    assert "-of-a" not in {key for _, key in found}


async def test_a_request_that_changes_meanwhile_stays_with_its_history(tables: Tables) -> None:
    await seed(tables, "moved")
    app, ledger = years("moved", tables), TableLedger(tables)
    (old,) = [one for one in await ledger.by_name("moved", "web") if one.request_id == id_of("e")]
    acts = await app.retention.acts("moved", "web")
    own = [one for one in acts if one.entry.request_id == old.request_id]
    completed = replace(old, status=Status.COMPLETED, ended=NOW)
    await ledger.save(old, Change(completed))
    assert await app.retention.forget_request(old, own) is False
    assert await ledger.get("moved", "web", old.request_id) == completed
    assert len([one for one in await ledger.history("moved", "web") if one.request_id == old.request_id]) == len(own)


@pytest.mark.parametrize("count", [1, 40, 41, 130])
async def test_a_history_of_any_length_goes(tables: Tables, count: int) -> None:
    vault = f"long{count}"
    await seed(tables, vault)
    for number in range(count):
        at = NOW - timedelta(days=900, minutes=number)
        entry = HistoryEntry("reminded", at, id_of("a"), Status.IN_PROGRESS, CHECK)
        await tables.commit([("upsert", row) for row in history_rows(vault, "web", entry)])
    for _ in range(2):  # those of more than one piece may need another round
        await forget_requests(years(vault, tables))
    found = await rows(tables, vault)
    assert ids_in(found, "h") == ids_in(found, "w") == {id_of(one) for one in KEPT}


async def test_entries_of_an_older_version_are_listed_under_the_name_as_it_is_spelled(tables: Tables) -> None:
    await seed(tables, "older")
    app = years("older", tables)
    wanted = ActFilter(frozenset({"older"}), limit=100)
    before = (await app.history.page(wanted, None)).acts
    table = await tables.table("certflow")
    for place, key in await rows(tables, "older"):
        if key.startswith("w|"):
            await table.delete_entity(f"older{place}", key)
        elif key.startswith("h|"):
            row: Any = dict(await table.get_entity(f"older{place}", key))
            del row["listed"]
            await table.upsert_entity(row, mode="replace")
    assert (await app.history.page(wanted, None)).acts == ()
    never = replace(app, options=replace(app.options, keep_requests=None))
    await forget_requests(never)
    assert (await app.history.page(wanted, None)).acts == before
    await forget_requests(app)
    after = (await app.history.page(wanted, None)).acts
    assert {one.entry.request_id for one in after} == {id_of(one) for one in KEPT}


async def test_pieces_have_each_entry_once_and_end(tables: Tables) -> None:
    retention, count = TableRetention(tables), PIECE_ROWS + 30
    for number in range(count):
        entry = HistoryEntry("reminded", NOW + timedelta(seconds=number), id_of("a"), Status.IN_PROGRESS, CHECK)
        row, _ = history_rows("pieces", "web", entry)
        await tables.commit([("upsert", row)])
    found, place = list[str](), None
    for _ in range(17):
        piece = await retention.piece("pieces", place)
        found += [one.key for one in piece.acts]
        place = piece.place
        if place is None:
            break
    assert place is None
    assert (len(found), len(set(found))) == (count, count)
    assert found == sorted(found)


async def test_a_place_is_kept_until_the_end(tables: Tables) -> None:
    retention = TableRetention(tables)
    assert await retention.place("none") is None
    await retention.save_place("some", "0|h|web")
    assert await retention.place("some") == "0|h|web"
    await retention.save_place("some", None)
    assert await retention.place("some") is None


async def test_entries_that_cannot_be_read_stop_no_run(tables: Tables) -> None:
    await seed(tables, "spoilt")
    (partition,) = {place for place, key in await rows(tables, "spoilt") if key.startswith("r|web|")}
    for number in range(PIECE_ROWS):  # all of a piece
        key = f"h|a|{number:04}|created|x"
        row = {"PartitionKey": f"spoilt{partition}", "RowKey": key, "act": "nonsense", "listed": True}
        await tables.commit([("upsert", row)])
    await forget_requests(years("spoilt", tables))
    assert ids_in(await rows(tables, "spoilt"), "r") == {id_of(one) for one in KEPT}
