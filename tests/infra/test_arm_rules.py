"""The rules of arm_rules.py find nothing in the examples, and each finds what it is for in a broken copy."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from tests.infra.arm_rules import ASSIGNMENT, DEFINITION, SYSTEM_TOPIC, refused
from tests.infra.deployed import EXAMPLES, Resource, Snapshot, example

EVENTS = f"{SYSTEM_TOPIC}/eventSubscriptions"


def deployed(name: str) -> Snapshot:
    main = example(name)
    return Snapshot((*main.resources, *example(f"{name}-subscriptions").resources), main.outputs)


def broken(change: Callable[[Resource], object], kind: str) -> Snapshot:
    """A copy of `private` with the first resource of a kind changed."""
    given = copy.deepcopy(deployed("private"))
    change(given.of(kind)[0])
    return given


@pytest.mark.parametrize("name", EXAMPLES)
def test_azure_refuses_nothing_of_an_example_nor_of_the_same_again(name: str) -> None:
    assert refused(deployed(name)) == refused(deployed(name), deployed(name)) == []


def test_azure_refuses_nothing_when_four_vaults_leave() -> None:
    assert refused(deployed("smallest"), deployed("many-vaults")) == []


def scope_less(role: Resource) -> None:
    role["properties"]["assignableScopes"] = ["/subscriptions/55555555-5555-5555-5555-555555555555"]


def another_name(one: Resource) -> None:
    one["id"] = f"{one['id'][:-1]}{'0' if one['id'][-1] != '0' else '1'}"


def two_places(one: Resource) -> None:
    one["properties"]["destination"] = {"endpointType": "AzureFunction", "properties": {}}


BREAKS: dict[str, tuple[str, Callable[[Resource], object]]] = {
    "is taken away while": (DEFINITION, scope_less),
    "principal and role of an assignment cannot change": (
        ASSIGNMENT,
        lambda one: one["properties"].update(principalId="33333333-0000-0000-0000-000000000000"),
    ),
    "the same grant is there under another name": (ASSIGNMENT, another_name),
    "inputSchema cannot change": (
        "Microsoft.EventGrid/topics",
        lambda one: one["properties"].update(inputSchema="EventGridSchema"),
    ),
    "eventDeliverySchema cannot change": (
        EVENTS,
        lambda one: one["properties"].update(eventDeliverySchema="EventGridSchema"),
    ),
    "subnet cannot change": (
        "Microsoft.Network/privateEndpoints",
        lambda one: one["properties"].update(subnet={"id": "another"}),
    ),
    "zone redundancy takes a conversion": (
        "Microsoft.Storage/storageAccounts",
        lambda one: one["sku"].update(name="Standard_ZRS"),
    ),
    "its location cannot change": (SYSTEM_TOPIC, lambda one: one.update(location="elsewhere")),
    "has a system topic already": (SYSTEM_TOPIC, another_name),
    "it has two destinations": (EVENTS, two_places),
    "is not there": (
        EVENTS,
        lambda one: one["properties"]["deliveryWithResourceIdentity"]["destination"]["properties"].update(
            queueName="no"
        ),
    ),
    "Flex Consumption refuses ftpsState": (
        "Microsoft.Web/sites",
        lambda one: one["properties"]["siteConfig"].update(ftpsState="Disabled"),
    ),
}


@pytest.mark.parametrize("says", BREAKS)
def test_each_rule_finds_what_it_is_for(says: str) -> None:
    kind, change = BREAKS[says]
    private = deployed("private")
    # Locations of topics are of Azure's knowing, in part: the chain storage's own is given.
    if says == "its location cannot change":
        given = copy.deepcopy(private)
        change(next(one for one in given.of(kind) if not str(one["location"]).startswith("[")))
    else:
        given = broken(change, kind)
    assert any(says in one for one in refused(given, private)), refused(given, private)


def test_two_roles_of_one_name_are_found() -> None:
    given = copy.deepcopy(deployed("many-vaults"))
    first, second, *_ = given.of(DEFINITION)
    second["properties"]["roleName"] = first["properties"]["roleName"].upper()
    assert any("is the name of two roles" in one for one in refused(given))
