"""What a snapshot does not show: the order of deployment, keys, outputs, and names in every shape."""

from __future__ import annotations

import functools
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.bicep_check import INFRA, compiled
from tests.infra.deployed import EXAMPLES, Snapshot, example, needs_bicep, snapshot, texts

pytestmark = [needs_bicep, pytest.mark.timeout(600)]  # each snapshot is a process of its own, on a busy machine


@functools.cache
def template(name: str) -> dict[str, Any]:
    return compiled(INFRA / f"{name}.bicep")


def before(name: str) -> set[str]:
    """The modules of main.bicep that are deployed before this one, directly or not."""
    direct = {key: set(one.get("dependsOn", ())) for key, one in template("main")["resources"].items()}
    found: set[str] = set()
    waiting = [name]
    while waiting:
        more = direct[waiting.pop()] - found
        found |= more
        waiting += more
    return found


def test_the_app_starts_when_its_package_container_its_roles_and_its_way_there_are_ready() -> None:
    needed = {"identity", "monitoring", "hostStorage", "chainStorage", "topic", "rbac", "endpoints", "network", "mail"}
    assert needed <= before("app")


def test_roles_are_given_on_what_is_there() -> None:
    needed = {"identity", "monitoring", "hostStorage", "chainStorage", "topic", "chainTopic", "vaultTopics", "mail"}
    assert needed | {"newVaults"} <= before("rbac")


def test_an_endpoint_leads_to_what_is_there() -> None:
    assert {"hostStorage", "chainStorage", "topic", "newVaults"} <= before("endpoints")
    assert {"app"} <= before("siteEndpoint")


def templates(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A template and those of its modules."""
    yield one
    resources = one["resources"]
    for resource in resources.values() if isinstance(resources, dict) else resources:
        if resource["type"] == "Microsoft.Resources/deployments":
            yield from templates(resource["properties"]["template"])


def test_one_key_is_read_and_it_goes_into_a_secure_parameter_only() -> None:
    assert [text for text in texts(template("main")) if re.search(r"\blist\w*\(", text)] == []
    found = [text for text in texts(template("subscriptions")) if re.search(r"\blist\w*\(", text)]
    assert len(found) == 1
    assert "systemKeys.blobs_extension" in found[0]
    module = template("subscriptions")["resources"]["drops"]["properties"]
    assert module["parameters"]["webhook"] == found[0]
    assert module["template"]["parameters"]["webhook"]["type"] == "securestring"


@pytest.mark.parametrize("name", ["main", "subscriptions"])
def test_no_secret_goes_in_or_out(name: str) -> None:
    for one in templates(template(name)):
        for key, output in one.get("outputs", {}).items():
            assert "secure" not in output.get("type", "")
            assert not re.search(r"list\w*\(|secret|password|webhook", json.dumps(output), re.IGNORECASE), key
    secure = {
        key for one in templates(template(name)) for key, of in one.get("parameters", {}).items() if "secure" in str(of)
    }
    assert secure == (set() if name == "main" else {"webhook"})


@pytest.mark.parametrize("name", ["main", "subscriptions"])
def test_nothing_differs_from_one_deployment_to_the_next(name: str) -> None:
    for one in templates(template(name)):
        assert [text for text in texts(one) if re.search(r"\b(utcNow|newGuid)\(", text)] == []


# --- Names, in every shape ---

# Learn, "Naming rules and restrictions for Azure resources".
RULES = {
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}",
    "Microsoft.OperationalInsights/workspaces": r"[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]",
    "Microsoft.Insights/components": r"[^%&\\?/]{1,254}[^%&\\?/. ]",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
    "Microsoft.Web/serverfarms": r"[a-zA-Z0-9-]{1,60}",
    "Microsoft.Web/sites": r"[a-zA-Z0-9][a-zA-Z0-9-]{0,58}[a-zA-Z0-9]",
    "Microsoft.EventGrid/topics": r"[a-zA-Z0-9-]{3,50}",
    "Microsoft.EventGrid/systemTopics": r"[a-zA-Z0-9-]{3,128}",
    "Microsoft.KeyVault/vaults": r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]",
    "Microsoft.Communication/emailServices": r"[a-zA-Z0-9][a-zA-Z0-9-]{0,62}",
    "Microsoft.Communication/communicationServices": r"[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]",
    "Microsoft.Network/virtualNetworks": r"[a-zA-Z0-9][\w.-]{0,62}\w",
    "Microsoft.Network/privateEndpoints": r"[a-zA-Z0-9][\w.-]{0,62}\w",
    "Microsoft.Insights/actionGroups": r"[^:<>+/&%\\?]{1,260}",
    "Microsoft.Insights/scheduledQueryRules": r"[^*<>?+/&%:\\]{1,260}",
    "Microsoft.Insights/metricAlerts": r"[^*#&+:<>?@%{}\\/]{1,260}",
    "Microsoft.Insights/workbooks": r"[0-9a-f-]{36}",
    "Microsoft.Authorization/roleAssignments": r"[0-9a-f-]{36}",
    "Microsoft.Authorization/roleDefinitions": r"[0-9a-f-]{36}",
}
CHILDREN = re.compile(
    r"Microsoft\.\w+/\w+/.+|Microsoft\.Insights/diagnosticSettings|Microsoft\.Network/privateDnsZones"
)
NEW, LONG = "[{ alias: 'm' }]", "a-very-long-alias-of-24x"
GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g"
EXISTING = f"[{{ alias: 'm', id: '{GROUP}/providers/Microsoft.KeyVault/vaults/abc' }}]"
FIVE_NEW = (
    f"[{{ alias: '{LONG}' }}, {{ alias: 'b' }}, {{ alias: 'c', observe: true }}, {{ alias: 'd' }}, {{ alias: 'e' }}]"
)
SHORT, LONGEST = "a", "abcdefghij-klmnopqrs"
SHAPES = {
    "short, new, public": (SHORT, NEW, "false"),
    "short, five, private": (SHORT, FIVE_NEW, "true"),
    "long, new, public": (LONGEST, NEW, "false"),
    "long, new, private": (LONGEST, NEW, "true"),
    "long, existing, public": (LONGEST, EXISTING, "false"),
    "long, existing, private": (LONGEST, EXISTING, "true"),
    "long, five, public": (LONGEST, FIVE_NEW, "false"),
    "long, five, private": (LONGEST, FIVE_NEW, "true"),
}


@functools.cache
def shaped(shape: str) -> Snapshot:
    name, vaults, private = SHAPES[shape]
    with tempfile.TemporaryDirectory() as directory:
        return snapshot(
            Path(directory),
            "main",
            f"param name = '{name}'\nparam vaults = {vaults}\nparam privateNetwork = {private}\n"
            "param notifications = { mailTo: ['a@example.com'] }",
        )


@pytest.mark.parametrize("shape", SHAPES)
def test_names_are_what_azure_takes_for_the_shortest_and_the_longest_inputs(shape: str) -> None:
    seen = set()
    for one in shaped(shape).resources:
        if not CHILDREN.fullmatch(one["type"]):
            assert re.fullmatch(RULES[one["type"]], one["name"]), (one["type"], one["name"])
            seen.add(one["type"])
        assert one["id"] not in seen
        seen.add(one["id"])


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_is_whole(shape: str) -> None:
    deployed, private = shaped(shape), SHAPES[shape][2] == "true"
    vaults = 5 if "five" in shape else 1
    assert len(deployed.of("Microsoft.EventGrid/systemTopics")) == vaults + 1
    assert len(deployed.of("Microsoft.KeyVault/vaults")) == (0 if "existing" in shape else vaults)
    assert len(deployed.of("Microsoft.Network/privateEndpoints")) == (7 + vaults if private else 0)
    for kind in ("Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults", "Microsoft.EventGrid/topics"):
        for one in deployed.of(kind):
            assert one["properties"]["publicNetworkAccess"] == ("Disabled" if private else "Enabled")
    assert deployed.site["properties"]["publicNetworkAccess"] == ("Disabled" if private else "Enabled")


def test_two_deployments_in_one_group_do_not_meet() -> None:
    one, other = (
        {resource["id"] for resource in shaped(shape).resources if "/privateDnsZones" not in resource["id"]}
        for shape in ("short, five, private", "long, five, private")
    )
    assert one & other == set()


def test_what_is_deployed_again_has_the_same_names(tmp_path: Path) -> None:
    again = snapshot(tmp_path, "main", "param notifications = { mailTo: ['x@example.com'] }\nparam instances = 50")
    assert [one["id"] for one in again.resources] == [one["id"] for one in example("smallest").resources]


# --- Hardening ---


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
