"""The lock files: of the requirements as they are now, with a hash for everything, and good on every machine."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from local.functions_host import ROOT
from local.lock import LOCKS, fingerprint

PIN = re.compile(r"([\w.-]+)==(\S+)(?: ; .*)? \\")


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / lock).read_text()))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_of_the_requirements_as_they_are_now(lock: str) -> None:
    first, _, _ = (ROOT / lock).read_text().partition("\n")
    assert first.endswith(fingerprint(ROOT)), "the requirements have changed: run `make lock`"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("requirements.txt", "msgspec==", "msgspec<="),
        ("requirements-apprise.txt", "apprise==", "apprise<="),
        ("requirements-dev.txt", "pytest==", "pytest<="),
        ("packages/inbox/pyproject.toml", "aiosmtpd>=", "aiosmtpd<="),
        ("packages/testkit/pyproject.toml", "playwright>=", "playwright<="),
    ],
)
def test_a_requirement_that_changes_is_noticed(tmp_path: Path, name: str, old: str, new: str) -> None:
    inputs = [ROOT / ".python-version", *(ROOT / one for one in LOCKS.values())]
    for file in (*inputs, *ROOT.glob("packages/*/pyproject.toml")):
        place = tmp_path / file.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    assert fingerprint(tmp_path) == fingerprint(ROOT)
    text = (tmp_path / name).read_text()
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new))
    assert fingerprint(tmp_path) != fingerprint(ROOT)


@pytest.mark.parametrize(("lock", "requirements"), LOCKS.items())
def test_every_direct_requirement_is_pinned_to_its_version(lock: str, requirements: str) -> None:
    asked = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / requirements).read_text(), flags=re.MULTILINE)
    assert asked
    assert dict(asked).items() <= pins(lock).items()


def test_the_tests_run_on_what_is_deployed() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-apprise.lock").items()
    assert pins("requirements-apprise.lock").items() <= pins("requirements-dev.lock").items()


def test_apprise_and_what_it_alone_needs_is_in_no_package_that_does_not_ask_for_it() -> None:
    extra = {*pins("requirements-apprise.lock")} - {*pins("requirements.lock")}
    assert extra >= {"apprise", "markdown", "pyyaml"}


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_from_outside_has_a_hash_and_nothing_names_a_place(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=\S)", text)[1:]
    assert len(entries) > 20
    for entry in entries:
        assert entry.startswith("-e ./packages/") or re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
