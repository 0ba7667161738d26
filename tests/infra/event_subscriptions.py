"""The event subscriptions of a snapshot, and where each leads to."""

from __future__ import annotations

import re

from tests.infra.deployed import Resource

KINDS = ("Microsoft.EventGrid/systemTopics/eventSubscriptions", "Microsoft.EventGrid/topics/eventSubscriptions")


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
