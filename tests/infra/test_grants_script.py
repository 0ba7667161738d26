"""infra/grants.sh against a stand-in of az: it lists what a deployment has left, no more and no less, removes it."""

from __future__ import annotations

import copy
import functools
import shlex
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.infra.deployed import example
from tests.infra.subscription import Run, after, held, ids, principal, run

GROUP = ("-g", "certflow")


@functools.cache
def deployed(name: str) -> dict[str, Any]:
    return held(example(name), example(f"{name}-subscriptions"))


def before() -> dict[str, Any]:
    """Five vaults were in the parameters; then only one new one is: the deployment of `smallest` came last."""
    return after(deployed("many-vaults"), deployed("smallest"))


def left() -> set[str]:
    return ids(deployed("many-vaults")) - ids(deployed("smallest"))


def listed(ran: Run) -> set[str]:
    return {line.strip().lower() for line in ran.output.splitlines() if line.startswith("  ")}


def test_it_lists_all_that_is_left_and_nothing_else(tmp_path: Path) -> None:
    ran = run(tmp_path, "grants.sh", before(), *GROUP)
    assert (ran.status, listed(ran)) == (1, left() - {GIVEN_TOPIC}), ran.errors
    assert ran.state == before()  # it has changed nothing
    assert f"{len(listed(ran))} beyond the parameters" in ran.output


# The company had it before (topicId); only our subscription on it goes.
GIVEN_TOPIC = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/payments/providers/microsoft.eventgrid/"
    "systemtopics/contoso-pay-events"
)


@pytest.mark.parametrize("name", ["smallest", "private", "many-vaults"])
def test_nothing_is_beyond_what_was_just_deployed(name: str, tmp_path: Path) -> None:
    ran = run(tmp_path, "grants.sh", deployed(name), *GROUP)
    assert (ran.status, ran.output) == (0, "Nothing is granted beyond the parameters.\n"), ran.errors


def test_what_others_have_is_not_touched(tmp_path: Path) -> None:
    state = before()
    pay = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/payments"
    topic = f"{pay}/providers/Microsoft.EventGrid/systemTopics/evgst-certflow-other-abcdefghijklm"
    theirs: dict[str, dict[str, Any]] = {
        "assignments": {
            "id": f"{pay}/providers/Microsoft.Authorization/roleAssignments/33333333-0000-0000-0000-000000000000",
            "scope": pay,
            "roleDefinitionId": "/providers/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
            "roleDefinitionName": "Owner",
            "principalId": "33333333-0000-0000-0000-000000000001",
        },
        "definitions": {
            "id": "x",
            "name": "33333333-0000-0000-0000-000000000002",
            "properties": {"roleName": "Certflow certificate operator abcdefghijklm-x", "assignableScopes": [pay]},
        },
        # Of another Certflow: the name begins as ours, but it has no grant here, and no subscription of ours.
        "topics": {
            "id": topic,
            "name": topic.rpartition("/")[2],
            "resourceGroup": "payments",
            "identity": {"principalId": "33333333-0000-0000-0000-000000000003"},
        },
        "events": {"id": f"{topic}/eventSubscriptions/certflow-abcdefghijklm", "name": "certflow-abcdefghijklm"},
    }
    for kind, one in theirs.items():
        state[kind].append(one)
    ran = run(tmp_path, "grants.sh", state, *GROUP, "--remove", says="a\n")
    assert ran.status == 0, ran.errors
    assert {str(one["id"]).lower() for one in theirs.values()} <= ids(ran.state)


SHARED = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/other"


def granted(state: dict[str, Any], scope: str, to: str, description: str | None) -> str:
    """Somebody grants a role that Certflow knows nothing of; its id."""
    name = f"33333333-0000-0000-0000-{len(state['assignments']):012}"
    one = {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "scope": scope,
        "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        "roleDefinitionName": "Storage Blob Data Contributor",
        "principalId": to,
        "description": description,
    }
    state["assignments"].append(one)
    return str(one["id"])


def app(state: dict[str, Any]) -> str:
    return next(str(one["id"]) for one in state["outputs"]["PRINCIPALS"] if one["who"] == "app")


def test_what_others_have_granted_to_the_app_its_topics_and_on_its_storage_stays(tmp_path: Path) -> None:
    """A topic of the company has duties of its own, a team looks into the account, somebody helps by hand."""
    state = copy.deepcopy(deployed("many-vaults"))
    subscription, *_ = state["subscriptions"]
    topic = next(one["identity"]["principalId"] for one in state["topics"] if "contoso-pay-events" in one["name"])
    account = next(one["scope"] for one in state["outputs"]["GRANTS"] if one["scope"].endswith("/containers/chains"))
    stranger = "33333333-0000-0000-0000-000000000009"
    theirs = {
        granted(state, f"{SHARED}/providers/Microsoft.Storage/storageAccounts/theirs", topic, "Audit."),
        granted(state, account.partition("/blobServices")[0], stranger, "Backup."),
        granted(state, account, stranger, None),
        granted(state, SHARED, app(state), None),
        granted(state, f"/subscriptions/{subscription}", stranger, "All of it."),
    }
    ran = run(tmp_path, "grants.sh", state, *GROUP, "--remove", says="a\n")
    assert (ran.status, ran.output) == (0, "Nothing is granted beyond the parameters.\n"), ran.errors
    assert theirs <= {one["id"] for one in ran.state["assignments"]}


def test_why_something_was_granted_is_shown_and_what_every_subscription_inherits_once(tmp_path: Path) -> None:
    state = copy.deepcopy(deployed("many-vaults"))
    above = granted(state, "/providers/Microsoft.Management/managementGroups/all", app(state), "Till May.")
    ran = run(tmp_path, "grants.sh", state, *GROUP)
    assert (ran.status, listed(ran)) == (1, {above.lower()})
    assert ran.output.count(above) == 1
    assert "managementGroups/all: Till May.\n" in ran.output


@pytest.mark.parametrize("written", [str.lower, str.upper])
def test_ids_in_another_case_are_the_same(written: Callable[[str], str], tmp_path: Path) -> None:
    state = copy.deepcopy(deployed("many-vaults"))
    for kind in ("assignments", "topics", "events"):
        for one in state[kind]:
            one |= {name: written(one[name]) for name in ("id", "scope", "roleDefinitionId") if name in one}
    ran = run(tmp_path, "grants.sh", state, *GROUP)
    assert (ran.status, ran.output) == (0, "Nothing is granted beyond the parameters.\n"), ran.errors


def test_a_topic_that_another_deployment_delivers_by_stays(tmp_path: Path) -> None:
    """It has given the topic as topicId: first it gives its identity a role, and subscribes when its code is there."""
    state = before()
    (topic,) = (one for one in state["topics"] if "-contoso-shop-" in one["name"])
    dead = f"{SHARED}/providers/Microsoft.Storage/storageAccounts/x/blobServices/default/containers/dead-letters"
    granted(state, dead, topic["identity"]["principalId"], "Events that could not be delivered.")
    ran = run(tmp_path, "grants.sh", state, *GROUP, "--remove", says="a\n")
    assert ran.status == 0, ran.errors
    assert ids(ran.state) == ids(state) - (left() - {GIVEN_TOPIC, topic["id"].lower()})


def test_what_azure_does_not_let_go_of_stays_and_the_rest_goes(tmp_path: Path) -> None:
    """Somebody has given our role to somebody else: Azure refuses to delete it, and that is no reason to stop."""
    state = before()
    (first, *_) = (one for one in state["definitions"] if one["id"].lower() in left())
    theirs = granted(state, SHARED, "33333333-0000-0000-0000-000000000009", None)
    state["assignments"][-1]["roleDefinitionId"] = first["id"]
    ran = run(tmp_path, "grants.sh", state, *GROUP, "--remove", says="a\n")
    assert (ran.status, "RoleDefinitionHasAssignments" in ran.errors) == (1, True)
    assert f"Stays: {first['properties']['assignableScopes'][0]}/providers/" in ran.output
    assert ids(ran.state) == (ids(state) - left()) | {GIVEN_TOPIC, first["id"].lower()}
    assert theirs.lower() in ids(ran.state)


def test_a_topic_that_somebody_else_has_subscribed_to_stays(tmp_path: Path) -> None:
    state = before()
    (topic,) = (one["id"] for one in state["topics"] if "-contoso-shop-" in one["name"])
    state["events"].append({"id": f"{topic}/eventSubscriptions/audit", "name": "audit"})
    ran = run(tmp_path, "grants.sh", state, *GROUP)
    assert listed(ran) == left() - {GIVEN_TOPIC, topic.lower()}


def test_a_topic_without_identity_or_subscription_is_passed_over(tmp_path: Path) -> None:
    state = before()
    shop = next(one for one in state["topics"] if "-contoso-shop-" in one["name"])
    state["topics"].append(shop | {"id": f"{shop['id']}-old", "name": f"{shop['name']}-old", "identity": None})
    assert listed(run(tmp_path, "grants.sh", state, *GROUP)) == left() - {GIVEN_TOPIC}


def test_it_takes_away_what_is_left_and_then_finds_nothing(tmp_path: Path) -> None:
    ran = run(tmp_path, "grants.sh", before(), *GROUP, "--remove", says="y\n" * (len(left()) - 2) + "n\n")
    kept = ids(ran.state) - ids(deployed("smallest")) - {GIVEN_TOPIC}
    assert (ran.status, len(kept)) == (1, 1), ran.errors  # the last was answered with no
    again = run(tmp_path / "again", "grants.sh", ran.state, *GROUP, "--remove", says="y\n")
    assert again.status == 0
    assert ids(again.state) == ids(deployed("smallest")) | {GIVEN_TOPIC}
    assert run(tmp_path / "last", "grants.sh", again.state, *GROUP).status == 0


def test_without_an_answer_nothing_is_taken_away(tmp_path: Path) -> None:
    ran = run(tmp_path, "grants.sh", before(), *GROUP, "--remove")
    assert (ran.status, ran.state) == (1, before())


@pytest.mark.parametrize(
    "call", ["account show", "role assignment list", "eventgrid system-topic list", "rest", "account list"]
)
def test_an_answer_that_is_refused_ends_it_before_anything_is_taken_away(call: str, tmp_path: Path) -> None:
    state = before() | {"fails": [call]}
    ran = run(tmp_path, "grants.sh", state, *GROUP, "--remove", says="a\n")
    assert ran.status == 2  # 1 would say that something is left
    assert "AuthorizationFailed" in ran.errors
    assert ran.state == state


def test_a_group_without_that_deployment_is_said(tmp_path: Path) -> None:
    ran = run(tmp_path, "grants.sh", before(), "-g", "elsewhere")
    assert (ran.status, "DeploymentNotFound" in ran.errors) == (2, True)
    assert "elsewhere, subscription Contoso (" in ran.errors  # it may be there in another one
    older = before()
    older["outputs"] = {"SITE_NAME": "func-certflow-mfhq67l3jxddw"}
    said = run(tmp_path / "older", "grants.sh", older, *GROUP)
    assert (said.status, "GRANTS" in said.errors) == (2, True)
    assert run(tmp_path / "none", "grants.sh", before()).status == 2


def test_every_grant_becomes_a_command_that_the_shell_reads_as_it_is_meant(tmp_path: Path) -> None:
    state = copy.deepcopy(deployed("private"))
    state["outputs"]["GRANTS"][0]["why"] = 'It\'s the "vault" of $HOME `id`.'
    ran = run(tmp_path, "grants.sh", state, *GROUP, "--commands")
    assert ran.status == 0, ran.errors
    read = shlex.split(ran.output.replace("\\\n", " "), comments=True)
    assert read.count("create") == len(state["outputs"]["GRANTS"])
    names = {"--role", "--scope", "--assignee-object-id", "--assignee-principal-type", "--description"}
    told = [(name, value) for name, value in pairwise(read) if name in names]
    wanted = []
    for one in state["outputs"]["GRANTS"]:
        wanted += [("--role", one["role"]), ("--scope", one["scope"])]
        wanted += [("--assignee-object-id", principal(one["who"]))]
        wanted += [("--assignee-principal-type", one["type"]), ("--description", one["why"])]
    assert told == wanted
