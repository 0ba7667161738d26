"""Sizes, zones, callers and mail as the parameters ask for them; what cannot work is refused by its name."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.infra.deployed import Snapshot, needs_bicep, snapshot

DOMAIN = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/mail/providers/Microsoft.Communication"
    "/emailServices/mail/domains/pki.example.com"
)
STORAGE = "Microsoft.Storage/storageAccounts"


def scale(deployed: Snapshot) -> dict[str, Any]:
    return dict(deployed.site["properties"]["functionAppConfig"]["scaleAndConcurrency"])


@needs_bicep
def test_it_grows_as_it_is_asked_to() -> None:
    deployed = snapshot(
        "main",
        "param instanceMemory = 512\nparam zoneRedundant = true\nparam storageRedundancy = 'Standard_ZRS'\n"
        "param readyInstances = 2\nparam alwaysReady = [{ name: 'function:queued_drop', instances: 3 }]\n"
        "param keepQuarantineDays = 0",
    )
    assert scale(deployed)["instanceMemoryMB"] == 512
    assert scale(deployed)["alwaysReady"] == [
        {"name": "http", "instanceCount": 2},
        {"name": "function:queued_drop", "instanceCount": 3},
    ]
    assert deployed.of("Microsoft.Web/serverfarms")[0]["properties"]["zoneRedundant"] is True
    assert [one["sku"]["name"] for one in deployed.of(STORAGE)] == ["Standard_ZRS"] * 2
    (policy,) = deployed.of("Microsoft.Storage/storageAccounts/managementPolicies")
    assert "quarantine" not in str(policy)


@needs_bicep
@pytest.mark.parametrize("delivery", ["queues", "functions"])
def test_who_may_call_is_a_list_with_event_grid_in_it_where_it_calls(delivery: str) -> None:
    given = "param allowedAddresses = ['203.0.113.0/24', '2001:db8::/32']\nparam furtherSettings = { MY_OWN: 'x' }"
    deployed = snapshot("main", f"{given}\nparam delivery = '{delivery}'")
    config = deployed.site["properties"]["siteConfig"]
    assert config["ipSecurityRestrictionsDefaultAction"] == "Deny"
    rules = config["ipSecurityRestrictions"]
    by_event_grid = [("AzureEventGrid", "ServiceTag")] if delivery == "functions" else []
    assert [(one["ipAddress"], one["tag"]) for one in rules] == [
        ("203.0.113.0/24", "Default"),
        ("2001:db8::/32", "Default"),
        *by_event_grid,
    ]
    assert {one["action"] for one in rules} == {"Allow"}
    assert len({one["priority"] for one in rules}) == len({one["name"] for one in rules}) == len(rules)
    assert deployed.settings["MY_OWN"] == "x"


@needs_bicep
def test_mail_goes_out_from_a_domain_of_ones_own() -> None:
    mail = "param notifications = { mailTo: ['a@example.com'] }"
    deployed = snapshot("main", f"{mail}\nparam mailDomain = {{ id: '{DOMAIN}', sender: 'pki' }}")
    (service,) = deployed.of("Microsoft.Communication/communicationServices")
    assert service["properties"]["linkedDomains"] == [DOMAIN]
    assert deployed.of("Microsoft.Communication/emailServices/domains") == []
    assert deployed.settings["CERTFLOW_MAIL_FROM"] == "pki@pki.example.com"


@needs_bicep
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("param zoneRedundant = true", "zoneRedundant: needs storageRedundancy Standard_ZRS"),
        (
            "param alwaysReady = [{ name: 'blob', instances: 1 }, { name: 'blob', instances: 2 }]",
            "alwaysReady: a name stands there twice",
        ),
        ("param alwaysReady = [{ name: 'function:chek', instances: 1 }]", "function:check"),
        ("param allowedAddresses = ['203.0.113.7']", "allowedAddresses: 203.0.113.7 is no range"),
        ("param allowedAddresses = ['203.0.113.0/24']\nparam privateNetwork = true", "allowedAddresses: nobody"),
        ("param furtherSettings = { certflow_Digest: 'off' }", "furtherSettings: certflow_Digest is made"),
        ("param furtherSettings = { AzureWebJobsStorage: 'x' }", "furtherSettings: AzureWebJobsStorage is made"),
        ("param instanceMemory = 1024", "512"),
        (f"param mailDomain = {{ id: '{DOMAIN}' }}", "mailDomain: is for mail by Communication Services"),
        (
            "param notifications = { mailTo: ['a@example.com'] }\nparam mailDomain = { sender: 'pki' }",
            "mailDomain.id: is missing",
        ),
    ],
)
def test_what_cannot_work_is_refused_by_name(given: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        snapshot("main", given)
