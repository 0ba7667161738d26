"""What keeps an approved start from being made, what is tried again, and what others have recorded meanwhile."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.access.file import parse_access
from functions.approvals.changes import started, withdrawn
from functions.approvals.digest import approved_command
from functions.approvals.judge import decision_on
from functions.approvals.settle import settle_approvals
from functions.model.approval.record import ApprovalOf, ApprovalState, Given, NeedOfApproval, same_person
from functions.model.caller import Caller
from functions.model.errors import ConcurrentChange, Refused
from functions.model.request.actor import RENEWAL, SCAN, UNNAMED, Actor, ActorKind
from functions.ports.approvals.store import ApprovalChange
from functions.ports.judge import Proposal
from functions.ports.ledger import Intent
from tests.unit.approvals.asking import ANN, CAT, POLICY, Asking, outcome
from tests.unit.approvals.test_renewals import STORED, Renewing, approved, names_are_not_compared
from tests.unit.signed_in import error_of

__all__ = ["names_are_not_compared"]  # a fixture

PLAIN: Any = {**POLICY, "x509_props": {"subject": "CN=web.pay.example.com"}}
WILD: Any = POLICY


async def asked() -> Asking:
    """A wildcard waits."""
    asking = Asking()
    assert outcome(await asking.ask()) == (202, "awaiting-approval")
    return asking


async def failure_of(asking: Asking) -> str:
    """Why nothing is started at the last yes."""
    answer = error_of(await asking.decide("approve"))
    assert answer["state"] == "failed"
    assert asking.told[-1] == "Failed"
    return str(answer["error"])


async def test_a_vault_that_is_gone_lets_it_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    asking = await asked()
    monkeypatch.setattr(asking.api, "vaults", {"prod-hr": asking.api.vaults["prod-hr"]})
    assert "No vault is configured under the alias" in await failure_of(asking)


async def test_tags_that_leave_no_room_for_the_owner_let_it_fail() -> None:
    asking = await asked()
    asking.vault.tagged["pay-web"] = {f"tag-{number}": "x" for number in range(15)}
    assert "At most 14" in await failure_of(asking)


async def test_an_intent_of_something_else_lets_it_fail() -> None:
    asking = await asked()
    id_, now = approved_command(asking.approval).intent_id, asking.api.world.now
    other = Intent("prod-pay", "pay-web", id_, now, asked="other", keep=True, answer={"how": "other"}, began=now)
    await asking.api.world.ledger.add_intent(other)
    assert "was used with another request" in await failure_of(asking)
    assert not asking.vault.created


async def test_what_the_app_has_no_access_to_is_started_once_it_has() -> None:
    asking = await asked()
    asking.vault.faults = [Refused(403, "Forbidden", "no role", inner="ForbiddenByRbac")] * 20
    assert outcome(await asking.decide("approve")) == (200, "approved")
    asking.vault.faults = []
    asking.api.world.later(minutes=3)
    await settle_approvals(asking.api.certflow())
    assert asking.approval.state == "started"


@pytest.mark.parametrize("kept", [True, False])
async def test_what_another_run_has_recorded_meanwhile_is_the_answer(
    kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = await asked()
    approvals, save = asking.api.world.approvals, asking.api.world.approvals.save

    async def meanwhile(change: ApprovalChange) -> Any:
        if change.approval.state is not ApprovalState.STARTED:
            return await save(change)
        monkeypatch.undo()
        if kept:
            known = approvals.kept[change.approval.id]
            await save(started(known, "of-another-run", asking.api.world.now))
        else:
            approvals.kept.clear()
        raise ConcurrentChange("changed")

    monkeypatch.setattr(approvals, "save", meanwhile)
    answer = error_of(await asking.decide("approve"))
    (request,) = asking.api.world.ledger.tracked.values()
    assert answer["state"] == "started"
    assert answer["request_id"] == ("of-another-run" if kept else request.request_id)


@pytest.mark.parametrize("days", [0, 8])
async def test_what_others_have_changed_meanwhile_is_read_again_as_it_is_then(
    days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = await asked()
    digest = asking.approval.digest

    async def too_late(change: ApprovalChange) -> Any:
        monkeypatch.undo()
        asking.api.world.later(days=days)
        raise ConcurrentChange("changed")

    monkeypatch.setattr(asking.api.world.approvals, "save", too_late)
    answer = await asking.decide("approve", body={"digest": digest})
    assert outcome(answer) == ((409, "expired") if days else (200, "started"))


async def test_what_was_withdrawn_meanwhile_is_not_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    asking = await asked()
    save = asking.api.world.approvals.save

    async def too_late(change: ApprovalChange) -> Any:
        monkeypatch.undo()
        await save(withdrawn(asking.approval, UNNAMED, None, asking.api.world.now))
        raise ConcurrentChange("changed")

    monkeypatch.setattr(asking.api.world.approvals, "save", too_late)
    assert outcome(await asking.decide("approve")) == (409, "withdrawn")


def rules_of(conditions: list[dict[str, Any]], **row: Any) -> Any:
    """The rules of a file whose only row lets Ann request."""
    grant = {"who": [f"oid:{ANN}"], "may": ["request"], **row}
    return parse_access(json.dumps({"grants": [grant], "conditions": conditions}).encode())


OF_ANN = Caller(Actor(ActorKind.PERSON, "ann", "t", ANN))
OURS, OTHERS = "pay@example.com", "hr@other.example"


@pytest.mark.parametrize(("stored", "sent"), [(PLAIN, WILD), (WILD, PLAIN)])
def test_an_adoption_meets_the_conditions_of_each_of_its_policies(stored: Any, sent: Any) -> None:
    rules = rules_of([{"wildcard": True, "approvals": 1, "by": ["role:pki"]}])
    proposal = Proposal("prod-pay", "pay-web", None, stored, OURS, OURS, {}, sent)
    assert len(decision_on(rules, OF_ANN, proposal, 0).approvals) == 1
    assert not decision_on(rules, OF_ANN, replace(proposal, stored=PLAIN, same_as=None), 0).approvals


@pytest.mark.parametrize(("former", "allowed"), [(OURS, True), (OTHERS, False), (None, True)])
def test_a_grant_has_to_cover_the_owner_before(former: str | None, allowed: bool) -> None:
    rules = rules_of([], owners=["*@example.com"])
    proposal = Proposal("prod-pay", "pay-web", PLAIN, None, OURS, former, {})
    assert decision_on(rules, OF_ANN, proposal, 0).allowed is allowed


def test_nobody_is_the_same_person_as_somebody_without_an_id_or_of_another_tenant() -> None:
    ann = Actor(ActorKind.PERSON, "ann", "t", ANN)
    assert same_person(ann, replace(ann, name="other"))
    assert not same_person(ann, replace(ann, tid="u"))
    assert not same_person(ann, replace(ann, oid=CAT))
    assert not same_person(UNNAMED, UNNAMED)
    assert not same_person(RENEWAL, RENEWAL)


async def test_who_has_said_yes_is_named_once_with_the_first_yes() -> None:
    approval = (await asked()).approval
    ann, first = Actor(ActorKind.PERSON, "ann", "t", ANN), approval.asked
    given = [Given(ann, first + timedelta(hours=hours)) for hours in (2, 1)]
    needs = tuple(NeedOfApproval(1, given=(one,)) for one in given)
    assert replace(approval, needs=needs).approvers == (given[1],)


async def test_an_approval_of_a_request_from_elsewhere_is_not_in_the_way_of_a_renewal() -> None:
    asking = Renewing()
    asking.certificate(STORED)
    await asking.scanned()
    kept = asking.api.world.approvals.kept
    ((id_, own),) = kept.items()
    kept[id_] = replace(own, of=ApprovalOf.ELSEWHERE, asked_by=SCAN, request_id="e" * 32, renews=None)
    await asking.scanned()
    assert asking.told == ["Asked", "Asked"]


async def test_an_approval_that_was_started_is_not_in_the_way_of_another_policy() -> None:
    asking = await approved()
    kept, other = asking.api.world.approvals.kept, {**STORED, "key_props": {"kty": "RSA"}}
    asking.certificate(other)
    asking.api.world.later(hours=1)
    await asking.scanned()
    waits = asking.approval
    assert waits.renews is not None
    kept[waits.id] = replace(waits, state=ApprovalState.STARTED)  # and its request failed, and was forgotten
    asking.vault.policies["pay-web"] = STORED
    await asking.scanned()
    assert asking.told == ["Asked", "Approved", "Asked", "Asked"]
    assert asking.stopped == []
