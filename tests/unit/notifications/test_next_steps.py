"""Which test carries out the next step of each message and finding, or why only a person outside can."""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from functions.chains.parsing.private_key_scan import may_hold_key
from functions.model.events.certificates import ChangedByOthers, RenewalStopped
from functions.model.events.chains import HeldUp, KeyReceived, Quarantined, Rejected, Stuck, Waiting
from functions.model.events.digest import Digest, MonthlyPlan
from functions.model.events.event import EventType
from functions.model.events.expiry import Expired, NearExpiry
from functions.model.events.inventory.endpoints import Live, NotLive
from functions.model.events.inventory.owners import OwnerReplaced
from functions.model.events.operators import AccessChanged, AccessFaulty, NoticeRefused, RulesChanged, SettingWrong
from functions.model.events.record.acts import ActsWaiting
from functions.model.events.registry import TOLD
from functions.model.events.requests import Acknowledged, Unsettled
from functions.model.events.vaults import IssuerTroubled, TrustChanged, TrustMisplaced, VaultRebuilt, VaultSurveyed
from functions.model.events.work_list import WorkList
from functions.monitoring.digest_text import next_step
from functions.notifications.notice import notice_of
from functions.notifications.samples import samples_of
from tests.unit.fakes import World
from tests.unit.step_cases import ELSEWHERE

ROOT = Path(__file__).resolve().parents[3]
STEPS, WATCHED = "thorough/requests/test_next_steps.py::", "thorough/monitoring/test_next_steps_watched.py::"
READY = STEPS + "test_a_csr_that_is_ready_is_signed_and_its_chain_dropped_where_the_message_says"
REMINDER = "thorough/notifications/test_reminder_steps.py::test_each_step_that_a_reminder_names_is_done_by_its_words"
STUCK = "thorough/chains/test_stuck.py::test_a_chain_that_key_vault_never_takes_is_told_and_stays_where_it_was"
TRUST = WATCHED + "test_the_cas_of_a_vault_are_set_where_each_message_says"
FINDINGS = "unit/model/test_finding_steps.py::test_what_a_report_says_is_done_and_the_chain_merged"
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
    console: bool = False


def issuance(what: str, words: str, *tests: str, person: str = "", **change: Any) -> Row:
    return Row(f"Certflow.Issuance.{what}", words, tests, person, change)


def row(type_: str, words: str, *tests: str, person: str = "", **change: Any) -> Row:
    return Row(type_, words, tests, person, change)


EXPOSED = "Whose a key is, where it is used, and what replaces it, is known outside: nothing of it is kept here."
AT_ISSUER = "What the issuer's support, account or approval needs is done at the issuer."
FAULT = {"code": "Certificate issuer error", "message": "No."}
MERGES: dict[str, Any] = {"merges": True, "count": 1, "state": "set"}
APPROVALS = "unit/approvals/test_deciding.py::"
APPROVED = APPROVALS + "test_the_yes_of_another_starts_exactly_what_was_asked_for_in_the_name_of_who_asked"
FAILED_START = APPROVALS + "test_what_key_vault_refuses_has_failed_and_says_why"
EXPIRED_ONE = APPROVALS + "test_after_seven_days_nobody_decides_any_more"
PAGE = "The page is the console's."
LEFT = "endurance/test_held_back.py::test_what_comes_while_a_setting_stops_the_app_is_told_when_that_is_mended"
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
        Acknowledged.type,
        "Nothing to do, if that is right: the end",
        "unit/requests/test_stalled.py::test_an_acknowledgement_holds_back_reminders_and_never_an_end",
        person=ASK,
    ),
    row(
        Unsettled.type,
        "See what is pending there",
        WATCHED + "test_what_became_of_a_start_that_could_not_be_followed_up_is_seen_and_taken_under_watch",
    ),
    row(Rejected.type, "this is a sample", FINDINGS, *ELSEWHERE.values()),
    row(
        Quarantined.type,
        "this is a sample",
        STEPS + "test_certificates_are_dropped_alone_after_a_key_and_the_copy_in_quarantine_is_deleted",
        person="Where a key is used, and what replaces it, is known outside.",
    ),
    row(Quarantined.type, "this is a sample", FINDINGS, findings=[may_hold_key("It", "Unpack it.").as_dict()]),
    row(
        KeyReceived.type,
        "find out whose it is",
        person=EXPOSED,
    ),
    row(KeyReceived.type, "find out whose it is", person=EXPOSED, name="web", route="merge"),
    row(
        Stuck.type,
        "this is a sample",
        STUCK,
    ),
    row(HeldUp.type, "this is a sample", TRUST, LEFT),
    row(Waiting.type, "this is a sample", TRUST),
    row(NearExpiry.type, "Start its next version", ENDS),
    row(NearExpiry.type, "see what is pending", NOT_HAPPENED, renewal="auto"),
    row(Expired.type, "Start its next version", ENDS, UNUSED),
    row(Expired.type, "see what is pending", NOT_HAPPENED, UNUSED, renewal="auto"),
    row(
        ChangedByOthers.type,
        "delete the pending request",
        STEPS + "test_what_somebody_else_started_is_deleted_by_the_call_that_is_named",
        person=ASK,
    ),
    row(
        ChangedByOthers.type,
        "set its tags and attributes right",
        STEPS + "test_what_somebody_else_merged_is_set_right_in_key_vault",
        person=ASK,
        how="merged",
    ),
    row(
        OwnerReplaced.type,
        "make the owner of before the owner again",
        "unit/inventory/test_owners.py::test_the_owner_of_before_is_the_owner_again_by_the_call_that_is_named",
        person=ASK,
    ),
    row(
        RenewalStopped.type,
        "raise CERTFLOW_RENEW_MOST",
        "unit/monitoring/test_renewal_order.py::test_the_cap_is_told_once_a_day_and_the_others_go_on_the_next_one",
        "unit/monitoring/test_renewal_order.py::test_with_a_higher_cap_the_others_start_on_the_same_day",
        name=None,
        reason="cap",
    ),
    row(
        RenewalStopped.type,
        "Put the names into",
        WATCHED + "test_a_renewal_that_would_lose_names_starts_once_they_are_in_the_policy",
        reason="names-would-be-lost",
    ),
    row(
        RenewalStopped.type,
        "Give its policy another issuer",
        WATCHED + "test_a_renewal_by_an_issuer_that_is_not_allowed_starts_with_another_one",
        reason="issuer-not-allowed",
    ),
    row(RenewalStopped.type, "See why its versions", STOPPED),
    row(RenewalStopped.type, "Fix the problem named here", STOPPED, reason="refused"),
    row(
        WorkList.type,
        "signed, and drop what the CA sends",
        "thorough/notifications/test_work_lists.py::"
        "test_open_requests_come_as_one_list_the_oldest_first_and_no_csr_by_itself",
    ),
    row(
        IssuerTroubled.type,
        "start the failed requests again",
        STEPS + "test_the_call_for_three_failed_requests_starts_each_by_its_name",
        person=AT_ISSUER,
    ),
    row(TrustChanged.type, "Put the certificate of the CA into", TRUST),
    row(
        TrustChanged.type,
        "before that",
        "unit/chains/test_trust_changes.py::test_an_update_goes_on_merging_for_a_while_and_says_so_before_it_stops",
        until="2026-12-01T12:00:00+00:00",
        **MERGES,
    ),
    row(TrustChanged.type, "If that was not meant", TRUST, **{**MERGES, "state": "any"}),
    row(
        TrustChanged.type,
        "Nothing to do, if that is right",
        TRUST,
        person="Which are right is theirs to say.",
        **MERGES,
    ),
    row(
        TrustMisplaced.type,
        "Put them under a vault's alias",
        WATCHED + "test_files_of_no_vault_are_put_under_an_alias_where_the_message_says",
    ),
    row(
        VaultSurveyed.type,
        "Tag certificates with certflow-owner",
        "e2e/monitoring/test_watching.py::test_a_certificate_near_its_end_is_told_of_once_with_a_button_to_the_portal",
    ),
    row(VaultSurveyed.type, "Nothing to do", person="There is nothing to do.", counts={}),
    row(
        VaultRebuilt.type,
        "See to the certificates that are near their end; renew those that have expired, or disable them; start",
        UNUSED,
        FAILED[0],
        person="The log says to whoever runs the app why some could not be looked at.",
        counts=dict.fromkeys(("near_expiry", "expired", "failed", "passed_over"), 1),
    ),
    row(VaultRebuilt.type, "Nothing to do", person="There is nothing to do.", counts={"pending": 1}),
    row(SettingWrong.type, "Change this setting", LEFT),
    row(
        SettingWrong.type,
        "Correct this file",
        "unit/live/test_file_faults.py::test_without_a_fault_or_with_live_off_nobody_is_told",
        setting="rules/endpoints.json",
    ),
    row(AccessChanged.type, "if that was meant", person="The logs of the storage account and of the app are Azure's."),
    row(RulesChanged.type, "if that was meant", person="The logs of the storage account and of the app are Azure's."),
    row(
        AccessFaulty.type,
        "Fix the problem named here in access/access.json",
        "unit/app/test_access.py::test_a_fault_is_told_once_whoever_sees_it_and_so_is_its_end",
    ),
    *(
        row(
            ActsWaiting.type,
            "deploy the template again",
            "unit/record/test_export.py::test_a_container_that_refuses_loses_nothing_and_is_told_once",
            stops=stops,
        )
        for stops in (False, True)
    ),
    row(Digest.type, "Nothing to do", person="There is nothing to do."),
    row(
        MonthlyPlan.type,
        "Fix first what is listed here",
        "unit/triggers/http/inventory/test_plan.py::test_a_policy_of_276_days_before_the_end_breaks",
        person="Which issuer or policy a certificate gets is decided outside.",
    ),
    row(MonthlyPlan.type, "Nothing to do", person="There is nothing to do.", by_hand=0, broken=0, first=[]),
    row(Live.type, "Nothing to do", person="There is nothing to do."),
    *(
        row(
            NotLive.type,
            words,
            "unit/live/test_check_endpoints.py::"
            "test_after_the_grace_one_message_says_what_is_shown_and_once_it_is_right_another",
            person="The server is not ours; that it is seen once it is right is tested.",
            state=state,
        )
        for state, words in (
            ("not-live", "has not been restarted or reloaded since"),
            ("other", "inspects TLS"),
            ("wrong-chain", "Take the chain as it is in Key Vault"),
            ("expired", "never took the next version"),
            ("unreachable", "The server is down"),
        )
    ),
    *(
        row(f"Certflow.Approval.{what}", f"approvals/{'0' * 32}/approve with the body", APPROVED)
        for what in ("Asked", "Reminded")
    ),
    *(
        Row(f"Certflow.Approval.{what}", "open the approval in Certflow", person=PAGE, console=True)
        for what in ("Asked", "Reminded")
    ),
    row("Certflow.Approval.Approved", "Nothing to do", APPROVED),
    row("Certflow.Approval.Approved", "Hand in its chain", person="The chain is the CA's.", of="elsewhere"),
    row("Certflow.Approval.Failed", "then ask again: POST", FAILED_START),
    row("Certflow.Approval.Refused", "Talk to who refused it", person="That is a talk between people."),
    row("Certflow.Approval.Expired", "Then ask again: POST", EXPIRED_ONE, person="Asking is a talk between people."),
    row("Certflow.Approval.Withdrawn", "Otherwise ask again: POST", person="Whether it was meant, people know."),
    row(NoticeRefused.type, "See why", person="The step is that of the message that was refused, as it stands here."),
]

# What the digest says of each of its findings, by the words of its step.
DIGEST = {
    "Nobody has watched main lately": "What is wrong with the app, or its access, its log says to whoever runs it.",
    "Put CAs into ": TRUST,
    "were not handled": STUCK,
    "Some requests failed": FAILED[0],
    "could not be looked at": "The log says why to whoever runs the app.",
    "see that their tags are meant": "thorough/attacks/test_renewal_attacks.py::"
    "test_an_end_that_is_muted_stands_in_the_digest",
    "have expired: renew them, or disable them": UNUSED,
    "says what to do about its findings": "What a finding asks for is changed in Key Vault; its own next step says it.",
}


def step_of(one: Row) -> str:
    world = World()
    data = {**samples_of(world.certflow)[one.type], **one.change}
    given = {key: value for key, value in data.items() if value is not None}
    notice = notice_of("event", one.type, given, replace(world.links, console=one.console))
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
    step = next_step(World().links, ["main"], ["web.pem"], 1, 1, 1, ["main"], 1, 1)
    for words, done in DIGEST.items():
        _before, found, step = step.partition(words)
        assert found, words
        file, is_test, name = done.partition("::")
        assert not is_test or name in names_in(file)
    assert step.endswith(".")
    assert len(DIGEST) == len(inspect.signature(next_step).parameters) - 1


def test_every_message_is_in_the_table() -> None:
    assert {one.type for one in ROWS} == TOLD.keys()


def writers() -> set[CodeType]:
    """What writes messages, or steps of them, in the classes of events."""
    classes = {base for one in TOLD.values() for base in one.__mro__ if issubclass(base, EventType)} - {EventType}
    methods = [one for cls in classes for one in vars(cls).values() if inspect.isfunction(one)]
    wanted = [one for one in methods if "Message" in str(one.__annotations__.get("return")) or "step" in one.__name__]
    return {one.__code__ for one in wanted}


def test_every_line_that_writes_a_step_is_in_the_table() -> None:
    """Whoever writes a step for one case more, adds its row: each line of the writers runs for a row."""
    ran, known = set[tuple[CodeType, int]](), writers()

    def trace(frame: FrameType, what: str, _: Any) -> Any:
        if frame.f_code not in known:
            return None
        ran.add((frame.f_code, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for one in ROWS:
            step_of(one)
    finally:
        sys.settrace(before)
    lines = {(code, line) for code in known for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
    left = {linecache.getline(code.co_filename, line).strip() for code, line in lines - ran}
    assert left <= {"return None"}, left  # an issuer works on it, and nobody is told
