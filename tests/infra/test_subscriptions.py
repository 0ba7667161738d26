"""Who is told of what: every way in has exactly one subscription, to a function or a queue of the app."""

from __future__ import annotations

import re
from typing import Any

import pytest

from functions.ports.work_queue import EVENT_QUEUE, UPLOAD_QUEUE, VAULT_EVENT_QUEUE, poison_of
from functions.triggers.blob import CHAIN_CONTAINER
from local.bicep_check import INFRA
from tests.app_settings import bindings
from tests.infra.deployed import EXAMPLES, Resource, example
from tests.infra.event_queues import queues_read
from tests.infra.event_subscriptions import KINDS, told

QUEUED = ("smallest", "private", "hub-and-spoke")  # many-vaults delivers to functions


def subscriptions(name: str, alone: bool = False) -> list[Resource]:
    """Those of an example: in main.bicep, or `alone` in subscriptions.bicep."""
    return [one for one in example(f"{name}-subscriptions" if alone else name).resources if one["type"] in KINDS]


def topic_of(subscription: Resource) -> str:
    return str(subscription["id"].partition("/eventSubscriptions/")[0])


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_topic_of_the_deployment_has_one_subscription_and_it_is_the_right_one(name: str) -> None:
    to_queues = name in QUEUED
    expected: dict[str, str] = {}
    for one in example(name).resources:
        if one["type"] == "Microsoft.EventGrid/topics":
            expected[one["id"]] = EVENT_QUEUE if to_queues else "notify"
        elif one["type"] == "Microsoft.EventGrid/systemTopics":
            of_vault = one["properties"]["topicType"] == "Microsoft.KeyVault.vaults"
            function, queue = ("vault_events", VAULT_EVENT_QUEUE) if of_vault else ("dropped_chain", UPLOAD_QUEUE)
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
    made = {one["name"].rpartition("/")[2] for one in example("smallest").of(QUEUES)}
    assert {told(one) for one in subscriptions("smallest")} == {VAULT_EVENT_QUEUE, UPLOAD_QUEUE, EVENT_QUEUE}
    read = queues_read().keys()
    assert (
        read
        == {
            *(VAULT_EVENT_QUEUE, UPLOAD_QUEUE, EVENT_QUEUE),
            *map(poison_of, (VAULT_EVENT_QUEUE, UPLOAD_QUEUE, EVENT_QUEUE)),
        }
        <= made
    )
    assert [one["name"] for one in example("many-vaults").of(QUEUES) if "webjobs" not in one["name"]] == []


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
        f"/blobServices/default/containers/{CHAIN_CONTAINER}/": {"Microsoft.Storage.BlobCreated"},
        "": {f"Microsoft.KeyVault.Certificate{kind}" for kind in ("NewVersionCreated", "NearExpiry", "Expired")},
    }


def shown(name: str, alone: bool = False) -> list[Resource]:
    """The subscriptions without what only names the modules they are in."""
    return sorted(subscriptions(name, alone), key=lambda one: str(one["id"]))


@pytest.mark.parametrize("name", EXAMPLES)
def test_alone_they_are_the_same(name: str) -> None:
    assert shown(name, alone=True) == shown(name)


SHARED = ("param name", "param vaults", "param delivery", "param privateNetwork")


@pytest.mark.parametrize("name", ["main", *(f"examples/{one}" for one in EXAMPLES)])
def test_both_templates_are_given_the_same_names_vaults_and_delivery(name: str) -> None:
    alone = "subscriptions" if name == "main" else f"{name}-subscriptions"
    one, other = (
        sorted(
            part.partition("\n\n")[0].strip()
            for part in re.split(r"\n(?=param )", (INFRA / f"{file}.bicepparam").read_text())
            if part.startswith(SHARED)
        )
        for file in (name, alone)
    )
    assert one == other
