"""README stays short, and each command in the documentation is run by a test or needs Azure."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.functions_host import ROOT
from tests.doc_pages import AZURE, MAKE, PAGES, README, RUN, Block, blocks, prose, scripts

NO_COMMAND = {"", "text", "json", "mermaid", "python"}
# Programs that a user types; one in a block that no test runs would go stale unseen.
COMMAND = re.compile(r"(\$ )?(\S*/)?(az|azd|curl|make|openssl|pip|pipx|python3?|sh|uv|uvx) ")
MAX_LINES, MAX_WORDS = 200, 900


def by_name(page: Path) -> str:
    return page.name


def test_the_readme_is_read_in_five_minutes() -> None:
    assert len(README.read_text().splitlines()) <= MAX_LINES
    assert len(prose(README).split()) <= MAX_WORDS


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_each_block_says_whether_its_commands_are_run(page: Path) -> None:
    said = {RUN, AZURE, MAKE, *NO_COMMAND}
    assert [f"{page.name}:{one.line} {one.info}" for one in blocks(page) if one.info not in said] == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_no_command_stands_in_a_block_that_nothing_runs(page: Path) -> None:
    assert [one for block in blocks(page) if block.info in NO_COMMAND for one in commands(block)] == []


def commands(block: Block) -> list[str]:
    return [line for line in block.text.splitlines() if COMMAND.match(line)]


def is_there(command: str) -> bool:
    """Whether make has the target, or whether pytest finds the file or folder."""
    match command.split():
        case ["make", target, *settings]:
            targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
            return target in targets and all(re.fullmatch(r"[A-Z]+=\S+", one) for one in settings)
        case [".venv/bin/python", "-m", "pytest", path, *_]:
            return (ROOT / path).exists()
    return False


def test_make_has_the_targets_and_pytest_the_files() -> None:
    typed = [line for page in PAGES for one in blocks(page) if one.info == MAKE for line in one.text.splitlines()]
    typed = [line.partition("#")[0].strip() for line in typed]
    assert {"make demo", "make test", "make up"} <= {*typed}
    assert [line for line in typed if not is_there(line)] == []


@pytest.mark.parametrize("command", ["make tea", "make up x", "ls", ".venv/bin/python -m pytest tests/unit/test_no.py"])
def test_what_is_not_there_is_found(command: str) -> None:
    assert not is_there(command)


def test_prose_is_what_is_no_code(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("one\n\n- two\n\n  ```sh azure\n  az login\n  ```\n\nthree\n")
    assert prose(tmp_path / "page.md").split() == ["one", "-", "two", "three"]
    assert list(blocks(tmp_path / "page.md")) == [Block(AZURE, "az login\n", 5)]


def test_a_command_is_one_with_and_without_a_prompt() -> None:
    assert commands(Block("text", "$ .venv/bin/python -m x\ncurl -s x\nSource: curl\n  make\n", 1)) == [
        "$ .venv/bin/python -m x",
        "curl -s x",
    ]


@pytest.mark.parametrize("page", scripts(), ids=by_name)
def test_what_is_pasted_has_no_comments(page: Path) -> None:
    """A zsh as people have it takes none at its prompt: an apostrophe in one would begin a text that never ends."""
    assert [line for line in scripts()[page].splitlines() if re.search(r"(^|\s)#", line)] == []


@pytest.mark.parametrize("page", scripts(), ids=by_name)
def test_each_page_begins_at_the_beginning(page: Path) -> None:
    """It can be followed without another page: what it uses it sets."""
    script = scripts()[page]
    used = set(re.findall(r"\$\{?([A-Z]+)\b", script))
    assert used - {"PWD"} - set(re.findall(r"^(?:export |\[.*\] \|\| )?([A-Z]+)=", script, re.MULTILINE)) == set()


NAMED = re.compile(r'\bdocs/([\w-]+\.md)(?:, "([^"\n]+)"\))?')


def test_a_page_that_the_code_names_is_there_and_has_the_heading() -> None:
    folders = [ROOT / "functions", ROOT / "infra", ROOT / "local"]
    files = [one for folder in folders for kind in ("*.py", "*.bicep", "*.sh") for one in folder.rglob(kind)]
    named = {found for file in files for found in NAMED.findall(file.read_text())}
    assert ("security.md", "What the identity needs") in named
    for page, heading in named:
        text = (ROOT / "docs" / page).read_text()
        assert not heading or re.search(rf"^#+ {re.escape(heading)}$", text, re.MULTILINE), (page, heading)
