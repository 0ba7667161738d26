"""Who changes what Certflow relies on is logged and told of, and no log is paid for twice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from functions.adapters.key_vault import client
from tests.infra.alert_rules import PRINCIPAL, query, rules, words
from tests.infra.deployed import EXAMPLES, example

COMPANY = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/platform/providers"
# What Key Vault's log calls what the app asks for (Learn, "Azure Key Vault logging"), by verb and path, or by the
# client's method.
OPERATIONS = {
    "POST /create": "CertificateCreate",
    "GET /pending": "CertificatePendingGet",
    "PATCH /pending": "CertificatePendingUpdate",
    "DELETE /pending": "CertificatePendingDelete",
    "POST /pending/merge": "CertificatePendingMerge",
    "GET /policy": "CertificatePolicyGet",
    "GET /": "CertificateGet",
    "PATCH /": "CertificateUpdate",
    "list_properties_of_certificate_versions": "CertificateListVersions",
    "list_properties_of_certificates": "CertificateList",
    "list_properties_of_issuers": "CertificateIssuersList",
}
NO_OPERATION = {"close", "send_request"}  # send_request sends those that have a verb


def asked_for() -> set[str]:
    """What the only client of Key Vault asks for."""
    found = set()
    for node in ast.walk(ast.parse(Path(client.__file__).read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self._call":
            _, verb, _, path = node.args[:4]
            found.add(f"{ast.literal_eval(verb)} {ast.literal_eval(path)}")
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self._client":
            found.add(node.attr)
    return found - NO_OPERATION


def test_what_the_app_does_in_a_vault_alarms_nobody_and_what_else_its_role_allows_does() -> None:
    assert asked_for() == OPERATIONS.keys()
    told = words(query(rules("smallest")["foreign-act"]), "OperationName")
    # Tags are changed by the operation that also disables a version: as many as the app has logged are its own.
    assert told & set(OPERATIONS.values()) == {"CertificateUpdate"}
    text = query(rules("smallest")["foreign-act"])
    logged = 'toscalar(AppTraces | where Message has "tagged" | where parse_json(Message).what == "tagged" | count)'
    assert text.endswith(f'| where act != "CertificateUpdate" or acts > {logged}')
    # certificates/update allows these beside asking for cancellation and deleting a pending request.
    assert {"CertificateUpdate", "CertificatePolicySet", "CertificatePolicyUpdate"} <= told


@pytest.mark.parametrize("name", EXAMPLES)
def test_acts_of_the_identity_are_told_of_and_changes_by_all_others(name: str) -> None:
    assert f'tostring(Identity) has "{PRINCIPAL}"' in query(rules(name)["foreign-act"])
    text = query(rules(name)["changed-by-hand"])
    assert f'RequesterObjectId != "{PRINCIPAL}"' in text
    accounts = {one["name"] for one in example(name).of("Microsoft.Storage/storageAccounts")}
    assert words(text, "AccountName") == accounts
    made = {
        one["name"].rpartition("/")[2]
        for one in example(name).of("Microsoft.Storage/storageAccounts/blobServices/containers")
    }
    heard = {"trusted-cas", "rules", "access", "acts", "app-package", "azure-webjobs-secrets"}
    assert words(text, "what") == heard
    assert words(text, "what") - made == {"azure-webjobs-secrets"}  # which the host makes


@pytest.mark.parametrize("name", EXAMPLES)
def test_whoever_deletes_in_the_record_of_acts_is_told_of_also_the_app_and_if_that_is_refused(name: str) -> None:
    text = query(rules(name)["changed-by-hand"])
    assert '| extend unheard = what == "acts" and Category == "StorageDelete" |' in text
    assert 'where (StatusCode startswith "2" or unheard) and what in' in text
    assert f'where RequesterObjectId != "{PRINCIPAL}" or unheard |' in text


def logged(name: str) -> dict[str, set[str]]:
    """What each resource logs, by the last names of its id; each to one workspace, and nothing twice."""
    found: dict[str, set[str]] = {}
    for one in example(name).resources:
        if "/providers/Microsoft.Insights/diagnosticSettings/" in one["id"]:
            of = one["id"].partition("/providers/Microsoft.Insights/")[0]
            assert of not in found
            found[of] = {log["category"] for log in one["properties"]["logs"] if log["enabled"]}
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_who_writes_to_either_storage_is_logged_once(name: str) -> None:
    storage = {
        (of.split("/")[8][-14], of.split("/")[-2]): categories
        for of, categories in logged(name).items()
        if "/storageAccounts/" in of
    }
    assert storage == {
        ("c", "blobServices"): {"StorageRead", "StorageWrite", "StorageDelete"},
        ("h", "blobServices"): {"StorageWrite", "StorageDelete"},
        ("h", "queueServices"): {"StorageWrite"},
        ("h", "tableServices"): {"StorageWrite", "StorageDelete"},
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_all_logs_go_to_one_workspace(name: str) -> None:
    made = example(name).of("Microsoft.OperationalInsights/workspaces")
    (workspace,) = (
        (one["id"] for one in made) if made else [f"{COMPANY}/Microsoft.OperationalInsights/workspaces/contoso-logs"]
    )
    (component,) = example(name).of("Microsoft.Insights/components")
    assert component["properties"]["WorkspaceResourceId"] == workspace
    settings = example(name).of("Microsoft.Insights/diagnosticSettings")
    assert {one["properties"]["workspaceId"] for one in settings} == {workspace}
    scopes = {rule: properties["scopes"] for rule, properties in rules(name).items()}
    for rule, scope in scopes.items():
        assert scope == [workspace if rule in ("changed-by-hand", "foreign-act") else component["id"]]
    assert bool(made) == (name != "many-vaults")
