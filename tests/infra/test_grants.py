"""Who may do what: every role assignment is in this list, with its reason; what is not in it is not deployed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from functions.ports.work_queue import EVENT_QUEUE, UPLOAD_QUEUE, VAULT_EVENT_QUEUE
from local.stack import ACCESS, CSRS, DROP, MERGED, PRODUCT_ACTIONS, QUARANTINE, REJECTED, TRUSTED
from tests.infra.deployed import DEPLOYER, EXAMPLES, Snapshot, example

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
    (APP, "Storage Blob Data Reader", ACCESS): "read only: the app must not say who may do what",
    (APP, "recorder", "acts"): "adds what was done, and can neither change nor delete it",
    (APP, "Storage Queue Data Contributor", "webjobs-blobtrigger-poison"): "what failed five times is written and read",
    (APP, "EventGrid Data Sender", "topic"): "says what happened",
    (APP, "Monitoring Metrics Publisher", "insights"): "telemetry without a key",
    (APP, "operator", "vault"): "starts, watches and finishes requests",
}
TO_QUEUES = {
    (TOPIC, "Storage Queue Data Message Sender", VAULT_EVENT_QUEUE): "delivers to its queue",
    (TOPIC, "Storage Queue Data Message Sender", UPLOAD_QUEUE): "the same",
    (TOPIC, "Storage Queue Data Message Sender", EVENT_QUEUE): "the same",
}
# Whoever deploys drops chains and trusts CAs, where the parameters name nobody.
DEPLOYERS = {
    (PEOPLE, "Storage Blob Data Reader", CSRS): "uploaders fetch CSRs",
    (PEOPLE, "uploader", DROP): "uploaders return chains, and delete nothing",
    (PEOPLE, "Storage Blob Data Reader", MERGED): "uploaders read reports",
    (PEOPLE, "Storage Blob Data Reader", REJECTED): "the same",
    (PEOPLE, "keeper", TRUSTED): "trustees, and nobody else, say whom a vault trusts",
}
BY_SHAPE = {
    "smallest": {
        **TO_QUEUES,
        **DEPLOYERS,
        (APP, "Communication and Email Service Owner", "communication"): "mail; there is no smaller role",
    },
    "private": {
        **TO_QUEUES,
        (APP, "Key Vault Secrets User", "secret"): "Teams URLs and the password: three secrets, not their vault",
        (PEOPLE, "Storage Blob Data Reader", CSRS): "uploaders fetch CSRs",
        (PEOPLE, "Storage Blob Data Reader", MERGED): "uploaders read reports; they return chains by the API (drops)",
        (PEOPLE, "Storage Blob Data Reader", REJECTED): "the same",
        (PEOPLE, "keeper", TRUSTED): "trustees, and nobody else, say whom a vault trusts",
        (PEOPLE, "keeper", "rules"): "others say who hears of what",
        (PEOPLE, "keeper", ACCESS): "and others who may do what",
        (PEOPLE, "Storage Blob Data Reader", QUARANTINE): "few may read what came with a private key",
    },
    "hub-and-spoke": TO_QUEUES | DEPLOYERS,  # mail goes by a server of the company, without a password
    "many-vaults": DEPLOYERS
    | {
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
    if properties["principalType"] == "Group" or properties["principalId"] == DEPLOYER:
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


@pytest.mark.parametrize(
    ("name", "vaults", "topics"),
    [("smallest", 1, 3), ("private", 1, 3), ("hub-and-spoke", 1, 3), ("many-vaults", 5, 7)],
)
def test_every_vault_and_topic_has_its_grant(name: str, vaults: int, topics: int) -> None:
    found = grants(example(name))
    assert sum(place == "vault" for _, _, place in found) == vaults
    assert sum(place == "dead-letters" for _, _, place in found) == topics


def test_into_each_queue_writes_the_topic_that_delivers_there_and_no_other() -> None:
    """The principals are one array, in the order of the modules that made the topics; this shape has one vault."""
    written = {}
    for one in example("private").of("Microsoft.Authorization/roleAssignments"):
        queue = where(one["id"])
        if queue in {VAULT_EVENT_QUEUE, UPLOAD_QUEUE, EVENT_QUEUE}:
            principal = one["properties"]["principalId"]
            modules = re.findall(r"format\('((?!rbac)\w+)-\{0\}', uniqueString\('\1'", principal)
            written[queue] = modules[int(re.fullmatch(r".*\[(\d+)\]\]", principal)[1])]  # type: ignore[index]
    assert written == {VAULT_EVENT_QUEUE: "vaultTopics", UPLOAD_QUEUE: "chainTopic", EVENT_QUEUE: "topic"}


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


def dataactions(name: str) -> dict[str, list[str]]:
    """What our own roles may do, by the last word of the role."""
    actions: dict[str, list[str]] = {}
    for one in example(name).of(DEFINITION):
        (permission,) = one["properties"]["permissions"]
        assert permission["notActions"] == permission["notDataActions"] == []
        kind = one["properties"]["roleName"].split()[2]
        assert permission["actions"] == ([f"{CONTAINERS}/read"] if kind in {"uploader", "keeper"} else [])
        assert actions.setdefault(kind, permission["dataActions"]) == permission["dataActions"]
    return actions


CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_custom_role_has_the_actions_that_the_product_runs_with_in_the_stand_in(name: str) -> None:
    actions = dataactions(name)
    prefix = "Microsoft.KeyVault/vaults/"
    assert {action.removeprefix(prefix) for action in actions["operator"]} == set(PRODUCT_ACTIONS)
    assert actions.get("observer") == ([f"{prefix}certificates/read"] if name == "many-vaults" else None)


@pytest.mark.parametrize("name", EXAMPLES)
def test_who_drops_files_deletes_none_and_nobody_deletes_a_container(name: str) -> None:
    writes = {f"{CONTAINERS}/blobs/{action}" for action in ("read", "add/action", "write")}
    assert set(dataactions(name).get("uploader", writes)) == writes
    assert ("uploader" in dataactions(name)) == (name != "private")  # drops is false there
    assert set(dataactions(name)["keeper"]) == writes | {f"{CONTAINERS}/blobs/delete"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_app_adds_to_the_record_of_acts_and_can_do_nothing_else_there(name: str) -> None:
    """Without `write` nothing is overwritten, without `delete` nothing is deleted."""
    assert set(dataactions(name)["recorder"]) == {f"{CONTAINERS}/blobs/{action}" for action in ("read", "add/action")}
    given = [role for who_, role, place in grants(example(name)) if (who_, place) == (APP, "acts")]
    assert given == ["recorder"]


def test_who_sets_trust_does_not_say_who_is_told() -> None:
    by_container: dict[str, set[str]] = {}
    for one in example("private").of("Microsoft.Authorization/roleAssignments"):
        if one["properties"]["principalType"] == "Group":
            by_container.setdefault(where(one["id"]), set()).add(one["properties"]["principalId"])
    assert len(by_container[TRUSTED]) == len(by_container["rules"]) == 1
    assert not by_container[TRUSTED] & by_container["rules"]
    assert len(by_container[ACCESS]) == 1
    assert not by_container[ACCESS] & (by_container[TRUSTED] | by_container["rules"] | by_container[CSRS])


def test_without_drops_nobody_but_the_app_writes_where_files_are_dropped() -> None:
    writers = {who for who, _, place in grants(example("private")) if place == DROP}
    assert writers == {APP}
    assert "uploader" not in dataactions("private")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_custom_role_is_for_the_group_that_it_is_in_and_has_a_name_of_its_own(name: str) -> None:
    """So no scope is ever taken from a role that is assigned there (Azure/bicep#17145)."""
    definitions = example(name).of(DEFINITION)
    for one in definitions:
        assert one["properties"]["assignableScopes"] == [one["id"].partition("/providers/")[0]]
    assert len({one["properties"]["roleName"] for one in definitions}) == len(definitions)  # one in a tenant


def test_there_is_a_custom_role_where_vaults_are_and_nowhere_else() -> None:
    groups = {
        (one["id"].split("/")[4], one["properties"]["roleName"].split()[2])
        for one in example("many-vaults").of(DEFINITION)
    }
    operators = {(group, "operator") for group in ("certflow", "payments", "shop", "intranet")}
    assert groups == operators | {
        ("legacy", "observer"),
        ("certflow", "uploader"),
        ("certflow", "keeper"),
        ("certflow", "recorder"),
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_output_names_every_grant_with_its_reason(name: str) -> None:
    """For whoever gives the roles, with roles 'list', and for grants.sh, which lists what is beyond them."""
    told = [(one["scope"].lower(), one["role"], one["why"]) for one in example(name).outputs["GRANTS"]]
    made = [
        (
            one["id"].partition("/providers/Microsoft.Authorization/")[0].lower(),
            one["properties"]["roleDefinitionId"].rpartition("/")[2],
            one["properties"]["description"],
        )
        for one in example(name).of("Microsoft.Authorization/roleAssignments")
    ]
    assert sorted(told) == sorted(made)
    principals = re.findall(r"createObject\('who', '([^']*)'", example(name).outputs["PRINCIPALS"])
    people = {one["who"] for one in example(name).outputs["GRANTS"] if re.fullmatch("[0-9a-f-]{36}", one["who"])}
    assert {one["who"] for one in example(name).outputs["GRANTS"]} - people <= set(principals)
