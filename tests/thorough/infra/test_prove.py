"""infra/prove.sh against a stand-in subscription and a real stack: what it reports, and that it leaves nothing."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from functions import __version__
from local.bicep_check import INFRA
from local.setup import ROOT
from tests.clock import HANG
from tests.e2e.stack import running_up
from tests.infra.az import serving
from tests.scripts import begun_script
from tests.thorough.infra import stand_in_az
from tests.thorough.infra.own_environments import SHELLCHECK, environment

PROVE = INFRA / "prove.sh"
NEVER = 10**9
CURL = """#!/bin/sh
# The site's address is that of the local host; an address that nothing listens on in place of one that is not given.
printf '%%s\n' "$@" >>"$STAND_IN_AZ.curl"
for word; do
  shift
  case $word in https://*.azurewebsites.net/api*) word=${API}${word#https://*.azurewebsites.net/api} ;; esac
  set -- "$@" "$word"
done
exec %s "$@"
"""


class Subscription:
    """A subscription, and a folder with `az` and `curl` for it."""

    def __init__(self, folder: Path, stack: Path | None = None, **unkind: Any) -> None:
        self.folder, self.file = folder, folder / "subscription.json"
        self.file.write_text(json.dumps({**stand_in_az.EMPTY, "unkind": unkind, "stack": str(stack or "")}))
        (folder / "certflow.zip").touch()
        (folder / "bin").mkdir()
        curl = subprocess.run(
            ["sh", "-c", "command -v curl"], capture_output=True, text=True, check=True
        ).stdout.strip()
        self._write("curl", CURL % curl)
        api = json.loads(stack.read_text())["api"] if stack else "http://127.0.0.1:9"
        given = {"STAND_IN_AZ": str(self.file), "API": api}
        path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self.environment = os.environ | given | {"PATH": path, "PROVE_PAUSE": "0.2", "PROVE_TRIES": "400"}

    def _write(self, name: str, text: str) -> None:
        (self.folder / "bin" / name).write_text(text)
        (self.folder / "bin" / name).chmod(0o755)

    @contextmanager
    def begun(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """The script while it runs; ended at last, with all that it runs."""
        command = [str(PROVE), "--package", str(self.folder / "certflow.zip"), *options]
        with self._az(), begun_script(command, self.environment, stderr=subprocess.STDOUT) as process:
            yield process

    @contextmanager
    def _az(self) -> Iterator[None]:
        if self.state["unkind"].get("slow"):  # only a process of its own ends with the signal
            program = shlex.join([sys.executable, "-m", stand_in_az.__name__])
            self._write("az", f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {program} "$@"\n')
            yield
            return
        with serving(self.file, stand_in_az.ANSWERS, self.folder / "bin" / "az"):
            yield

    def run(self, *options: str, typed: str = "") -> tuple[int, str]:
        """The exit status and what was printed."""
        with self.begun(*options) as process:
            printed, _ = process.communicate(typed, timeout=5 * HANG)
        return process.returncode, printed

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.file.read_text())
        return state

    @property
    def left(self) -> dict[str, Any]:
        """What is there that was not there before."""
        return {name: one for name, one in self.state.items() if one and name not in ("unkind", "stack")}

    @property
    def calls(self) -> list[list[str]]:
        file = self.file.with_suffix(".calls")
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("stack")
    with running_up(directory, "--auth", "keys"):
        yield directory / "stack.json"


def lines(printed: str, verdict: str) -> list[str]:
    report = printed.partition("Report of ")[2].splitlines()
    return [line[len(verdict) :].strip() for line in report if line.startswith(f"{verdict} ")]


def test_it_merges_one_chain_reports_and_leaves_nothing(stack: Path, tmp_path: Path) -> None:
    """Azure knows the role, the keys and the right to upload only after a while."""
    subscription = Subscription(tmp_path, stack, forbidden=3, no_key=2, role_unknown=1)
    status, printed = subscription.run("--yes")
    assert (status, lines(printed, "failed")) == (0, []), printed
    found = "\n".join(lines(printed, "ok"))
    for said in ("the second time", f"version {__version__} runs", "one chain is merged", "no version", "Copy Blob"):
        assert said in found
    for rule in stand_in_az.RULES:
        assert f"the query of {rule} runs" in found
    assert len(lines(printed, "not judged")) == 5
    assert subscription.left == {}
    seen = Path(f"{subscription.file}.curl").read_text() + str(subscription.calls)  # by whoever else is on the machine
    assert json.loads(stack.read_text())["function_key"] not in seen


def test_a_check_that_fails_is_named_and_nothing_is_left(stack: Path, tmp_path: Path) -> None:
    subscription = Subscription(tmp_path, stack, query_refused=True, silent=True)
    subscription.environment["PROVE_TRIES"] = "60"  # as long as it waits for telemetry
    status, printed = subscription.run("--yes")
    assert status == 1
    silent, *refused = lines(printed, "failed")
    assert silent == "no record has come to Application Insights"
    assert [line.split(":")[0] for line in refused] == [f"the query of {rule}" for rule in stand_in_az.RULES]
    assert all("SemanticError" in line for line in refused)
    assert subscription.left == {}


def test_a_deployment_that_is_refused_is_removed(tmp_path: Path) -> None:
    subscription = Subscription(tmp_path, role_unknown=NEVER)
    status, printed = subscription.run("--yes")
    assert status == 1
    (failed,) = lines(printed, "failed")
    assert "main.bicep could not be deployed" in failed
    assert "RoleDefinitionDoesNotExist" in failed
    assert subscription.left == {}


@pytest.mark.parametrize("at", ["deployment", "package"])
def test_interrupted_it_removes_what_it_has_made(at: str, tmp_path: Path) -> None:
    subscription = Subscription(tmp_path, slow=HANG if at == "deployment" else 0)
    reached = {"deployment": ["deployment", "group"], "package": ["functionapp", "deployment"]}[at]
    with subscription.begun("--yes") as process:
        ends = time.monotonic() + HANG
        while not any(call[: len(reached)] == reached for call in subscription.calls):
            assert time.monotonic() < ends
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C reaches all that runs in the terminal
        printed, _ = process.communicate(timeout=HANG)
    assert (process.returncode, lines(printed, "failed")) == (130, ["interrupted"]), printed
    assert subscription.left == {}


def test_what_cannot_be_removed_is_named(tmp_path: Path) -> None:
    subscription = Subscription(tmp_path, role_unknown=NEVER, delete_refused=NEVER)
    subscription.environment["PROVE_TRIES"] = "3"
    status, printed = subscription.run("--yes", "--group", "mine")
    assert status == 1
    assert "remove it yourself: az group delete --name mine --yes" in "\n".join(lines(printed, "failed"))
    assert "all that was made is removed" not in printed
    assert list(subscription.left["groups"]) == ["mine"]


def test_a_group_that_is_not_ours_any_more_is_left_alone_and_named(tmp_path: Path) -> None:
    subscription = Subscription(tmp_path, role_unknown=NEVER, tags={"certflow-prove": "another run"})
    status, printed = subscription.run("--yes", "--group", "mine")
    assert (status, "the group mine is not ours: nothing in it was removed" in printed) == (1, True)
    assert list(subscription.left["groups"]) == ["mine"]


def test_what_az_said_is_kept_where_something_failed(tmp_path: Path) -> None:
    subscription = Subscription(tmp_path, role_unknown=NEVER)
    subscription.environment["TMPDIR"] = str(tmp_path)
    _, printed = subscription.run("--yes")
    (kept,) = re.findall(r"What az, curl and openssl said besides is in (\S+)", printed)
    assert "(RoleDefinitionDoesNotExist) The specified role definition does not exist." in Path(kept).read_text()
    assert [file for file in tmp_path.glob("tmp.*") if file != Path(kept)] == []


def test_a_refusal_that_passes_is_tried_again(tmp_path: Path) -> None:
    subscription = Subscription(tmp_path, role_unknown=NEVER, delete_refused=2)
    assert "all that was made is removed" in lines(subscription.run("--yes")[1], "ok")
    assert subscription.left == {}


def test_rules_that_cannot_be_read_are_a_failure(stack: Path, tmp_path: Path) -> None:
    """A list that is empty because it was refused would leave all queries unjudged, and the report without a fault."""
    subscription = Subscription(tmp_path, stack, rules_refused=True)
    subscription.environment["PROVE_TRIES"] = "60"
    status, printed = subscription.run("--yes")
    (failed,) = lines(printed, "failed")
    assert (status, "no rule could be read" in failed, "AuthorizationFailed" in failed) == (1, True, True)
    assert subscription.left == {}


def test_a_service_principal_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    subscription = Subscription(tmp_path, application=True)
    status, printed = subscription.run("--yes")
    assert (status, "sign in as a person" in printed) == (2, True)
    assert (changes(subscription), subscription.left) == ([], {})


def changes(subscription: Subscription) -> list[list[str]]:
    asks = (["account", "show"], ["ad", "signed-in-user"], ["group", "exists"])
    return [call for call in subscription.calls if call[:2] not in asks]


def test_a_group_that_exists_is_not_touched(tmp_path: Path) -> None:
    subscription = Subscription(tmp_path)
    group: dict[str, Any] = {"production": {"tags": {}}}
    subscription.file.write_text(json.dumps({**subscription.state, "groups": group}))
    status, printed = subscription.run("--yes", "--group", "production")
    assert (status, "the group production exists" in printed) == (2, True)
    assert (changes(subscription), subscription.left) == ([], {"groups": group})


@pytest.mark.parametrize("typed", ["", "n\n", "yes please\n"])
def test_it_asks_before_it_spends(typed: str, tmp_path: Path) -> None:
    subscription = Subscription(tmp_path)
    status, printed = subscription.run(typed=typed)
    assert f"of the subscription Contoso ({stand_in_az.SUBSCRIPTION}), at your expense" in printed
    assert (status, "at your expense" in printed, "nothing was made" in printed) == (2, True, True)
    assert (changes(subscription), subscription.left) == ([], {})


@pytest.mark.parametrize("options", [["--group"], ["--force"], ["--yes", "--package", "nowhere.zip"]])
def test_what_it_does_not_understand_begins_nothing(options: list[str], tmp_path: Path) -> None:
    subscription = Subscription(tmp_path)
    status, printed = subscription.run(*options)
    assert (status, printed != "", subscription.calls) == (2, True, [])


def test_shellcheck_finds_nothing_in_the_scripts_of_infra(tmp_path: Path) -> None:
    program = str(environment(SHELLCHECK) / "bin" / "shellcheck")
    scripts = [str(one) for one in sorted(INFRA.rglob("*.sh"))]
    assert len(scripts) > 2
    done = subprocess.run([program, *scripts], capture_output=True, text=True, timeout=HANG, check=False)
    assert done.stdout == ""
    bad = tmp_path / "bad.sh"
    bad.write_text("#!/bin/sh\nrm -rf $1/*\n")
    assert "SC2086" in subprocess.run([program, str(bad)], capture_output=True, text=True, timeout=HANG).stdout
