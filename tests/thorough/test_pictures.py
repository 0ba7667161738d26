"""The pictures in docs/pictures: one command makes them, and those that are there can be shown."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import pytest

from local.functions_host import ROOT
from testkit import browser
from tests import console_pictures
from tests.clock import HANG
from tests.pictures import FOLDER

chromium = browser.chromium  # the fixture

NAMES = ("card.png", "doctor.png", "mail.png", "plan.png")
OF_THE_CONSOLE = tuple(f"console-{name}.png" for name in console_pictures.NAMES)
MAX_BYTES = 150_000  # of a picture that everybody loads who opens the README


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels (PNG specification, IHDR)."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_one_command_makes_the_pictures(chromium: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.pictures", "--to", str(tmp_path / "new")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 0, done.stderr
    made = {file.name: file.read_bytes() for file in (tmp_path / "new").iterdir()}
    assert sorted(made) == sorted(NAMES)
    for name, picture in made.items():
        assert f"{name}: " in done.stdout
        width, height = size_of(picture)
        assert width > 800, name
        assert height > 400, name
        assert len(picture) > 20_000, f"{name}: there is next to nothing on it"


def test_one_command_makes_those_of_the_console(chromium: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.console_pictures", "--to", str(tmp_path / "new")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=5 * HANG)
    assert done.returncode == 0, done.stderr
    made = {file.name: file.read_bytes() for file in (tmp_path / "new").iterdir()}
    assert sorted(made) == sorted(OF_THE_CONSOLE)
    for name, picture in made.items():
        assert size_of(picture) >= (700, 500), name
        assert len(picture) > 20_000, f"{name}: there is next to nothing on it"


@pytest.mark.parametrize("module", ["tests.pictures", "tests.console_pictures"])
def test_without_a_browser_the_command_says_what_to_do(module: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", module, "--to", str(tmp_path / "new")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG, env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "CERTFLOW_CHROMIUM" in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", [*NAMES, *OF_THE_CONSOLE])
def test_a_picture_is_there_and_quickly_loaded(name: str) -> None:
    picture = (FOLDER / name).read_bytes()
    assert size_of(picture)[0] > 700
    assert len(picture) <= MAX_BYTES
