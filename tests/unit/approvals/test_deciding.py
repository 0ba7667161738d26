"""Who may say yes or no, to what, and what comes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.app.access import watch_access
from functions.approvals.settle import settle_approvals
from functions.model.approval.facts import facts_of_approval
from functions.model.errors import Unavailable
from functions.model.request.act_facts import policy_sha256
from functions.model.request.actor import UNNAMED, ActorKind
from functions.requests.manage import Address, delete
from tests.entra_tokens import PIPELINE_APP
from tests.unit.approvals.asking import (
    ANN,
    BOB,
    CAT,
    CHANGES,
    DAN,
    ONE_OF_PKI,
    PLACE,
    POLICY,
    Asking,
    outcome,
)
from tests.unit.signed_in import FORGE, ROUTE, error_of, team_file

DAYS = 86400


async def asked(**more: Any) -> Asking:
    """A wildcard waits."""
    asking = Asking(**more)
    assert outcome(await asking.ask()) == (202, "awaiting-approval")
    return asking


async def test_the_yes_of_another_starts_exactly_what_was_asked_for_in_the_name_of_who_asked() -> None:
    asking = await asked()
    answer = error_of(await asking.decide("approve"))
    (request,) = asking.api.world.ledger.tracked.values()
    assert (answer["state"], answer["request_id"], answer["may"]) == ("started", request.request_id, [])
    assert (answer["decided"]["by"], answer["decided"]["actor"]["oid"]) == ("ann@example.com", BOB)
    assert [one["actor"]["oid"] for one in answer["needs"][0]["given"]] == [BOB]
    body = asking.vault.created[0]
    assert body["policy"] == POLICY
    assert body["tags"]["certflow-owner"] == "pay@example.com"
    by = request.requested_by
    assert by is not None
    assert (by.kind, by.oid, by.on_behalf_of) == (ActorKind.PERSON, ANN, "a ticket")
    assert (request.owner, request.approval) == ("pay@example.com", asking.approval.id)
    assert asking.vault.calls.count("create") == 1
    assert (asking.told, asking.history) == (["Asked", "Approved"], ["asked", "approved", "started"])
    again = await asking.decide("approve")
    assert outcome(again) == (409, "started")
    assert error_of(again)["request_id"] == request.request_id


async def test_the_own_request_is_decided_by_others() -> None:
    asking = await asked(more_rows=[{"who": ["role:lead"], "may": ["read", "request", "approve"]}])
    own = asking.header(ANN, "pki", "lead")
    for what in ("approve", "refuse"):
        answer = await asking.decide(what, own)
        assert outcome(answer) == (403, "own-request")
        assert "withdraw it" in error_of(answer)["error"]["message"]
    assert (await asking.shown(own))["may"] == ["withdraw"]
    assert not CHANGES & set(asking.vault.calls)


async def test_no_application_decides() -> None:
    asking = await asked(more_rows=[{"who": [f"app:{PIPELINE_APP}"], "may": ["read", "approve"]}])
    machine = FORGE.bearer(FORGE.machine(roles=["pki"]))
    for what in ("approve", "refuse"):
        assert outcome(await asking.decide(what, machine)) == (403, "not-a-person")
    assert (await asking.shown(machine))["may"] == ["withdraw"]  # the role pki has the verb delete


async def test_who_has_the_verb_and_is_none_of_those_who_are_asked_does_not_decide() -> None:
    asking = await asked(more_rows=[{"who": ["role:others"], "may": ["read", "approve"]}])
    other = asking.header(CAT, "others")
    for what in ("approve", "refuse"):
        answer = await asking.decide(what, other)
        assert outcome(answer) == (403, "not-an-approver")
        assert "1 of role:pki" in error_of(answer)["error"]["message"]
    assert (await asking.shown(other))["may"] == []


async def test_who_is_asked_and_has_the_verb_elsewhere_alone_does_not_decide() -> None:
    row = {"who": ["role:lead"], "may": ["read"]}, {"who": ["role:lead"], "may": ["approve"], "vaults": ["prod-hr"]}
    asking = await asked(conditions=[{**ONE_OF_PKI, "by": ["role:lead"]}], more_rows=list(row))
    assert outcome(await asking.decide("approve", asking.header(CAT, "lead"))) == (403, "not-granted")


async def test_a_verb_that_was_taken_away_meanwhile_does_not_count() -> None:
    asking = await asked()
    asking.conditions.append({"who": [f"oid:{BOB}"], "verbs": ["approve"], "deny": True})
    asking.write()
    assert outcome(await asking.decide("approve")) == (403, "denied")
    assert outcome(await asking.decide("approve", asking.header(CAT, "pki"))) == (200, "started")


async def test_two_approvals_take_two_people() -> None:
    asking = await asked(conditions=[{**ONE_OF_PKI, "approvals": 2}])
    assert outcome(await asking.decide("approve")) == (200, "awaiting-approval")
    assert not CHANGES & set(asking.vault.calls)
    twice = await asking.decide("approve")
    assert outcome(twice) == (409, "already-approved")
    assert "2 of role:pki" in error_of(twice)["error"]["message"]
    assert (await asking.shown(asking.header(BOB, "pki")))["may"] == ["refuse", "withdraw"]
    assert outcome(await asking.decide("approve", asking.header(CAT, "pki"))) == (200, "started")
    assert asking.told == ["Asked", "Approved"]
    assert asking.history == ["asked", "approved", "approved", "started"]


LEFT = {"who": [f"oid:{BOB}"], "deny": True, "say": "left"}


async def test_the_yes_of_somebody_who_is_denied_since_is_dropped() -> None:
    two = {**ONE_OF_PKI, "approvals": 2}
    asking = await asked(conditions=[two])
    assert outcome(await asking.decide("approve")) == (200, "awaiting-approval")
    asking.conditions = [two, LEFT]
    asking.write()
    assert outcome(await asking.decide("approve", asking.header(CAT, "pki"))) == (200, "awaiting-approval")
    assert [one.by.oid for one in asking.approval.approvers] == [CAT]
    assert outcome(await asking.decide("approve", asking.header(DAN, "pki"))) == (200, "started")


async def test_the_yes_of_somebody_who_has_the_verb_no_more_is_dropped() -> None:
    lead = {"who": ["role:lead"], "may": ["read", "approve"]}
    two = {**ONE_OF_PKI, "approvals": 2, "by": ["role:pki", "role:lead"]}
    asking = await asked(conditions=[two], more_rows=[lead])
    assert outcome(await asking.decide("approve", asking.header(CAT, "lead"))) == (200, "awaiting-approval")
    asking.more_rows = []
    asking.write()
    assert outcome(await asking.decide("approve")) == (200, "awaiting-approval")
    assert [one.by.oid for one in asking.approval.approvers] == [BOB]


@pytest.mark.parametrize("enough", [True, False])
async def test_at_the_start_those_count_who_may_approve_then(enough: bool) -> None:
    asking = await asked(conditions=[ONE_OF_PKI])
    asking.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 20
    assert outcome(await asking.decide("approve")) == (200, "approved")
    asking.vault.faults = []
    asking.conditions = [ONE_OF_PKI, *(() if enough else (LEFT,))]
    asking.write()
    asking.api.world.later(minutes=3)
    await settle_approvals(asking.api.certflow())
    assert asking.approval.state == ("started" if enough else "failed")
    assert ("may not approve it any more" in (asking.approval.error or "")) is not enough


@pytest.mark.parametrize("denied", [True, False])
async def test_in_rows_without_roles_a_yes_counts_unless_it_is_denied(denied: bool) -> None:
    asking = await asked(conditions=[{**ONE_OF_PKI, "approvals": 2}])
    await asking.decide("approve")
    known, kept = asking.approval, asking.api.world.approvals.kept
    given = tuple(replace(one, roles=None) for one in known.needs[0].given)
    kept[known.id] = replace(known, needs=(replace(known.needs[0], given=given),))
    asking.conditions = [{**ONE_OF_PKI, "approvals": 2}, *((LEFT,) if denied else ())]
    asking.write()
    state = "awaiting-approval" if denied else "started"
    assert outcome(await asking.decide("approve", asking.header(CAT, "pki"))) == (200, state)


async def test_each_condition_takes_its_own_people() -> None:
    of_leads = {"names": ["pay-*"], "approvals": 1, "by": ["role:lead"]}
    row = {"who": ["role:lead"], "may": ["read", "approve"]}
    asking = await asked(conditions=[ONE_OF_PKI, of_leads], more_rows=[row])
    assert outcome(await asking.decide("approve")) == (200, "awaiting-approval")
    other_of_pki = await asking.decide("approve", asking.header(CAT, "pki"))
    assert outcome(other_of_pki) == (409, "not-needed")
    assert "1 of role:lead" in error_of(other_of_pki)["error"]["message"]
    assert outcome(await asking.decide("approve", asking.header(DAN, "lead"))) == (200, "started")


async def test_one_person_counts_for_each_condition_that_means_them() -> None:
    asking = await asked(conditions=[ONE_OF_PKI, {"names": ["pay-*"], "approvals": 1}])
    assert outcome(await asking.decide("approve")) == (200, "started")


@pytest.mark.parametrize("what", ["approve", "refuse"])
async def test_what_has_another_digest_is_not_decided(what: str) -> None:
    asking = await asked()
    body = {"digest": "0" * 64, **({"reason": "no"} if what == "refuse" else {})}
    answer = await asking.decide(what, body=body)
    assert outcome(answer) == (409, "digest-changed")
    upper = {**body, "digest": asking.approval.digest.upper()}
    assert (await asking.decide(what, body=upper)).status_code == 200


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("approve", {}),
        ("approve", {"digest": "x"}),
        ("approve", {"digest": "0" * 64, "reason": "why"}),
        ("refuse", {"digest": "0" * 64}),
        ("refuse", {"digest": "0" * 64, "reason": ""}),
        ("withdraw", {"reason": ""}),
    ],
)
async def test_a_body_that_is_not_one_is_refused(what: str, body: dict[str, str]) -> None:
    asking = await asked()
    assert (await asking.decide(what, body=body)).status_code == 400
    assert asking.history == ["asked"]


async def test_one_no_ends_it() -> None:
    asking = await asked(conditions=[{**ONE_OF_PKI, "approvals": 2}])
    await asking.decide("approve")
    answer = await asking.decide("refuse", asking.header(CAT, "pki"))
    found = error_of(answer)
    assert (found["state"], found["decided"]["reason"]) == ("refused", "Name the hosts.")
    for what in ("approve", "refuse", "withdraw"):
        assert outcome(await asking.decide(what)) == (409, "refused")
    assert asking.told == ["Asked", "Refused"]
    assert not CHANGES & set(asking.vault.calls)


@pytest.mark.parametrize("who", [(ANN, "team-pay"), (CAT, "pki")])
async def test_who_asked_and_who_may_delete_take_it_back(who: tuple[str, str]) -> None:
    asking = await asked()
    answer = await asking.decide("withdraw", asking.header(*who), {"reason": "not needed"})
    assert outcome(answer) == (200, "withdrawn")
    again = await asking.decide("approve")
    assert outcome(again) == (409, "withdrawn")
    assert "asks for it again" in error_of(again)["error"]["message"]
    assert asking.told == ["Asked", "Withdrawn"]


async def test_nobody_else_takes_it_back() -> None:
    asking = await asked(more_rows=[{"who": ["role:reader"], "may": ["read"]}])
    assert outcome(await asking.decide("withdraw", asking.header(CAT, "reader"))) == (403, "not-granted")


async def test_after_seven_days_nobody_decides_any_more() -> None:
    asking = await asked()
    asking.api.world.later(seconds=7 * DAYS - 1)
    assert (await asking.shown(asking.header(BOB, "pki")))["state"] == "awaiting-approval"
    asking.api.world.later(seconds=1)
    assert outcome(await asking.decide("approve")) == (409, "expired")
    assert asking.told == ["Asked", "Expired"]
    assert not CHANGES & set(asking.vault.calls)
    assert outcome(await asking.ask()) == (202, "awaiting-approval")


async def test_the_timer_reminds_once_and_ends_it_after_seven_days() -> None:
    asking = await asked()
    told = []
    for _ in range(9):
        await settle_approvals(asking.api.certflow())
        told.append(asking.told[1:])
        asking.api.world.later(seconds=DAYS)
    assert told[:4] == [[], [], [], ["Reminded"]]
    assert told[-2:] == [["Reminded", "Expired"]] * 2
    assert asking.approval.decided is not None
    assert asking.approval.decided.at == asking.approval.expires


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"grants": [{"who": ["role:team-pay"], "may": ["read"]}]}, "not granted any more"),
        ({"conditions": [{"who": [f"oid:{ANN}"], "deny": True, "say": "left"}]}, "denied now: left"),
        ({"conditions": [{**ONE_OF_PKI, "approvals": 2}]}, "other approvals"),
        ({"conditions": [ONE_OF_PKI, {"approvals": 1, "by": ["role:lead"]}]}, "other approvals"),
    ],
)
async def test_a_file_that_was_tightened_meanwhile_lets_nothing_start(change: dict[str, Any], why: str) -> None:
    asking = await asked()
    file = json.loads(team_file(wildcard=True))
    pki = file["grants"][-1]
    changed = {**file, "conditions": [ONE_OF_PKI], **change}
    changed["grants"] = [*(change.get("grants") or file["grants"][:-1]), pki]
    files = asking.api.world.access_files
    assert files is not None
    files.write(json.dumps(changed).encode())  # it is read again at the start, whatever was read lately
    answer = error_of(await asking.decide("approve"))
    assert answer["state"] == "failed"
    assert why in answer["error"]
    assert asking.told == ["Asked", "Approved", "Failed"]
    assert not CHANGES & set(asking.vault.calls)


async def test_a_file_that_asks_for_less_by_now_is_met() -> None:
    asking = await asked(conditions=[ONE_OF_PKI, {"approvals": 1}])
    asking.conditions = [ONE_OF_PKI]
    asking.write()
    assert outcome(await asking.decide("approve")) == (200, "started")


async def test_a_stored_policy_that_has_changed_meanwhile_is_not_what_was_approved() -> None:
    asking = Asking()
    asking.vault.policies["pay-web"] = POLICY
    assert outcome(await asking.ask({"owner": "pay@example.com"})) == (202, "awaiting-approval")
    asking.vault.policies["pay-web"] = {
        **POLICY,
        "x509_props": {"subject": "CN=web.pay.example.com", "sans": {"dns_names": ["*.other.pay.example.com"]}},
    }
    answer = error_of(await asking.decide("approve"))
    assert (answer["state"], "Ask again" in answer["error"]) == ("failed", True)
    assert not CHANGES & set(asking.vault.calls)


async def test_what_key_vault_refuses_has_failed_and_says_why() -> None:
    asking = await asked()
    asking.vault.start("pay-web", "DigiCert")  # meanwhile, in the portal
    answer = error_of(await asking.decide("approve"))
    assert answer["state"] == "failed"
    assert "in progress" in answer["error"] or "pending" in answer["error"]
    assert asking.history[-1] == "failed"


async def test_what_does_not_answer_is_started_by_the_timer() -> None:
    asking = await asked()
    asking.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 20
    assert outcome(await asking.decide("approve")) == (200, "approved")
    asking.vault.faults = []
    await settle_approvals(asking.api.certflow())
    assert not asking.api.world.ledger.tracked  # the call itself may still be at it
    asking.api.world.later(seconds=121)
    await settle_approvals(asking.api.certflow())
    (request,) = asking.api.world.ledger.tracked.values()
    assert (asking.approval.state, asking.approval.request_id) == ("started", request.request_id)


async def test_who_has_approved_and_calls_again_completes_the_start() -> None:
    asking = await asked()
    asking.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 20
    await asking.decide("approve")
    asking.vault.faults = []
    assert outcome(await asking.decide("approve", asking.header(CAT, "pki"))) == (409, "approved")
    assert outcome(await asking.decide("approve")) == (200, "started")
    assert asking.vault.calls.count("create") == 1


async def test_a_start_that_does_not_answer_for_a_day_is_given_up() -> None:
    asking = await asked()
    asking.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 20
    await asking.decide("approve")
    asking.api.world.later(seconds=DAYS + 1)
    await settle_approvals(asking.api.certflow())
    assert (asking.approval.state, asking.told[-1]) == ("failed", "Failed")


async def test_a_storage_that_does_not_answer_decides_nothing() -> None:
    asking = await asked()
    asking.api.world.approvals.down = True
    assert (await asking.decide("approve")).status_code == 503
    await settle_approvals(asking.api.certflow())
    asking.api.world.approvals.down = False
    assert outcome(await asking.decide("approve")) == (200, "started")


async def test_one_that_cannot_be_settled_holds_back_no_other() -> None:
    asking = Asking()
    await asking.ask(name="pay-a")
    asking.api.world.later(seconds=1)
    await asking.ask(name="pay-b")
    asking.api.world.later(seconds=8 * DAYS)
    approvals, save = asking.api.world.approvals, asking.api.world.approvals.save
    failing = iter([True])

    async def once(change: Any) -> Any:
        if next(failing, False):
            raise Unavailable("The table storage", "down")
        return await save(change)

    approvals.save = once  # type: ignore[method-assign]  # of the fake
    await settle_approvals(asking.api.certflow())
    assert sorted(one.state for one in approvals.kept.values()) == ["awaiting-approval", "expired"]


async def test_two_who_approve_at_once_start_one_request() -> None:
    asking = await asked()
    approvals, save = asking.api.world.approvals, asking.api.world.approvals.save
    first = iter([True])

    async def meanwhile(change: Any) -> Any:
        if next(first, False):
            assert outcome(await asking.decide("approve", asking.header(CAT, "pki"))) == (200, "started")
        return await save(change)

    approvals.save = meanwhile  # type: ignore[method-assign]  # of the fake
    assert outcome(await asking.decide("approve")) == (409, "started")
    assert asking.vault.calls.count("create") == 1


async def test_a_start_that_was_cut_off_before_it_was_recorded_is_not_repeated() -> None:
    asking = await asked()
    approvals, save = asking.api.world.approvals, asking.api.world.approvals.save
    writes = iter([False, True])

    async def cut(change: Any) -> Any:
        if next(writes, False):
            raise Unavailable("The table storage", "down")
        return await save(change)

    approvals.save = cut  # type: ignore[method-assign]  # of the fake
    assert (await asking.decide("approve")).status_code == 503
    (request,) = asking.api.world.ledger.tracked.values()
    # Two days later the intent is gone, and so is the request itself.
    asking.api.world.ledger.intents.clear()
    await delete(asking.api.certflow(), Address("prod-pay", "pay-web", request.request_id), UNNAMED)
    asking.api.world.later(seconds=2 * DAYS)
    await settle_approvals(asking.api.certflow())
    assert (asking.approval.state, asking.approval.request_id) == ("started", request.request_id)
    assert asking.vault.calls.count("create") == 1


async def test_the_history_of_the_name_has_who_asked_and_who_approved() -> None:
    asking = await asked()
    await asking.decide("approve", asking.header(CAT, "pki"))
    answer = await asking.api.send(ROUTE["get_history"], asking.header(BOB, "pki"), **PLACE)
    entries = error_of(answer)["value"] if answer.status_code == 200 else []
    mine = [one for one in entries if "approval" in one]
    assert [(one["act"], one["actor"]["oid"], one.get("request_id")) for one in mine] == [
        ("asked", ANN, None),
        ("approved", CAT, None),
        ("started", ANN, asking.approval.request_id),
    ]
    assert not any("status" in one for one in mine)


async def test_an_act_on_an_approval_says_what_was_approved_and_by_which_access_file() -> None:
    asking = await asked(conditions=[{**ONE_OF_PKI, "approvals": 2}])
    approval, asked_by = asking.approval, asking.approval.sha256
    assert asked_by
    await asking.decide("approve")
    asking.more_rows.append({"who": ["role:others"], "may": ["read"]})
    asking.write()
    assert outcome(await asking.decide("approve", asking.header(CAT, "pki"))) == (200, "started")
    lines = [one for one in asking.api.world.ledger.acts if one.approval]
    for line in lines:
        about = dict(line.after or {})
        assert about.pop("state"), line.what
        assert about.pop("yes"), line.what
        assert about == {
            "of": "create",
            "digest": approval.digest,
            "issuer": "DigiCert",
            "names": "*.web.pay.example.com",
            "owner": "pay@example.com",
            "policy_sha256": policy_sha256(POLICY),
            "judged_policy_sha256": policy_sha256(approval.policy),
        }
    states = [((one.before or {}).get("state"), (one.after or {})["state"], (one.after or {})["yes"]) for one in lines]
    assert states == [
        (None, "awaiting-approval", "0/2"),
        ("awaiting-approval", "awaiting-approval", "1/2"),
        ("awaiting-approval", "approved", "2/2"),
        ("approved", "started", "2/2"),
    ]
    changed = asking.api.certflow().access_sha256
    assert [one.access for one in lines] == [asked_by, asked_by, changed, changed]
    assert changed != asked_by
    (created,) = (one for one in asking.api.world.ledger.acts if one.what == "created")
    assert (created.after or {})["policy_sha256"] == policy_sha256(POLICY)


async def test_the_access_file_of_an_expiry_is_the_one_in_force_then() -> None:
    asking = await asked()
    asking.more_rows.append({"who": ["role:others"], "may": ["read"]})
    asking.write()
    asking.api.world.later(seconds=7 * DAYS)
    await watch_access(asking.api.certflow())
    await settle_approvals(asking.api.certflow())
    line = asking.api.world.ledger.acts[-1]
    assert (line.what, line.access) == ("expired", asking.api.certflow().access_sha256)
    assert line.access not in {None, asking.approval.sha256}
    assert [(one or {})["state"] for one in (line.before, line.after)] == ["awaiting-approval", "expired"]


async def test_very_many_names_are_not_all_in_an_act() -> None:
    asking = await asked()
    many = replace(asking.approval, names=tuple(f"{'n' * 300}-{one}" for one in range(2000)))
    names = facts_of_approval(many)["names"]
    assert names.endswith("(and 1980 more)")
    assert len(names) < 6000


async def test_the_log_has_each_act_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="certflow"):
        asking = await asked()
        await asking.decide("refuse")
    logged = [json.loads(one.getMessage()) for one in caplog.records if one.name == "certflow"]
    acts = [one for one in logged if one["event"] == "act"]
    assert [(one["what"], one.get("note")) for one in acts] == [("asked", None), ("refused", "Name the hosts.")]
    assert {one["access"] for one in acts} == {asking.approval.sha256}
    assert {(one["approval"], one["digest"]) for one in acts} == {(asking.approval.id, asking.approval.digest)}


async def test_of_many_names_an_event_has_the_first_wildcards_before_others_and_how_many_there_are() -> None:
    asking = Asking()
    hosts = [f"host-{number}.web.pay.example.com" for number in range(30)]
    sans = {"dns_names": [*hosts, "*.web.pay.example.com"]}
    await asking.ask({"policy": {**POLICY, "x509_props": {"subject": "CN=web.pay.example.com", "sans": sans}}})
    (event,) = [one for one in asking.api.world.ledger.events if one.type == "Certflow.Approval.Asked"]
    assert (event.data["names"][:2], len(event.data["names"])) == (["*.web.pay.example.com", hosts[0]], 20)
    assert event.data["name_count"] == len(hosts) + 1
