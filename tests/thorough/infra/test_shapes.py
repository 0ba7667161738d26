"""Names and wholeness in every shape: names short and long, one vault and five, existing and new, private or not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.bicep_cli import PLACE, run
from tests.infra.deployed import Snapshot, by_azd, example, needs_bicep, read_snapshot, snapshot

pytestmark = needs_bicep


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
    "Microsoft.Insights/activityLogAlerts": r"[^*#&+:<>?@%{}\\/]{1,260}",
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


def shaped(shape: str) -> Snapshot:
    name, vaults, private = SHAPES[shape]
    return snapshot(
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


def with_topic(alias: str, group: str) -> str:
    """A vault by its alias, and its topic `kv` in a group of its own."""
    providers = f"{GROUP}{group}/providers"
    return (
        f"{{ alias: '{alias}', id: '{providers}/Microsoft.KeyVault/vaults/v{group}', "
        f"topicId: '{providers}/Microsoft.EventGrid/systemTopics/kv' }}"
    )


def test_nothing_is_deployed_twice_whatever_vaults_and_their_topics_are_called() -> None:
    deployed = snapshot(
        "main",
        f"param vaults = [{with_topic('topic', 'a')}, {with_topic('site', 'b')}]\nparam privateNetwork = true",
    )
    ids = [one["id"].lower() for one in deployed.resources]
    assert sorted(ids) == sorted(set(ids))


def test_a_secret_without_its_vault_is_refused() -> None:
    with pytest.raises(ValueError, match="secretsVaultId"):
        snapshot("main", "param notifications = { teams: { urlSecret: 'teams' } }")


def test_a_mail_server_without_a_mailbox_is_not_set() -> None:
    smtp = "param notifications = { smtp: { server: 'smtp.example.com:587', from: 'certflow@example.com' } }"
    assert snapshot("main", smtp).settings["CERTFLOW_SMTP_SERVER"] == ""


def test_two_deployments_in_one_group_do_not_meet() -> None:
    one, other = (
        {resource["id"] for resource in shaped(shape).resources if "/privateDnsZones" not in resource["id"]}
        for shape in ("short, five, private", "long, five, private")
    )
    assert one & other == set()


def test_what_is_deployed_again_has_the_same_names() -> None:
    again = snapshot("main", "param notifications = { mailTo: ['x@example.com'] }\nparam instances = 50")
    assert [one["id"] for one in again.resources] == [one["id"] for one in example("smallest").resources]


@pytest.mark.parametrize("environment", ["My_team.prod", "certflow", "a-name.of_more_than_twenty"])
def test_azd_may_call_its_environment_as_it_likes(
    environment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_ENV_NAME", environment)
    done = run("snapshot", by_azd(tmp_path, "main"), "--mode", "overwrite", *PLACE)
    assert done.stderr == ""
    for one in read_snapshot(tmp_path / "main.snapshot.json").resources:
        if one["type"] in RULES:
            assert re.fullmatch(RULES[one["type"]], one["name"]), one["name"]
            assert "_" not in one["name"]
