"""Every query of an alert, of the workbook and of the pages is KQL, and asks for columns that its tables have.

Microsoft's language service (npm) parses and binds it; what a table has is in kusto/tables.json. It is installed on
first use, apart from what `make setup` installs.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local.setup import STATE, VENV
from tests.doc_pages import PAGES
from tests.infra.alert_rules import charts, query, rules
from tests.infra.deployed import EXAMPLES

HERE = Path(__file__).parent / "kusto"
TABLES = tuple(json.loads((HERE / "tables.json").read_text()))
RULES = {f"{name}: {rule}": query(of) for name in EXAMPLES for rule, of in rules(name).items()}
IN_PAGES = {
    f"{page.name}: {text}": text
    for page in PAGES
    for text in re.findall(rf"`((?:{'|'.join(TABLES)}) \|[^`]+)`", page.read_text())
}
QUERIES = RULES | charts() | IN_PAGES


@functools.cache
def installed() -> Path:
    """The folder with the language service, as the lock file has it."""
    files = [HERE / name for name in (".npmrc", "package.json", "package-lock.json", "bind.cjs")]
    home = STATE / f"kusto-{hashlib.sha256(b''.join(file.read_bytes() for file in files)).hexdigest()[:16]}"
    STATE.mkdir(exist_ok=True)
    with (STATE / "kusto.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "done").exists():
            home.mkdir(exist_ok=True)
            for file in files:
                shutil.copy(file, home)
            node("npm", "ci", "--silent", "--no-progress", here=home)
            (home / "done").touch()
    return home


def node(*command: str | Path, here: Path, given: str = "") -> str:
    """Runs a command of Node in a folder, and returns what it says."""
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"
    found = shutil.which(command[0], path=path)
    assert found, f"{command[0]} is missing: make setup"
    done = subprocess.run(
        [found, *map(str, command[1:])],
        cwd=here,
        env=os.environ | {"PATH": path},
        input=given,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def findings(*queries: str) -> list[list[str]]:
    """What the language service says of each query."""
    home = installed()
    return [
        list(one) for one in json.loads(node("node", home / "bind.cjs", HERE, here=home, given=json.dumps(queries)))
    ]


def test_each_query_asks_for_what_its_tables_have() -> None:
    assert len(RULES) > 20
    assert len(IN_PAGES) > 0
    found = dict(zip(QUERIES, findings(*QUERIES.values()), strict=True))
    assert {title: said for title, said in found.items() if said} == {}


def test_a_rule_of_the_workspace_asks_for_its_tables_and_one_of_the_component_for_its() -> None:
    """Neither has those of the other under these names."""
    of_component = {"traces", "requests"}
    for name in EXAMPLES:
        for rule, properties in rules(name).items():
            asked = {table for table in TABLES if re.search(rf"\b{table}\b", query(properties))}
            assert asked
            of_app = "/Microsoft.Insights/components/" in properties["scopes"][0]
            assert asked <= of_component if of_app else not asked & of_component, rule


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("event == ", "events == "),
        ("traces |", "traced |"),
        ("parse_json(", "parse_jsn("),
        ("| extend", "| extends"),
        ("timestamp > ago(15m)", "TimeGenerated > ago(15m)"),
    ],
    ids=["a column of its own", "a table", "a function", "an operator", "a column of the workspace"],
)
def test_a_wrong_word_is_found(right: str, wrong: str) -> None:
    text = query(rules("smallest")["standing-still"])
    assert right in text
    (before, after) = findings(text, text.replace(right, wrong))
    assert (before, bool(after)) == ([], True)
