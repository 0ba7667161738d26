"""When a question to a queue may be left out."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from functions_host.bells import ANYWAY, SETTING, Bell, bell_of


def ring(file: Path) -> None:
    with file.open("a") as opened:
        opened.write(".")


def test_without_a_folder_it_is_always_worth_asking() -> None:
    bell = bell_of({}, "work")
    for _ in range(2):
        assert bell.worth_asking()
        bell.nothing()


def test_after_an_empty_answer_nobody_asks_until_it_rings(tmp_path: Path) -> None:
    bell = bell_of({SETTING: str(tmp_path)}, "work")
    assert bell.worth_asking()  # nobody has rung, and there is no file
    bell.nothing()
    assert not bell.worth_asking()
    ring(tmp_path / "work")
    assert bell.worth_asking()
    assert bell.worth_asking()  # nobody has said that there was nothing
    bell.nothing()
    ring(tmp_path / "other")
    assert not bell.worth_asking()


def test_what_rings_while_it_is_asked_is_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "work"
    ring(file)
    bell = Bell(file)
    assert bell.worth_asking()
    ring(file)  # too late for the answer
    bell.nothing()
    assert bell.worth_asking()


def test_it_is_asked_after_a_while_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bell = Bell(tmp_path / "work")
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    assert bell.worth_asking()
    bell.nothing()
    monkeypatch.setattr(time, "monotonic", lambda: 100.0 + ANYWAY - 0.1)
    assert not bell.worth_asking()
    monkeypatch.setattr(time, "monotonic", lambda: 100.0 + ANYWAY)
    assert bell.worth_asking()
