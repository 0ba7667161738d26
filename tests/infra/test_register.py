"""infra/issuers/register.sh, run with an `az` in its PATH that keeps what it is given. register.ps1 was only read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.functions_host import ROOT
from tests.clock import HANG
from tests.scripts import begun_script

RIGHT = ("contoso-pki", "DigiCert", "DigiCert", "123456", "1234567")
# Answers `az cloud show` as the public cloud does, and keeps arguments and body of `az rest`.
AZ = """#!/bin/sh
case $1 in
  cloud) [ -z "${WAITS-}" ] || { : >"$KEPT/waits"; exec sleep 600; }
    echo .vault.azure.net ;;
  rest)
    printf '%s\\n' "$@" >"$KEPT/arguments"
    for one in "$@"; do case $one in @*) cp "${one#@}" "$KEPT/body" ;; esac; done ;;
esac
"""


def register(tmp_path: Path, password: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    with begun(tmp_path, {}, *arguments) as process:
        said, errors = process.communicate(password, timeout=HANG)
    return subprocess.CompletedProcess(process.args, process.returncode, said, errors)


@contextmanager
def begun(tmp_path: Path, given: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The script while it runs, with `az` as above; ended at last, with all that it runs."""
    az = tmp_path / "az"
    az.write_text(AZ)
    az.chmod(0o755)
    kept = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "KEPT": str(tmp_path), "TMPDIR": str(tmp_path)}
    command = [str(ROOT / "infra" / "issuers" / "register.sh"), *arguments]
    with begun_script(command, os.environ | kept | given) as process:
        yield process


@pytest.mark.parametrize(
    "password", ["simple", 'q"uo\\te', "ümläut €", " blanks  kept ", "%s %d \\n $HOME `id`", "é" * 300]
)
def test_any_password_arrives_as_it_is_in_the_body_alone(tmp_path: Path, password: str) -> None:
    done = register(tmp_path, f"{password}\n", *RIGHT)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "body").read_text()) == {
        "provider": "DigiCert",
        "credentials": {"account_id": "123456", "pwd": password},
        "org_details": {"id": "1234567"},
    }
    arguments = (tmp_path / "arguments").read_text()
    assert "https://contoso-pki.vault.azure.net/certificates/issuers/DigiCert?api-version=7.4\n" in arguments
    assert password not in arguments
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arguments", "az", "body"]  # its own file is gone


@pytest.mark.parametrize("password", ["a\tb", "a\x1bb", "a\x7f", "a\r"])
def test_a_password_that_was_pasted_with_something_is_refused_and_not_shown(tmp_path: Path, password: str) -> None:
    done = register(tmp_path, f"{password}\n", *RIGHT)
    assert done.returncode == 2
    assert "control character" in done.stderr
    assert password not in done.stderr
    assert not (tmp_path / "arguments").exists()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, "contoso.vault.azure.net"),
        (0, "evil.example/?"),
        (0, ""),
        (1, "Digi Cert"),
        (1, "../../secrets/a"),
        (1, "DigiCert?x=1"),
        (1, "Digi\nCert"),
        (2, "Sectigo"),
        (3, '1", "x": "'),
        (4, "1\t2"),
    ],
)
def test_an_argument_that_would_be_more_than_a_name_is_refused_with_what_is_allowed(
    tmp_path: Path, place: int, value: str
) -> None:
    done = register(tmp_path, "secret\n", *RIGHT[:place], value, *RIGHT[place + 1 :])
    assert done.returncode == 2
    assert done.stderr.startswith(f"register.sh: {('VAULT', 'ISSUER', 'PROVIDER', 'ACCOUNT', 'ORGANISATION')[place]} ")
    assert "only" in done.stderr
    assert not (tmp_path / "arguments").exists()


@pytest.mark.parametrize("said", ["", "\n"])
def test_without_a_password_nothing_is_registered(tmp_path: Path, said: str) -> None:
    done = register(tmp_path, said, *RIGHT)
    assert (done.returncode, "there was no password" in done.stderr) == (2, True)
    assert not (tmp_path / "arguments").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_leaves_no_password_behind(tmp_path: Path, how: signal.Signals) -> None:
    """Ctrl-C, or a window that is closed, while az is asked; dash does not do then what a trap on EXIT says."""
    with begun(tmp_path, {"WAITS": "yes"}, *RIGHT) as process:
        assert process.stdin is not None
        process.stdin.write("secret\n")
        process.stdin.close()
        ends = time.monotonic() + HANG
        while not (tmp_path / "waits").exists():
            assert time.monotonic() < ends
            time.sleep(0.05)
        assert "secret" in "".join(one.read_text() for one in tmp_path.glob("tmp.*"))  # the body, for az
        os.killpg(process.pid, how)
        process.wait(HANG)
    assert process.returncode == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["az", "waits"]


def test_without_its_arguments_it_says_how_it_is_called(tmp_path: Path) -> None:
    done = register(tmp_path, "")
    assert done.returncode == 2
    assert "register.sh VAULT ISSUER PROVIDER ACCOUNT ORGANISATION" in done.stderr
