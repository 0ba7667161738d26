"""The networks that it is deployed into: its own, a company's, one for the way out alone, and what cannot be had."""

from __future__ import annotations

from tests.infra.deployed import Snapshot, example

GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/network/providers/Microsoft.Network"
SPOKE = f"{GROUP}/virtualNetworks/spoke-pki"
APP, ENDS = f"{SPOKE}/subnets/certflow", f"{SPOKE}/subnets/endpoints"


def kinds(deployed: Snapshot) -> set[str]:
    """The types of all that is made in the network provider."""
    return {one["type"].removeprefix("Microsoft.Network/") for one in deployed.resources if "Network/" in one["type"]}


def goes_out_by(deployed: Snapshot) -> str | None:
    found: str | None = deployed.site["properties"]["virtualNetworkSubnetId"]
    return found


def test_by_default_there_is_no_network_and_a_private_app_has_its_own() -> None:
    assert kinds(example("smallest")) == set()
    assert goes_out_by(example("smallest")) is None
    (app, _) = example("private").of("Microsoft.Network/virtualNetworks/subnets")
    assert goes_out_by(example("private")) == app["id"]
    assert app["properties"]["natGateway"] is app["properties"]["routeTable"] is None


def test_a_spoke_gets_endpoints_and_nothing_else() -> None:
    deployed = example("hub-and-spoke")
    assert kinds(deployed) == {"privateEndpoints"}  # no network, no zone, and no group that Azure Policy makes
    assert goes_out_by(deployed) == APP
    ends = [one["properties"] for one in deployed.of("Microsoft.Network/privateEndpoints")]
    assert {one["subnet"]["id"] for one in ends} == {ENDS}
    parts = [one["privateLinkServiceConnections"][0]["properties"]["groupIds"] for one in ends]
    # Storage of the host and of chains, topic and site; the vault has its own (vaultEndpoints: false).
    assert sorted(parts) == sorted([["blob"]] * 2 + [["queue"]] * 2 + [["table"], ["topic"], ["sites"]])


def test_a_spoke_is_as_closed_as_a_network_of_its_own() -> None:
    for kind in ("Microsoft.Web/sites", "Microsoft.Storage/storageAccounts", "Microsoft.EventGrid/topics"):
        for one in example("hub-and-spoke").of(kind):
            assert one["properties"]["publicNetworkAccess"] == "Disabled"
