"""What was approved and is not started yet: who asked can stop it, and a day ends it, whatever the fault is."""

from __future__ import annotations

from typing import Any

import pytest

from functions.approvals.settle import MAX_STARTING, settle_approvals
from functions.model.errors import Unavailable
from functions.requests.intents import settle_intent
from tests.unit.approvals.asking import ANN, BOB, CAT, Asking, outcome
from tests.unit.approvals.test_renewals import STORED, Renewing
from tests.unit.signed_in import error_of


async def not_started() -> Asking:
    """All have said yes, and Key Vault did not answer."""
    asking = Asking(more_rows=[{"who": ["role:reader"], "may": ["read"]}])
    await asking.ask()
    asking.vault.faults = [Unavailable("Key Vault", "HTTP 503")]
    assert outcome(await asking.decide("approve")) == (200, "approved")
    return asking


@pytest.mark.parametrize("who", [(ANN, "team-pay"), (CAT, "pki")])
async def test_who_asked_and_who_may_delete_stop_what_is_approved_and_not_started(who: tuple[str, str]) -> None:
    asking = await not_started()
    header = asking.header(*who)
    assert (await asking.shown(header))["may"] == ["withdraw"]
    answer = await asking.decide("withdraw", header)
    assert (outcome(answer), error_of(answer)["may"]) == ((200, "withdrawn"), [])
    asking.api.world.later(minutes=3)
    await settle_approvals(asking.api.certflow())
    assert asking.vault.created == []
    assert asking.told == ["Asked", "Approved", "Withdrawn"]
    assert outcome(await asking.ask()) == (202, "awaiting-approval")


async def test_nobody_else_stops_it() -> None:
    asking = await not_started()
    other = asking.header(CAT, "reader")
    assert (await asking.shown(other))["may"] == []
    assert outcome(await asking.decide("withdraw", other)) == (403, "not-granted")
    assert asking.api.world.ledger.intents == {}


async def test_a_start_that_has_begun_is_not_withdrawn() -> None:
    asking = Asking()
    await asking.ask()
    whole, outcomes = asking.vault.create, list[Any]()

    async def slow(name: str, body: Any) -> Any:
        outcomes.append(outcome(await asking.decide("withdraw", asking.header(ANN, "team-pay"))))
        return await whole(name, body)

    asking.vault.create = slow  # type: ignore[method-assign]  # of the fake
    assert outcome(await asking.decide("approve")) == (200, "started")
    assert outcomes == [(409, "approved")]


async def test_a_start_that_was_tracked_and_not_recorded_is_not_withdrawn() -> None:
    asking = Asking()
    await asking.ask()
    approvals, save, saved = asking.api.world.approvals, asking.api.world.approvals.save, list[Any]()

    async def cut_off(change: Any) -> Any:
        saved.append(change)
        if len(saved) == 2:
            raise Unavailable("The table storage", "down")
        return await save(change)

    approvals.save = cut_off  # type: ignore[method-assign]  # of the fake
    assert (await asking.decide("approve")).status_code == 503
    asking.api.world.ledger.intents.clear()  # its answer was kept long enough
    assert outcome(await asking.decide("withdraw", asking.header(ANN, "team-pay"))) == (409, "approved")


async def test_of_a_start_and_a_withdrawal_at_once_the_start_is_too_late() -> None:
    asking = await not_started()
    ledger = asking.api.world.ledger
    add_intent, first = ledger.add_intent, iter([True])

    async def meanwhile(intent: Any) -> Any:
        if next(first, False):
            answer = await asking.decide("withdraw", asking.header(ANN, "team-pay"))
            assert outcome(answer) == (200, "withdrawn")
        return await add_intent(intent)

    ledger.add_intent = meanwhile  # type: ignore[method-assign]  # of the fake
    assert outcome(await asking.decide("approve")) == (200, "withdrawn")
    assert asking.vault.created == []


async def test_what_keeps_a_withdrawn_one_from_its_start_is_forgotten_and_takes_no_other_request_for_its_own() -> None:
    asking = await not_started()
    await asking.decide("withdraw", asking.header(ANN, "team-pay"))
    asking.vault.start("pay-web", "DigiCert")  # in the portal
    (intent,) = asking.api.world.ledger.intents.values()
    asking.api.world.later(days=1)
    await settle_intent(asking.api.certflow(), "prod-pay", "pay-web", intent.id)
    assert (asking.api.world.ledger.intents, asking.api.world.ledger.tracked) == ({}, {})


async def test_a_withdrawal_that_was_cut_off_is_completed_by_the_next_one() -> None:
    asking = await not_started()
    approvals, own = asking.api.world.approvals, asking.header(ANN, "team-pay")
    approvals.down = True
    assert (await asking.decide("withdraw", own)).status_code == 503
    approvals.down = False
    assert outcome(await asking.decide("withdraw", own)) == (200, "withdrawn")


async def test_a_start_that_finds_itself_withdrawn_and_is_noted_first_has_failed() -> None:
    asking = await not_started()
    approvals, save, first = asking.api.world.approvals, asking.api.world.approvals.save, iter([True])

    async def meanwhile(change: Any) -> Any:
        if next(first, False):
            assert outcome(await asking.decide("approve")) == (200, "failed")
        return await save(change)

    approvals.save = meanwhile  # type: ignore[method-assign]  # of the fake
    assert outcome(await asking.decide("withdraw", asking.header(ANN, "team-pay"))) == (409, "failed")
    assert asking.vault.created == []


async def test_an_approved_renewal_of_certflow_is_not_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    # The CSRs of the fake have names of their own.
    monkeypatch.setattr("functions.approvals.renewing.renewal_guards._lost", lambda *_: ())
    asking = Renewing()
    asking.certificate(STORED)
    await asking.scanned()
    asking.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 20
    assert outcome(await asking.decide("approve")) == (200, "approved")
    assert (await asking.shown(asking.header(CAT, "pki")))["may"] == []
    assert outcome(await asking.decide("withdraw", asking.header(CAT, "pki"))) == (409, "approved")
    assert asking.api.world.ledger.intents == {}


@pytest.mark.parametrize("what", ["approve", "refuse"])
async def test_what_is_withdrawn_is_decided(what: str) -> None:
    asking = await not_started()
    await asking.decide("withdraw", asking.header(ANN, "team-pay"))
    assert outcome(await asking.decide(what, asking.header(BOB, "pki"))) == (409, "withdrawn")


async def test_an_unforeseen_error_ends_it_after_a_day() -> None:
    asking = Asking()
    await asking.ask()

    async def broken(*_: Any) -> Any:
        raise ValueError("boom")

    asking.vault.create = broken  # type: ignore[method-assign, assignment]  # of the fake
    await asking.decide("approve")
    asking.api.world.later(seconds=MAX_STARTING.total_seconds())
    await settle_approvals(asking.api.certflow())
    assert asking.approval.state == "approved"
    asking.api.world.later(minutes=3)
    await settle_approvals(asking.api.certflow())
    assert (asking.approval.state, asking.told[-1]) == ("failed", "Failed")
    assert "it was given up" in (asking.approval.error or "")
    assert outcome(await asking.ask()) == (202, "awaiting-approval")


async def test_what_does_not_answer_is_tried_for_a_day() -> None:
    asking = await not_started()
    asking.vault.faults = [Unavailable("Key Vault", "HTTP 503")] * 20
    asking.api.world.later(hours=23)
    await settle_approvals(asking.api.certflow())
    assert asking.approval.state == "approved"
