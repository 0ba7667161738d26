"""What a subscription holds after a deployment, by its snapshots, and the scripts of infra/ run against it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from pathlib import Path
from typing import Any

from local.bicep_check import INFRA
from tests.clock import HANG
from tests.infra.az import serving
from tests.infra.deployed import DEPLOYER, OF_ARM, Resource, Snapshot

EVENTS = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
DEFINITION = "Microsoft.Authorization/roleDefinitions"


def held(main: Snapshot, subscriptions: Snapshot | None = None) -> dict[str, Any]:
    """The state that tests/infra/az.py answers from: all that these snapshots deploy, with principals made up."""
    both = [*main.resources, *(subscriptions.resources if subscriptions else ())]
    deployed = [one for one in both if one["id"].startswith("/subscriptions/")]  # others have names of Azure
    made = {one["id"].lower() for one in main.of("Microsoft.Authorization/roleAssignments")}
    assignments = [assignment(main, one) for one in main.outputs["GRANTS"]]
    # With roles 'list' somebody else makes them, and an assignment that is there already keeps its name.
    assert made in (set(), {one["id"].lower() for one in assignments})
    return {
        "tenant": "99999999-9999-9999-9999-999999999999",
        "subscriptions": sorted({one["id"].split("/")[2] for one in (*deployed, *assignments)}),
        "outputs": outputs(main),
        "assignments": assignments,
        "definitions": [
            {"name": one["name"], "properties": one["properties"], "id": one["id"]} for one in main.of(DEFINITION)
        ],
        "topics": [
            {
                "id": one,
                "name": one.rpartition("/")[2],
                "resourceGroup": one.split("/")[4],
                "identity": {"principalId": principal(one)},
            }
            for one in system_topics(deployed)
        ],
        "events": [
            {"id": one["id"], "name": one["id"].rpartition("/")[2]} for one in deployed if one["type"] == EVENTS
        ],
    }


def system_topics(deployed: list[Resource]) -> list[str]:
    """Those that are deployed, and those that were there already (topicId), which get a subscription only."""
    kind = "Microsoft.EventGrid/systemTopics"
    made = {one["id"] for one in deployed if one["type"] == kind}
    return sorted(made | {one["id"].rpartition("/eventSubscriptions/")[0] for one in deployed if one["type"] == EVENTS})


def after(state: dict[str, Any], further: dict[str, Any]) -> dict[str, Any]:
    """What is there when the further is deployed, too: nothing goes by itself, and the last outputs hold."""
    kinds = ("assignments", "definitions", "topics", "events")
    both = {kind: list({one["id"]: one for one in (*state[kind], *further[kind])}.values()) for kind in kinds}
    return further | both | {"subscriptions": sorted({*state["subscriptions"], *further["subscriptions"]})}


def ids(state: dict[str, Any]) -> set[str]:
    return {one["id"].lower() for kind in ("assignments", "definitions", "topics", "events") for one in state[kind]}


def outputs(main: Snapshot) -> dict[str, Any]:
    """As Azure gives them: with the object ids that only Azure knows."""
    named = re.findall(r"createObject\('who', '([^']*)', 'id', ", main.outputs["PRINCIPALS"])
    return main.outputs | {"PRINCIPALS": [{"who": one, "id": principal(one)} for one in named]}


def principal(who: str) -> str:
    """The object id of app, deployer, or a topic; a person's is given."""
    if who == "deployer":
        return DEPLOYER
    return who if re.fullmatch("[0-9a-f-]{36}", who) else str(uuid.uuid5(OF_ARM, who.lower()))


def assignment(main: Snapshot, grant: dict[str, str]) -> dict[str, str]:
    """The role assignment of a grant; its name is made as rbac.bicep makes it."""
    (identity,) = (one["id"] for one in main.of("Microsoft.ManagedIdentity/userAssignedIdentities"))
    key = {"app": identity, "deployer": DEPLOYER}.get(grant["who"], grant["who"])
    name = uuid.uuid5(OF_ARM, "-".join((grant["scope"], key, grant["role"])))
    return {
        "id": f"{grant['scope']}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "scope": grant["scope"],
        "roleDefinitionId": f"/subscriptions/{grant['scope'].split('/')[2]}/providers/{DEFINITION}/{grant['role']}",
        "roleDefinitionName": grant["roleName"],
        "principalId": principal(grant["who"]),
        "description": grant["why"],
    }


def run(directory: Path, script: str, state: dict[str, Any], *arguments: str, says: str = "") -> Run:
    """Runs a script of infra/ with `az` as the stand-in, and answers what it asks."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "state.json"
    file.write_text(json.dumps(state))
    where = os.environ | {"PATH": f"{directory}:{os.environ['PATH']}", "PAUSE": "0"}
    with serving(file):
        done = subprocess.run(
            ["/bin/sh", INFRA / script, *arguments],
            input=says,
            capture_output=True,
            text=True,
            env=where,
            timeout=HANG,
            check=False,
        )
    calls = file.with_suffix(".calls")
    return Run(done, json.loads(file.read_text()), calls.read_text() if calls.exists() else "")


class Run:
    """What a script did: its answer, and what the subscription holds afterwards."""

    def __init__(self, done: subprocess.CompletedProcess[str], state: dict[str, Any], calls: str) -> None:
        self.status, self.output, self.errors = done.returncode, done.stdout, done.stderr
        self.state, self.calls = state, calls
