"""Who is told of what: every way in has exactly one subscription, to a function or a queue of the app."""

from __future__ import annotations

import json
import re
from typing import Any

import azure.functions as func
import pytest

from functions.issuance.queues import DROPS, EVENTS, VAULT_EVENTS, poison_of
from functions.triggers.chains import CONTAINER
from functions.triggers.queued import poison_blueprint, queued_blueprint
from local.bicep_check import INFRA
from tests.infra.deployed import EXAMPLES, Resource, example
from tests.unit.test_promises import bindings

KINDS = ("Microsoft.EventGrid/systemTopics/eventSubscriptions", "Microsoft.EventGrid/topics/eventSubscriptions")


def subscriptions(name: str) -> list[Resource]:
    return [one for one in example(f"{name}-subscriptions").resources if one["type"] in KINDS]


def queues_read() -> dict[str, str]:
    """The queue of each function that takes events from one."""
    app = func.FunctionApp()
    nothing: Any = None  # never called
    app.register_functions(queued_blueprint(nothing, nothing, nothing))
    app.register_functions(poison_blueprint(nothing))
    triggers = {str(one.get_function_name()): json.loads(str(one))["bindings"][0] for one in app.get_functions()}
    return {str(trigger["queueName"]): name for name, trigger in triggers.items()}


def told(subscription: Resource) -> str:
    """The function that is told, or the queue."""
    properties = subscription["properties"]
    pushed, queued = properties["destination"], properties["deliveryWithResourceIdentity"]
    assert (pushed is None) != (queued is None)
    if queued:
        assert queued["identity"] == {"type": "SystemAssigned"}  # the only one that passes a firewall (platform §4)
        assert queued["destination"]["properties"]["queueMessageTimeToLiveInSeconds"] == -1
        return str(queued["destination"]["properties"]["queueName"])
    if pushed["endpointType"] == "AzureFunction":
        return str(pushed["properties"]["resourceId"].rpartition("/functions/")[2])
    assert pushed["endpointType"] == "WebHook"
    (function,) = re.findall(r"functionName=Host\.Functions\.(\w+)&code=", pushed["properties"]["endpointUrl"])
    return str(function)


def topic_of(subscription: Resource) -> str:
    return str(subscription["id"].partition("/eventSubscriptions/")[0])


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_topic_of_the_deployment_has_one_subscription_and_it_is_the_right_one(name: str) -> None:
    to_queues = name == "private"
    expected: dict[str, str] = {}
    for one in example(name).resources:
        if one["type"] == "Microsoft.EventGrid/topics":
            expected[one["id"]] = EVENTS if to_queues else "notify"
        elif one["type"] == "Microsoft.EventGrid/systemTopics":
            of_vault = one["properties"]["topicType"] == "Microsoft.KeyVault.vaults"
            function, queue = ("vault_events", VAULT_EVENTS) if of_vault else ("dropped_chain", DROPS)
            expected[one["id"]] = queue if to_queues else function
    if name == "many-vaults":  # one vault has its topic already
        (given,) = (topic_of(one) for one in subscriptions(name) if topic_of(one) not in expected)
        assert given.endswith("/contoso-pay-events")
        expected[given] = "vault_events"
    assert {topic_of(one): told(one) for one in subscriptions(name)} == expected
    assert len(subscriptions(name)) == len(expected)


def test_the_functions_that_are_told_have_the_trigger_for_it() -> None:
    kinds = {"vault_events": "eventGridTrigger", "notify": "eventGridTrigger", "dropped_chain": "blobTrigger"}
    assert {told(one) for one in subscriptions("many-vaults")} == kinds.keys()
    assert {name: bindings()[name][0]["type"] for name in kinds} == kinds


def test_every_queue_that_is_delivered_to_is_deployed_and_read_by_one_function() -> None:
    made = {one["name"].rpartition("/")[2] for one in example("private").of(QUEUES)}
    assert {told(one) for one in subscriptions("private")} == {VAULT_EVENTS, DROPS, EVENTS}
    read = queues_read().keys()
    assert read == {*(VAULT_EVENTS, DROPS, EVENTS), *map(poison_of, (VAULT_EVENTS, DROPS, EVENTS))} <= made
    assert [one["name"] for one in example("smallest").of(QUEUES) if "webjobs" not in one["name"]] == []


QUEUES = "Microsoft.Storage/storageAccounts/queueServices/queues"


@pytest.mark.parametrize("name", EXAMPLES)
def test_events_are_cloud_events_and_what_cannot_be_delivered_for_a_day_is_kept(name: str) -> None:
    containers = {one["id"] for one in example(name).of("Microsoft.Storage/storageAccounts/blobServices/containers")}
    for one in subscriptions(name):
        properties = one["properties"]
        assert properties["eventDeliverySchema"] == "CloudEventSchemaV1_0"
        assert properties["retryPolicy"] == {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440}
        letters: dict[str, Any] = properties["deadLetterWithResourceIdentity"]
        assert letters["identity"] == {"type": "SystemAssigned"}
        place = letters["deadLetterDestination"]["properties"]
        assert f"{place['resourceId']}/blobServices/default/containers/{place['blobContainerName']}" in containers


@pytest.mark.parametrize("name", EXAMPLES)
def test_only_what_is_dropped_is_told_of_and_only_what_vaults_say_of_certificates(name: str) -> None:
    filters = {told(one): one["properties"]["filter"] for one in subscriptions(name) if "filter" in one["properties"]}
    by_kind = {filter_["subjectBeginsWith"]: set(filter_["includedEventTypes"]) for filter_ in filters.values()}
    assert by_kind == {
        f"/blobServices/default/containers/{CONTAINER}/": {"Microsoft.Storage.BlobCreated"},
        "": {f"Microsoft.KeyVault.Certificate{kind}" for kind in ("NewVersionCreated", "NearExpiry", "Expired")},
    }


SHARED = ("param name", "param vaults", "param privateNetwork")


@pytest.mark.parametrize("name", ["main", *(f"examples/{one}" for one in EXAMPLES)])
def test_both_phases_are_given_the_same_names_vaults_and_switch(name: str) -> None:
    second = "subscriptions" if name == "main" else f"{name}-subscriptions"
    one, other = (
        [
            part
            for part in re.split(r"\n(?=param )", (INFRA / f"{file}.bicepparam").read_text())
            if part.startswith(SHARED)
        ]
        for file in (name, second)
    )
    assert [part.partition("\n\n")[0].strip() for part in one] == [part.strip() for part in other]
