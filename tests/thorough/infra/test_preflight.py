"""infra/preflight.sh against a stand-in of az: it says what a subscription lacks, and what to do about each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.infra.subscription import Run, run

HERE, THERE = "11111111-1111-1111-1111-111111111111", "55555555-5555-5555-5555-555555555555"
GROUP = f"/subscriptions/{HERE}/resourceGroups/certflow"
PKI = f"/subscriptions/{THERE}/resourceGroups/pki"
VAULT = f"{PKI}/providers/Microsoft.KeyVault/vaults/contoso-pki"
OWNER = [{"actions": ["*"], "notActions": []}]
CONTRIBUTOR = [
    {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"]}
]
ASSIGNS = [{"actions": ["Microsoft.Authorization/roleAssignments/write", "*/read"], "notActions": []}]
PROVIDERS = (
    *("App", "Communication", "EventGrid", "Insights", "KeyVault", "ManagedIdentity", "Network"),
    *("OperationalInsights", "Storage", "Web"),
)


def ready() -> dict[str, Any]:
    """A subscription that lacks nothing, and a vault in another one."""
    return {
        "subscriptions": [HERE, THERE],
        "tenant": "99999999-9999-9999-9999-999999999999",
        "registered": {HERE: [f"Microsoft.{one}" for one in PROVIDERS], THERE: ["microsoft.eventgrid"]},
        "runtimes": {"westeurope": ["3.10", "3.12", "3.13"], "polandcentral": ["3.10", "3.12", "30130"]},
        "groups": ["certflow"],
        "permissions": {GROUP: OWNER, PKI: CONTRIBUTOR + ASSIGNS + OWNER},
        "vaults": [vault()],
        "topics": [],
    }


def vault(**properties: Any) -> dict[str, Any]:
    given = {"enableRbacAuthorization": True, "publicNetworkAccess": "Enabled", "networkAcls": None}
    return {"id": VAULT, "location": "northeurope", "properties": given | properties}


def topic(name: str, identity: str | None) -> dict[str, Any]:
    """A system topic of the vault; Azure writes ids in any case."""
    one = f"{PKI}/providers/Microsoft.EventGrid/systemTopics/{name}"
    return {"id": one, "source": VAULT.upper(), "identity": identity and {"type": identity}}


def asked(directory: Path, state: dict[str, Any], *, location: str = "westeurope") -> Run:
    return run(directory, "preflight.sh", state, "-g", "certflow", "-l", location, "-v", VAULT)


def missing(ran: Run) -> list[str]:
    return [line.partition(" ")[2].strip() for line in ran.output.splitlines() if line.startswith("missing")]


def test_where_nothing_is_missing_it_says_so(tmp_path: Path) -> None:
    ran = asked(tmp_path, ready())
    assert (ran.status, missing(ran)) == (0, []), ran.output + ran.errors
    assert "contoso-pki has no system topic, so it gets one (in northeurope)" in ran.output
    assert ran.output.count("ok ") == 10 + 1 + 3 + 2 + 3 + 1 + 1


@pytest.mark.parametrize(
    ("lacks", "what", "cure"),
    [
        (
            {"registered": {HERE: ["Microsoft.Web"], THERE: ["Microsoft.EventGrid"]}},
            "provider Microsoft.App",
            "--namespace Microsoft.App",
        ),
        (
            {"registered": ready()["registered"] | {THERE: []}},
            f"provider Microsoft.EventGrid in {THERE}",
            f"--subscription {THERE}",
        ),
        ({"groups": []}, "the resource group certflow", "az group create --name certflow --location westeurope"),
        ({"permissions": {GROUP: CONTRIBUTOR, PKI: OWNER}}, f"roleAssignments/write in {GROUP}", "set roles: 'list'"),
        (
            {"permissions": {GROUP: CONTRIBUTOR + ASSIGNS, PKI: OWNER}},
            f"roleDefinitions/write in {GROUP}",
            "builtInVaultRoles",
        ),
        ({"permissions": {GROUP: OWNER, PKI: ASSIGNS}}, f"deployments/write in {PKI}", "Contributor"),
        ({"permissions": {GROUP: OWNER, PKI: []}}, f"deployments/write in {PKI}", "Contributor"),
        (
            {"vaults": [vault(enableRbacAuthorization=False)]},
            "contoso-pki uses Azure roles",
            "--enable-rbac-authorization true",
        ),
        (
            {"vaults": [vault(enableRbacAuthorization=None)]},
            "contoso-pki uses Azure roles",
            "give everybody who uses it a role",
        ),
        ({"vaults": [vault(networkAcls={"defaultAction": "Deny"})]}, "contoso-pki is open", "privateNetwork"),
        ({"vaults": [vault(publicNetworkAccess="Disabled")]}, "contoso-pki is open", "outbound"),
        (
            {"topics": [topic("pki-events", None)]},
            "the system topic of contoso-pki",
            "--name pki-events --identity systemassigned",
        ),
    ],
)
def test_it_says_what_is_missing_and_what_to_do(lacks: dict[str, Any], what: str, cure: str, tmp_path: Path) -> None:
    ran = asked(tmp_path, ready() | lacks)
    assert ran.status == 1, ran.errors
    assert any(what in line for line in missing(ran)), ran.output
    assert cure in ran.output


def test_a_region_without_that_python_is_refused(tmp_path: Path) -> None:
    assert any(
        "Python 3.13 in polandcentral" in one for one in missing(asked(tmp_path, ready(), location="polandcentral"))
    )


@pytest.mark.parametrize("name", ["pki-events", "evgst-certflow-contoso-pki-abc"])
def test_a_topic_that_is_there_is_named(name: str, tmp_path: Path) -> None:
    ran = asked(tmp_path, ready() | {"topics": [topic(name, "SystemAssigned")]})
    assert (ran.status, f"systemTopics/{name}" in ran.output) == (0, True)


@pytest.mark.parametrize("call", ["account show", "provider list", "resource show", "rest"])
def test_what_could_not_be_asked_is_neither_there_nor_missing(call: str, tmp_path: Path) -> None:
    ran = asked(tmp_path, ready() | {"fails": [call]})
    assert (ran.status, "AuthorizationFailed" in ran.errors) == (2, True)


@pytest.mark.parametrize(
    "given",
    [
        (),
        ("-g", "certflow"),
        ("-g", "c", "-l"),
        # An empty variable of a pipeline, and two ids as one: either would be passed over, or taken for others.
        *(("-g", "c", "-l", "w", "-v", one) for one in ("contoso-pki", "", f"{VAULT} {VAULT}", f"{VAULT}/secrets/a")),
        ("-g", "c", "-l", "w", "-o", ""),
        ("-g", "c", "-l", "w", "-v", f"{PKI}/providers/Microsoft.KeyVault/vaults/*"),
    ],
)
def test_what_it_cannot_take_is_said(given: tuple[str, ...], tmp_path: Path) -> None:
    ran = run(tmp_path, "preflight.sh", ready(), *given)
    assert (ran.status, ran.calls, bool(ran.errors)) == (2, "", True)


API = "aaaaaaaa-0000-4000-8000-000000000001"


@pytest.mark.parametrize(("version", "closed"), [(2, True), (None, True), (1, True), (2, False)])
def test_an_application_that_gives_other_tokens_or_to_everybody_is_named(
    version: int | None, closed: bool, tmp_path: Path
) -> None:
    state = ready() | {
        "applications": {"x": {"appId": API, "api": {"requestedAccessTokenVersion": version}}},
        "principals": {API: {"appId": API, "appRoleAssignmentRequired": closed}},
    }
    ran = run(tmp_path, "preflight.sh", state, "-g", "certflow", "-l", "westeurope", "-a", API)
    right = (version, closed) == (2, True)
    assert missing(ran) == ([] if right else [f"the application {API} gives v2 tokens, to those with a role"])
    assert (ran.status, "run infra/entra/register.sh again" in ran.output) == (int(not right), not right), ran.errors


def test_an_application_that_is_not_there_is_said_by_az(tmp_path: Path) -> None:
    state = ready() | {"applications": {}, "principals": {}}
    ran = run(tmp_path, "preflight.sh", state, "-g", "certflow", "-l", "westeurope", "-a", API)
    assert (ran.status, API in ran.errors) == (2, True)
