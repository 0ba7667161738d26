"""What needs an approval waits, and Key Vault is asked for nothing before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.adapters.azure_tables.approvals import _approval_row
from functions.model.approval.record import ApprovalOf, ApprovalState
from functions.model.errors import Unavailable
from functions.ports.approvals.store import ApprovalChange
from tests.entra_tokens import PIPELINE_APP
from tests.unit.approvals.asking import ANN, BOB, CHANGES, ONE_OF_PKI, PLACE, POLICY, WILDCARD, Asking, outcome
from tests.unit.signed_in import FORGE, ROUTE, error_of


async def test_a_wildcard_waits_and_nothing_is_started() -> None:
    asking = Asking()
    answer = await asking.ask()
    found = error_of(answer)
    assert outcome(answer) == (202, "awaiting-approval")
    assert answer.headers["Location"] == f"https://app.example.com/api/approvals/{found['id']}"
    assert not CHANGES & set(asking.vault.calls)
    assert not asking.api.world.ledger.intents
    assert not asking.api.world.ledger.tracked
    assert found["body"] == WILDCARD
    assert (found["asked_by"], found["asker"]["oid"], found["of"]) == ("ann@example.com", ANN, "create")
    assert found["policy"]["names"] == {"dns": ["*.web.pay.example.com"]}
    assert found["needs"] == [{"approvals": 1, "by": ["role:pki"], "tell": ["pki@example.com"], "given": []}]
    assert [found[name] for name in ("difference", "decided", "request_id", "error")] == [None] * 4
    assert (found["names"], found["owner"]) == (["*.web.pay.example.com"], "pay@example.com")
    assert len(found["access_file"]) == 64
    assert found["may"] == ["withdraw"]
    assert (asking.told, asking.history) == (["Asked"], ["asked"])


async def test_what_meets_no_condition_starts_as_before() -> None:
    asking = Asking()
    policy = {**POLICY, "x509_props": {"subject": "CN=web.pay.example.com"}}
    answer = await asking.ask({**WILDCARD, "policy": policy})
    assert (answer.status_code, error_of(answer)["how"]) == (202, "created")
    assert asking.api.world.approvals.kept == {}


@pytest.mark.parametrize("key", [{}, {"idempotency-key": "order-1"}])
async def test_the_same_body_again_is_the_same_approval(key: dict[str, str]) -> None:
    asking = Asking()
    first, again = await asking.ask(**key), await asking.ask(**key)
    assert (again.status_code, again.get_body()) == (202, first.get_body())
    other_case = await asking.ask(name="PAY-WEB", **key)
    assert error_of(other_case)["id"] == error_of(first)["id"]
    assert asking.told == ["Asked"]


async def test_another_body_or_another_caller_for_the_same_name_waits_for_the_first() -> None:
    asking = Asking()
    await asking.ask()
    changed = {**WILDCARD, "requested_by": "another ticket"}
    for answer in (await asking.ask(changed), await asking.ask(who=asking.header(BOB, "team-pay"))):
        assert outcome(answer) == (409, "approval-pending")
        assert f"approvals/{asking.approval.id}/withdraw" in error_of(answer)["error"]["message"]
    elsewhere = await asking.ask(changed, name="pay-other")
    assert outcome(elsewhere) == (202, "awaiting-approval")


async def test_an_idempotency_key_answers_what_became_of_it_and_never_something_else() -> None:
    asking = Asking()
    key = {"idempotency-key": "order-1"}
    await asking.ask(**key)
    other = await asking.ask({**WILDCARD, "owner": "x@example.com"}, **key)
    assert (other.status_code, error_of(other)["error"]["code"]) == (422, "IdempotencyKeyReused")
    await asking.decide("refuse")
    assert outcome(await asking.ask(**key)) == (202, "refused")
    assert outcome(await asking.ask()) == (202, "awaiting-approval")  # without the key it is asked again
    assert asking.told == ["Asked", "Refused", "Asked"]


KEY = {"idempotency-key": "order-1"}
REPLACES = {**WILDCARD, "if_pending": "replace"}
OF_EVERYTHING = {"names": ["pay-*"], "approvals": 1, "by": ["role:pki"]}


async def test_after_the_start_the_key_is_answered_with_the_approval_and_its_request() -> None:
    asking = Asking()
    await asking.ask(**KEY)
    await asking.decide("approve")
    again = await asking.ask(**KEY)
    assert outcome(again) == (202, "started")
    assert error_of(again)["request_id"] == asking.approval.request_id
    assert outcome(await asking.ask()) == (409, "pending")  # without the key it is another one


async def test_a_key_is_answered_though_its_caller_may_start_nothing_more_today() -> None:
    asking = Asking(grants={"a_day": 1})
    await asking.ask(**KEY)
    assert outcome(await asking.ask(**KEY)) == (202, "awaiting-approval")


async def test_a_key_means_the_body_and_not_the_policy_that_is_stored_by_now() -> None:
    asking = Asking(conditions=[OF_EVERYTHING])
    plain = {**POLICY, "x509_props": {"subject": "CN=web.pay.example.com"}}
    asking.vault.policies["pay-web"] = plain
    body = {"owner": "pay@example.com"}
    await asking.ask(body, **KEY)
    await asking.decide("refuse")
    asking.vault.policies["pay-web"] = {**plain, "key_props": {"kty": "RSA"}}
    assert outcome(await asking.ask(body, **KEY)) == (202, "refused")


async def test_a_key_starts_one_request_also_where_no_approval_is_asked_for_any_more() -> None:
    asking = Asking()
    await asking.ask(REPLACES, **KEY)
    await asking.decide("approve")
    asking.conditions = []
    asking.write()
    assert outcome(await asking.ask(REPLACES, **KEY)) == (202, "started")
    assert len(asking.vault.created) == 1


async def test_a_key_of_a_request_that_runs_asks_for_no_approval_that_is_wanted_since() -> None:
    asking = Asking(conditions=[], grants={"a_day": 2})
    first = error_of(await asking.ask(REPLACES, **KEY))
    asking.conditions = [ONE_OF_PKI]
    asking.write()
    again = await asking.ask(REPLACES, **KEY)
    assert (again.status_code, error_of(again)["request_id"]) == (202, first["request_id"])
    other = await asking.ask({**REPLACES, "signer": "s@example.com"}, **KEY)
    assert (other.status_code, error_of(other)["error"]["code"]) == (422, "IdempotencyKeyReused")
    assert asking.api.world.approvals.kept == {}
    assert [count.count for count in asking.api.world.start_counts.counts.values()] == [1]


async def test_a_key_whose_start_was_cut_off_asks_nobody_before_it_is_known_what_came_of_it() -> None:
    asking = Asking(conditions=[])
    whole = asking.vault.create

    async def lost(*given: Any) -> Any:
        await whole(*given)
        raise Unavailable("Key Vault", "time-out", maybe_done=True)

    asking.vault.create = lost  # type: ignore[method-assign, assignment]  # of the fake
    assert (await asking.ask(REPLACES, **KEY)).status_code == 503
    asking.conditions = [ONE_OF_PKI]
    asking.write()
    assert (await asking.ask(REPLACES, **KEY)).status_code == 503
    assert asking.api.world.approvals.kept == {}


async def test_the_same_key_of_another_caller_is_another_key() -> None:
    asking = Asking()
    await asking.ask(**KEY)
    await asking.decide("refuse")
    assert outcome(await asking.ask(who=asking.header(BOB, "team-pay"), **KEY)) == (202, "awaiting-approval")


async def test_a_key_is_told_of_the_end_that_nobody_has_noted_yet() -> None:
    asking = Asking()
    await asking.ask(**KEY)
    asking.api.world.later(days=7)
    assert outcome(await asking.ask(**KEY)) == (202, "expired")


async def test_two_who_ask_at_once_get_one_approval() -> None:
    asking = Asking()
    approvals = asking.api.world.approvals
    add, kept = approvals.add, list[Any]()

    async def slow(change: ApprovalChange) -> Any:
        if not kept:
            kept.append(change)
            await asking.ask()
        return await add(change)

    approvals.add = slow  # type: ignore[method-assign]  # of the fake
    assert error_of(await asking.ask())["id"] == asking.approval.id


FREE = {"who": ["role:free"], "may": ["read", "request"]}


@pytest.mark.parametrize("star", ["\uff0a", "\ufe61", "\u2217", "%2a", "*\u200b", "w*"])
async def test_what_may_become_a_wildcard_on_its_way_waits_as_one(star: str) -> None:
    asking = Asking(more_rows=[FREE])
    sans = {"dns_names": [f"{star}.pay.example.com"]}
    policy = {**POLICY, "x509_props": {"subject": "CN=web.pay.example.com", "sans": sans}}
    answer = await asking.ask({"policy": policy}, who=asking.header(ANN, "free"))
    assert outcome(answer) in {(202, "awaiting-approval"), (400, None)}
    assert asking.vault.created == []


@pytest.mark.parametrize("star", ["\uff0a", "\ufe61"])
async def test_a_wide_star_in_the_subject_is_a_wildcard(star: str) -> None:
    asking = Asking(more_rows=[FREE])
    policy = {**POLICY, "x509_props": {"subject": f"CN={star}.pay.example.com"}}
    answer = await asking.ask({"policy": policy}, who=asking.header(ANN, "free"))
    assert outcome(answer) == (202, "awaiting-approval")


@pytest.mark.parametrize("name", ["web.pay.example.com", "_a.WEB-1.example.com", "xn--bcher-kva.example", "web"])
async def test_a_dns_name_that_says_what_it_is_waits_for_nobody(name: str) -> None:
    asking = Asking(more_rows=[FREE])
    sans = {"dns_names": [name]}
    policy = {**POLICY, "x509_props": {"subject": "CN=web.pay.example.com", "sans": sans}}
    answer = await asking.ask({"policy": policy}, who=asking.header(ANN, "free"))
    assert (answer.status_code, error_of(answer)["how"]) == (202, "created")


def many_names(count: int, letter: str = "a") -> dict[str, Any]:
    """The body of a create with very many names."""
    names = [f"*.{letter * 50}{number:06d}.pay.example.com" for number in range(count)]
    return {"policy": {**POLICY, "x509_props": {"subject": "CN=web.pay.example.com", "sans": {"dns_names": names}}}}


@pytest.mark.parametrize("letter", ["a", "\U0001f600"])
async def test_what_waits_fits_in_its_row_however_many_names_it_has(letter: str) -> None:
    asking = Asking(more_rows=[FREE])
    who = asking.header(ANN, "free")
    answers = [await asking.ask(many_names(count, letter), who) for count in (700, 1300, 1700, 2600)]
    refused = [one for one in answers if one.status_code == 400]
    assert refused
    for answer in refused:
        assert "fewer names" in error_of(answer)["error"]["message"]
    for approval in asking.api.world.approvals.kept.values():
        row = _approval_row(approval)
        assert sum(len(value.encode("utf-16-le")) for value in row.values() if isinstance(value, str)) < 850_000
    assert asking.vault.created == []


async def test_what_fits_waits() -> None:
    asking = Asking(more_rows=[FREE])
    answer = await asking.ask(many_names(1000), asking.header(ANN, "free"))
    assert outcome(answer) == (202, "awaiting-approval")


async def test_an_application_may_ask() -> None:
    row = {"who": [f"app:{PIPELINE_APP}"], "may": ["request"]}
    asking = Asking(more_rows=[row])
    answer = await asking.ask(who=FORGE.bearer(FORGE.machine(roles=["some-role"])))
    assert outcome(answer) == (202, "awaiting-approval")
    assert error_of(answer)["asker"]["kind"] == "app"


async def test_who_may_request_and_read_nothing_sees_and_withdraws_their_own_and_no_other() -> None:
    asking = Asking(more_rows=[{"who": [f"app:{PIPELINE_APP}"], "may": ["request"]}])
    machine = FORGE.bearer(FORGE.machine(roles=["some-role"]))
    found = error_of(await asking.ask(who=machine))
    await asking.ask(name="pay-other")
    listed = error_of(await asking.api.send(ROUTE["list_approvals"], machine))["value"]
    assert [one["id"] for one in listed] == [found["id"]]
    other = next(one.id for one in asking.api.world.approvals.kept.values() if one.id != found["id"])
    for id_, status in ((found["id"], 200), (other, 404)):
        assert (await asking.api.send(ROUTE["get_approval"], machine, id=id_)).status_code == status
        assert (await asking.decide("withdraw", machine, id_=id_)).status_code == status
    assert asking.api.world.approvals.kept[found["id"]].state is ApprovalState.WITHDRAWN


async def test_who_may_not_see_what_waits_for_the_name_is_told_nothing_of_it() -> None:
    asking = Asking(more_rows=[{"who": [f"app:{PIPELINE_APP}"], "may": ["request"]}])
    await asking.ask()
    answer = await asking.ask(who=FORGE.bearer(FORGE.machine(roles=["some-role"])))
    assert outcome(answer) == (409, "approval-pending")
    told = error_of(answer)["error"]["message"]
    assert told == "Another request for pay-web waits for approval. Wait for its end, then ask again."


async def test_who_may_request_and_read_nothing_stops_their_own_also_once_it_is_approved() -> None:
    asking = Asking(more_rows=[{"who": [f"app:{PIPELINE_APP}"], "may": ["request"]}])
    machine = FORGE.bearer(FORGE.machine(roles=["some-role"]))
    await asking.ask(who=machine)
    asking.vault.faults = [Unavailable("Key Vault", "HTTP 503")]
    assert outcome(await asking.decide("approve")) == (200, "approved")
    assert outcome(await asking.decide("withdraw", machine)) == (200, "withdrawn")


async def test_what_would_be_refused_anyway_asks_nobody() -> None:
    asking = Asking()
    asking.vault.start("pay-web", "DigiCert")
    assert outcome(await asking.ask()) == (409, "pending")
    assert asking.api.world.approvals.kept == {}


async def test_without_sign_in_nothing_waits() -> None:
    asking = Asking()
    asking.api.entra = False
    answer = await asking.api.send(ROUTE["create_certificate"], None, body=WILDCARD, **PLACE)
    assert (answer.status_code, error_of(answer)["how"]) == (202, "created")
    assert error_of(await asking.api.send(ROUTE["list_approvals"], None))["value"] == []


async def test_asking_counts_as_a_start_of_the_day_and_asking_again_does_not() -> None:
    asking = Asking(grants={"a_day": 2})
    answers = [await asking.ask(name=f"pay-{number}") for number in (0, 0, 1, 2)]
    assert [one.status_code for one in answers] == [202, 202, 202, 403]
    await asking.api.send(ROUTE["approve"], asking.header(BOB, "pki"), id="f" * 32)
    assert [count.count for count in asking.api.world.start_counts.counts.values()] == [2]


async def test_a_dry_run_says_for_whom_it_would_wait() -> None:
    asking = Asking()
    found = error_of(await asking.ask(query="dry_run=true"))
    assert (found["allowed"], found["forbidden"]["reason"]) == (False, "approval-needed")
    assert found["approvals"] == [{"count": 1, "by": ["role:pki"], "may_approve": ["role:pki"]}]
    assert asking.api.world.approvals.kept == {}


async def test_the_list_shows_a_caller_what_they_asked_for_may_read_or_approve() -> None:
    asking = Asking()
    for number in range(3):
        await asking.ask(name=f"pay-{number}")
        asking.api.world.later(seconds=1)

    async def names(who: str, query: str = "") -> list[str]:
        answer = await asking.api.send(ROUTE["list_approvals"], who, query=query)
        return [one["name"] for one in error_of(answer)["value"]]

    pki, pay, hr = (asking.header(oid, role) for oid, role in ((BOB, "pki"), (ANN, "team-pay"), (ANN, "team-hr")))
    assert await names(pki) == await names(pay) == ["pay-2", "pay-1", "pay-0"]
    assert await names(hr) == ["pay-2", "pay-1", "pay-0"]  # they are Ann's own
    assert await names(asking.header(BOB, "team-hr")) == []
    assert await names(pki, "vault=prod-hr") == await names(pki, "state=expired,refused") == []
    assert await names(pki, "state=awaiting-approval&vault=PROD-PAY") == ["pay-2", "pay-1", "pay-0"]
    page = error_of(await asking.api.send(ROUTE["list_approvals"], pki, query="limit=2"))
    assert [one["name"] for one in page["value"]] == ["pay-2", "pay-1"]
    token = page["nextLink"].partition("token=")[2]
    assert await names(pki, f"limit=2&token={token}") == ["pay-0"]
    wrong = await asking.api.send(ROUTE["list_approvals"], pki, query="state=waiting")
    assert (wrong.status_code, "awaiting-approval" in error_of(wrong)["error"]["message"]) == (400, True)


async def test_what_a_caller_may_not_see_is_answered_as_what_does_not_exist() -> None:
    asking = Asking()
    await asking.ask()
    stranger, denied = asking.header(BOB, "team-hr"), asking.header(ANN, "team-pay")
    body = {"digest": asking.approval.digest, "reason": "no"}
    for route in ("get_approval", "withdraw"):
        there, absent = [
            await asking.api.send(ROUTE[route], stranger, id=id_) for id_ in (asking.approval.id, "f" * 32)
        ]
        assert (there.status_code, there.get_body()) == (404, absent.get_body())
    # Of another vault, with the verb: the same.
    rows = [{"who": ["role:other"], "may": ["read", "approve"], "vaults": ["prod-hr"]}]
    asking.more_rows = rows
    asking.write()
    other = asking.header(BOB, "other")
    for route in ("approve", "refuse"):
        given = body if route == "refuse" else {"digest": body["digest"]}
        there, absent = [
            await asking.api.send(ROUTE[route], other, id=id_, body=given) for id_ in (asking.approval.id, "f" * 32)
        ]
        assert (there.status_code, there.get_body()) == (404, absent.get_body())
    asking.conditions.append({"who": [f"oid:{ANN}"], "deny": True, "say": "left"})
    asking.write()
    gone = await asking.api.send(ROUTE["get_approval"], denied, id=asking.approval.id)
    assert (gone.status_code, gone.get_body()) == (404, absent.get_body())
    assert asking.approval.state is ApprovalState.AWAITING


async def test_a_digest_says_all_that_is_asked_for() -> None:
    asking = Asking()
    digests = set()
    for changes in ({}, {"owner": None}, {"signer": "s@example.com"}, {"tags": {"a": "b"}}, {"if_pending": "adopt"}):
        body = {key: value for key, value in {**WILDCARD, **changes}.items() if value is not None}
        answer = await asking.ask(body)
        if answer.status_code == 202:
            digests.add(error_of(answer)["digest"])
            await asking.api.send(ROUTE["withdraw"], asking.header(ANN, "team-pay"), id=error_of(answer)["id"], body={})
    assert len(digests) == 5


async def test_one_caller_has_so_many_that_wait_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.approvals.ask.MAX_OPEN_OF_ONE", 2)
    asking = Asking(grants={"a_day": 3})
    answers = [await asking.ask(name=f"pay-{number}") for number in range(3)]
    assert [outcome(one)[1] for one in answers] == ["awaiting-approval", "awaiting-approval", "too-many-approvals"]
    assert (answers[2].status_code, "withdraw" in error_of(answers[2])["error"]["message"]) == (403, True)
    assert outcome(await asking.ask(name="pay-0")) == (202, "awaiting-approval")  # it waits already
    assert [count.count for count in asking.api.world.start_counts.counts.values()] == [2]
    other = await asking.ask(name="pay-2", who=asking.header(BOB, "team-pay"))
    assert outcome(other) == (202, "awaiting-approval")
    await asking.decide(
        "refuse", id_=error_of(answers[0])["id"], body={"digest": error_of(answers[0])["digest"], "reason": "no"}
    )
    again = await asking.ask(name="pay-3")
    assert outcome(again) == (202, "awaiting-approval")


async def test_one_caller_asks_for_so_many_in_a_day_and_no_more_whatever_became_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("functions.approvals.ask.MAX_ASKED_IN_A_DAY", 2)
    asking = Asking()
    own = asking.header(ANN, "team-pay")
    for _ in range(2):
        answer = await asking.ask()
        await asking.decide("withdraw", own, id_=error_of(answer)["id"])
    assert outcome(await asking.ask()) == (403, "too-many-approvals")
    assert asking.told == ["Asked", "Withdrawn"] * 2
    asking.api.world.later(hours=24)
    assert outcome(await asking.ask()) == (202, "awaiting-approval")


async def test_in_a_vault_that_is_only_observed_nobody_is_asked() -> None:
    asking = Asking(grants={"a_day": 1})
    world = asking.api.world
    world.options = replace(world.options, read_only_vaults=frozenset({"prod-pay"}))
    assert outcome(await asking.ask()) == (403, "observed")
    assert world.approvals.kept == {}
    assert [count.count for count in world.start_counts.counts.values()] == [0]


async def test_after_the_end_of_one_another_body_is_asked_for() -> None:
    asking = Asking()
    await asking.ask()
    asking.api.world.later(days=7)
    assert outcome(await asking.ask({**WILDCARD, "requested_by": "another ticket"})) == (202, "awaiting-approval")
    assert asking.told == ["Asked", "Expired", "Asked"]


async def test_what_was_started_elsewhere_and_waits_for_the_name_is_in_the_way_of_no_create() -> None:
    asking = Asking()
    await asking.ask()
    approvals, waiting = asking.api.world.approvals, asking.approval
    approvals.kept.clear()
    elsewhere = replace(waiting, of=ApprovalOf.ELSEWHERE, request_id="a" * 32, digest="0" * 64)
    await approvals.add(ApprovalChange(elsewhere))
    assert outcome(await asking.ask()) == (202, "awaiting-approval")
    assert len(approvals.kept) == 2


async def test_a_start_that_asks_in_vain_is_not_counted() -> None:
    asking = Asking(grants={"a_day": 2})
    await asking.ask()
    assert outcome(await asking.ask({**WILDCARD, "requested_by": "x"})) == (409, "approval-pending")
    assert [count.count for count in asking.api.world.start_counts.counts.values()] == [1]
