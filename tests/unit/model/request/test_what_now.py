"""The next step about a request, for each state that it can be in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.model.request.actor import Actor, ActorKind
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from functions.model.request.what_now import NextStep, what_now
from local.functions_host import ROOT
from tests.clock import NOW

ISSUED = TrackedRequest("main", "web", "a" * 32, "DigiCert", "CN=web", "k", NOW, NOW + timedelta(minutes=1))
MANUAL = replace(ISSUED, issuer="Unknown", signer="ann@example.com")
ENDED = replace(ISSUED, ended=NOW + timedelta(hours=1), next_check=None)
BEGAN, SOON, END = "2026-11-24T12:00:00+00:00", "2026-11-24T12:01:00+00:00", "2026-11-24T13:00:00+00:00"
BOB = Actor(ActorKind.PERSON, "Bob", oid="bob")


@pytest.mark.parametrize(
    ("request_", "step", "values"),
    [
        (MANUAL, "sign-csr", {"signer": "ann@example.com", "since": BEGAN}),
        (replace(MANUAL, signer=None, reminded=2), "sign-csr", {"since": BEGAN}),
        (ISSUED, "wait-for-issuer", {"issuer": "DigiCert", "since": BEGAN, "next_check": SOON}),
        (replace(ISSUED, issuer="Self"), "wait-for-key-vault", {"issuer": "Self", "since": BEGAN, "next_check": SOON}),
        (replace(ISSUED, reminded=1), "ask-issuer", {"issuer": "DigiCert", "since": BEGAN}),
        (
            replace(ENDED, status=Status.FAILED, error_code="Denied", error_message="No."),
            "look-at-error",
            {"code": "Denied", "message": "No.", "at": END},
        ),
        (
            replace(ENDED, status=Status.COMPLETED, version="v1", not_after=NOW),
            "nothing-to-do",
            {"version": "v1", "not_after": BEGAN},
        ),
        (replace(ENDED, status=Status.COMPLETED), "nothing-to-do", {}),
        (
            replace(ENDED, status=Status.OVERWRITTEN, replaced_by="b" * 32),
            "see-current",
            {"request_id": "b" * 32, "at": END},
        ),
        (replace(ENDED, status=Status.DELETED), "start-again", {"at": END}),
        (replace(ENDED, status=Status.CANCELLED), "start-again", {"at": END}),
        (replace(ENDED, status=Status.CANCELLED, ended=NOW), "start-again", {}),  # when is not known
    ],
)
def test_each_state_has_its_step(request_: TrackedRequest, step: str, values: dict[str, str]) -> None:
    found = what_now(request_)
    assert (found.step.value, dict(found.values)) == (step, values)


@pytest.mark.parametrize(("request_", "step"), [(ISSUED, "wait-for-cancel"), (MANUAL, "delete-or-sign")])
def test_a_wish_to_cancel_comes_first(request_: TrackedRequest, step: str) -> None:
    found = what_now(replace(request_, cancel_asked=NOW, cancel_asked_by=BOB), cancelling=True)
    assert (found.step.value, dict(found.values)) == (step, {"issuer": request_.issuer, "at": BEGAN, "by": "Bob"})
    elsewhere = what_now(request_, cancelling=True)
    assert (elsewhere.step.value, dict(elsewhere.values)) == (step, {"issuer": request_.issuer})


def test_after_its_end_nobody_waits_for_a_cancellation() -> None:
    assert what_now(replace(ENDED, status=Status.FAILED), cancelling=True).step is NextStep.LOOK_AT_ERROR


def test_the_page_about_the_api_has_each_step() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    assert [one for one in NextStep if f"| `{one.value}` |" not in text] == []
