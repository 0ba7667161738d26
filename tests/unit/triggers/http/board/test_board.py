"""`GET board`: what a caller sees of it, and when it is the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from functions.access.verbs import Verb
from functions.board.kept import KEPT, READ_ALL_AFTER
from functions.board.vaults import MISSED
from functions.model.board.rows import BoardRow
from functions.model.request.operation import Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.triggers.http.board import board
from functions.triggers.http.types.board import BoardColumns
from tests.clock import NOW
from tests.unit.fakes import World
from tests.unit.signed_in import ROUTE, TEAMS, Api, error_of, five_teams, team_file
from tests.unit.tracked_requests import tracked

BOARD = ROUTE["get_board"]
READER, OPERATOR = "Certflow.Reader", "Certflow.Operator"
ALL = [verb.value for verb in Verb]


async def asked(api: Api, *roles: str, etag: str = "", **headers: str) -> func.HttpResponse:
    return await api.call(BOARD, roles, **({"if-none-match": etag} if etag else {}), **headers)


def body_of(answer: func.HttpResponse) -> dict[str, Any]:
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.get_body())
    return found


def rows_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    columns = body["columns"]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


async def add(world: World, vault: str, name: str, **more: Any) -> TrackedRequest:
    request = TrackedRequest(vault, name, name.ljust(32, "0"), "DigiCert", "CN=x", "k", NOW, **more)
    added, _ = await world.ledger.add(Change(request))
    return added


async def teams() -> Api:
    """A request of each team in its own vault."""
    api = five_teams()
    for team in TEAMS:
        await add(api.world, f"prod-{team}", f"{team}-web")
    return api


def test_the_columns_are_the_fields_of_a_row_and_what_may_be_done() -> None:
    assert set(BoardColumns.__struct_fields__) == {*BoardRow._fields, "may"}


async def test_a_board_without_requests_has_empty_columns() -> None:
    body = body_of(await asked(Api(), READER))
    assert body == {
        "at": NOW.isoformat(),
        "columns": {name: [] for name in BoardColumns.__struct_fields__},
        "mays": [],
        "vaults": {"main": {"observed": False, "checked": None, "down_since": None}},
    }


async def test_a_caller_sees_what_may_be_read_and_what_may_be_done_with_it() -> None:
    api = await teams()
    mine = body_of(await asked(api, "team-pay"))
    (row,) = rows_of(mine)
    assert (row["vault"], row["name"]) == ("prod-pay", "pay-web")
    assert mine["mays"][row["may"]] == ["read", "request", "return", "cancel", "delete", "acknowledge"]
    assert set(mine["vaults"]) == {"prod-pay"}
    everything = body_of(await asked(api, "pki"))
    assert {row["name"] for row in rows_of(everything)} == {f"{team}-web" for team in TEAMS}
    assert [everything["mays"][row["may"]] for row in rows_of(everything)] == [ALL] * len(TEAMS)
    assert everything["mays"] == [ALL]
    assert error_of(await asked(api, "nobody"))["reason"] == "not-granted"


async def test_two_grants_make_two_rows_of_verbs() -> None:
    rows = [
        {"who": ["role:a"], "may": ["read"]},
        {"who": ["role:a"], "may": ["return", "cancel"], "names": ["web-*"]},
    ]
    api = Api(file=json.dumps({"grants": rows}).encode())
    for name in ("web-a", "shop", "web-b"):
        await add(api.world, "main", name)
    body = body_of(await asked(api, "a"))
    assert {row["name"]: body["mays"][row["may"]] for row in rows_of(body)} == {
        "shop": ["read"],
        "web-a": ["read", "return", "cancel"],
        "web-b": ["read", "return", "cancel"],
    }
    assert len(body["mays"]) == 2


async def test_with_function_keys_everything_is_seen_and_allowed() -> None:
    world = World()
    await add(world, "main", "web")
    body = body_of(await Api(world, entra=False).send(BOARD, None))
    assert (len(rows_of(body)), body["mays"]) == (1, [ALL])


async def test_whoever_has_it_already_gets_304_and_gzip_whoever_takes_it() -> None:
    world = World()
    tracked(world, 40)
    api = Api(world)
    first = await asked(api, READER, **{"accept-encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(first.get_body()))["columns"]["name"]) == 40
    world.later(seconds=READ_ALL_AFTER.total_seconds() + 1)  # and all rows are read again
    same = await asked(api, READER, etag=first.headers["ETag"])
    assert (same.status_code, same.get_body(), same.headers["ETag"]) == (304, b"", first.headers["ETag"])


async def another_request(api: Api) -> None:
    await add(api.world, "main", "new")


async def an_end(api: Api) -> None:
    request = await api.world.ledger.get("main", "web-0", "0" * 32)
    assert request
    await api.world.ledger.save(request, Change(replace(request, status=Status.FAILED, ended=NOW)))


async def a_reminder(api: Api) -> None:
    request = await api.world.ledger.get("main", "web-0", "0" * 32)
    assert request
    await api.world.ledger.save(request, Change(replace(request, reminded=1)))


async def a_vault_that_is_down(api: Api) -> None:
    await api.world.monitoring_store.heartbeat("main", NOW - MISSED)


async def other_grants(api: Api) -> None:
    assert api.world.access_files
    api.world.access_files.write(json.dumps({"grants": [{"who": ["role:a"], "may": ["read", "cancel"]}]}).encode())
    api.world.later(seconds=60)


@pytest.mark.parametrize("change", [another_request, an_end, a_reminder, a_vault_that_is_down, other_grants])
async def test_after_a_change_it_is_another(change: Callable[[Api], Awaitable[None]]) -> None:
    api = Api(file=json.dumps({"grants": [{"who": ["role:a"], "may": ["read"]}]}).encode())
    tracked(api.world, 2)
    await api.world.monitoring_store.heartbeat("main", NOW)
    first = await asked(api, "a")
    await change(api)
    api.world.later(seconds=KEPT.total_seconds())
    after = await asked(api, "a", etag=first.headers["ETag"])
    assert body_of(after) != body_of(first)
    assert after.headers["ETag"] != first.headers["ETag"]


async def test_a_heartbeat_alone_is_no_change_and_neither_is_what_others_do() -> None:
    api = await teams()
    await api.world.monitoring_store.heartbeat("prod-pay", NOW)
    first = await asked(api, "team-pay")
    api.world.later(seconds=KEPT.total_seconds())
    await api.world.monitoring_store.heartbeat("prod-pay", api.world.now)
    await add(api.world, "prod-hr", "hr-new")
    same = await asked(api, "team-pay", etag=first.headers["ETag"])
    assert same.status_code == 304
    assert (await asked(api, "pki", etag=first.headers["ETag"])).status_code == 200


async def test_two_callers_of_the_same_rows_with_other_grants_have_other_etags() -> None:
    api = Api()
    tracked(api.world, 1)
    reader, operator = [await asked(api, role) for role in (READER, OPERATOR)]
    assert reader.headers["ETag"] != operator.headers["ETag"]
    assert body_of(reader)["mays"] == [["read"]]
    assert body_of(operator)["mays"] == [ALL]


async def test_a_vault_is_down_since_its_last_good_run_when_several_are_missing() -> None:
    api = Api()
    await api.world.monitoring_store.heartbeat("main", NOW)
    api.world.later(seconds=MISSED.total_seconds())
    still = body_of(await asked(api, READER))["vaults"]["main"]
    assert still == {"observed": False, "checked": NOW.isoformat(), "down_since": None}
    api.world.later(seconds=1)
    down = body_of(await asked(api, READER))["vaults"]["main"]
    assert down == {"observed": False, "checked": NOW.isoformat(), "down_since": NOW.isoformat()}


async def test_a_vault_that_is_only_observed_says_so() -> None:
    world = World()
    world.options = replace(world.options, read_only_vaults=frozenset({"main"}))
    assert body_of(await asked(Api(world), READER))["vaults"]["main"]["observed"]


async def test_of_too_many_the_first_are_shown_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "MAX_IN_ORDER", 3)
    api = await teams()
    body = body_of(await asked(api, "pki"))
    assert (len(rows_of(body)), body["left_out"]) == (3, 2)
    assert "left_out" not in body_of(await asked(api, "team-hr")), "what others have is not counted"


async def test_no_query_parameter_is_known_and_no_vault_need_answer() -> None:
    api = Api()
    assert (await api.call(BOARD, [READER], query="vault=main")).status_code == 400
    assert api.world.vault.calls == []


async def test_the_team_that_lost_its_grant_sees_nothing_of_the_kept_rows() -> None:
    api = await teams()
    await asked(api, "pki")
    api.file = team_file()
    assert (await asked(api, "stranger")).status_code == 403
    assert [row["name"] for row in rows_of(body_of(await asked(api, "team-hr")))] == ["hr-web"]


async def test_times_are_to_the_second() -> None:
    world = World()
    await add(world, "main", "web", next_check=NOW + timedelta(seconds=1, microseconds=999_999))
    (row,) = rows_of(body_of(await asked(Api(world), READER)))
    assert row["next_check"] == "2026-11-24T12:00:01+00:00"
