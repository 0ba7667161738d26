"""infra/entra/register.sh against a stand-in of az and of Microsoft Graph. register.ps1 was only read, and compared."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from functions.access.roles import VERBS_OF_ROLES
from functions.settings.sign_in import AZURE_CLI
from local.functions_host import ROOT
from tests.infra.graph import tenant
from tests.infra.subscription import Run, run

FOLDER = ROOT / "infra" / "entra"
PIPELINE, GROUP = "dddddddd-0000-4000-8000-000000000001", "dddddddd-0000-4000-8000-000000000002"
PAGE = "https://func-certflow.azurewebsites.net/api/console/"
BY_HAND = "eeeeeeee-0000-4000-8000-000000000001"


def register(directory: Path, state: dict[str, Any], *arguments: str) -> Run:
    return run(directory, "entra/register.sh", copy.deepcopy(state), *arguments)


def application(state: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in state["applications"].values() if one["uniqueName"] == name)
    return dict(found)


def roles(state: dict[str, Any]) -> dict[str, str]:
    """The ids of the app roles, by value."""
    return {one["value"]: one["id"] for one in application(state, "certflow-api")["appRoles"]}


def in_any_order(value: Any) -> Any:
    """JSON with each list sorted: Graph keeps no order of roles and clients."""
    if isinstance(value, dict):
        return {key: in_any_order(one) for key, one in value.items()}
    return sorted(map(in_any_order, value), key=str) if isinstance(value, list) else value


def test_both_applications_are_registered_and_what_bicep_takes_is_printed(tmp_path: Path) -> None:
    done = register(tmp_path, tenant(), "--redirect", PAGE)
    assert done.status == 0, done.errors
    api, page = (application(done.state, f"certflow-{which}") for which in ("api", "page"))
    assert done.output == (
        f"param signIn = {{\n  tenantId: '{tenant()['tenant']}'\n  apiClientId: '{api['appId']}'\n"
        f"  pageClientId: '{page['appId']}'\n}}\n"
    )
    assert len({api["appId"], page["appId"]}) == 2  # so that no ID token of the page is for the API
    assert {one["signInAudience"] for one in (api, page)} == {"AzureADMyOrg"}
    assert page["spa"]["redirectUris"] == [PAGE]


def test_the_api_gives_the_tokens_that_the_app_accepts(tmp_path: Path) -> None:
    api = application(register(tmp_path, tenant()).state, "certflow-api")
    assert api["api"]["requestedAccessTokenVersion"] == 2
    assert api["identifierUris"] == [f"api://{api['appId']}"]
    (scope,) = api["api"]["oauth2PermissionScopes"]
    assert (scope["value"], scope["isEnabled"]) == ("access_as_user", True)
    (claim,) = api["optionalClaims"]["accessToken"]
    assert (claim["name"], claim["additionalProperties"]) == ("idtyp", ["include_user_token"])


def test_the_roles_are_those_of_the_app_for_people_and_machines(tmp_path: Path) -> None:
    done = register(tmp_path, tenant(), "--role", "team-pay", "--role", "team-pay")
    api = application(done.state, "certflow-api")
    assert roles(done.state).keys() == {*VERBS_OF_ROLES, "team-pay"}
    assert all(one["allowedMemberTypes"] == ["User", "Application"] for one in api["appRoles"])


def test_nobody_without_a_role_gets_a_token(tmp_path: Path) -> None:
    done = register(tmp_path, tenant())
    api, page = (application(done.state, f"certflow-{which}")["appId"] for which in ("api", "page"))
    assert done.state["principals"][api]["appRoleAssignmentRequired"]
    assert done.state["principals"].keys() == {api, page}


def test_the_azure_cli_the_page_and_who_is_named_call_for_people_without_asking_them(tmp_path: Path) -> None:
    done = register(tmp_path, tenant(), "--client", PIPELINE)
    api, page = (application(done.state, f"certflow-{which}") for which in ("api", "page"))
    (scope,) = api["api"]["oauth2PermissionScopes"]
    allowed = {one["appId"]: one["delegatedPermissionIds"] for one in api["api"]["preAuthorizedApplications"]}
    assert allowed == {one: [scope["id"]] for one in (AZURE_CLI, page["appId"], PIPELINE)}
    (wanted,) = page["requiredResourceAccess"]
    assert wanted == {"resourceAppId": api["appId"], "resourceAccess": [{"id": scope["id"], "type": "Scope"}]}


def test_roles_are_assigned_once(tmp_path: Path) -> None:
    give = ("--role", "team-pay", "--assign", f"{PIPELINE}=team-pay", "--assign", f"{GROUP}=Certflow.Reader")
    first = register(tmp_path, tenant(), *give)
    assert [(one["principalId"], one["appRoleId"]) for one in first.state["assigned"]] == [
        (PIPELINE, roles(first.state)["team-pay"]),
        (GROUP, roles(first.state)["Certflow.Reader"]),
    ]
    again = register(tmp_path / "again", first.state, *give)
    assert (again.status, again.state) == (0, first.state), again.errors


def test_a_role_that_is_not_there_is_not_assigned_and_that_is_said(tmp_path: Path) -> None:
    done = register(tmp_path, tenant(), "--assign", f"{PIPELINE}=team-shop")
    assert done.status == 1
    assert "was not found on application" in done.errors
    assert f"{PIPELINE}=team-shop was not assigned; all else is done." in done.errors


def test_a_second_run_adds_and_takes_nothing_away(tmp_path: Path) -> None:
    """What somebody has added by hand stays, too."""
    state = register(tmp_path, tenant(), "--role", "team-pay", "--redirect", PAGE, "--client", PIPELINE).state
    assert in_any_order(register(tmp_path / "same", state).state) == in_any_order(state)
    api, page = (application(state, f"certflow-{which}") for which in ("api", "page"))
    (scope,) = api["api"]["oauth2PermissionScopes"]
    hand = {"id": BY_HAND, "value": "by-hand", "isEnabled": True}
    api["appRoles"].append(hand)
    api["api"]["oauth2PermissionScopes"].append(hand)
    api["api"]["preAuthorizedApplications"].append({"appId": BY_HAND, "delegatedPermissionIds": [scope["id"]]})
    api["optionalClaims"]["accessToken"].append({"name": "email"})
    done = register(tmp_path / "more", state, "--role", "team-shop", "--redirect", "http://localhost:5173/")
    assert done.status == 0, done.errors
    assert roles(done.state) == roles(state) | {"team-shop": roles(done.state)["team-shop"]}
    after, before = application(done.state, "certflow-api"), api
    assert sorted(map(str, after["api"]["oauth2PermissionScopes"])) == sorted(
        map(str, before["api"]["oauth2PermissionScopes"])
    )
    assert {one["appId"] for one in after["api"]["preAuthorizedApplications"]} == {
        one["appId"] for one in before["api"]["preAuthorizedApplications"]
    }
    assert {one["name"] for one in after["optionalClaims"]["accessToken"]} == {"email", "idtyp"}
    assert application(done.state, "certflow-page")["spa"]["redirectUris"] == [PAGE, "http://localhost:5173/"]
    assert page["appId"] == application(done.state, "certflow-page")["appId"]


def test_another_name_is_another_deployment(tmp_path: Path) -> None:
    state = register(tmp_path, tenant()).state
    both = register(tmp_path / "test", state, "-n", "certflow-test").state
    names = {one["uniqueName"] for one in both["applications"].values()}
    assert names == {"certflow-api", "certflow-page", "certflow-test-api", "certflow-test-page"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("-n", "a'b"),
        ("-n", ""),
        ("--role", 'x", "isEnabled": true'),
        ("--role", ".x"),
        ("--assign", "pipeline=team-pay"),
        ("--assign", f"{PIPELINE}=a b"),
        ("--redirect", "http://example.com/"),
        ("--redirect", 'https://a.example/"'),
        ("--redirect", "https://a.example/\nhttps://b.example/ x"),
        ("--client", f"{PIPELINE}\n{PIPELINE}"),
        ("--client", "DDDDDDDD-0000-4000-8000-000000000001"),
    ],
)
def test_what_would_be_more_than_a_value_is_refused(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = register(tmp_path, tenant(), *arguments)
    assert (done.status, done.calls) == (2, "")
    assert done.errors.startswith(f"register.sh: {arguments[0]} ")
    assert ": only " in done.errors


@pytest.mark.parametrize("arguments", [("--role",), ("--roles", "x"), ("team-pay",)])
def test_how_it_is_called_is_said(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = register(tmp_path, tenant(), *arguments)
    assert done.status == 2
    assert "register.sh [-n NAME] [--role ROLE]" in done.errors


def test_where_nobody_may_register_it_says_so_and_prints_nothing(tmp_path: Path) -> None:
    done = register(tmp_path, tenant() | {"fails": ["rest"]})
    assert done.status != 0
    assert "does not have authorization" in done.errors
    assert done.output == ""


def test_both_scripts_use_the_same_ids_and_ask_graph_for_the_same() -> None:
    """An application that one has made has to be found, and left as it is, by the other."""
    shell, power = ((FOLDER / f"register.{kind}").read_text() for kind in ("sh", "ps1"))
    guids = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    assert set(guids.findall(shell)) == set(guids.findall(power))
    words = re.compile(
        r"\b(uniqueName|create-if-missing|appRoleAssignmentRequired|appRoleAssignedTo|include_user_token|access_as_user|"
        r"requestedAccessTokenVersion|preAuthorizedApplications|delegatedPermissionIds|oauth2PermissionScopes|"
        r"allowedMemberTypes|identifierUris|requiredResourceAccess|redirectUris|AzureADMyOrg|idtyp)\b"
    )
    assert set(words.findall(shell)) == set(words.findall(power))
    assert len(set(words.findall(shell))) == 16
