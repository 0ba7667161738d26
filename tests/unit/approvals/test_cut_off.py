"""An approval whose last yes is cut off, at whatever call, is completed by the timer: it is started once."""

from __future__ import annotations

from typing import Any

import pytest

from functions.approvals.settle import settle_approvals
from tests.certificates import make_csr
from tests.unit.approvals.asking import POLICY, Asking, outcome

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
