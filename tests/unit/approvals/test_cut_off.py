"""An approval whose last yes is cut off, at whatever call, is completed by the timer: it is started once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.approvals.settle import settle_approvals
from functions.model.errors import Unavailable
from tests.certificates import csr_of, ec_key, make_csr
from tests.unit.approvals.asking import POLICY, Asking, outcome
from tests.unit.approvals.test_renewals import STORED, TAGS, Renewing, names_are_not_compared

__all__ = ["names_are_not_compared"]  # a fixture

WRITES = {"approvals": ("save",), "ledger": ("add_intent", "add", "save_intent", "keep_sent", "mark_sent")}


class CutOffError(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(12))
async def test_wherever_the_last_yes_is_cut_off_its_request_is_started_once(
    at: int, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Key Vault makes the CSR that the policy asks for, by which a start that was cut off is recognised.
    monkeypatch.setattr("tests.unit.fakes.make_csr", lambda _: make_csr("web.pay.example.com"))
    asking = Asking(conditions=[{"names": ["pay-*"], "approvals": 1, "by": ["role:pki"]}])
    policy = {**POLICY, "x509_props": {"subject": "CN=web.pay.example.com"}}
    assert outcome(await asking.ask({"policy": policy, "owner": "pay@example.com"})) == (202, "awaiting-approval")
    world, calls = asking.api.world, iter(range(1000))
    cut = list[int]()

    def cutting(holder: Any, name: str) -> None:
        whole = getattr(holder, name)

        async def call(*given: Any, **more: Any) -> Any:
            number = next(calls)
            if cut or number != at:
                return await whole(*given, **more)
            cut.append(number)
            if after:
                await whole(*given, **more)
            raise CutOffError

        setattr(holder, name, call)

    for part, names in WRITES.items():
        for name in names:
            cutting(getattr(world, part), name)
    cutting(asking.vault, "create")
    try:
        await asking.decide("approve")
    except CutOffError:
        world.later(minutes=3)
    if asking.approval.state == "awaiting-approval":  # the yes itself was cut off
        await asking.decide("approve")
    await settle_approvals(asking.api.certflow())
    (request,) = world.ledger.tracked.values()
    assert (asking.approval.state, asking.approval.request_id) == ("started", request.request_id)
    assert len(asking.vault.created) == 1


def its_answer_is_lost(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key Vault starts it, and its answer does not arrive."""
    create = asking.vault.create

    async def lost(name: str, body: Any) -> Any:
        await create(name, body)
        csr = csr_of(ec_key(), "web.pay.example.com", names=["*.web.pay.example.com"])  # as the policy asks for
        asking.vault.operations[name] = replace(asking.vault.operations[name], csr=csr)
        monkeypatch.undo()
        raise Unavailable("Key Vault", "time-out", maybe_done=True)

    monkeypatch.setattr(asking.vault, "create", lost)


@pytest.mark.parametrize(
    "since", ["denied", "owned by others", "asked again at once"], ids=lambda since: since.replace(" ", "-")
)
async def test_what_runs_already_is_started_whatever_has_changed_since(
    since: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = Asking()
    await asking.ask()
    its_answer_is_lost(asking, monkeypatch)
    assert outcome(await asking.decide("approve")) == (200, "approved")
    if since == "denied":
        asking.conditions = [*asking.conditions, {"names": ["pay-*"], "deny": True, "say": "freeze"}]
        asking.write()
    elif since == "owned by others":
        asking.vault.tagged["pay-web"] = {"certflow-owner": "others@example.com"}
    else:
        assert outcome(await asking.decide("approve")) == (200, "approved")  # the first may still be at it
    asking.api.world.later(minutes=3)
    await settle_approvals(asking.api.certflow())
    pending = asking.vault.operations["pay-web"]
    assert (asking.approval.state, asking.approval.request_id) == ("started", pending.request_id)
    assert len(asking.vault.created) == 1


async def test_a_renewal_that_runs_already_is_started_though_its_tags_have_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking = Renewing()
    asking.certificate(STORED)
    await asking.scanned()
    its_answer_is_lost(asking, monkeypatch)
    assert outcome(await asking.decide("approve")) == (200, "approved")
    asking.vault.tagged["pay-web"] = {**TAGS, "cost": "4711"}
    asking.api.world.later(minutes=3)
    await settle_approvals(asking.api.certflow())
    assert (asking.approval.state, asking.created) == ("started", 1)


async def test_what_was_begun_and_never_reached_key_vault_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asking = Asking()
    await asking.ask()

    async def lost(*_: Any) -> Any:
        monkeypatch.undo()
        raise Unavailable("Key Vault", "time-out", maybe_done=True)

    monkeypatch.setattr(asking.vault, "create", lost)
    assert outcome(await asking.decide("approve")) == (200, "approved")
    asking.api.world.later(minutes=3)
    await settle_approvals(asking.api.certflow())
    assert (asking.approval.state, len(asking.vault.created)) == ("started", 1)
