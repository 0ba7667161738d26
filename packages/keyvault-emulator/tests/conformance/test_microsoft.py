"""Microsoft's own tests of their Key Vault client pass against the emulator."""

from __future__ import annotations

import re

import pytest

from conformance import microsoft


@pytest.mark.timeout(1800)  # about two and a half minutes of it are the suite's own waiting
def test_microsofts_own_suite_passes_in_both_modes(capfd: pytest.CaptureFixture[str]) -> None:
    status = microsoft.main()
    out, err = capfd.readouterr()
    assert status == 0, out + err
    assert re.findall(r"^(.+): ([0-9]+) passed of \2$", out, re.MULTILINE) == [
        ("live, sync client", "27"),
        ("live, async client", "25"),
        ("all-versions, sync client", "216"),
        ("all-versions, async client", "203"),
    ]


def ended(number: int, **others: tuple[str, str]) -> dict[str, tuple[str, str]]:
    return {f"test_x.py::T::test_{index}[7.4]": ("passed", "") for index in range(number)} | {
        f"test_x.py::T::{name}[7.4]": end for name, end in others.items()
    }


@pytest.mark.parametrize(
    ("tests", "problem"),
    [
        (ended(225, test_bad=("failed", "no")), "test_x.py::T::test_bad[7.4]\nno"),
        (ended(225), "live, sync: 225 tests were found where 226 should be"),
        (ended(225, test_left=("skipped", "why")), "live, sync: test_left was not to be skipped"),
        (ended(225, test_async_request_cancellation_and_deletion=("skipped", "flaky")), None),
        (ended(225, test_other=("skipped", microsoft.OTHER_VERSION)), None),
    ],
)
def test_failed_missing_and_skipped_tests_are_problems(
    tests: dict[str, tuple[str, str]], problem: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert microsoft._judge_client("live", "sync", tests) == ([problem] if problem else [])
    assert "live, sync client: 225 passed of" in capsys.readouterr().out
