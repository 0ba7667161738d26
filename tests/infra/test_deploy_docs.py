"""The commands for Azure that the documentation tells people to copy, as far as they can be checked without a
subscription.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from local.functions_host import ROOT
from local.package import PACKAGE
from tests.doc_pages import AZURE, PAGES, blocks, prose

TEXT = "\n".join(map(prose, PAGES))
BLOCKS = [one.text for page in PAGES for one in blocks(page) if one.info == AZURE]
WORKFLOW = (ROOT / ".github" / "workflows" / "deploy.yml").read_text().replace("\\\n", " ")
HOOKS = [script for folder in ("hooks", "issuers", "entra") for script in (ROOT / "infra" / folder).glob("*.sh")]
# Options without which az refuses a command (Learn, "Azure CLI reference"), in either spelling.
GROUP, NAME = {"-g", "--resource-group"}, {"-n", "--name"}
NEEDED: dict[str, list[set[str]]] = {
    "group create": [NAME, {"-l", "--location"}],
    "group delete": [NAME],
    "deployment group create": [GROUP],
    "eventgrid event-subscription create": [NAME, {"--source-resource-id"}, {"--endpoint"}],
    "eventgrid topic show": [GROUP, NAME],
    "deployment group what-if": [GROUP],
    "functionapp list": [],
    "functionapp list-flexconsumption-locations": [],
    "functionapp list-flexconsumption-runtimes": [{"-l", "--location"}, {"--runtime"}],
    "functionapp deployment source config-zip": [GROUP, NAME, {"--src"}],
    "functionapp keys set": [GROUP, NAME, {"--key-type"}, {"--key-name"}],
    "functionapp keys list": [GROUP, NAME],
    "functionapp restart": [GROUP, NAME],
    "functionapp stop": [GROUP, NAME],
    "storage account migration start": [],
    "functionapp show": [],
    "storage account list": [],
    "storage account show": [NAME],
    "storage blob download-batch": [{"-s", "--source"}, {"-d", "--destination"}],
    "storage container immutability-policy show": [{"--account-name"}, {"-c", "--container-name"}],
    "storage container immutability-policy lock": [{"--account-name"}, {"-c", "--container-name"}, {"--if-match"}],
    "storage container immutability-policy delete": [],
    "storage blob list": [{"-c", "--container-name"}],
    "storage blob upload": [{"-c", "--container-name"}, {"-f", "--file"}],
    "keyvault certificate pending": [],
    "keyvault certificate pending merge": [{"--vault-name"}, NAME, {"--file"}],
    "keyvault secret set": [{"--vault-name"}, NAME],
    "keyvault certificate set-attributes": [{"--vault-name"}, NAME],
    "role assignment create": [{"--role"}, {"--assignee"}, {"--scope"}],
    "role assignment list": [],
    "role assignment delete": [],
    "role definition list": [],
    "role definition delete": [NAME],
    "keyvault recover": [NAME],
    "provider register": [NAME | {"--namespace"}],
    "ad signed-in-user show": [],
    "bicep": [],
    # Of both, az asks for what is left out, which a script cannot answer.
    "stack group create": [GROUP, NAME, {"--action-on-unmanage", "--aou"}, {"--deny-settings-mode", "--dm"}],
    "stack group delete": [GROUP, NAME, {"--action-on-unmanage", "--aou"}],
    "stack group show": [],
    "monitor diagnostic-settings create": [NAME, {"--resource"}],
    "identity list": [],
    "keyvault secret download": [NAME, {"--vault-name"}, {"--file", "-f"}],
    "login": [],
    "account get-access-token": [{"--resource"}],
    "rest": [{"-u", "--url", "--uri"}],
}


def substituted(line: str) -> list[str]:
    """A line and the commands in its `$(…)`, each with `X` in place of what is substituted in it."""
    found: list[str] = []
    while match := re.search(r"\$\(((?:[^()$]|\([^()]*\)|\$(?!\())*)\)", line):
        found.append(match[1])
        line = line[: match.start()] + "X" + line[match.end() :]
    return [line, *found]


def commands(program: str) -> list[list[str]]:
    """Every call of a program in the blocks and in inline code, as words."""
    inline = re.findall(rf"`({program} [^`]+)`", TEXT)
    found = []
    for text in (*BLOCKS, *inline):
        for line in text.replace("\\\n", " ").splitlines():
            for part in substituted(line.strip()):
                found += [one.strip() for one in part.split(" && ") if one.strip().startswith(f"{program} ")]
    return [shlex.split(one, comments=True) for one in found]


@pytest.mark.parametrize("text", [*BLOCKS, *(hook.read_text() for hook in HOOKS)])
def test_a_shell_understands_it(text: str) -> None:
    assert subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True).stderr == ""


def test_each_az_command_is_one_and_has_what_it_needs() -> None:
    assert len(commands("az")) > 10
    for _, *words in commands("az"):
        name = " ".join(words[: next((at for at, word in enumerate(words) if word.startswith("-")), len(words))])
        assert name in NEEDED, words
        if words[len(name.split()) :]:  # a bare name is only spoken of
            assert all(one & set(words) for one in NEEDED[name]), words


def test_the_files_and_settings_that_they_name_are_there() -> None:
    for path in re.findall(r"(?<!/)\binfra/[\w./-]+\.\w+", "\n".join([TEXT, *BLOCKS])):
        assert (ROOT / path).exists() or re.search(r"/mine(-subscriptions)?\.bicepparam$", path), path
    read = (ROOT / "infra" / "main.bicepparam").read_text()
    named = [word.split("=")[0] for _, *words in commands("azd") if words[:2] == ["env", "set"] for word in words[2:]]
    assert "CERTFLOW_NOTIFICATIONS" in named
    assert [name for name in named if name.startswith("CERTFLOW_") and f"'{name}'" not in read] == []


def test_a_script_has_the_options_that_it_is_called_with() -> None:
    lines = [line.split("#")[0].split() for text in BLOCKS for line in text.splitlines() if line.startswith("infra/")]
    assert {words[0] for words in lines} >= {"infra/preflight.sh", "infra/grants.sh", "infra/prove.sh"}
    for script, *words in lines:
        options = re.findall(r"^ +(-[\w -]*(?:\| *-[\w-]+ *)*)\)", (ROOT / script).read_text(), re.MULTILINE)
        known = set(re.findall(r"-[\w-]+", " ".join(options)))
        assert {word for word in words if word.startswith("-")} <= known, script


def test_as_few_commands_as_the_plan_allows_lead_to_an_answer_and_to_the_first_chain() -> None:
    """Every line that a person types counts, and each is one command; a sign-in and a wait are said beside them."""
    page = ROOT / "docs" / "deploy.md"
    typed = [one.text.splitlines() for one in blocks(page) if one.info == AZURE]
    start, chain, azd = (
        next(block for block in typed if last in block[-1]) for last in ("/status", "/history", "azd up")
    )
    assert start[0].startswith("az group create")
    assert start[-1].endswith('"$API/status"')
    assert len(start) <= 4
    assert chain[0].endswith("-f root.pem")
    assert chain[-1].endswith('/history"')
    assert len(chain) <= 6
    assert azd[-1] == "azd up"
    assert len(azd) <= 4
    for line in (*start, *chain, *azd):
        assert not re.search(r"&&|\|\||;|\\$", line), "one command a line"


def test_the_template_is_deployed_with_parameters_that_it_has() -> None:
    parameters = json.loads((ROOT / "infra" / "azuredeploy.json").read_text())["parameters"]
    given = [
        word.partition("=")[0]
        for _, *words in commands("az")
        if words[:3] == ["deployment", "group", "create"] and "--parameters" in words
        for word in words[words.index("--parameters") + 1 :]
        if "=" in word
    ]
    assert "notifications" in given
    assert set(given) <= parameters.keys()


def test_what_is_deployed_is_the_package_as_it_was_built() -> None:
    """A build on the server would take whatever is new that day."""
    placed = [words for _, *words in commands("az") if words[:3] == ["functionapp", "deployment", "source"]]
    placed += [shlex.split(line)[1:] for line in WORKFLOW.splitlines() if "config-zip" in line]
    assert len(placed) > 1
    for words in placed:
        assert Path(words[words.index("--src") + 1]) == Path("dist", PACKAGE)
        assert words[words.index("--build-remote") + 1] == "false"


def test_the_first_chain_is_dropped_after_its_ca_is_trusted() -> None:
    """By default a vault without a file in trusted-cas merges nothing, and the walk would end in a file that waits."""
    uploads = [words for _, *words in commands("az") if words[:3] == ["storage", "blob", "upload"]]
    assert [words[words.index("-c") + 1] for words in uploads if "$CHAINS" in words] == [
        "access",
        "trusted-cas",
        "chains",
    ]


def test_nobody_is_advised_to_give_a_data_role_on_all_of_the_chain_storage() -> None:
    """Whoever has one says whose certificates are taken: trusted-cas is a container in it."""
    text = " ".join("\n".join([TEXT, *BLOCKS]).split())
    given = [sentence for sentence in re.split(r"(?<=[.:;]) ", text) if "Storage Blob Data" in sentence]
    assert len(given) > 2
    assert [
        one
        for one in given
        if re.search(r"Storage Blob Data \w+`? (on|for) (that|the) (chain )?(account|storage)", one)
    ] == []
    for _, *words in commands("az"):
        if words[:3] == ["role", "assignment", "create"] and "Storage Blob" in " ".join(words):
            assert "/containers/" in words[words.index("--scope") + 1]
