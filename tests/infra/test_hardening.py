"""What keeps others out and lets the platform in: keys, networks, private endpoints, and what is kept of old files."""

from __future__ import annotations

import re

import pytest

from tests.infra.deployed import EXAMPLES, example


@pytest.mark.parametrize("name", EXAMPLES)
def test_there_are_no_keys_to_steal(name: str) -> None:
    deployed = example(name)
    for one in deployed.of("Microsoft.Storage/storageAccounts"):
        assert (one["properties"]["allowSharedKeyAccess"], one["properties"]["allowBlobPublicAccess"]) == (False, False)
    for one in deployed.of("Microsoft.KeyVault/vaults"):
        assert one["properties"]["enableRbacAuthorization"]
        assert one["properties"]["enablePurgeProtection"]
    for kind in ("Microsoft.EventGrid/topics", "Microsoft.Communication/communicationServices"):
        assert all(one["properties"]["disableLocalAuth"] for one in deployed.of(kind))
    (insights,) = deployed.of("Microsoft.Insights/components")
    assert insights["properties"]["DisableLocalAuth"]
    policies = deployed.of("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert [one["properties"] for one in policies] == [{"allow": False}] * 2


@pytest.mark.parametrize("name", EXAMPLES)
def test_chains_and_csrs_can_be_had_back(name: str) -> None:
    services = example(name).of("Microsoft.Storage/storageAccounts/blobServices")
    (chains,) = (one["properties"] for one in services if one["properties"]["isVersioningEnabled"])
    assert chains["deleteRetentionPolicy"] == chains["containerDeleteRetentionPolicy"] == {"enabled": True, "days": 30}


@pytest.mark.parametrize("name", EXAMPLES)
def test_previous_versions_end_and_those_of_dropped_files_soon(name: str) -> None:
    (policy,) = example(name).of("Microsoft.Storage/storageAccounts/managementPolicies")
    ends, current = {}, {}
    for rule in policy["properties"]["policy"]["rules"]:
        assert rule["enabled"]
        filters, actions = rule["definition"]["filters"], rule["definition"]["actions"]
        assert filters["blobTypes"] == ["blockBlob"]
        if "baseBlob" in actions:
            current[tuple(filters["prefixMatch"])] = actions["baseBlob"]["delete"]["daysAfterCreationGreaterThan"]
        ends[tuple(filters.get("prefixMatch", ()))] = actions["version"]["delete"]["daysAfterCreationGreaterThan"]
    assert ends == {(): 30, ("chains/",): 7, ("chains-quarantine/",): 30}
    assert current == {("chains-quarantine/",): 30}  # what is there now ends nowhere else
    assert policy["id"].split("/")[8][-14] == "c"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_record_of_acts_only_grows(name: str) -> None:
    kind = "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies"
    (policy,) = example(name).of(kind)
    assert policy["id"].split("/containers/")[1].startswith("acts/")
    assert policy["properties"] == {"immutabilityPeriodSinceCreationInDays": 400, "allowProtectedAppendWrites": True}


@pytest.mark.parametrize("name", EXAMPLES)
def test_existing_vaults_get_no_settings(name: str) -> None:
    new = {one["id"] for one in example(name).of("Microsoft.KeyVault/vaults")}
    settings = [one["id"] for one in example(name).resources if "/diagnosticSettings/" in one["id"]]
    logged = {one.partition("/providers/Microsoft.Insights/")[0] for one in settings if "/Microsoft.KeyVault/" in one}
    assert logged == new


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_app_finds_its_package_its_secrets_and_its_network(name: str) -> None:
    site, private = example(name).site["properties"], name in ("private", "hub-and-spoke")
    settings = site["functionAppConfig"]
    assert settings["runtime"] == {"name": "python", "version": "3.13"}
    (container,) = re.findall(r"\{0\}([a-z-]+)'", settings["deployment"]["storage"]["value"])
    made = {one["name"] for one in example(name).of("Microsoft.Storage/storageAccounts/blobServices/containers")}
    assert f"{_host(name)}/default/{container}" in made
    (identity,) = example(name).site["identity"]["userAssignedIdentities"]
    assert site["keyVaultReferenceIdentity"] == identity
    assert settings["deployment"]["storage"]["authentication"]["userAssignedIdentityResourceId"] == identity
    assert (site["virtualNetworkSubnetId"] is not None) == private


def _host(name: str) -> str:
    """The name of the host storage, which has the package."""
    (account,) = (
        one["name"] for one in example(name).of("Microsoft.Storage/storageAccounts") if one["name"][-14] == "h"
    )
    return str(account)


def test_event_grid_gets_past_the_firewall_and_the_app_into_its_subnet() -> None:
    for one in example("private").of("Microsoft.Storage/storageAccounts"):
        assert one["properties"]["networkAcls"] == {"defaultAction": "Deny", "bypass": "AzureServices"}
    subnets = {one["name"].rpartition("/")[2]: one["properties"] for one in example("private").of(SUBNETS)}
    assert [one["properties"]["serviceName"] for one in subnets["app"]["delegations"]] == ["Microsoft.App/environments"]
    # Learn, "Azure Private Endpoint private DNS zone values".
    parts = (".blob.", ".queue.", ".table.", ".vaultcore.", ".eventgrid.", "azurewebsites.net")
    zones = [one["name"] for one in example("private").of("Microsoft.Network/privateDnsZones")]
    assert [part for part in parts if not any(part in zone for zone in zones)] == []


SUBNETS = "Microsoft.Network/virtualNetworks/subnets"


def test_a_network_keeps_the_subnets_that_others_add() -> None:
    (network,) = example("private").of("Microsoft.Network/virtualNetworks")
    assert "subnets" not in network["properties"]
    assert len(example("private").of(SUBNETS)) == 2


def test_the_vault_with_the_secrets_is_reached_over_the_network() -> None:
    targets = [
        one["properties"]["privateLinkServiceConnections"][0]["properties"]["privateLinkServiceId"]
        for one in example("private").of("Microsoft.Network/privateEndpoints")
    ]
    vaults = {target.rpartition("/")[2] for target in targets if "/Microsoft.KeyVault/" in target}
    assert vaults == {"contoso-pki-prod", "contoso-platform"}
    links = example("private").of("Microsoft.Network/privateDnsZones/virtualNetworkLinks")
    assert {one["properties"]["resolutionPolicy"] for one in links} == {"NxDomainRedirect"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_emptied_list_of_callers_is_said_since_what_is_left_out_stays(name: str) -> None:
    config = example(name).site["properties"]["siteConfig"]
    assert config["ipSecurityRestrictions"] == []
    assert config["ipSecurityRestrictionsDefaultAction"] == "Allow"
