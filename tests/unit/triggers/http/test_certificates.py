"""Around a use case: errors become bodies, queries are checked, and who asks is told apart."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from dataclasses import replace
from datetime import datetime, timedelta

import azure.functions as func
import pytest

from functions.app.context import Certflow
from functions.app.health import ANSWER_TTL
from functions.model.caller import Caller
from functions.model.errors import BadSettings, InvalidRequest, Unavailable
from functions.model.request.actor import UNNAMED
from functions.model.request.operation import Status
from functions.model.request_filter import RequestFilter
from functions.triggers.http.answers import answered
from functions.triggers.http.certificates import get_pending
from functions.triggers.http.context import KEY_CALLER, Context
from functions.triggers.http.overview import get_health
from functions.triggers.http.queries import (
    MAX_CHOSEN,
    actor_of,
    check_query,
    csr_filter_of,
    filter_of,
    idempotency_key,
)
from tests.actors import person, saying
from tests.clock import NOW
from tests.unit.fakes import World


def request(query: str = "", **headers: str) -> func.HttpRequest:
    params = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair and not pair.endswith("="))
    return func.HttpRequest(
        method="GET",
        url=f"https://app.example.com/api/vaults/main/certificates/web/pending?{query}",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        params=params,
        route_params={"vault": "main", "name": "web"},
        body=b"",
    )


def context(caller: Caller = KEY_CALLER) -> Context:
    return Context(lambda: World().certflow, caller)


async def test_an_unforeseen_error_is_a_body_with_an_id_that_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Certflow:
        raise RuntimeError("secret detail")

    async def handle() -> func.HttpResponse:
        return await get_pending(request(), Context(broken))

    with caplog.at_level(logging.INFO):
        response = await answered(request(), handle)
    assert response.status_code == 500
    error = json.loads(response.get_body())["error"]
    assert error["code"] == "InternalError"
    assert "secret detail" not in error["message"]
    incident = error["message"].rsplit(" ", 1)[1].rstrip(".")
    assert len(incident) == 32
    assert incident in caplog.text
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("query", ["reqest_id=1", "request_id=1&force=true", "request_id="])
def test_a_query_parameter_that_is_not_known_or_has_no_value_is_refused(query: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_query(request(query), "request_id")
    assert caught.value.field in query


@pytest.mark.parametrize(
    "query",
    [
        "older_than=7",
        "older_than=936365d",
        "expires_within=x",
        "order=name",
        "status=failed,done",
        "limit=0",
        "limit=x",
        "limit=" + "9" * 5000,
        "status=done",
        "token=",
    ],
)
def test_a_filter_that_cannot_be_meant_is_named(query: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        filter_of(request(query), NOW)
    assert caught.value.field == query.split("=")[0]


def test_a_filter_is_read() -> None:
    some = "vault=Main,staging&status=INPROGRESS,failed&owner=me&name=web*&issuer=DigiCert&limit=5&token=t"
    periods = "older_than=2d&ended_within=1h&expires_within=30d&order=none"
    wanted, token = filter_of(request(f"{some}&{periods}"), NOW)
    assert wanted == RequestFilter(
        vaults=frozenset({"main", "staging"}),
        statuses=frozenset({Status.IN_PROGRESS, Status.FAILED}),
        owner="me",
        name="web*",
        issuer="DigiCert",
        created_before=NOW - timedelta(days=2),
        ended_after=NOW - timedelta(hours=1),
        expires_before=NOW + timedelta(days=30),
        in_order=False,
        limit=5,
    )
    assert token == "t"
    assert filter_of(request("status=ended"), NOW)[0].statuses == frozenset(Status) - {Status.IN_PROGRESS}
    assert filter_of(request(), NOW)[0] == RequestFilter()
    assert filter_of(request("older_than=99999d"), NOW)[0].created_before


def test_csrs_are_chosen_by_the_ids_of_their_requests() -> None:
    one, other = "0f" * 16, "A0" * 16
    found = csr_filter_of(request(f"request_id={one},{other}"), NOW)
    assert found == RequestFilter(request_ids=frozenset({one, other.lower()}))
    many = ",".join(f"{number:032x}" for number in range(MAX_CHOSEN))
    assert len(csr_filter_of(request(f"request_id={many}"), NOW).request_ids) == MAX_CHOSEN


@pytest.mark.parametrize(
    "given", ["x", "0f" * 16 + ",1", ",".join(f"{number:032x}" for number in range(MAX_CHOSEN + 1))]
)
def test_an_id_of_a_csrs_request_that_is_none_or_too_many_of_them_are_named(given: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^request_id: .*{MAX_CHOSEN} at most"):
        csr_filter_of(request(f"request_id={given}"), NOW)


def test_key_vaults_version_and_the_function_key_are_accepted_everywhere() -> None:
    check_query(request("api-version=7.4&code=abc"))


def test_who_has_the_function_key_is_what_they_say_in_the_body_or_else_in_the_query() -> None:
    assert actor_of(request("requested_by=bob"), context()) == saying("bob")
    assert actor_of(request("requested_by=bob"), context(), "cy") == saying("cy")
    assert actor_of(request(), context()) == UNNAMED


def test_what_somebody_says_does_not_change_who_is_signed_in() -> None:
    ann = person("ann@example.com")
    by = actor_of(request("requested_by=the boss"), context(Caller(ann)))
    assert by == replace(ann, on_behalf_of="the boss")
    assert (by.shown, by.verified) == ("ann@example.com", True)


def test_the_header_of_app_service_is_not_read() -> None:
    claims = {"name_typ": "name", "claims": [{"typ": "name", "val": "the boss"}, {"typ": "oid", "val": "0000"}]}
    header = base64.b64encode(json.dumps(claims).encode()).decode()
    forged = request("requested_by=bob", x_ms_client_principal=header, x_ms_client_principal_name="the boss")
    assert actor_of(forged, context()) == saying("bob")


def test_a_name_that_could_break_a_log_line_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        actor_of(request(), context(), "ann\nbob")


@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel", "k\udcc3", "k\n", "k\x7f", "k\u2028"])
def test_an_idempotency_key_has_a_length_and_is_ascii(key: str) -> None:
    with pytest.raises(InvalidRequest):
        idempotency_key(request(idempotency_key=key))


@pytest.mark.parametrize("value", ["a%E2%80%A8b", "a%C2%85b", "a%0Ab", "%E2%80%AEa"])
def test_what_cannot_be_seen_is_refused_in_a_query_too(value: str) -> None:
    for name in ("requested_by", "owner"):
        with pytest.raises(InvalidRequest, match="cannot be seen") as caught:
            check_query(request(f"{name}={value}"), name)
        assert caught.value.field == name


def test_no_idempotency_key_is_none() -> None:
    assert idempotency_key(request()) is None


async def test_what_is_not_healthy_is_in_the_log_for_who_asks_may_be_anybody(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Certflow:
        raise BadSettings("CERTFLOW_VAULTS: missing")

    with caplog.at_level(logging.INFO):
        response = await get_health(request(), Context(broken))
    assert (response.status_code, json.loads(response.get_body())) == (503, {"status": "not ok"})
    assert "CERTFLOW_VAULTS: missing" in caplog.text


async def test_however_often_and_many_ask_for_its_health_the_storage_is_asked_once_in_some_seconds() -> None:
    world, asked = World(), list[int]()
    certflow, beats = world.certflow, world.monitoring_store.heartbeats

    async def counted() -> dict[str, datetime]:
        asked.append(1)
        await asyncio.sleep(0)  # so that the others come meanwhile
        if world.monitoring_store.down:
            raise Unavailable("The table storage", "down")
        return await beats()

    async def statuses(count: int) -> set[int]:
        context = Context(lambda: certflow)
        answers = await asyncio.gather(*(get_health(request(), context) for _ in range(count)))
        return {answer.status_code for answer in answers}

    world.monitoring_store.heartbeats = counted  # type: ignore[method-assign]
    assert (await statuses(480), len(asked)) == ({200}, 1)
    world.monitoring_store.down = True
    assert (await statuses(480), len(asked)) == ({200}, 1)
    world.now += ANSWER_TTL
    assert (await statuses(480), len(asked)) == ({503}, 2)
    world.monitoring_store.down = False
    world.later(seconds=1)
    assert (await statuses(480), len(asked)) == ({503}, 2)
    world.now += ANSWER_TTL
    assert (await statuses(1), len(asked)) == ({200}, 3)
    world.later(days=-1)  # a clock that was set back
    assert (await statuses(1), len(asked)) == ({200}, 4)
