"""Every line for az and azd that we tell people to type, and that our scripts and workflows run: az's own parser reads
those for az. What a line does, no test here knows; that it is one, this does.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from local.functions_host import ROOT
from tests.doc_pages import AZURE, PAGES, blocks, prose
from tests.infra.workflows import WORKFLOWS, workflow
from tests.thorough.infra import az_parser
from tests.thorough.infra.own_environments import AZURE_CLI, environment
from tests.thorough.infra.shell_calls import calls

LIMIT = 300  # seconds for all lines
# What azd takes: how many words after the command, and which options, with how many values. Source: Learn, "Azure
# Developer CLI reference" (azure/developer/azure-developer-cli/reference).
AZD: dict[str, tuple[int, int, dict[str, int]]] = {
    "auth login": (0, 0, {}),
    "deploy": (0, 1, {"--all": 0}),
    "down": (0, 0, {"--force": 0, "--purge": 0}),
    "env new": (0, 1, {"--location": 1, "--subscription": 1}),
    "env set": (2, 2, {}),
    "provision": (0, 0, {"--preview": 0}),
    "up": (0, 0, {}),
}

# Lines that az refuses, and a word of what it says then.
BAD: dict[tuple[str, ...], str] = {
    ("functionapp", "keys", "show", "-g", "g", "-n", "n"): "'show' is misspelled or not recognized",
    ("group", "create", "--name", "g"): "--location",
    ("group", "create", "--name", "g", "--location", "l", "--tag-all", "x"): "--tag-all",
    ("storage", "blob", "upload", "--auth-mode", "mine", "-c", "c", "-f", "f"): "auth-mode",
    ("group", "list", "--query", "[?name=="): "query",
}


def typed(program: str) -> dict[str, list[list[str]]]:
    """The lines for a program, by the file that they stand in."""
    texts = {str(page.relative_to(ROOT)): _of_page(page, program) for page in PAGES}
    for script in (ROOT / "infra").rglob("*.sh"):
        texts[str(script.relative_to(ROOT))] = [script.read_text()]
    for script in (ROOT / "infra").rglob("*.ps1"):
        lines = script.read_text().replace("`\n", " ")
        texts[str(script.relative_to(ROOT))] = re.findall(rf"(?:^|[=(|] ?)\s*({program} .*)", lines, re.MULTILINE)
    for file in WORKFLOWS:
        steps = [step for job in workflow(file.name)["jobs"].values() for step in job.get("steps", ())]
        runs = [step["run"] for step in steps if "run" in step]
        texts[str(file.relative_to(ROOT))] = [re.sub(r"\$\{\{.*?\}\}", "X", run) for run in runs]
    found = {file: [words[1:] for text in of for words in calls(program, text)] for file, of in texts.items()}
    return {file: lines for file, lines in found.items() if lines}


def _of_page(page: Path, program: str) -> list[str]:
    """Its blocks, and the commands in its sentences; there a bare name is only spoken of."""
    inline = re.findall(rf"`({program} [^`]+)`", prose(page))
    return [one.text for one in blocks(page) if one.info == AZURE] + [one for one in inline if " -" in one]


@functools.cache
def faults() -> dict[tuple[str, ...], str]:
    """What az's own parser has against each line; it is started once for all, since it takes a while."""
    home, lines = environment(AZURE_CLI), [*(words for _, words in written()), *BAD]
    quiet = {
        "AZURE_CONFIG_DIR": str(home / "config"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_ERROR_RECOMMENDATION": "off",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
    }
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [str(home / "bin" / "python"), "-W", "ignore", str(Path(az_parser.__file__))],
        input=json.dumps(lines),
        env=inherited | quiet,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(lines, json.loads(done.stdout), strict=True))


def written() -> list[tuple[str, tuple[str, ...]]]:
    """The lines for az, each with its file."""
    return [(file, _known(words)) for file, lines in typed("az").items() for words in lines]


def _known(words: list[str]) -> tuple[str, ...]:
    """A line with a name in place of what is not known of a query, since az compiles each."""
    queries = (
        re.sub(r"^\$.*|\$\d", "id", word) if before == "--query" else word for before, word in pairwise(["", *words])
    )
    return tuple(queries)


def test_az_reads_every_line() -> None:
    assert len(written()) > 40
    wrong = [f"{file}: az {shlex.join(words)}\n  {faults()[words]}" for file, words in written() if faults()[words]]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("line", BAD, ids=[" ".join(line) for line in BAD])
def test_az_says_what_is_wrong(line: tuple[str, ...]) -> None:
    """The parser is the real one, and it is asked."""
    assert BAD[line] in faults()[line]


@pytest.mark.parametrize("file", sorted(typed("azd")))
def test_azd_takes_every_line(file: str) -> None:
    for words in typed("azd")[file]:
        assert azd_fault(words) == "", words


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("env use x", "no command"),
        ("env set KEY", "2 to 2 words"),
        ("up now", "0 to 0 words"),
        ("up --fast", "no option --fast"),
        ("env new --location", "--location takes 1"),
    ],
)
def test_what_azd_does_not_take_is_named(line: str, said: str) -> None:
    assert said in azd_fault(line.split())


def azd_fault(words: list[str]) -> str:
    command = next((one for one in (" ".join(words[:2]), words[0]) if one in AZD), None)
    if command is None:
        return f"azd has no command {' '.join(words)}"
    least, most, options = AZD[command]
    rest, given = words[len(command.split()) :], 0
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            given += 1
        elif word not in options:
            return f"azd {command} has no option {word}"
        elif len(rest) < options[word]:
            return f"{word} takes {options[word]}"
        else:
            rest = rest[options[word] :]
    return "" if least <= given <= most else f"azd {command} takes {least} to {most} words"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("az a -n x  # az no", [["az", "a", "-n", "x"]]),
        ('X=$(az a -n "$(az b | head)") && az c', [["az", "b"], ["az", "a", "-n", "$(…)"], ["az", "c"]]),
        ("until az a \\\n  -n 'b; az c' >/dev/null 2>&1; do az d; done", [["az", "a", "-n", "b; az c"], ["az", "d"]]),
        ("echo az a\ncat <<'END'\naz b\nEND\naz c", [["az", "c"]]),
        ("az a | xargs -n 1 az b --ids", [["az", "a"], ["az", "b", "--ids", "…"]]),
        ('f() { told az a "$@"; }', [["az", "a"]]),
        ('ask() { into=$1; shift; az "$@" --output tsv; }\nask found a -n x', [["az", "a", "-n", "x"]]),
        ('[ "$(az a --query \'x(y)\')" = "" ] || az b', [["az", "a", "--query", "x(y)"], ["az", "b"]]),
    ],
)
def test_the_lines_of_a_script_are_found(script: str, words: list[list[str]]) -> None:
    assert list(calls("az", script)) == words


def test_the_interpreter_of_the_tests_is_not_the_one_of_az() -> None:
    assert Path(sys.prefix) != environment(AZURE_CLI)
