"""The command that verifies the record of acts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from functions.cli.acts import main
from tests.unit.model.acts.records import head, record_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in record_of([3, 2]).items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_a_whole_record_is_called_whole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(folder), "--head", head(record_of([3, 2]))]) == 0
    said = capsys.readouterr().out
    assert "The record is whole: 5 acts in 2 files." in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_folder_is_read_with_what_is_in_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in list(folder.iterdir()):
        (folder / file.stem).mkdir()
        file.rename(folder / file.stem / file.name)
    assert main(["verify", str(folder)]) == 0
    assert "5 acts in 2 files" in capsys.readouterr().out


def test_what_is_wrong_is_said_in_sentences_of_80_columns(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = min(folder.iterdir())
    first.write_bytes(first.read_bytes().replace(b"created", b"deleted", 1))
    assert main(["verify", *map(str, folder.iterdir()), "--head", "A" * 64]) == 1
    said = capsys.readouterr().out
    assert "line 3 does not follow" in said
    assert "No line has the head aaaa" in said.replace("\n", " ")
    assert max(map(len, said.splitlines())) <= 80


def test_the_log_is_compared(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text(json.dumps({"event": "acts-written", "file": "2026-11-29.jsonl", "end": 9999, "head": "1" * 64}))
    assert main(["verify", str(folder), "--log", str(log)]) == 1


def test_a_folder_is_all_of_the_record_unless_it_is_said_to_begin_later(folder: Path) -> None:
    first, second = sorted(folder.iterdir())
    assert main(["verify", str(first)]) == main(["verify", str(second)]) == 0
    first.rename(folder / "elsewhere")
    assert main(["verify", str(folder)]) == 1
    for begins in (second.name, "2026-11-29", "2026-11-28"):
        assert main(["verify", str(folder), "--from", begins]) == 0
    (folder / "elsewhere").rename(first)
    second.unlink()
    assert main(["verify", str(folder)]) == 1
    with pytest.raises(SystemExit) as error:
        main(["verify", str(folder), "--from", "yesterday"])
    assert error.value.code == 2


def test_what_cannot_be_read_is_no_broken_record(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "empty").mkdir()
    (folder / "empty.log").write_text("")
    other = folder.parent / "notes.jsonl"
    other.write_bytes(b"")
    for wrong in (
        ["verify", str(folder / "none.jsonl")],
        ["verify", str(folder / "2020-01-01.jsonl")],
        ["verify", str(folder / "empty")],
        ["verify", str(other)],
        ["verify", str(folder), str(folder)],
        ["verify", str(folder), "--log", str(folder / "empty.log")],
    ):
        assert main(wrong) == 2
        assert capsys.readouterr().err.startswith("acts:")
    with pytest.raises(SystemExit) as error:
        main([])
    assert error.value.code == 2


def test_nothing_in_a_file_reaches_the_terminal_as_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = min(folder.iterdir())
    first.write_bytes(b'{"prev":"\\u001b[2J' + b"x" * 999 + b'","file":"\\u001b[2J"}\n')
    assert main(["verify", str(first)]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert len(said) < 999


def test_it_runs_as_a_module(folder: Path) -> None:
    command = [sys.executable, "-m", "functions.cli.acts", "verify", str(folder)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
