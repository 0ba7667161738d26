"""Plays `az` for infra/prove.sh: the answers of one subscription, as nasty as the real one; a file keeps its state.

It answers in the process of the test (`serving` in tests/infra/az.py), or runs as a program with the words of a command
line, as long as a call that a signal has to end. It knows what prove.sh asks for and nothing else; how az is spoken
to is in tests/infra/az.py, the stand-in for the other scripts, which deploy nothing. Files go to the storage of a
running stack.

A subscription, with what makes it unkind ("how often", or what): `forbidden`: uploads after a role was given (Azure
Storage: roles take up to ten minutes); `no_key`: answers without the keys of the app; `role_unknown`: deployments that
do not know their own role yet; `slow`: seconds that one takes; `query_refused`: the queries of all rules;
`rules_refused`: lists of the rules; `application`: a service principal is signed in;
`delete_refused`: deletions of the group; `tags`: those that somebody has given the group; `silent`: no telemetry
comes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from tests.infra.az import Answer, Arguments, RefusedError, main

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ROLE, SITE, CHAINS = "22222222-2222-2222-2222-222222222222", "func-prove-abcdefghijklm", "provecabcdefghijklm"
RULES = ("prove-standing-still", "prove-poison")
EMPTY: dict[str, Any] = {
    "groups": {},
    "vaults": {},
    "deleted_vaults": {},
    "roles": {},
    "assignments": {},
    "workspaces": [],
    "recoverable_workspaces": [],
    "deployed": [],
    "unkind": {},
    "stack": "",
}


def _unkind(state: dict[str, Any], how: str) -> bool:
    left = state["unkind"].get(how, 0)
    state["unkind"][how] = max(0, left - 1)
    return bool(left)


def _group(state: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in state["groups"]:
        raise RefusedError(f"(ResourceGroupNotFound) Resource group '{name}' could not be found.")
    group: dict[str, Any] = state["groups"][name]
    return group


def _group_create(state: dict[str, Any], options: Arguments) -> Any:
    tags = dict(tag.split("=") for tag in options["--tags"])
    state["groups"][options["--name"][0]] = {"tags": state["unkind"].get("tags", tags)}
    return state["groups"][options["--name"][0]]


def _group_delete(state: dict[str, Any], options: Arguments) -> Any:
    (name,) = options["--name"]
    _group(state, name)
    if "--yes" not in options:
        raise RefusedError("Unable to prompt for confirmation as no tty available. Use --yes.")
    if _unkind(state, "delete_refused"):
        raise RefusedError("(ResourceGroupDeletionBlocked) Deletion of resource group failed: try again later.")
    del state["groups"][name]
    state["deleted_vaults"] |= state["vaults"]
    state["recoverable_workspaces"] += state["workspaces"]
    state["assignments"] = {key: one for key, one in state["assignments"].items() if name not in one["scope"]}
    state |= {"vaults": {}, "workspaces": [], "deployed": []}


def _vault_create(state: dict[str, Any], options: Arguments) -> Any:
    _group(state, options["--resource-group"][0])
    state["vaults"][options["--name"][0]] = {"name": options["--name"][0]}
    return state["vaults"][options["--name"][0]]


def _purge(state: dict[str, Any], options: Arguments) -> Any:
    if options["--name"][0] not in state["deleted_vaults"]:
        raise RefusedError("(VaultNotFound) There is no deleted vault of this name.")
    del state["deleted_vaults"][options["--name"][0]]


def _deploy(state: dict[str, Any], options: Arguments) -> Any:
    (group,), (template,) = options["--resource-group"], options["--template-file"]
    _group(state, group)
    given = dict(one.split("=", 1) for one in options["--parameters"])
    (vault,) = json.loads(given["vaults"])
    if vault["id"].rpartition("/")[2] not in state["vaults"]:
        raise RefusedError("(InvalidTemplate) The vault of the parameters does not exist.")
    name = Path(template).stem
    if name == "main":
        if given.get("packageUri") != "":
            raise RefusedError("(DeploymentFailed) There is a package of a release, which is not the one to be proved.")
        time.sleep(state["unkind"].get("slow", 0))
        # One that is made is there, also if the deployment ends in an error.
        state["roles"][ROLE] = [f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"]
        if _unkind(state, "role_unknown"):
            raise RefusedError("(RoleDefinitionDoesNotExist) The specified role definition does not exist.")
        state["assignments"]["app"] = {"role": ROLE, "scope": vault["id"]}
        state["workspaces"] = ["log-prove"]
    elif "package" not in state["deployed"]:
        raise RefusedError("(Endpoint validation) Destination endpoint not found: the function is not there.")
    state["deployed"].append(name)


def _place(state: dict[str, Any], options: Arguments) -> Any:
    if (
        "main" not in state["deployed"]
        or not Path(*options["here"], options["--src"][0]).exists()
        or options["--build-remote"] != ["false"]
    ):
        raise RefusedError("The zip cannot be deployed.")
    state["deployed"].append("package")


def _keys(state: dict[str, Any], _options: Arguments) -> Any:
    if _unkind(state, "no_key"):
        return {"functionKeys": {}, "systemKeys": {}, "masterKey": None}
    key = _stack(state)["function_key"] if state["stack"] else "key"
    return {"functionKeys": {"default": key}, "systemKeys": {"blobs_extension": "key"}, "masterKey": "key"}


def _assign(state: dict[str, Any], options: Arguments) -> Any:
    (scope,) = options["--scope"]
    state["assignments"][scope] = {"role": options["--role"][0], "scope": scope}
    return {"id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/1"}


def _assigned(state: dict[str, Any], options: Arguments) -> Any:
    return [{"id": key} for key, one in state["assignments"].items() if one["role"] == options["--role"][0]]


def _take_back(state: dict[str, Any], options: Arguments) -> Any:
    del state["assignments"][options["--ids"][0]]


def _role_delete(state: dict[str, Any], options: Arguments) -> Any:
    (role,), (scope,) = options["--name"], options["--scope"]
    if any(one["role"] == role for one in state["assignments"].values()):
        raise RefusedError("(RoleDefinitionHasAssignments) There are existing role assignments referencing role.")
    if scope not in state["roles"].get(role, []):
        raise RefusedError("(RoleDefinitionDoesNotExist) The specified role definition does not exist.")
    del state["roles"][role]


def _defined(state: dict[str, Any], options: Arguments) -> Any:
    """Those that can be assigned in the scope; whether others are listed where no scope is given, is not documented."""
    (scope,) = options.get("--scope", [f"/subscriptions/{SUBSCRIPTION}"])
    return [{"name": role, "assignableScopes": scopes} for role, scopes in state["roles"].items() if scope in scopes]


def _person(state: dict[str, Any], _options: Arguments) -> Any:
    if state["unkind"].get("application"):
        raise RefusedError("/me request is only valid with delegated authentication flow.")
    return {"id": "33333333-3333-3333-3333-333333333333"}


def _workspace_delete(state: dict[str, Any], options: Arguments) -> Any:
    if "--force" not in options:
        state["recoverable_workspaces"].append(options["--workspace-name"][0])
    state["workspaces"].remove(options["--workspace-name"][0])


def _container(state: dict[str, Any], options: Arguments, *roles: str) -> Any:
    (name,) = options["--container-name"]
    given = [one["role"] for scope, one in state["assignments"].items() if scope.endswith(f"/containers/{name}")]
    if options["--auth-mode"] != ["login"] or not set(given) & set(roles) or _unkind(state, "forbidden"):
        raise RefusedError(
            "(AuthorizationPermissionMismatch) This request is not authorized to perform this operation."
        )
    from azure.storage.blob import BlobServiceClient  # it takes a while, and few calls need it

    stack = _stack(state)
    blobs = BlobServiceClient.from_connection_string(
        stack["storage"]["connection_string"], connection_verify=stack["ca_file"]
    )
    return blobs.get_container_client(name)


def _upload(state: dict[str, Any], options: Arguments) -> Any:
    container = _container(state, options, "Storage Blob Data Contributor")
    content = Path(*options["here"], options["--file"][0]).read_bytes()
    return container.upload_blob(
        options["--name"][0], content, overwrite="--overwrite" in options
    ).get_blob_properties()


def _blobs(state: dict[str, Any], options: Arguments) -> Any:
    container = _container(state, options, "Storage Blob Data Contributor", "Storage Blob Data Reader")
    include = ["versions"] if options.get("--include") == ["v"] else []
    return [{"name": one.name} for one in container.list_blobs(include=include)]


def _rest(state: dict[str, Any], options: Arguments) -> Any:
    (url,) = options["--url"]
    if "/scheduledQueryRules?" in url:
        if state["unkind"].get("rules_refused"):
            raise RefusedError("(AuthorizationFailed) The client does not have authorization to read the rules.")
        criteria = {"allOf": [{"query": "traces | take 1"}]}
        return {"value": [{"name": name, "properties": {"criteria": {**criteria, "name": name}}} for name in RULES]}
    if not url.endswith("/v1/apps/app-id/query") or options["--resource"] != ["https://api.applicationinsights.io"]:
        raise RefusedError("Not Found")
    body = json.loads(Path(*options["here"], options["--body"][0].removeprefix("@")).read_text())
    if state["unkind"].get("query_refused") and "timestamp" not in body["query"]:
        raise RefusedError("Bad Request({'error': {'code': 'SemanticError', 'message': 'no column of this name'}})")
    return {"tables": [{"name": "PrimaryResult", "rows": [] if state["unkind"].get("silent") else [["x"]]}]}


def _stack(state: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = json.loads(Path(state["stack"]).read_text())
    return described


ANSWERS: dict[str, Answer] = {
    "account show": lambda _state, _options: {"id": SUBSCRIPTION, "name": "Contoso"},
    "ad signed-in-user show": _person,
    "deployment group create": _deploy,
    "functionapp deployment source config-zip": _place,
    "functionapp keys list": _keys,
    "functionapp list": lambda _state, _options: [{"name": SITE}],
    "functionapp show": lambda _state, _options: {"defaultHostName": f"{SITE}.azurewebsites.net"},
    "group create": _group_create,
    "group delete": _group_delete,
    "group exists": lambda state, options: options["--name"][0] in state["groups"],
    "group show": lambda state, options: _group(state, options["--name"][0]),
    "keyvault create": _vault_create,
    "keyvault list-deleted": lambda state, _options: list(state["deleted_vaults"].values()),
    "keyvault purge": _purge,
    "monitor log-analytics workspace delete": _workspace_delete,
    "monitor log-analytics workspace list": lambda state, _: [{"name": name} for name in state["workspaces"]],
    "resource list": lambda _state, _options: [{"id": "/insights"}],
    "resource show": lambda _state, _options: {"properties": {"AppId": "app-id"}},
    "rest": _rest,
    "role assignment create": _assign,
    "role assignment delete": _take_back,
    "role assignment list": _assigned,
    "role definition delete": _role_delete,
    "role definition list": _defined,
    "storage account list": lambda _state, _options: [{"name": "provehabcdefghijklm"}, {"name": CHAINS}],
    "storage blob list": _blobs,
    "storage blob upload": _upload,
}

if __name__ == "__main__":
    sys.exit(main(ANSWERS, Path(os.environ["STAND_IN_AZ"]), sys.argv[1:]))
