"""The heads that the log knows are found however it was exported, and only those that the app has written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest

from functions.model.acts.logged import LoggedHead, heads_in_log

WRITTEN = {"event": "acts-written", "file": "2026-11-30.jsonl", "end": 12, "head": "a" * 64}
HEAD = LoggedHead("2026-11-30.jsonl", 12, "a" * 64)


def act(text: str) -> dict[str, str]:
    """The message of an act, for which a caller has said a text."""
    return {"event": "act", "what": "created", "on_behalf_of": text}


def as_csv(*messages: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["timestamp [UTC]", "message", "itemType"], *(["now", one, "t"] for one in messages)])
    return f"\ufeff{out.getvalue()}"


def as_lines(*messages: str) -> str:
    return "\n".join(messages)


def as_rows(*messages: str) -> str:
    return json.dumps([{"message": one, "time": "now", "customDimensions": {"level": 1}} for one in messages], indent=2)


def as_lines_of_rows(*messages: str) -> str:
    return "\r\n".join(json.dumps({"time": "now", "properties": {"Message": one}}) for one in messages)


def as_tables(*messages: str) -> str:
    return json.dumps({"tables": [{"columns": [{"name": "message"}], "rows": [["now", one] for one in messages]}]})


FORMS = pytest.mark.parametrize("form", [as_csv, as_lines, as_rows, as_lines_of_rows, as_tables])


@FORMS
def test_heads_are_found_however_the_log_was_exported(form: Callable[..., str]) -> None:
    told = json.dumps(WRITTEN)
    messages = json.dumps(act('Jo, of "sales"\nwho asked')), told, '{"event": "acts-written" broken}', "[" * 9999, told
    assert heads_in_log(form(*messages)) == [HEAD, HEAD]


@FORMS
def test_what_a_caller_writes_is_no_head(form: Callable[..., str]) -> None:
    forged = [
        json.dumps(WRITTEN),
        json.dumps(json.dumps(WRITTEN)),
        f'\n"{json.dumps(WRITTEN)}"\n',
        as_csv(json.dumps(WRITTEN)),
    ]
    forged += [f',"{json.dumps(WRITTEN)}"'.replace('"', '""'), json.dumps({"message": json.dumps(WRITTEN)})]
    assert heads_in_log(form(*(json.dumps(act(one)) for one in forged))) == []
    within = [json.dumps({"event": "act", "before": WRITTEN}), json.dumps({"by": WRITTEN}), json.dumps([WRITTEN])]
    assert heads_in_log(form("x", *within[:1])) == []
    if form is not as_lines:  # where each line is all that there is of a row
        assert heads_in_log(form(*within)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"event": "act"},
        {"file": "../2026-11-30.jsonl"},
        {"file": "x"},
        {"file": 1},
        {"end": True},
        {"end": "12"},
        {"head": "a"},
        {"head": "A" * 64},
        {"head": None},
    ],
)
def test_a_message_that_the_app_does_not_write_so_has_no_head(wrong: dict[str, object]) -> None:
    assert heads_in_log(json.dumps(WRITTEN | wrong)) == []


def test_a_log_of_anything_else_has_no_head() -> None:
    for text in ("", "2026-11-30 INFO started", '"', "{", "null", "[" * 100_000, f"INFO {json.dumps(WRITTEN)} more"):
        assert heads_in_log(text) == []


def test_a_long_cell_hides_no_head() -> None:
    assert heads_in_log(as_csv(json.dumps(act("x" * 200_000)), json.dumps(WRITTEN))) == [HEAD]
