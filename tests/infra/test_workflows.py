"""The workflows of GitHub: zizmor finds nothing in them (make check), and what it does not look at."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from local.functions_host import ROOT
from local.working_copy import working_copy
from tests.clock import HANG
from tests.infra.workflows import GITHUB, WORKFLOWS, workflow

USES = re.compile(r"^ *(?:- )?uses: (\S+?)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$", re.MULTILINE)
ZIZMOR = re.compile(r"\.venv/bin/zizmor (.+?) \. 2>&1")
# Their versions go with those tests, which are of one release of the SDK.
OF_MICROSOFTS_TESTS = "/packages/keyvault-emulator/tests/conformance"
UNSAFE = """name: unsafe
on: pull_request_target
permissions: write-all
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.pull_request.title }}"
"""


def found(folder: Path) -> set[str]:
    """The names of what zizmor finds in a folder with .github, called as `make check` does."""
    (options,) = ZIZMOR.findall((ROOT / "Makefile").read_text())
    program = str(Path(sys.executable).parent / "zizmor")
    done = subprocess.run(
        [program, *options.split(), "--format", "json", "."], cwd=folder, capture_output=True, text=True, timeout=HANG
    )
    return {one["ident"] for one in json.loads(done.stdout)}


def test_nothing_is_found_in_ours_and_none_is_passed_over() -> None:
    assert found(ROOT) == set()
    assert not [path.name for path in [*WORKFLOWS, GITHUB / "dependabot.yml"] if "zizmor:" in path.read_text()]
    assert not list(ROOT.glob("zizmor.y*ml")) + list(GITHUB.glob("zizmor.y*ml"))


def test_what_is_unsafe_is_found(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "unsafe.yml").write_text(UNSAFE)
    (tmp_path / ".github" / "dependabot.yml").write_text((GITHUB / "dependabot.yml").read_text().replace("7", "0"))
    wanted = {"unpinned-uses", "artipacked", "template-injection", "excessive-permissions", "dangerous-triggers"}
    assert wanted | {"dependabot-cooldown"} <= found(tmp_path)


def test_each_action_is_one_commit_everywhere_and_says_of_which_version() -> None:
    texts = [path.read_text() for path in WORKFLOWS]
    pinned = [one for text in texts for one in USES.findall(text)]
    own = sum(text.count("uses: $/") for text in texts)
    assert len(pinned) + own == sum(len(re.findall(r"\buses:", text)) for text in texts)
    different = {("/".join(name.split("/")[:2]), commit, version) for name, commit, version in pinned}
    assert len(different) == len({repository for repository, _, _ in different}) > 5


def test_only_a_protected_branch_is_deployed_and_only_after_a_look() -> None:
    jobs = workflow("deploy.yml")["jobs"]
    assert jobs["package"]["if"] == "github.ref_protected"
    assert (jobs["preview"]["needs"], jobs["deploy"]["needs"]) == ("package", "preview")
    assert (jobs["preview"]["environment"], jobs["deploy"]["environment"]) == ("preview", "production")
    (look,) = [step["run"] for step in jobs["preview"]["steps"] if "run" in step]
    assert look.startswith("az deployment group what-if ")


@pytest.mark.parametrize(("ecosystem", "file"), [("npm", "package.json"), ("pip", "requirements.txt")])
def test_dependabot_looks_wherever_something_is_pinned(ecosystem: str, file: str) -> None:
    updates = yaml.safe_load((GITHUB / "dependabot.yml").read_text())["updates"]
    (one,) = [update for update in updates if update["package-ecosystem"] == ecosystem]
    there = {f"/{path.parent}".removesuffix(".") for path in working_copy() if path.name == file}
    assert set(one.get("directories") or [one["directory"]]) == there - {OF_MICROSOFTS_TESTS}


def test_dependabot_looks_at_the_workflows() -> None:
    updates = yaml.safe_load((GITHUB / "dependabot.yml").read_text())["updates"]
    assert [update["directory"] for update in updates if update["package-ecosystem"] == "github-actions"] == ["/"]
