"""Which test carries out the next step of each message and finding, or why only a person outside can."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from functions.issuance import events as of
from functions.issuance import wording
from functions.issuance.events import ISSUANCE
from functions.issuance.key_material import may_hold_key
from functions.issuance.notices import notice_of
from functions.issuance.overview import next_step
from functions.issuance.rehearsal import samples_of
from functions.issuance.wording import WRITERS
from tests.unit.fakes import World
from tests.unit.test_finding_steps import ELSEWHERE

ROOT = Path(__file__).resolve().parents[2]
STEPS, WATCHED = "e2e/test_next_steps.py::", "e2e/test_next_steps_watched.py::"
READY = STEPS + "test_a_csr_that_is_ready_is_signed_and_its_chain_dropped_where_the_message_says"
REMINDER = "e2e/test_reminders.py::test_each_step_that_a_reminder_names_is_done_by_its_words"
STUCK = "e2e/test_stuck.py::test_a_chain_that_key_vault_never_takes_is_told_and_stays_where_it_was"
TRUST = WATCHED + "test_the_cas_of_a_vault_are_set_where_each_message_says"
FINDINGS = "unit/test_finding_steps.py::test_what_a_report_says_is_done_and_the_chain_merged"
FAILED = (
    STEPS + "test_a_failed_request_is_started_again_by_the_call_that_is_named",
    STEPS + "test_a_chain_for_a_failed_request_can_still_be_dropped_as_is_said",
)
STOPPED = WATCHED + "test_a_renewal_that_was_stopped_is_started_by_the_call_that_is_named"
ENDS = WATCHED + "test_the_next_version_of_what_ends_is_started_by_the_call_or_by_the_tag_that_is_named"
NOT_HAPPENED = WATCHED + "test_of_a_renewal_that_has_not_happened_it_is_seen_that_nothing_is_pending_and_it_is_started"
UNUSED = WATCHED + "test_an_expired_certificate_that_is_not_used_is_disabled_and_not_counted_any_more"
ASK = "Asking who it was is a talk between people."


@dataclass(frozen=True)
class Row:
    """A message: its sample's data with a `change`, words of its step, the tests, and what only a person can do."""

    type: str
    words: str
    tests: tuple[str, ...] = ()
    person: str = ""
    change: Mapping[str, Any] = field(default_factory=dict)


def issuance(what: str, words: str, *tests: str, person: str = "", **change: Any) -> Row:
    return Row(f"{ISSUANCE}{what}", words, tests, person, change)


def row(type_: str, words: str, *tests: str, person: str = "", **change: Any) -> Row:
    return Row(type_, words, tests, person, change)


AT_ISSUER = "What the issuer's support, account or approval needs is done at the issuer."
FAULT = {"code": "Certificate issuer error", "message": "No."}
MERGES: dict[str, Any] = {"merges": True, "count": 1, "state": "set"}
LEFT = "e2e/test_held_back.py::test_what_comes_while_a_setting_stops_the_app_is_told_when_that_is_mended"
ROWS = [
    issuance("Started", "Have the CSR signed", READY),
    issuance(
        "Completed",
        "the server shows the new certificate",
        READY,
        person="The server that uses it is not ours; that it has the end that is named is tested.",
    ),
    issuance("Failed", "ask its support", *FAILED, person=AT_ISSUER, error=FAULT),
    issuance("Failed", "correct the request", *FAILED),
    issuance("Failed", "Read the reason above", *FAILED, error={"code": "Another", "message": "No."}),
    issuance(
        "Cancelling",
        "delete the request",
        STEPS + "test_after_a_wish_to_cancel_that_nobody_acts_on_a_request_is_deleted_or_signed_all_the_same",
    ),
    issuance(
        "Cancelled", "Start it again", STEPS + "test_a_cancelled_request_is_started_again_by_the_call_that_is_named"
    ),
    issuance(
        "Deleted",
        "Start it again",
        STEPS + "test_a_deleted_request_is_started_again_and_the_old_ones_chain_is_not_taken",
    ),
    issuance(
        "Overwritten",
        "have its CSR signed",
        STEPS + "test_the_csr_of_the_request_that_took_anothers_place_is_where_the_message_says",
        issuer="Unknown",
    ),
    issuance(
        "Overwritten",
        "Nothing to do",
        STEPS + "test_an_issuers_request_that_took_anothers_place_needs_nothing_as_is_said",
    ),
    issuance("Stalled", "Have the CSR signed, and drop", REMINDER),
    issuance("Stalled", "or have its CSR signed after all", REMINDER, cancellation_requested=True),
    issuance("Stalled", "Ask DigiCert", REMINDER, person=AT_ISSUER, cancellation_requested=True, issuer="DigiCert"),
    issuance("Stalled", "Look at the order at DigiCert", REMINDER, person=AT_ISSUER, issuer="DigiCert"),
    row(
        of.ACKNOWLEDGED,
        "Nothing to do, if that is right: the end",
        "unit/test_stalled.py::test_an_acknowledgement_holds_back_reminders_and_never_an_end",
        person=ASK,
    ),
    row(
        of.UNSETTLED,
        "See what is pending there",
        WATCHED + "test_what_became_of_a_start_that_could_not_be_followed_up_is_seen_and_taken_under_watch",
    ),
    row(of.CHAIN_REJECTED, "this is a sample", FINDINGS, *ELSEWHERE.values()),
    row(
        of.CHAIN_QUARANTINED,
        "this is a sample",
        STEPS + "test_certificates_are_dropped_alone_after_a_key_and_the_copy_in_quarantine_is_deleted",
        person="Where a key is used, and what replaces it, is known outside.",
    ),
    row(of.CHAIN_QUARANTINED, "this is a sample", FINDINGS, findings=[may_hold_key("It", "Unpack it.").as_dict()]),
    row(
        of.KEY_RECEIVED,
        "find out whose it is",
        person="Whose a key is, where it is used, and what replaces it, is known outside: nothing of it is kept here.",
    ),
    row(
        of.CHAIN_STUCK,
        "this is a sample",
        STUCK,
    ),
    row(of.CHAIN_HELD_UP, "this is a sample", TRUST, LEFT),
    row(of.CHAIN_WAITING, "this is a sample", TRUST),
    row(of.NEAR_EXPIRY, "Start its next version", ENDS),
    row(of.NEAR_EXPIRY, "see what is pending", NOT_HAPPENED, renewal="auto"),
    row(of.EXPIRED, "Start its next version", ENDS, UNUSED),
    row(of.EXPIRED, "see what is pending", NOT_HAPPENED, UNUSED, renewal="auto"),
    row(
        of.CHANGED_BY_OTHERS,
        "delete the pending request",
        STEPS + "test_what_somebody_else_started_is_deleted_by_the_call_that_is_named",
        person=ASK,
    ),
    row(
        of.CHANGED_BY_OTHERS,
        "set its tags and attributes right",
        STEPS + "test_what_somebody_else_merged_is_set_right_in_key_vault",
        person=ASK,
        how="merged",
    ),
    row(
        of.RENEWAL_STOPPED,
        "raise CERTFLOW_RENEW_MOST",
        "unit/test_renewal_order.py::test_the_cap_is_told_once_a_day_and_the_others_go_on_the_next_one",
        "unit/test_renewal_order.py::test_with_a_higher_cap_the_others_start_on_the_same_day",
        name=None,
        reason="cap",
    ),
    row(
        of.RENEWAL_STOPPED,
        "Put the names into",
        WATCHED + "test_a_renewal_that_would_lose_names_starts_once_they_are_in_the_policy",
        reason="names-would-be-lost",
    ),
    row(
        of.RENEWAL_STOPPED,
        "Give its policy another issuer",
        WATCHED + "test_a_renewal_by_an_issuer_that_is_not_allowed_starts_with_another_one",
        reason="issuer-not-allowed",
    ),
    row(of.RENEWAL_STOPPED, "See why its versions", STOPPED),
    row(of.RENEWAL_STOPPED, "Fix what is named here", STOPPED, reason="refused"),
    row(
        of.WORK_LIST,
        "signed, and drop what the CA sends",
        "e2e/test_work_lists.py::test_open_requests_come_as_one_list_the_oldest_first_and_no_csr_by_itself",
    ),
    row(
        of.ISSUER_TROUBLED,
        "start the failed requests again",
        STEPS + "test_the_call_for_three_failed_requests_starts_each_by_its_name",
        person=AT_ISSUER,
    ),
    row(of.TRUST_CHANGED, "Put the certificate of the CA into", TRUST),
    row(
        of.TRUST_CHANGED,
        "before that",
        "unit/test_trusting.py::test_an_update_goes_on_merging_for_a_while_and_says_so_before_it_stops",
        until="2026-12-01T12:00:00+00:00",
        **MERGES,
    ),
    row(of.TRUST_CHANGED, "If that was not meant", TRUST, **{**MERGES, "state": "any"}),
    row(
        of.TRUST_CHANGED,
        "Nothing to do, if that is right",
        TRUST,
        person="Which are right is theirs to say.",
        **MERGES,
    ),
    row(
        of.TRUST_MISPLACED,
        "Put them under a vault's alias",
        WATCHED + "test_files_of_no_vault_are_put_under_an_alias_where_the_message_says",
    ),
    row(
        of.VAULT_SURVEYED,
        "Tag certificates with certflow-owner",
        "e2e/test_watching.py::test_a_certificate_near_its_end_is_told_of_once_with_a_button_to_the_portal",
    ),
    row(of.VAULT_SURVEYED, "Nothing to do", person="There is nothing to do.", counts={}),
    row(of.SETTING_WRONG, "Change this setting", LEFT),
    row(of.DIGEST, "Nothing to do", person="There is nothing to do."),
    row(of.NOTICE_REFUSED, "See why", person="The step is that of the message that was refused, as it stands here."),
]

# What the digest says of each of its findings, by the words of its step.
DIGEST = {
    "Nobody has watched main lately": "What is wrong with the app, or its access, its log says to whoever runs it.",
    "Put CAs into ": TRUST,
    "were not handled": STUCK,
    "Some requests failed": FAILED[0],
    "could not be looked at": "The log says why to whoever runs the app.",
    "see that their tags are meant": "e2e/test_renewal_attacks.py::test_an_end_that_is_muted_stands_in_the_digest",
    "have expired: renew them, or disable them": UNUSED,
}


def step_of(one: Row) -> str:
    world = World()
    data = {**samples_of(world.certflow)[one.type], **one.change}
    notice = notice_of("event", one.type, {key: value for key, value in data.items() if value is not None}, world.links)
    assert notice is not None
    return notice.next_step


@cache
def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text())
    found = (one for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return {one.name for one in found if one.name.startswith("test_")}


@pytest.mark.parametrize("one", ROWS, ids=lambda one: f"{one.type}: {one.words[:30]}")
def test_each_step_of_a_message_is_carried_out_by_a_test_or_only_a_person_can(one: Row) -> None:
    step = step_of(one)
    if one.words != "this is a sample":  # whose steps are those of findings, or of the file's own fault
        assert one.words in step
    assert one.tests or one.person
    for test in one.tests:
        file, _, name = test.partition("::")
        assert name in names_in(file), test


def test_each_step_of_the_digest_is_carried_out_by_a_test_or_only_a_person_can() -> None:
    step = next_step(World().links, ["main"], ["web.pem"], 1, 1, 1, ["main"], 1)
    for words, done in DIGEST.items():
        _before, found, step = step.partition(words)
        assert found, words
        file, is_test, name = done.partition("::")
        assert not is_test or name in names_in(file)
    assert step.endswith(".")
    assert len(DIGEST) == len(inspect.signature(next_step).parameters) - 1


def test_every_message_is_in_the_table() -> None:
    assert {one.type for one in ROWS} == WRITERS.keys()


def test_every_line_that_writes_a_step_is_in_the_table() -> None:
    """Whoever writes a step for one case more, adds its row: each line of the writers runs for a row."""
    own = [one for one in vars(wording).values() if inspect.isfunction(one) and one.__module__ == wording.__name__]
    writers = [one.__code__ for one in own if "Words" in str(one.__annotations__["return"]) or "step" in one.__name__]
    ran: set[int] = set()

    def trace(frame: FrameType, what: str, _: Any) -> Any:
        if frame.f_code.co_filename != wording.__file__:
            return None
        ran.add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for one in ROWS:
            step_of(one)
    finally:
        sys.settrace(before)
    source = Path(wording.__file__).read_text().splitlines()
    lines = {line for code in writers for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
    left = {line: source[line - 1].strip() for line in lines - ran}
    assert set(left.values()) <= {"return None"}, left  # an issuer works on it, and nobody is told
