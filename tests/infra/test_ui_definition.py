"""The form of the Deploy-to-Azure button. No portal has shown it: it is held to what Microsoft documents of each part,
and what it gives for filled forms is taken by Bicep, which knows the type of every parameter.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from functions.model.errors import BadSettings
from functions.settings.load import load_settings
from tests.infra.deployed import as_azure_would, example
from tests.infra.ui_definition import KINDS, PAGES, elements, faults, outputs, shown
from tests.infra.ui_expressions import parsed, worked_out
from tests.infra.ui_forms import ALL, API, BACK, DEFINITION, GROUP, MAIL, NOTHING, PAGE, SECRETS, TENANT, VAULT, rule


def test_an_empty_form_deploys_what_the_smallest_example_does_but_mail_and_alerts() -> None:
    given = outputs(DEFINITION, NOTHING, hidden_is_kept=False)
    assert given["vaults"] == [{"alias": "main"}]
    assert (given["privateNetwork"], given["alertsTo"], given["notifications"]["mailTo"]) == (False, [], None)
    assert example("smallest").settings["CERTFLOW_VAULTS"].count("main") == 1


def test_all_that_was_filled_in_comes_through() -> None:
    given = outputs(DEFINITION, ALL, hidden_is_kept=False)
    assert given["vaults"] == [{"id": VAULT, "alias": "prod"}, {"id": SECRETS, "alias": "platform"}]
    assert given["notifications"] == {
        "mailTo": ["a@example.com", "b@example.com"],
        "smtp": {
            "server": "smtp.example.com:587",
            "from": "certflow@example.com",
            "user": "certflow",
            "passwordSecret": "certflow-smtp",
        },
        "teams": {"urlSecret": "certflow-teams"},
        "secretsVaultId": SECRETS,
    }
    assert given["people"] == {
        task: [{"id": GROUP, "type": "Group"}] for task in ("uploaders", "trustees", "rules", "quarantine", "access")
    }
    assert given["signIn"] == {"tenantId": TENANT, "apiClientId": API, "pageClientId": PAGE}
    assert given["drops"] is False
    assert (given["name"], given["alertsTo"], given["networkAddresses"]) == (
        *("certflow-prod", ["c@example.com"]),
        "10.20.30.0/24",
    )
    assert (given["builtInVaultRoles"], given["readyInstances"], given["instances"]) == (True, 2, 100)


@pytest.mark.parametrize("kept", [True, False], ids=["hidden-kept", "hidden-gone"])
def test_what_was_taken_back_does_not_come_through(kept: bool) -> None:
    given = outputs(DEFINITION, BACK, hidden_is_kept=kept)
    assert given["vaults"] == [{"alias": "main"}]
    assert {given["notifications"][name] for name in ("mailTo", "smtp", "teams")} == {None}
    assert (given["privateNetwork"], given["networkAddresses"], given["workspaceId"]) == (False, "10.83.0.0/24", "")
    assert (given["signIn"], given["people"]["access"]) == ({}, None)


def test_without_a_choice_callers_have_keys_and_the_page_may_be_left_out() -> None:
    nothing = outputs(DEFINITION, NOTHING, hidden_is_kept=False)
    assert (nothing["signIn"], nothing["drops"]) == ({}, True)
    form = {path: value for path, value in ALL.items() if path != ("signIn", "pageClientId")}
    assert outputs(DEFINITION, form, hidden_is_kept=False)["signIn"]["pageClientId"] is None
    ids = {("signIn", name) for name in ("tenantId", "apiClientId", "pageClientId")}
    assert ids <= shown(DEFINITION, ALL)
    assert not ids & shown(DEFINITION, NOTHING)


def test_one_sees_what_belongs_to_the_choices_made() -> None:
    server = {("messages", "server", name) for name in ("address", "from", "user")}
    password, secrets = ("messages", "server", "passwordSecret"), ("messages", "secretsVault")
    place, grid = ("messages", "mailDataLocation"), ("vaults", "existing")
    assert shown(DEFINITION, NOTHING) & {*server, password, secrets, place, grid, ("shape", "addresses")} == set()
    assert shown(DEFINITION, MAIL) & {*server, password, secrets, place, grid} == {place}
    by_server = shown(DEFINITION, MAIL | {("messages", "mailBy"): "server"})
    assert by_server & {*server, password, secrets, place} == server
    assert {*server, password, secrets, grid, ("shape", "addresses")} <= shown(DEFINITION, ALL)
    assert secrets in shown(DEFINITION, {("messages", "teamsSecret"): "certflow-teams"})


def test_the_list_of_vaults_is_what_the_subscription_has() -> None:
    columns = elements(DEFINITION)["vaults", "existing"]["constraints"]["columns"]
    (vault,) = (one["element"] for one in columns if one["id"] == "id")
    listed = parsed(vault["constraints"]["allowedValues"])
    answer: dict[str, Any] = {"value": [{"id": VAULT, "name": "contoso-pki", "location": "westeurope"}]}
    assert worked_out(listed, {"steps": lambda _: {"inSubscription": answer}}) == [
        {"label": "contoso-pki", "description": "pki", "value": VAULT}
    ]
    # A list needs at least one value (microsoft-common-dropdown).
    for answer in ({"value": []}, {}):
        (one,) = worked_out(listed, {"steps": lambda _: {"inSubscription": answer}})  # noqa: B023  called at once
        assert one["value"] == ""


def named(alias: str) -> dict[str, str]:
    needed = {key: as_azure_would(key, value) for key, value in example("smallest").settings.items()}
    return needed | {"CERTFLOW_VAULTS": f"{alias}=https://contoso.vault.azure.net", "CERTFLOW_TRUSTED_CAS": ""}


@pytest.mark.parametrize("alias", ["a", "main", "0-9", "x" * 24])
def test_an_alias_that_the_form_takes_is_taken_by_the_app(alias: str) -> None:
    assert rule(("vaults", "existing"), "alias").search(alias)
    assert load_settings(named(alias)).faults == ()


@pytest.mark.parametrize("alias", ["", "x" * 25, "a.b", "a b", "a_b", "ä"])
def test_an_alias_that_the_app_refuses_is_refused_by_the_form(alias: str) -> None:
    assert not rule(("vaults", "existing"), "alias").search(alias)
    with pytest.raises(BadSettings, match="does not begin with an alias"):
        load_settings(named(alias))


@pytest.mark.parametrize("name", ["", "My_Cert.Flow", "Certflow", "x" * 21, "a b", "a.b"])
def test_a_name_that_cannot_be_part_of_every_name_is_refused(name: str) -> None:
    assert not rule(("basics", "name")).search(name)


# Names of objects in Key Vault: 1 to 127 letters, digits and hyphens (Learn, "About keys, secrets and certificates").
@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("t", True),
        ("Certflow-teams-2", True),
        ("x" * 127, True),
        ("", False),
        ("x" * 128, False),
        ("a_b", False),
        ("https://x.y/?sig=s", False),
    ],
)
def test_a_secret_has_the_name_that_key_vault_takes(name: str, taken: bool) -> None:
    for path in (("messages", "teamsSecret"), ("messages", "server", "passwordSecret")):
        assert bool(rule(path).search(name)) == taken


def test_no_text_that_goes_into_json_can_end_its_string() -> None:
    """The portal puts the texts of a form into JSON as they are."""
    free = {path for path, one in elements(DEFINITION).items() if one["type"] == "Microsoft.Common.TextBox"}
    assert len(free) > 8
    for path in free:
        for bad in ('"', "\\"):
            for text in (bad, f"a{bad}b@example.com", f"a@example.com{bad}", f"certflow{bad}"):
                assert not rule(path).search(text), path


def _output(name: str, text: str) -> Callable[[dict[str, Any]], object]:
    return lambda definition: definition["parameters"]["outputs"].update({name: text})


def _element(path: tuple[str, ...], **changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda definition: elements(definition)[path].update(changes)


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an element that is gone": (_element(("shape", "private"), name="closed"), "there is no element shape.private"),
    "an output of no parameter": (_output("size", "[basics('name')]"), "there is no parameter size"),
    "a type of nobody": (_element(("basics", "name"), type="Microsoft.Common.Text"), "no page describes"),
    "a property of nobody": (_element(("shape", "ready"), maximum=3), "Microsoft.Common.Slider has"),
    "a slider without an end": (lambda one: elements(one)["shape", "ready"].pop("max"), "Microsoft.Common.Slider has"),
    "a constraint of nobody": (_element(("basics", "name"), constraints={"regex": "x"}), "constraints: {'regex'}"),
    "a default that is no label": (_element(("vaults", "which"), defaultValue="new"), "is none of"),
    "required as text": (_element(("basics", "name"), constraints={"required": "yes"}), "required is no boolean"),
    "a function of nobody": (_output("name", "[trim(basics('name'))]"), "no page describes the function trim"),
    "a property that it has not": (
        _output("name", "[coalesce(steps('messages').secretsVault.kind, '')]"),
        "Microsoft.Solutions.ResourceSelector has no kind",
    ),
    "a section as a value": (_output("name", "[steps('messages').server]"), "there is no element messages.server"),
    "a hidden one": (_output("name", "[steps('shape').addresses]"), "shape.addresses may be hidden"),
    "no expression": (_output("name", "[basics('name'))]"), "something is left over"),
    "two of one name": (
        lambda one: one["parameters"]["basics"].append(one["parameters"]["basics"][0]),
        "two elements have one name",
    ),
    "another version": (lambda one: one.update(version="0.1.1-preview"), "handler, version or $schema"),
    "a check box in a grid": (
        lambda one: elements(one)["vaults", "existing"]["constraints"]["columns"][1].update(
            element={"type": "Microsoft.Common.CheckBox"}
        ),
        "Microsoft.Common.CheckBox in a grid",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_check_says_what_is_wrong(name: str) -> None:
    edit, said = BROKEN[name]
    parameters = {output: {"defaultValue": ""} for output in DEFINITION["parameters"]["outputs"]}
    assert list(faults(DEFINITION, parameters)) == []
    broken = copy.deepcopy(DEFINITION)
    edit(broken)
    assert said in "\n".join(faults(broken, parameters))


def test_the_check_says_what_nothing_feeds() -> None:
    parameters = {output: {"defaultValue": ""} for output in DEFINITION["parameters"]["outputs"]}
    assert list(faults(DEFINITION, {**parameters, "owner": {}})) == [
        "outputs: owner has no default, and nothing feeds it"
    ]


def test_each_type_has_the_page_that_describes_it() -> None:
    for name, kind in KINDS.items():
        assert kind.page == PAGES + name.lower().replace(".", "-")
