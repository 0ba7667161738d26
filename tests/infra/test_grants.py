"""Who may do what: every role assignment is in this list, with its reason; what is not in it is not deployed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from functions.issuance.queues import DROPS, EVENTS, VAULT_EVENTS
from local.stack import CSRS, DROP, MERGED, PRODUCT_ACTIONS, QUARANTINE, REJECTED, TRUSTED
from tests.infra.deployed import EXAMPLES, Snapshot, example

ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "d5a91429-5739-47e2-a06b-3470a27159e7": "EventGrid Data Sender",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "09976791-48a7-449e-bb21-39d1a415f350": "Communication and Email Service Owner",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
}
APP, TOPIC, PEOPLE = "the app", "a topic", "people"

# (who, role, where) → why it has to be.
APPS = {
    (APP, "Storage Blob Data Owner", "host"): "leases and keys of the Functions host, the package",
    (APP, "Storage Queue Data Contributor", "host"): "work for all instances, the blob trigger's queue",
    (APP, "Storage Table Data Contributor", "host"): "tracked requests, history, outbox, deliveries",
    (APP, "Storage Blob Data Owner", DROP): "a blob trigger with an identity asks for this role (platform §3.3)",
    (APP, "Storage Blob Data Contributor", MERGED): "files and reports are written",
    (APP, "Storage Blob Data Contributor", REJECTED): "the same",
    (APP, "Storage Blob Data Contributor", QUARANTINE): "the same",
    (APP, "Storage Blob Data Contributor", CSRS): "CSRs are handed out",
    (APP, "Storage Blob Data Reader", TRUSTED): "read only: the app must not say whom it trusts",
    (APP, "Storage Blob Data Reader", "rules"): "read only",
    (APP, "Storage Queue Data Contributor", "webjobs-blobtrigger-poison"): "what failed five times is written and read",
    (APP, "EventGrid Data Sender", "topic"): "says what happened",
    (APP, "Monitoring Metrics Publisher", "insights"): "telemetry without a key",
    (APP, "operator", "vault"): "starts, watches and finishes requests",
}
BY_SHAPE = {
    "smallest": {(APP, "Communication and Email Service Owner", "communication"): "mail; there is no smaller role"},
    "private": {
        (APP, "Key Vault Secrets User", "secret"): "Teams URLs and the password: three secrets, not their vault",
        (TOPIC, "Storage Queue Data Message Sender", "certflow-vault-events"): "delivers to its queue",
        (TOPIC, "Storage Queue Data Message Sender", "certflow-drops"): "the same",
        (TOPIC, "Storage Queue Data Message Sender", "certflow-events"): "the same",
        (PEOPLE, "Storage Blob Data Reader", CSRS): "uploaders fetch CSRs",
        (PEOPLE, "Storage Blob Data Contributor", DROP): "uploaders return chains",
        (PEOPLE, "Storage Blob Data Reader", MERGED): "uploaders read reports",
        (PEOPLE, "Storage Blob Data Reader", REJECTED): "the same",
        (PEOPLE, "Storage Blob Data Contributor", TRUSTED): "trustees, and nobody else, say whom a vault trusts",
        (PEOPLE, "Storage Blob Data Contributor", "rules"): "trustees say who hears of what",
        (PEOPLE, "Storage Blob Data Reader", QUARANTINE): "few may read what came with a private key",
    },
    "many-vaults": {
        (APP, "Communication and Email Service Owner", "communication"): "mail; there is no smaller role",
        (APP, "Key Vault Secrets User", "secret"): "the URLs of further channels",
        (APP, "observer", "vault"): "a vault that is only watched",
    },
}
TOPICS = {(TOPIC, "Storage Blob Data Contributor", "dead-letters"): "keeps what could not be delivered"}


def grants(deployed: Snapshot) -> list[tuple[str, str, str]]:
    own = {one["name"]: one["properties"]["roleName"].split()[2] for one in deployed.of(DEFINITION)}
    found = []
    for one in deployed.of("Microsoft.Authorization/roleAssignments"):
        role = one["properties"]["roleDefinitionId"].rpartition("/")[2]
        assert one["properties"]["description"], "a grant says why it is there"
        found.append((who(one["properties"]), own.get(role) or ROLES[role], where(one["id"])))
    return found


DEFINITION = "Microsoft.Authorization/roleDefinitions"


def who(properties: dict[str, Any]) -> str:
    if properties["principalType"] == "Group":
        return PEOPLE
    assert properties["principalType"] == "ServicePrincipal"
    of_identity = "identity-" in properties["principalId"] and "Topic" not in properties["principalId"]
    return APP if of_identity else TOPIC


def where(grant_id: str) -> str:
    """The scope: a container, queue or secret by its name (or kind), an account by its purpose."""
    kind, name = grant_id.partition("/providers/Microsoft.Authorization/")[0].split("/")[-2:]
    if kind == "storageAccounts":
        assert name.endswith(tuple("0123456789abcdefghijklmnopqrstuvwxyz"))
        return "host" if name[-14] == "h" else "chains, all of it"
    kinds = {
        "topics": "topic",
        "components": "insights",
        "vaults": "vault",
        "secrets": "secret",
        "communicationServices": "communication",
    }
    return kinds.get(kind, name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_grant_is_in_the_list_and_all_of_the_list_is_granted(name: str) -> None:
    assert set(grants(example(name))) == (APPS | TOPICS | BY_SHAPE[name]).keys()


@pytest.mark.parametrize(("name", "vaults", "topics"), [("smallest", 1, 3), ("private", 1, 3), ("many-vaults", 5, 7)])
def test_every_vault_and_topic_has_its_grant(name: str, vaults: int, topics: int) -> None:
    found = grants(example(name))
    assert sum(place == "vault" for _, _, place in found) == vaults
    assert sum(place == "dead-letters" for _, _, place in found) == topics


def test_into_each_queue_writes_the_topic_that_delivers_there_and_no_other() -> None:
    """The principals are one array, in the order of the modules that made the topics; this shape has one vault."""
    written = {}
    for one in example("private").of("Microsoft.Authorization/roleAssignments"):
        queue = where(one["id"])
        if queue in {VAULT_EVENTS, DROPS, EVENTS}:
            principal = one["properties"]["principalId"]
            modules = re.findall(r"format\('((?!rbac)\w+)-\{0\}', uniqueString\('\1'", principal)
            written[queue] = modules[int(re.fullmatch(r".*\[(\d+)\]\]", principal)[1])]  # type: ignore[index]
    assert written == {VAULT_EVENTS: "vaultTopics", DROPS: "chainTopic", EVENTS: "topic"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_grant_is_made_twice_under_two_names(name: str) -> None:
    assignments = example(name).of("Microsoft.Authorization/roleAssignments")
    assert len({one["id"] for one in assignments}) == len(assignments)
    scoped = [
        (one["id"].rpartition("/")[0], one["properties"]["roleDefinitionId"], one["properties"]["principalId"])
        for one in assignments
    ]
    # Topics of several vaults are told apart by the index of their principal.
    assert len(set(scoped)) == len(scoped)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_custom_role_has_the_actions_that_the_product_runs_with_in_the_stand_in(name: str) -> None:
    actions = {}
    for one in example(name).of(DEFINITION):
        (permission,) = one["properties"]["permissions"]
        assert permission["actions"] == permission["notActions"] == permission["notDataActions"] == []
        actions[one["properties"]["roleName"].split()[2]] = permission["dataActions"]
    prefix = "Microsoft.KeyVault/vaults/"
    assert {action.removeprefix(prefix) for action in actions["operator"]} == set(PRODUCT_ACTIONS)
    assert actions.get("observer") == ([f"{prefix}certificates/read"] if name == "many-vaults" else None)


def test_the_custom_role_may_be_assigned_where_the_vaults_are_and_nowhere_else() -> None:
    definition = next(one for one in example("many-vaults").of(DEFINITION))
    groups = {scope.rpartition("/")[2] for scope in definition["properties"]["assignableScopes"]}
    assert groups == {"certflow", "payments", "shop", "intranet", "legacy"}
