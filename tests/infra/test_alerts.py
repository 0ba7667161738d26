"""Alerts and the workbook ask for functions and log records: they have to be those of the code."""

from __future__ import annotations

import json
import re

import pytest

from local.functions_host import ROOT
from tests.infra.deployed import EXAMPLES, example
from tests.infra.test_subscriptions import queues_read
from tests.unit.test_promises import bindings

RECORD = re.compile(r'\brecord\(\s*"([a-z-]+)"')


def queries(name: str) -> dict[str, str]:
    rules = example(name).of("Microsoft.Insights/scheduledQueryRules")
    return {one["name"]: one["properties"]["criteria"]["allOf"][0]["query"] for one in rules}


def words(query: str, field: str) -> set[str]:
    """What a query compares a field with."""
    found = re.findall(rf'\b{field} (?:==|in) (\([^)]*\)|"[^"]*")', query)
    return set(re.findall(r'"([^"]+)"', " ".join(found)))


def records_written() -> set[str]:
    return {name for file in (ROOT / "functions").rglob("*.py") for name in RECORD.findall(file.read_text())}


def test_alerts_and_workbook_ask_for_what_the_code_writes() -> None:
    (workbook,) = example("smallest").of("Microsoft.Insights/workbooks")
    items = json.loads(workbook["properties"]["serializedData"])["items"]
    texts = [*queries("smallest").values(), *(one["content"]["query"] for one in items if one["type"] == 3)]
    events = {word for query in texts for word in words(query, "event")}
    functions = {word for query in queries("smallest").values() for word in words(query, "name")}
    assert {"beat", "notice-refused", "work-failed", "request-tracked", "request-moved", "surveyed"} <= events
    assert events <= records_written()
    assert {"stuck_chain"} <= functions <= bindings().keys() | set(queues_read().values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_alert_goes_to_the_action_group_and_every_topic_has_one(name: str) -> None:
    deployed = example(name)
    (group,) = deployed.of("Microsoft.Insights/actionGroups")
    assert len(group["properties"]["groupShortName"]) <= 12
    assert [one["emailAddress"] for one in group["properties"]["emailReceivers"]] == ["platform-team@example.com"]
    for rule in deployed.of("Microsoft.Insights/scheduledQueryRules"):
        assert rule["properties"]["actions"]["actionGroups"] == [group["id"]]
    metric = deployed.of("Microsoft.Insights/metricAlerts")
    assert all(one["properties"]["actions"] == [{"actionGroupId": group["id"]}] for one in metric)
    topics = {one["id"] for one in deployed.resources if re.fullmatch(r"Microsoft.EventGrid/\w*[tT]opics", one["type"])}
    watched = {scope for one in metric for scope in one["properties"]["scopes"]}
    assert topics <= watched
    assert len(watched - topics) == (name == "many-vaults")  # the topic that one vault has already


def test_the_alerts_are_those_that_were_asked_for() -> None:
    assert queries("smallest").keys() == {
        f"certflow-{name}"
        for name in ("standing-still", "vault-trouble", "poison", "failed-functions", "notice-refused")
    }
