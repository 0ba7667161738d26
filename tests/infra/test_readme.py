"""The commands that README "Deploy" tells people to copy, as far as they can be checked without a subscription."""

from __future__ import annotations

import re
import shlex
import subprocess
import zipfile
from pathlib import Path

import pytest

from local.functions_host import ROOT
from tests.infra.test_package import packed

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
HOOKS = [*(ROOT / "infra" / "hooks").glob("*.sh"), *(ROOT / "infra" / "issuers").glob("*.sh")]
# Options without which az refuses a command (Learn, "Azure CLI reference"), in either spelling.
GROUP, NAME = {"-g", "--resource-group"}, {"-n", "--name"}
NEEDED: dict[str, list[set[str]]] = {
    "group create": [NAME, {"-l", "--location"}],
    "group delete": [NAME],
    "deployment group create": [GROUP],
    "deployment group what-if": [GROUP],
    "functionapp list": [],
    "functionapp list-flexconsumption-locations": [],
    "functionapp list-flexconsumption-runtimes": [{"-l", "--location"}, {"--runtime"}],
    "functionapp deployment source config-zip": [GROUP, NAME, {"--src"}],
    "functionapp keys set": [GROUP, NAME, {"--key-type"}, {"--key-name"}],
    "functionapp keys list": [GROUP, NAME],
    "functionapp show": [],
    "storage account list": [],
    "storage account show": [NAME],
    "storage blob list": [{"-c", "--container-name"}],
    "storage blob upload": [{"-c", "--container-name"}, {"-f", "--file"}],
    "keyvault secret set": [{"--vault-name"}, NAME],
    "role assignment create": [{"--role"}, {"--assignee"}, {"--scope"}],
    "role assignment list": [],
    "role assignment delete": [],
    "role definition delete": [NAME],
    "keyvault recover": [NAME],
    "provider register": [NAME | {"--namespace"}],
    "ad signed-in-user show": [],
    "identity list": [],
    "login": [],
    "rest": [{"-u", "--url", "--uri"}],
}


def commands(program: str) -> list[list[str]]:
    """Every call of a program in the blocks and in inline code, as words."""
    inline = re.findall(rf"`({program} [^`]+)`", re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL))
    found = []
    for text in (*BLOCKS, *inline):
        for line in text.replace("\\\n", " ").splitlines():
            found += re.findall(rf"(?:^|\$\(|&& )({program} .*?)(?:\)$| && |$|  #)", line.strip())
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
    for path in re.findall(r"\binfra/[\w./-]+\.\w+", README):
        assert (ROOT / path).exists() or re.search(r"/mine(-subscriptions)?\.bicepparam$", path), path
    read = (ROOT / "infra" / "main.bicepparam").read_text()
    for _, *words in commands("azd"):
        if words[:2] == ["env", "set"] and words[2].startswith("CERTFLOW_"):
            assert f"'{words[2]}'" in read


def test_the_archive_is_the_package(tmp_path: Path) -> None:
    (line,) = (line for block in BLOCKS for line in block.splitlines() if line.startswith("git archive"))
    target = tmp_path / "certflow.zip"
    subprocess.run(shlex.split(line.replace("certflow.zip", str(target))), cwd=ROOT, check=True)
    with zipfile.ZipFile(target) as archive:
        assert {name for name in archive.namelist() if not name.endswith("/")} == {str(path) for path in packed()}
    told = re.search(r"\(about (\d+) kB; keep it\)", README)
    assert told
    assert target.stat().st_size == pytest.approx(int(told[1]) * 1000, rel=0.1)


def test_nobody_is_advised_to_give_a_data_role_on_all_of_the_chain_storage() -> None:
    """Whoever has one says whose certificates are taken: trusted-cas is a container in it."""
    text = " ".join(README.split())
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
