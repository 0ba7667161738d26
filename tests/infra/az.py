"""A stand-in of the Azure CLI for the scripts of infra/: it answers from a file, and changes what is in it.

It takes what `az …` takes. What it does not know it refuses, as az does. It warns on the error output all the time, as
az does, and writes tables of tabs as knack's TsvOutput does (None, true, the length of a list).
"""

from __future__ import annotations

import json
import re
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jmespath

from tests.infra.graph import ROOT as GRAPH
from tests.infra.graph import RefusedByGraphError, graph

State = dict[str, Any]
Arguments = dict[str, list[str]]
Answer = Callable[[State, Arguments], Any]


class RefusedError(Exception):
    """What az says when it fails."""


def main(answers: dict[str, Answer], file: Path, command: list[str]) -> int:
    """Answers one call as a program does; returns the exit status."""
    status, output, errors = answered(answers, file, command)
    sys.stdout.write(output)
    sys.stderr.write(errors)
    return status


def answered(answers: dict[str, Answer], file: Path, command: list[str], here: str = ".") -> tuple[int, str, str]:
    """Answers one call from a state: the exit status, and what az writes. The status is that of az: 0, 1 for what Azure
    refuses, 2 for a command that it has no answer for, 3 for what is not there.
    """
    state: State = json.loads(file.read_text())
    errors = "WARNING: This command is experimental and under development.\n"
    with file.with_suffix(".calls").open("a") as calls:
        calls.write(f"{json.dumps(command)}\n")
    at = next((at for at, word in enumerate(command) if word.startswith("-")), len(command))
    verb = " ".join(command[:at])
    if verb not in answers:
        return 2, "", f"{errors}ERROR: '{verb}' is misspelled or not recognized by the system.\n"
    given = options(command[at:]) | {"here": [here]}  # where its files are
    try:
        answer = refuse() if verb in state.get("fails", []) else answers[verb](state, given)
    except (RefusedError, RefusedByGraphError) as refused:
        return 3 if "NotFound" in str(refused) else 1, "", f"{errors}ERROR: {refused}\n"
    finally:
        file.write_text(json.dumps(state))
    if query := given.get("--query"):
        answer = jmespath.search(query[0], answer)
    if given.get("--output") == ["tsv"]:
        return 0, table(answer), errors
    return 0, "" if given.get("--output") == ["none"] else json.dumps(answer), errors


@contextmanager
def serving(file: Path, answers: dict[str, Answer] | None = None, program: Path | None = None) -> Iterator[Path]:
    """A program `az` for a script, and the server in this process that answers it: an interpreter that imports all of
    this for each call would take most of the time of the tests.
    """

    class Call(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            here, *words = self.rfile.read().decode().split("\0")
            status, output, errors = answered(ANSWERS if answers is None else answers, file, words, here)
            self.wfile.write(f"{status} {len(output.encode())}\n{output}{errors}".encode())

    program = program or file.with_name("az")
    with socketserver.TCPServer(("127.0.0.1", 0), Call) as server:
        python = f"{sys.executable} -I -S {Path(__file__).with_name('az_call.py')}"
        program.write_text(f'#!/bin/sh\nexec {python} {server.server_address[1]} "$@"\n')
        program.chmod(0o755)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield program
        finally:
            server.shutdown()
            thread.join()


def refuse() -> Any:
    raise RefusedError("(AuthorizationFailed) The client does not have authorization to perform this action.")


def options(words: list[str]) -> Arguments:
    """The options and their values; az takes several after one name."""
    found: Arguments = {}
    for word in words:
        if word.startswith("--"):
            values = found.setdefault(word, [])
        else:
            values.append(word)
    return found


def table(answer: Any) -> str:
    """As `--output tsv` writes it."""
    if answer is None:
        return ""
    rows = answer if isinstance(answer, list) else [answer]
    return "".join("\t".join(map(cell, row if isinstance(row, list) else [row])) + "\n" for row in rows)


def cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(len(value)) if isinstance(value, list) else "" if isinstance(value, dict) else str(value)


def deployment(state: State, given: Arguments) -> Any:
    if [*given["--resource-group"], *given["--name"]] != ["certflow", "certflow"]:
        raise RefusedError("(DeploymentNotFound) Deployment could not be found.")
    return {"properties": {"outputs": {name: {"value": value} for name, value in state["outputs"].items()}}}


def of_subscription(state: State, kind: str, given: Arguments) -> list[Any]:
    (subscription,) = given["--subscription"]
    if subscription not in state["subscriptions"]:
        raise RefusedError(f"The subscription of '{subscription}' doesn't exist in cloud 'AzureCloud'. NotFound")
    return [one for one in state[kind] if one["id"].split("/")[2] == subscription]


def assignments(state: State, given: Arguments) -> Any:
    if "--all" not in given or given["--fill-principal-name"] != ["false"]:
        raise RefusedError("(Authorization_RequestDenied) Insufficient privileges to complete the operation.")
    inherited = [one for one in state["assignments"] if one["id"].startswith("/providers/")]
    return of_subscription(state, "assignments", given) + inherited


def events(state: State, given: Arguments) -> Any:
    topic = f"/resourceGroups/{given['--resource-group'][0]}/providers/Microsoft.EventGrid/systemTopics/"
    wanted = f"{topic}{given['--system-topic-name'][0]}/eventSubscriptions/".lower()
    return [one for one in of_subscription(state, "events", given) if wanted in one["id"].lower()]


def take_away(state: State, given: Arguments) -> Any:
    (wanted,) = given["--ids"]
    for kind in ("assignments", "topics", "events"):
        left = [one for one in state[kind] if one["id"] != wanted]
        if len(left) < len(state[kind]):
            state[kind] = left
            state["events"] = [one for one in state["events"] if not one["id"].startswith(f"{wanted}/")]
            return None
    raise RefusedError(f"(ResourceNotFound) The Resource '{wanted}' was not found.")


def rest(state: State, given: Arguments) -> Any:
    (url,) = given["--url"]
    if url.startswith(GRAPH):
        return graph(state, given)
    path, _, query = url.partition("?")
    if not query.endswith("api-version=2022-04-01"):
        raise RefusedError("(MissingApiVersionParameter) The api-version query parameter (?api-version=) is required.")
    if given["--method"] == ["get"] and path == "/providers/Microsoft.Authorization/roleDefinitions":
        return {"value": state["definitions"]}
    if given["--method"] == ["get"] and path.endswith("/providers/Microsoft.Authorization/permissions"):
        return {"value": state["permissions"][path.removesuffix("/providers/Microsoft.Authorization/permissions")]}
    made = re.fullmatch(r"(/subscriptions/.+)/providers/Microsoft.Authorization/roleDefinitions/([0-9a-f-]+)", path)
    if given["--method"] != ["delete"] or made is None:
        raise RefusedError(f"(NotFound) {url}")
    if any(one["roleDefinitionId"].lower().endswith(made[2].lower()) for one in state["assignments"]):
        raise RefusedError("(RoleDefinitionHasAssignments) There are existing role assignments referencing role.")
    left = [one for one in state["definitions"] if one["name"] != made[2] or made[1] not in scopes(one)]
    if len(left) == len(state["definitions"]):
        raise RefusedError(f"(RoleDefinitionDoesNotExist) NotFound {url}")
    state["definitions"] = left
    return None


def providers(state: State, given: Arguments) -> Any:
    registered = state["registered"][given["--subscription"][0]]
    return [{"namespace": one, "registrationState": "Registered"} for one in registered] + [
        {"namespace": "Microsoft.App", "registrationState": "NotRegistered"}
    ]


def show(state: State, given: Arguments) -> Any:
    found = [one for one in state["vaults"] if one["id"].lower() == given["--ids"][0].lower()]
    if not found:
        raise RefusedError(f"(ResourceNotFound) The Resource '{given['--ids'][0]}' was not found.")
    return found[0]


def registered(state: State, given: Arguments) -> Any:
    found = [one for one in state["applications"].values() if one["appId"] == given["--id"][0]]
    if not found:
        raise RefusedError(f"Resource '{given['--id'][0]}' does not exist. NotFound")
    return found[0]


def scopes(definition: Any) -> list[str]:
    return list(definition["properties"]["assignableScopes"])


ANSWERS: dict[str, Answer] = {
    "deployment group show": deployment,
    "account show": lambda state, given: {
        "tenantId": state["tenant"],
        "id": state.get("subscriptions", [None])[0],
        "name": "Contoso",
    },
    "cloud show": lambda state, given: {"endpoints": {"microsoftGraphResourceId": "https://graph.microsoft.com/"}},
    "ad app show": registered,
    "ad sp show": lambda state, given: state["principals"].get(given["--id"][0]) or refuse(),
    "account list": lambda state, given: (
        [{"id": one, "tenantId": state["tenant"], "state": "Enabled"} for one in state["subscriptions"]]
        + [{"id": "99999999-0000-0000-0000-000000000000", "tenantId": "another", "state": "Enabled"}]
    ),
    "role assignment list": assignments,
    "role assignment delete": take_away,
    "eventgrid system-topic event-subscription list": events,
    "eventgrid system-topic list": lambda state, given: of_subscription(state, "topics", given),
    "resource delete": take_away,
    "resource show": show,
    "provider list": providers,
    "functionapp list-flexconsumption-runtimes": lambda state, given: [
        {"version": one} for one in state["runtimes"].get(given["--location"][0], [])
    ],
    "group exists": lambda state, given: given["--name"][0] in state["groups"],
    "rest": rest,
}
