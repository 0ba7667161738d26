"""Ids that people give: those that are none, and those that Azure would not take, are refused by name."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from local.bicep_check import INFRA
from tests.infra.deployed import needs_bicep, snapshot

pytestmark = needs_bicep

GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/Pki/providers"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/Contoso"
SUBNET = f"{GROUP}/Microsoft.Network/virtualNetworks/spoke/subnets"
# A template that has nothing but the checks: all of main.bicep would take ten times as long.
CHECKS = """import { checkedVaultId, checkedVaults } from 'modules/checks.bicep'
import { spelled } from 'modules/names.bicep'
import { networkOf } from 'modules/network-shape.bicep'
import * as types from 'modules/types.bicep'
param vaults types.vault[] = []
param other string = ''
param privateNetwork bool = false
param network types.network = {}
param outbound types.outbound = {}
output IDS string[] = map(checkedVaults(vaults), vault => spelled(vault.?id ?? ''))
output OTHER string = empty(other) ? '' : checkedVaultId(other)
output MADE bool = networkOf(privateNetwork, network, outbound).made
"""


@pytest.fixture(scope="module")
def infra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with that template in it."""
    copy = tmp_path_factory.mktemp("copy") / "infra"
    shutil.copytree(INFRA, copy)
    (copy / "checks.bicep").write_text(CHECKS)
    return copy


def checked(infra: Path, parameters: str) -> list[str]:
    """The ids of vaults as they are used. Raises ValueError with what the checks say."""
    return list(snapshot("checks", parameters, infra).outputs["IDS"])


@pytest.mark.parametrize("given", [VAULT, VAULT.upper(), VAULT.lower()])
def test_an_id_is_used_in_one_spelling(given: str, infra: Path) -> None:
    one = f"{GROUP.replace('Pki', 'pki')}/Microsoft.KeyVault/vaults/contoso"
    assert checked(infra, f"param vaults = [{{ alias: 'a', id: '{given}' }}]") == [one]


@pytest.mark.parametrize("given", ["https://contoso.vault.azure.net", f"{VAULT}/", f"{VAULT}/secrets/a", "contoso"])
def test_a_vault_is_given_by_its_id(given: str, infra: Path) -> None:
    with pytest.raises(ValueError, match="vaults: an id is no id of a vault: /subscriptions/"):
        checked(infra, f"param vaults = [{{ alias: 'a', id: '{given}' }}]")
    with pytest.raises(ValueError, match="secretsVaultId is no id of a vault: /subscriptions/"):
        checked(infra, f"param other = '{given}'")


def test_a_topic_is_given_by_its_id(infra: Path) -> None:
    with pytest.raises(ValueError, match="vaults: a topicId is no id of a system topic: /subscriptions/"):
        checked(infra, f"param vaults = [{{ alias: 'a', id: '{VAULT}', topicId: '{VAULT}' }}]")


@pytest.mark.parametrize(
    ("private", "given"),
    [
        ("false", f"param outbound = {{ subnetId: '{SUBNET}/my_app' }}"),
        ("true", f"param network = {{ appSubnetId: '{SUBNET}/my_app', endpointSubnetId: '{SUBNET}/ends' }}"),
    ],
)
def test_a_subnet_of_a_name_that_flex_consumption_does_not_take(private: str, given: str, infra: Path) -> None:
    parameters = f"param privateNetwork = {private}\n{given}"
    with pytest.raises(ValueError, match=re.escape("takes no subnet with an underscore in its name")):
        checked(infra, parameters)
    checked(infra, parameters.replace("my_app", "app"))
