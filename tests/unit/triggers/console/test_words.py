"""The console's words: the catalogue has all that the pages ask for, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.access.policy import effective_policy
from functions.approvals.judge import policy_fields
from functions.model.approval.record import ApprovalOf, ApprovalState
from functions.model.people.message_record import MESSAGE_OUTCOMES
from functions.model.request.request_state import RequestState
from functions.model.request.what_now import NextStep
from functions.triggers.console.files import FOLDER
from functions.triggers.http.types.reports import OUTCOMES, WOULD_OUTCOMES
from local.functions_host import ROOT

SOURCE = FOLDER.parent / "source"
ENGLISH: dict[str, str] = json.loads((FOLDER / "text" / "en.json").read_text())
STRINGS = re.compile(r'"([a-z][\w-]*(?:\.[\w-]+)+)"')  # also those that a page chooses among
FAMILIES = re.compile(r"`([a-z][\w-]*\.)\$\{")  # the rest of the key is a code
PLURALS = (".one", ".other")
PAGES = ("requests", "sign", "drop", "new", "approvals")
# The codes that follow these beginnings: what the API says of them, or what the pages themselves name.
CODES: dict[str, set[str]] = {
    "state.": set(RequestState),
    "now.": set(NextStep),
    "outcome.": set(MESSAGE_OUTCOMES),
    "file.": {*OUTCOMES, *WOULD_OUTCOMES, "quarantined", "would-quarantine"},
    "severity.": {"error", "warning", "note"},
    "approval.": set(ApprovalState),
    "approval.now.": {*ApprovalState, "decided", "mine", "others"} - {ApprovalState.AWAITING},
    "approval.yes.": set(ApprovalOf),
    "field.": set(policy_fields(effective_policy({}, None))),
    "tree.": {"root", "intermediate", "leaf"},
    "without.": {"keys", "setting", "page"},
    "nav.": set(PAGES),
    "title.": {*PAGES, "request", "approval", "none"},
}


def named(files: Iterator[Path]) -> tuple[set[str], set[str]]:
    """The keys that are written out, and the beginnings of those that are put together."""
    text = "\n".join(file.read_text() for file in files)
    return set(STRINGS.findall(text)), set(FAMILIES.findall(text))


KEYS, BEGINNINGS = named(SOURCE.glob("*.js"))


def base(key: str) -> str:
    """A key without its plural."""
    return next((key.removesuffix(one) for one in PLURALS if key.endswith(one)), key)


def test_every_key_that_a_page_names_has_words() -> None:
    there = {base(key) for key in ENGLISH}
    asked = {key for key in KEYS if key.split(".")[0] in {one.split(".")[0] for one in there}}
    assert asked - there == set()


def test_there_are_no_words_that_no_page_says() -> None:
    unsaid = {
        key
        for key in ENGLISH
        if base(key) not in KEYS and not any(key.startswith(one) for one in BEGINNINGS) and "." in key
    }
    assert unsaid == set()


@pytest.mark.parametrize("beginning", sorted(CODES))
def test_every_code_of_the_api_has_words(beginning: str) -> None:
    assert {f"{beginning}{code}" for code in CODES[beginning]} - ENGLISH.keys() == set()


def test_every_act_of_a_history_has_words() -> None:
    (row,) = re.findall(r"`act` is (.*?)\. A completion", (ROOT / "docs" / "api.md").read_text())
    acts = set(re.findall(r"`([a-z]+)`", row))
    assert len(acts) >= 10
    assert {f"act-done.{act}" for act in acts} - ENGLISH.keys() == set()


def test_what_counts_has_both_plurals() -> None:
    for key in ENGLISH:
        if key.endswith(PLURALS):
            assert {f"{base(key)}{one}" for one in PLURALS} <= ENGLISH.keys(), key


def test_what_to_do_now_is_said_also_where_no_value_of_it_is_known() -> None:
    for step in NextStep:
        assert "{" not in ENGLISH[f"now.{step}"]


def test_words_are_words_and_no_markup() -> None:
    for key, text in ENGLISH.items():
        assert text.strip() == text != "", key
        assert "<" not in text, key
