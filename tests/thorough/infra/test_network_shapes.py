"""Networks that are there already, a way out of one's own, and what cannot be had together."""

from __future__ import annotations

import pytest

from tests.infra.deployed import Snapshot, example, needs_bicep, snapshot

GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/network/providers/Microsoft.Network"
SPOKE = f"{GROUP}/virtualNetworks/spoke-pki"
APP, ENDS = f"{SPOKE}/subnets/certflow", f"{SPOKE}/subnets/endpoints"
PARTS = ("blob", "queue", "table", "vault", "topic", "sites")
ZONE_IDS = "{ " + ", ".join(f"{part}: '{GROUP}/privateDnsZones/{part}'" for part in PARTS) + " }"
SUBNETS = f"appSubnetId: '{APP}', endpointSubnetId: '{ENDS}'"


def kinds(deployed: Snapshot) -> set[str]:
    """The types of all that is made in the network provider."""
    return {one["type"].removeprefix("Microsoft.Network/") for one in deployed.resources if "Network/" in one["type"]}


def goes_out_by(deployed: Snapshot) -> str | None:
    found: str | None = deployed.site["properties"]["virtualNetworkSubnetId"]
    return found


@needs_bicep
def test_given_zones_are_used_and_none_is_made() -> None:
    network = f"param network = {{ {SUBNETS}, zones: 'given', zoneIds: {ZONE_IDS} }}"
    deployed = snapshot("main", f"param privateNetwork = true\n{network}")
    assert kinds(deployed) == {"privateEndpoints", "privateEndpoints/privateDnsZoneGroups"}
    records = deployed.of("Microsoft.Network/privateEndpoints/privateDnsZoneGroups")
    configs = [one["properties"]["privateDnsZoneConfigs"][0] for one in records]
    assert {one["name"]: one["properties"]["privateDnsZoneId"] for one in configs} == {
        part: f"{GROUP}/privateDnsZones/{part}" for part in PARTS
    }
    assert len(records) == len(deployed.of("Microsoft.Network/privateEndpoints")) == 8  # the new vault's, too


@needs_bicep
def test_own_zones_serve_the_network_that_is_there() -> None:
    deployed = snapshot("main", f"param privateNetwork = true\nparam network = {{ {SUBNETS} }}")
    links = deployed.of("Microsoft.Network/privateDnsZones/virtualNetworkLinks")
    assert [one["properties"]["virtualNetwork"]["id"] for one in links] == [SPOKE] * len(PARTS)
    assert deployed.of("Microsoft.Network/virtualNetworks") == []


@needs_bicep
def test_a_public_app_goes_out_through_a_subnet() -> None:
    deployed = snapshot("main", f"param outbound = {{ subnetId: '{APP}' }}")
    assert kinds(deployed) == set()
    assert goes_out_by(deployed) == APP
    assert deployed.site["properties"]["publicNetworkAccess"] == "Enabled"


@needs_bicep
@pytest.mark.parametrize("private", ["false", "true"])
def test_a_fixed_address_is_that_of_the_subnet_that_is_made(private: str) -> None:
    guards = f"{{ networkSecurityGroupId: '{GROUP}/networkSecurityGroups/g', routeTableId: '{GROUP}/routeTables/r' }}"
    deployed = snapshot(
        "main",
        f"param privateNetwork = {private}\nparam outbound = {{ fixedAddress: true }}\nparam network = {guards}",
    )
    (gateway,) = deployed.of("Microsoft.Network/natGateways")
    (address,) = deployed.of("Microsoft.Network/publicIPAddresses")
    assert gateway["properties"]["publicIpAddresses"] == [{"id": address["id"]}]
    app, *ends = deployed.of("Microsoft.Network/virtualNetworks/subnets")
    assert goes_out_by(deployed) == app["id"]
    assert app["properties"]["natGateway"] == {"id": gateway["id"]}
    assert app["properties"]["routeTable"]["id"].endswith("/r")
    assert {one["properties"]["networkSecurityGroup"]["id"] for one in (app, *ends)} == {
        f"{GROUP}/networkSecurityGroups/g"
    }
    modes = [one["properties"]["privateEndpointNetworkPolicies"] for one in ends]
    assert modes == (["NetworkSecurityGroupEnabled"] if private == "true" else [])
    assert deployed.outputs["OUTBOUND_ADDRESS"] != example("smallest").outputs["OUTBOUND_ADDRESS"] == ""


@needs_bicep
@pytest.mark.parametrize(
    ("private", "network", "outbound", "told"),
    [
        (False, SUBNETS, "", "network: needs privateNetwork"),
        (False, "zones: 'byPolicy'", "", "network: needs privateNetwork"),
        (False, f"routeTableId: '{APP}'", "", "network.networkSecurityGroupId and network.routeTableId"),
        (False, "", f"subnetId: '{APP}', fixedAddress: true", "outbound.fixedAddress"),
        (True, "", f"subnetId: '{APP}'", "outbound.subnetId"),
        (True, f"appSubnetId: '{APP}'", "", "network.appSubnetId and network.endpointSubnetId"),
        (True, f"appSubnetId: '{APP}', endpointSubnetId: '{APP.upper()}'", "", "network.endpointSubnetId"),
        (True, SUBNETS, "fixedAddress: true", "outbound.fixedAddress"),
        (True, f"{SUBNETS}, networkSecurityGroupId: '{APP}'", "", "network.networkSecurityGroupId"),
        (True, f"{SUBNETS}, zones: 'given'", "", "network.zones and network.zoneIds"),
        (True, f"{SUBNETS}, zoneIds: {ZONE_IDS}", "", "network.zones and network.zoneIds"),
    ],
)
def test_what_cannot_be_had_together_is_refused_by_name(private: bool, network: str, outbound: str, told: str) -> None:
    given = f"param privateNetwork = {str(private).lower()}\nparam network = {{ {network} }}"
    with pytest.raises(ValueError, match=told.replace(".", r"\.")):
        snapshot("main", f"{given}\nparam outbound = {{ {outbound} }}")
