"""`GET messages`: what became of each message; a team sees that of its own names, and no address whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.model.people.message_record import MessageFilter, MessagePage, MessageRecord, masked
from tests.clock import NOW
from tests.unit.signed_in import ROUTE, TEAMS, Api, error_of, five_teams

MESSAGES = ROUTE["list_messages"]
FAILED = "Certflow.Issuance.Failed"


def record(number: int, vault: str | None, name: str | None, **more: Any) -> MessageRecord:
    given: dict[str, Any] = {
        "event_id": f"{name}:{number}",
        "channel": "email",
        "outcome": "delivered",
        "to": (f"{(name or 'pki').partition('-')[0]}@example.com",),
        **more,
    }
    at = NOW - timedelta(minutes=number)
    return MessageRecord(type=FAILED, happened=at, settled=at, vault=vault, name=name, **given)


async def listing(records: Iterable[MessageRecord], file: bytes | None = None, *, entra: bool = True) -> Api:
    api = five_teams(file)
    api.entra = entra
    for one in records:
        await api.world.message_records.put(one)
    return api


async def of_all_teams(file: bytes | None = None) -> Api:
    """Three messages for each team, in turn, one about each vault as a whole, and one about the app."""
    own = [
        record(10 * number + at, f"prod-{team}", f"{team}-web") for number in range(3) for at, team in enumerate(TEAMS)
    ]
    whole = [record(500 + at, f"prod-{team}", None, to=("boss@example.com",)) for at, team in enumerate(TEAMS)]
    return await listing([*own, *whole, record(900, None, None)], file)


async def page(api: Api, roles: Iterable[str], query: str = "") -> dict[str, Any]:
    answer = await api.call(MESSAGES, roles, query=query)
    assert answer.status_code == 200, answer.get_body()
    return error_of(answer)


def token_in(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


async def test_it_says_what_became_of_a_message() -> None:
    one = record(
        1,
        "prod-pay",
        "pay-web",
        outcome="refused",
        reason="SMTP 550: nobody",
        attempts=3,
        message="m1",
        to=("ann@x.org",),
    )
    answer = await page(await listing([one]), ["pki"])
    at = (NOW - timedelta(minutes=1)).isoformat()
    assert answer == {
        "value": [
            {
                "happened": at,
                "settled": at,
                "type": FAILED,
                "event_id": "pay-web:1",
                "vault": "prod-pay",
                "name": "pay-web",
                "channel": "email",
                "to": ["ann@x.org"],
                "outcome": "refused",
                "reason": "SMTP 550: nobody",
                "attempts": 3,
                "message": "m1",
            }
        ],
        "nextLink": None,
    }


async def test_without_operate_addresses_are_masked_and_there_is_no_reason() -> None:
    one = record(1, "prod-pay", "pay-web", to=("ann@example.com", "b@x.org"), reason="550 ann@example.com unknown")
    answer = await page(await listing([one]), ["team-pay"])
    (shown,) = answer["value"]
    assert (shown["to"], shown["reason"]) == (["a***@example.com", "b***@x.org"], None)
    assert "ann@" not in json.dumps(answer)


@pytest.mark.parametrize(("vaults", "seen"), [(["prod-pay"], "ann@x.org"), (["prod-hr"], "a***@x.org")])
async def test_who_operates_that_vault_sees_the_addresses(vaults: list[str], seen: str) -> None:
    rows = [
        {"who": ["role:x"], "may": ["read"], "vaults": ["prod-pay"]},
        {"who": ["role:x"], "may": ["operate"], "vaults": vaults},
    ]
    one = record(1, "prod-pay", "pay-web", to=("ann@x.org",))
    answer = await page(await listing([one], json.dumps({"grants": rows}).encode()), ["x"])
    assert answer["value"][0]["to"] == [seen]


@pytest.mark.parametrize("team", TEAMS)
async def test_a_team_sees_the_messages_about_its_own_names_alone(team: str) -> None:
    api = await of_all_teams()
    answer = await page(api, [f"team-{team}"])
    assert {one["name"] for one in answer["value"]} == {f"{team}-web"}
    assert len(answer["value"]) == 3
    assert answer["nextLink"] is None
    assert not any(f"prod-{other}" in json.dumps(answer) for other in TEAMS if other != team)


async def test_only_rows_are_asked_for_that_a_team_may_see_by_their_names() -> None:
    api, asked = await of_all_teams(), list[MessageFilter]()
    records = api.world.message_records
    answer = records.page

    async def page_of(wanted: MessageFilter, token: str | None) -> MessagePage:
        asked.append(wanted)
        return await answer(wanted, token)

    with mock.patch.object(records, "page", page_of):
        await page(api, ["team-pay", "team-hr"])
        await page(api, ["pki"])
        api.entra = False
        await page(api, [])
    assert [set(one.beginnings) for one in asked] == [{"pay-", "hr-"}, set(), set()]


async def test_pages_of_a_team_and_their_tokens_are_those_of_a_team_alone() -> None:
    api = await of_all_teams()
    alone = await listing(one for one in api.world.message_records.records.values() if one.name == "pay-web")
    links = list[str]()
    for some in (api, alone):
        first = await page(some, ["team-pay"], "limit=2")
        links.append(first["nextLink"])
        second = await page(some, ["team-pay"], f"limit=2&token={token_in(first['nextLink'])}")
        assert [len(first["value"]), len(second["value"]), second["nextLink"]] == [2, 1, None]
    assert links[0] == links[1]


async def test_what_is_about_a_whole_vault_is_for_who_operates_it_and_about_the_app_for_who_operates_all() -> None:
    rows = [{"who": ["role:x"], "may": ["read", "operate"], "vaults": ["prod-pay"]}]
    api = await of_all_teams(json.dumps({"grants": rows}).encode())
    found = [(one["vault"], one["name"]) for one in (await page(api, ["x"]))["value"]]
    assert found == [*[("prod-pay", "pay-web")] * 3, ("prod-pay", None)]
    everything = (await page(await of_all_teams(), ["pki"], "limit=100"))["value"]
    assert len(everything) == len(TEAMS) * 4 + 1
    assert (everything[-1]["vault"], everything[-1]["to"]) == (None, ["pki@example.com"])


async def test_who_operates_all_and_reads_one_vault_sees_no_names_of_the_others() -> None:
    rows = [{"who": ["role:x"], "may": ["read"], "vaults": ["prod-pay"]}, {"who": ["role:x"], "may": ["operate"]}]
    found = (await page(await of_all_teams(json.dumps({"grants": rows}).encode()), ["x"]))["value"]
    assert {one["name"] for one in found} == {"pay-web", None}


async def test_with_function_keys_everything_is_listed() -> None:
    api = await listing([record(1, "main", "web", to=("ann@x.org",)), record(2, None, None)], entra=False)
    api.vaults = {}
    found = error_of(await api.send(MESSAGES, None))["value"]
    assert [one["to"] for one in found] == [["ann@x.org"], ["pki@example.com"]]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("vault=prod-pay", [1, 2]),
        ("vault=PROD-HR,prod-web", [3, 4]),
        ("name=pay-web", [1]),
        ("name=PAY-*", [1, 2]),
        ("channel=teams,urls:1", [2, 4]),
        ("outcome=refused", [3]),
        ("outcome=refused,overtaken&channel=urls:1", [4]),
        ("name=none", []),
    ],
)
async def test_filters(query: str, numbers: list[int]) -> None:
    api = await listing(
        [
            record(1, "prod-pay", "pay-web"),
            record(2, "prod-pay", "pay-api", channel="teams"),
            record(3, "prod-hr", "hr-web", outcome="refused"),
            record(4, "prod-web", "web-web", outcome="overtaken", channel="urls:1"),
        ]
    )
    found = (await page(api, ["pki"], query))["value"]
    assert [int(one["event_id"].partition(":")[2]) for one in found] == numbers


@pytest.mark.parametrize(
    ("query", "field"),
    [("outcome=sent", "outcome"), ("limit=0", "limit"), ("limit=101", "limit"), ("token=x", "token"), ("to=ann", "to")],
)
async def test_a_wrong_parameter_is_named(query: str, field: str) -> None:
    answer = await (await listing([])).call(MESSAGES, ["pki"], query=query)
    assert answer.status_code == 400
    assert error_of(answer)["error"]["message"].startswith(field)


async def test_a_vault_of_others_in_a_filter_is_refused_whether_or_not_it_exists() -> None:
    api = await of_all_teams()
    there, absent = [await api.call(MESSAGES, ["team-pay"], query=f"vault={one}") for one in ("prod-hr", "prod-xx")]
    assert there.status_code == absent.status_code == 403
    assert there.get_body().replace(b"prod-hr", b"prod-xx") == absent.get_body()


async def test_a_link_keeps_the_filter_and_leaves_the_key() -> None:
    api = await listing([record(number, "prod-pay", "pay-web") for number in range(30)])
    link = (await page(api, ["pki"], "vault=prod-pay&code=secret"))["nextLink"]
    assert "vault=prod-pay" in link
    assert "secret" not in link


@pytest.mark.parametrize(("address", "shown"), [("a@x.org", "a***@x.org"), ("'a@b'@x.org", "'***@x.org")])
def test_of_a_masked_address_only_the_first_character_and_the_domain_are_left(address: str, shown: str) -> None:
    assert masked(address) == shown
