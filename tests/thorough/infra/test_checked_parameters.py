"""Parameters that cannot work are refused before anything is made, with what is allowed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from local.bicep_check import INFRA
from tests.infra.deployed import by_azd, needs_bicep, parameters_of, snapshot

pytestmark = needs_bicep

ALLOWED = "allowed are lower-case letters, digits and hyphens, with a letter or a digit first and last"
PLACE = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups"
ONE = f"{PLACE}/pki/providers/Microsoft.KeyVault/vaults/contoso-pki"
ID = "aaaaaaaa-0000-4000-8000-00000000000b"
OTHER = f"{PLACE.upper()}/PKI/providers/microsoft.keyvault/vaults/Contoso-PKI"


# A template that has nothing but the checks: all of main.bicep would take ten times as long.
CHECKS = """import { checkedName, checkedSignIn, checkedVaults } from 'modules/checks.bicep'
import { signIn, vault } from 'modules/types.bicep'
param callers signIn = {}
param name string = 'certflow'
param vaults vault[] = []
output NAME string = checkedName(name)
output VAULTS vault[] = checkedVaults(vaults)
output SIGN_IN signIn = checkedSignIn(callers)
"""


@pytest.fixture(scope="module")
def infra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with that template in it."""
    copy = tmp_path_factory.mktemp("copy") / "infra"
    shutil.copytree(INFRA, copy)
    (copy / "checks.bicep").write_text(CHECKS)
    return copy


def checked(infra: Path, parameters: str) -> dict[str, Any]:
    """What the checks let through. Raises ValueError with what they say."""
    return snapshot("checks", parameters, infra).outputs


@pytest.mark.parametrize("name", ["My_Cert.Flow", "Certflow", "-certflow", "certflow-", "zertifikäte"])
def test_a_name_that_resources_cannot_have(name: str, infra: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(f"name is '{name}': {ALLOWED}")):
        checked(infra, f"param name = '{name}'")


@pytest.mark.parametrize("alias", ["Main", "my_vault", "a-"])
def test_an_alias_that_cannot_be_one(alias: str, infra: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(f"vaults: the alias '{alias}': {ALLOWED}")):
        checked(infra, f"param vaults = [{{ alias: 'first' }}, {{ alias: '{alias}' }}]")


def test_two_vaults_under_one_alias(infra: Path) -> None:
    with pytest.raises(ValueError, match="vaults: the alias 'a' stands there twice"):
        checked(infra, f"param vaults = [{{ alias: 'a', id: '{ONE}' }}, {{ alias: 'b' }}, {{ alias: 'a' }}]")


def test_one_vault_under_two_aliases_however_its_id_is_written(infra: Path) -> None:
    with pytest.raises(ValueError, match="vaults: the vault 'contoso-pki' stands there under two aliases"):
        checked(infra, f"param vaults = [{{ alias: 'a', id: '{ONE}' }}, {{ alias: 'b', id: '{OTHER}' }}]")


def test_what_resources_can_be_called_is_taken(infra: Path) -> None:
    vaults = [{"alias": "9"}, {"alias": "a", "id": ONE}, {"alias": "abcdefghij-klmnopqrs"}]
    written = ", ".join(f"{{ {', '.join(f"{key}: '{value}'" for key, value in one.items())} }}" for one in vaults)
    taken = checked(infra, f"param name = 'team-1--b'\nparam vaults = [{written}]")
    assert taken == {"NAME": "team-1--b", "VAULTS": vaults, "SIGN_IN": {}}


BOTH = f"tenantId: '{ID}', apiClientId: '{ID}'"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (f"apiClientId: '{ID}'", "tenantId and apiClientId are missing or no GUIDs"),
        (f"tenantId: '{ID}', apiClientId: 'api://{ID}'", "tenantId and apiClientId are missing or no GUIDs"),
        (f"{BOTH}, pageClientId: ''", "pageClientId and clients are client ids"),
        (f"{BOTH}, clients: ['{ID}', '{ID.replace('-', '0')}']", "pageClientId and clients are client ids"),
        (f"{BOTH}, access: 'chains/access.json'", "access is access/<name of a blob>"),
        (f"{BOTH}, access: ''", "access is access/<name of a blob>"),
    ],
)
def test_a_sign_in_that_lets_nobody_in_or_that_others_could_write(given: str, said: str, infra: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(f"signIn: {said}")):
        checked(infra, f"param callers = {{ {given} }}")


def test_a_whole_sign_in_is_taken(infra: Path) -> None:
    assert checked(infra, f"param callers = {{ {BOTH} }}")["SIGN_IN"].keys() == {"tenantId", "apiClientId"}
    own = f"{BOTH}, pageClientId: '{ID.upper()}', clients: ['{ID}'], access: '{{\"grants\": []}}'"
    assert checked(infra, f"param callers = {{ {own} }}")["SIGN_IN"]["access"] == '{"grants": []}'


@pytest.mark.parametrize("template", ["main", "subscriptions"])
def test_both_templates_refuse_them(template: str) -> None:
    with pytest.raises(ValueError, match=r"name is 'My_Cert\.Flow': allowed"):
        snapshot(template, "param name = 'My_Cert.Flow'")
    with pytest.raises(ValueError, match="vaults: the alias 'A': allowed"):
        snapshot(template, "param vaults = [{ alias: 'A' }]")


def named(environment: str, template: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The parameter name that azd's environment gives."""
    monkeypatch.setenv("AZURE_ENV_NAME", environment)
    return str(parameters_of(by_azd(directory, template))["name"]["value"])


def test_two_environments_of_azd_are_two_deployments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environments = ("certflow-payments-eu-dev", "certflow-payments-eu-prod", "certflow-payments-eu")
    one, other, whole = (named(environment, "main", tmp_path, monkeypatch) for environment in environments)
    assert one != other
    assert whole == "certflow-payments-eu"  # twenty letters stay as they are
    for name in (one, other):
        assert re.fullmatch(r"certflow-payme-[a-z0-9]{5}", name)
    assert named(environments[0], "subscriptions", tmp_path, monkeypatch) == one
