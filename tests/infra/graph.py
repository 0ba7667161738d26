"""Microsoft Graph for tests/infra/az.py, as far as infra/entra asks it: applications, service principals, and the
assignment of app roles (Learn, "Microsoft Graph REST API v1.0").

It is as strict as Graph is said to be, and forgets the parts of `api` that a change leaves out, which Graph may not.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

State = dict[str, Any]
Arguments = dict[str, list[str]]
GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ROOT = "https://graph.microsoft.com/v1.0/"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
NEW: dict[str, Any] = {
    "appRoles": [],
    "identifierUris": [],
    "optionalClaims": None,
    "api": {"requestedAccessTokenVersion": None, "oauth2PermissionScopes": [], "preAuthorizedApplications": []},
    "spa": {"redirectUris": []},
    "requiredResourceAccess": [],
}


class RefusedByGraphError(Exception):
    """What Graph answers instead."""


def tenant() -> State:
    """An Entra tenant in which nothing is registered."""
    return {"tenant": "99999999-9999-9999-9999-999999999999", "applications": {}, "principals": {}, "assigned": []}


def graph(state: State, given: Arguments) -> Any:
    """Answers one call of `az rest`."""
    (method,), (url,) = given["--method"], given["--url"]
    body = json.loads(Path(given["--body"][0].removeprefix("@")).read_text()) if "--body" in given else {}
    headers = dict(one.split("=", 1) for one in given.get("--headers", []))
    if body and headers.get("Content-Type") != "application/json":
        raise RefusedByGraphError("(BadRequest) Content-Type must be application/json")
    for path, answer in PATHS.items():
        if found := re.fullmatch(path, url.removeprefix(ROOT)):
            return answer(state, method, found[1], body, headers.get("Prefer") == "create-if-missing")
    raise RefusedByGraphError(f"(NotFound) {method} {url}")


def by_name(state: State, method: str, name: str, body: Any, create: bool) -> Any:
    found = next((one for one in state["applications"].values() if one["uniqueName"] == name), None)
    if found is None:
        if method != "patch" or not create:
            raise RefusedByGraphError(f"(Request_ResourceNotFound) NotFound: {name}")
        ids = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name} {what}")) for what in ("object", "app")]
        found = json.loads(json.dumps(NEW)) | {"id": ids[0], "appId": ids[1], "uniqueName": name}
        state["applications"][ids[0]] = found
    return changed(state, found, body) if method == "patch" else found


def by_id(state: State, method: str, name: str, body: Any, _: bool) -> Any:
    return changed(state, state["applications"][name], body) if method == "patch" else state["applications"][name]


def changed(state: State, application: State, body: State) -> None:
    new = application | body
    for kind, before, after in (
        ("appRoles", application["appRoles"], new["appRoles"]),
        ("scopes", application["api"]["oauth2PermissionScopes"], new["api"].get("oauth2PermissionScopes", [])),
    ):
        for key in ("id", "value"):
            values = [one[key] for one in after]
            if len(set(values)) != len(values):
                raise RefusedByGraphError(f"(Request_BadRequest) {kind} contain duplicate values of {key}.")
        enabled = {one["id"] for one in before if one["isEnabled"]}
        if enabled - {one["id"] for one in after}:
            raise RefusedByGraphError("(CannotDeleteOrUpdateEnabledEntitlement) Permission must be disabled first.")
        if not all(re.fullmatch(GUID, one["id"]) for one in after):
            raise RefusedByGraphError(f"(Request_BadRequest) {kind}: an id is no GUID.")
    # A scope has to be there before an application can be authorised for it.
    known = {one["id"] for one in application["api"]["oauth2PermissionScopes"]}
    for one in new["api"].get("preAuthorizedApplications", []):
        if not set(one["delegatedPermissionIds"]) <= known:
            raise RefusedByGraphError("(InvalidValue) preAuthorizedApplications: the permission is not there.")
    if any(one != f"api://{application['appId']}" for one in body.get("identifierUris", [])):
        raise RefusedByGraphError("(HostNameNotOnVerifiedDomain) identifierUris")
    state["applications"][application["id"]] = new


def principal(state: State, method: str, app_id: str, body: Any, create: bool) -> Any:
    if app_id not in {one["appId"] for one in state["applications"].values()}:
        raise RefusedByGraphError("(NoBackingApplicationObject) NotFound: the application is not in this tenant.")
    found = state["principals"].get(app_id)
    if found is None:
        if method != "patch" or not create:
            raise RefusedByGraphError(f"(Request_ResourceNotFound) NotFound: {app_id}")
        found = {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, app_id)), "appId": app_id}
    state["principals"][app_id] = found | body
    return state["principals"][app_id] if method == "get" else None


def assigned(state: State, method: str, resource: str, body: Any, _: bool) -> Any:
    assert method == "post"
    assert body["resourceId"] == resource
    app_id = next(one["appId"] for one in state["principals"].values() if one["id"] == resource)
    (application,) = (one for one in state["applications"].values() if one["appId"] == app_id)
    if body["appRoleId"] not in {one["id"] for one in application["appRoles"]}:
        raise RefusedByGraphError("(Request_BadRequest) Permission being assigned was not found on application.")
    if body in state["assigned"]:
        raise RefusedByGraphError("(Request_BadRequest) Permission being assigned already exists on the object.")
    state["assigned"].append(body)


PATHS: dict[str, Callable[[State, str, str, Any, bool], Any]] = {
    r"applications\(uniqueName='([\w.-]+)'\)": by_name,
    rf"applications/({GUID})": by_id,
    rf"servicePrincipals\(appId='({GUID})'\)": principal,
    rf"servicePrincipals/({GUID})/appRoleAssignedTo": assigned,
}
