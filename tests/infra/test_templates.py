"""What a snapshot does not show: the order of deployment, keys, outputs, and what parameters take."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from functions.settings.load import load_settings
from local.bicep_check import INFRA, compiled
from tests.infra.deployed import as_azure_would, example, needs_bicep, texts

pytestmark = needs_bicep


# Versions of Key Vault's control plane before this one are retired on 2027-02-27 (Key Vault, "What's new", April 2026).
KEY_VAULT_SINCE = "2026-02-01"


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
    needed = {"identity", "monitoring", "hostStorage", "chainStorage", "topic", "rbac", "endpoints", "mail"}
    assert needed | {"ownNetwork", "ownZones"} <= before("app")


def test_roles_are_given_on_what_is_there() -> None:
    needed = {"identity", "monitoring", "hostStorage", "chainStorage", "topic", "chainTopic", "vaultTopics", "mail"}
    assert needed | {"newVaults"} <= before("rbac")


def test_events_are_subscribed_to_when_their_topics_may_deliver_and_the_app_is_there() -> None:
    assert {"app", "code", "rbac", "vaultTopics", "chainTopic", "topic", "hostStorage"} <= before("subscriptions")
    assert {"app"} <= before("code")


def test_an_endpoint_leads_to_what_is_there() -> None:
    assert {"hostStorage", "chainStorage", "topic", "newVaults"} <= before("endpoints")
    assert {"app"} <= before("siteEndpoint")


def test_key_vault_is_spoken_to_in_a_version_that_lasts() -> None:
    sources = "".join(file.read_text() for file in INFRA.rglob("*.bicep"))
    versions = re.findall(r"Microsoft\.KeyVault/vaults[\w/]*@([\d-]+)", sources)
    assert versions
    assert min(versions) >= KEY_VAULT_SINCE


def templates(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A template and those of its modules."""
    yield one
    resources = one["resources"]
    for resource in resources.values() if isinstance(resources, dict) else resources:
        if resource["type"] == "Microsoft.Resources/deployments":
            yield from templates(resource["properties"]["template"])


@pytest.mark.parametrize("name", ["main", "subscriptions"])
def test_one_key_is_read_and_it_goes_into_a_secure_parameter_only(name: str) -> None:
    """It is read by a module that waits for the code: in main.bicep itself ARM might read it before."""
    found = [text for text in texts(template(name)) if re.search(r"\blist\w*\(", text)]
    assert len(found) == 1
    assert "systemKeys.blobs_extension" in found[0]
    assert found[0].startswith("[if(variables('queued'), createObject('value', ''), ")
    module = template(name)["resources"]["subscriptions"]["properties"]["template"]["resources"]["drops"]["properties"]
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
    assert secure == {"webhook"}


@pytest.mark.parametrize("name", ["main", "subscriptions"])
def test_nothing_differs_from_one_deployment_to_the_next(name: str) -> None:
    for one in templates(template(name)):
        assert [text for text in texts(one) if re.search(r"\b(utcNow|newGuid)\(", text)] == []


@pytest.mark.parametrize(
    ("choice", "setting"),
    [
        ("vaultBudget", "CERTFLOW_VAULT_BUDGET"),
        ("renewMost", "CERTFLOW_RENEW_MOST"),
        ("renewalMinutes", "CERTFLOW_RENEWAL_MINUTES"),
    ],
)
def test_what_a_parameter_takes_the_app_takes_and_no_more(choice: str, setting: str) -> None:
    (limits,) = (
        one["properties"][choice]
        for one in template("main")["definitions"].values()
        if choice in one.get("properties", {})
    )
    needed = {key: as_azure_would(key, value) for key, value in example("smallest").settings.items()}
    for taken in (limits["minValue"], limits["maxValue"]):
        assert load_settings(needed | {setting: str(taken)}).faults == ()
    for refused in (limits["minValue"] - 1, limits["maxValue"] + 1):
        (fault,) = load_settings(needed | {setting: str(refused)}).faults
        assert fault.startswith(f"{setting}: ")


def test_endpoints_of_one_account_are_made_one_after_the_other() -> None:
    copies = template("main")["resources"]["endpoints"]["copy"]
    assert (copies["mode"], copies["batchSize"]) == ("serial", 1)
