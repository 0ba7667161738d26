"""Alerts and the workbook ask for functions and log records: they have to be those of the code, with their fields."""

from __future__ import annotations

import ast
import functools
import json
import logging
import re
from collections import defaultdict
from datetime import timedelta

import pytest

from functions.app.outbox import publish, publish_left_behind
from functions.model.errors import Unavailable
from functions.model.events.event import Event
from functions.model.events.vaults import COUNTED_KINDS
from functions.notifications.tell import queue_event
from functions.ports.work_queue import EVENT_QUEUE
from functions.settings.auth_mode import AuthMode
from functions.triggers.queued_events import LATEST
from local.functions_host import ROOT
from tests.clock import NOW
from tests.infra.alert_rules import charts, query, rules, words
from tests.infra.deployed import EXAMPLES, example
from tests.infra.event_queues import queues_read
from tests.unit.fakes import FakeChannel, World
from tests.unit.queue_messages import cloud_event, put_back, receive
from tests.unit.sample_events import DATA, FAILED


@functools.cache
def records_written() -> dict[str, set[str]]:
    """The records that the code writes, each with its fields."""
    written: dict[str, set[str]] = defaultdict(set)
    for file in (ROOT / "function_app.py", *(ROOT / "functions").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "record":
                name = ast.literal_eval(node.args[0])
                written[name] |= {"event"} | {keyword.arg for keyword in node.keywords if keyword.arg}
    written["surveyed"] |= COUNTED_KINDS.keys()  # these are given as **counts
    return written


QUERIES = {**{name: query(rule) for name, rule in rules("private").items()}, **charts()}


@pytest.mark.parametrize("title", QUERIES)
def test_alerts_and_workbook_ask_for_records_and_fields_that_the_code_writes(title: str) -> None:
    text, written = QUERIES[title], records_written()
    events, fields = words(text, "event"), set(re.findall(r"\brecord\.(\w+)", text))
    assert events <= written.keys()
    assert fields <= {field for event in events for field in written[event]}
    assert bool(events) == ("traces" in re.findall(r"\w+", text))


def test_alerts_ask_for_functions_that_there_are() -> None:
    asked = {word for text in QUERIES.values() for word in words(text, "name")}
    assert asked == {"queued_stuck_drop"} & set(queues_read().values())


# How often each rule looks and how far back (minutes), the column of which each value is an alert of its own, and the
# records it tells of: all rules, and no others, stand here.
ALERTS: dict[str, tuple[int, int, str | None, set[str]]] = {
    "standing-still": (15, 30, "vault", {"beat"}),
    "vault-trouble": (
        30,
        120,
        "about",
        {
            "work-failed",
            "survey-put-off",
            "look-failed",
            "look-put-off",
            "check-put-off",
            "shift-put-off",
            "vault-silent",
            "event-put-back",
            "notice-put-off",
            "event-left-in-outbox",
            "notice-delivered",
        },
    ),
    "poison": (15, 30, None, set()),
    "failed-functions": (15, 30, "name", set()),
    "api-errors": (15, 30, "name", {"unforeseen-error"}),
    "notice-refused": (
        15,
        30,
        "about",
        {
            "notice-refused",
            "notice-to-nobody",
            "rules-unreadable",
            "event-given-up",
            "event-refused",
            "mail-behind",
            "mail-not-for-all",
        },
    ),
    "changed-by-hand": (30, 120, "what", set()),
    "foreign-act": (30, 120, "vault", set()),
    "keys-again": (15, 30, None, {"started"}),
}


def alerts(name: str) -> dict[str, tuple[int, int, str | None, set[str]]]:
    """Those of an example: where nobody signs in, keys are no news."""
    signs_in = example(name).settings["CERTFLOW_AUTH"] == "entra"
    return {rule: of for rule, of in ALERTS.items() if signs_in or rule != "keys-again"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_rule_looks_twice_at_all_the_time_and_one_row_is_enough(name: str) -> None:
    assert rules(name).keys() == alerts(name).keys()
    for rule, (minutes, window, column, events) in alerts(name).items():
        properties = rules(name)[rule]
        assert properties["enabled"]
        assert words(query(properties), "event") == events
        # What arrives late is still in the next look (MicrosoftDocs/azure-docs#21635).
        assert window >= 2 * minutes
        assert (properties["evaluationFrequency"], properties["windowSize"]) == (f"PT{minutes}M", f"PT{window}M")
        (criterion,) = properties["criteria"]["allOf"]
        assert (criterion["timeAggregation"], criterion["operator"], criterion["threshold"]) == (
            "Count",
            "GreaterThan",
            0,
        )
        looks = 2 if rule == "standing-still" else 1  # when the first one comes, a new app has no code yet
        assert criterion["failingPeriods"] == {"numberOfEvaluationPeriods": looks, "minFailingPeriodsToAlert": looks}
        each = [{"name": column, "operator": "Include", "values": ["*"]}] if column else []
        assert criterion["dimensions"] == each
        assert column is None or re.search(rf"\b{column}\b", query(properties))


def test_two_tries_that_are_far_apart_are_in_one_window() -> None:
    """Else what is told of would seem to be over in between."""
    assert ALERTS["vault-trouble"][1] == 2 * int(LATEST.total_seconds()) // 60


@pytest.mark.parametrize(
    ("name", "vaults"),
    [("smallest", ["main"]), ("private", ["prod"]), ("many-vaults", ["pay", "shop", "intranet", "legacy", "new"])],
)
def test_a_silent_vault_is_missed_because_it_stands_in_the_rule(name: str, vaults: list[str]) -> None:
    text = query(rules(name)["standing-still"])
    # A query of a rule has to start with a table (Learn, "Optimize log search alert queries"); without `by`, summarize
    # has one row even where there is no record at all.
    assert text.startswith("traces |")
    assert "| summarize seen = make_set_if(tostring(record.vault), timestamp > ago(15m)) |" in text
    (listed,) = re.findall(r"mv-expand vault = set_difference\(dynamic\((\[.*?\])\), seen\)", text)
    assert json.loads(listed) == vaults


def test_what_passes_by_itself_is_no_alert() -> None:
    """A moment of throttling puts off many looks, all in a minute or two; a failed run is run again."""
    trouble, failed = query(rules("smallest")["vault-trouble"]), query(rules("smallest")["failed-functions"])
    assert trouble.endswith(
        "| extend about = strcat(record.vault, record.queue, record.channel), "
        'bad = event != "notice-delivered" '
        "| summarize troubled = dcountif(bin(timestamp, 1m), bad and timestamp > ago(1h) and isnull(record.waited)), "
        "waited = maxif(toint(record.waited), bad), good = countif(timestamp > ago(30m) and not(bad)) by about "
        "| where troubled > 3 or (waited > 600 and good == 0)"
    )
    assert failed.endswith(" by name | where failed > 10 or (failed > 0 and good == 0)")


WAITING_TOLD = {"event-put-back", "notice-put-off", "event-left-in-outbox"}


def alarms(caplog: pytest.LogCaptureFixture) -> int:
    """How many of the records of what waits an alarm is made of; each that is one is what the rule asks for."""
    text = query(rules("smallest")["vault-trouble"])
    (limit,) = re.findall(r"\bwaited > (\d+) and good == 0\)$", text)
    said = [json.loads(one.message) for one in caplog.records if one.name == "certflow"]
    waiting = [one for one in said if one["event"] in WAITING_TOLD]
    assert {one["event"] for one in waiting} <= words(text, "event")
    assert all(one.get("queue") or one.get("channel") for one in waiting)  # what it is about
    assert waiting
    return sum(one["waited"] > int(limit) for one in waiting)


DOWN = Unavailable("It", "HTTP 503")
FAULTS = {"twelve seconds": (timedelta(seconds=12), False), "two hours": (timedelta(hours=2), True)}


@pytest.mark.parametrize(("lasts", "alarmed"), FAULTS.values(), ids=FAULTS)
async def test_a_queue_that_is_in_trouble_alarms_if_that_does_not_pass(
    lasts: timedelta, alarmed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    world, event = World(), cloud_event(FAILED, DATA)
    caplog.set_level(logging.WARNING)
    world.rules.fault = DOWN
    await receive(world, "queued_notify", event)
    while message := put_back(world, EVENT_QUEUE):
        world.now += message[1]
        world.rules.fault = DOWN if world.now - NOW < lasts else None
        await receive(world, "queued_notify", message[0])
    assert bool(alarms(caplog)) == alarmed


@pytest.mark.parametrize(("lasts", "alarmed"), FAULTS.values(), ids=FAULTS)
async def test_a_channel_that_is_in_trouble_alarms_if_that_does_not_pass(
    lasts: timedelta, alarmed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    email = FakeChannel("email", faults=[DOWN] * 999)
    world = World(channels=(email,))
    caplog.set_level(logging.WARNING)
    await queue_event(world.certflow, "e1", FAILED, DATA)
    while not email.sent:
        if world.now - NOW >= lasts:
            email.faults.clear()
        await world.send()
        world.later(seconds=5)
    assert bool(alarms(caplog)) == alarmed


@pytest.mark.parametrize(("lasts", "alarmed"), FAULTS.values(), ids=FAULTS)
async def test_a_topic_that_is_in_trouble_alarms_if_that_does_not_pass(
    lasts: timedelta, alarmed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    caplog.set_level(logging.WARNING)
    world.topic.down = True
    event = Event("e1", FAILED, "vaults/main/certificates/web", NOW, "main", "web", DATA)
    world.ledger.outbox["e1"] = event
    await publish(world.certflow, [event])
    while world.ledger.outbox:
        world.later(minutes=1)
        world.topic.down = world.now - NOW < lasts
        await publish_left_behind(world.certflow, "main")
    assert bool(alarms(caplog)) == alarmed


def test_a_start_without_sign_in_is_told_of_where_callers_sign_in() -> None:
    assert "keys-again" not in rules("smallest")
    text = query(rules("private")["keys-again"])
    assert f'event == "started" and tostring(record.auth) != "{AuthMode.ENTRA}"' in text
    assert "auth" in records_written()["started"]


PLATFORM = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/platform/providers"
ON_CALL = f"{PLATFORM}/Microsoft.Insights/actionGroups/on-call"
LOST = {"dead-letters": "DeadLetteredCount", "dropped-events": "DroppedEventCount"}


UNPROTECTED = "record-unprotected"


def test_operations_say_of_each_alert_what_to_do() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+?)-?…?` \| .+ \| .+ \|$", page, re.MULTILINE)
    assert rows == [*ALERTS, *LOST, UNPROTECTED]


@pytest.mark.parametrize("name", EXAMPLES)
def test_who_ends_the_policy_of_the_record_is_told_of_once_it_is_done(name: str) -> None:
    (rule,) = example(name).of("Microsoft.Insights/activityLogAlerts")
    properties = rule["properties"]
    assert rule["name"].endswith(f"-{UNPROTECTED}")
    assert properties["enabled"]
    (account,) = (one["id"] for one in example(name).of("Microsoft.Storage/storageAccounts") if one["name"][-14] == "c")
    assert properties["scopes"] == [account]
    category, status, operations = properties["condition"]["allOf"]
    assert category == {"field": "category", "equals": "Administrative"}
    assert status == {"field": "status", "equals": "Succeeded"}
    # Learn, "Azure permissions for Storage".
    containers = "Microsoft.Storage/storageAccounts/blobServices/containers"
    ends = ("immutabilityPolicies/delete", "immutabilityPolicies/extend/action", "delete")
    assert operations == {"anyOf": [{"field": "operationName", "equals": f"{containers}/{one}"} for one in ends]}


@pytest.mark.parametrize("name", EXAMPLES)
def test_events_that_are_lost_are_counted_at_every_topic(name: str) -> None:
    counted = set()
    for one in example(name).of("Microsoft.Insights/metricAlerts"):
        properties = one["properties"]
        assert (properties["evaluationFrequency"], properties["windowSize"]) == ("PT15M", "PT30M")
        (criterion,) = properties["criteria"]["allOf"]
        assert (criterion["timeAggregation"], criterion["operator"], criterion["threshold"]) == (
            "Total",
            "GreaterThan",
            0,
        )
        (alert,) = (alert for alert in LOST if f"-{alert}-" in one["name"])
        # Learn, "Supported metrics for Microsoft.EventGrid/topics" and "… systemTopics".
        assert criterion["metricName"] == LOST[alert]
        counted |= {(alert, *properties["scopes"])}
    topics = {scope for _, scope in counted}
    assert len(topics) > 2
    assert counted == {(alert, topic) for alert in LOST for topic in topics}


def test_the_workbook_asks_the_component_that_has_the_log() -> None:
    (workbook,) = example("smallest").of("Microsoft.Insights/workbooks")
    (component,) = example("smallest").of("Microsoft.Insights/components")
    assert json.loads(workbook["properties"]["serializedData"])["fallbackResourceIds"] == [component["id"]]
    assert workbook["properties"]["sourceId"] == component["id"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_alert_goes_to_the_action_groups_and_every_topic_has_one(name: str) -> None:
    deployed = example(name)
    (group,) = deployed.of("Microsoft.Insights/actionGroups")
    assert len(group["properties"]["groupShortName"]) <= 12
    assert [one["emailAddress"] for one in group["properties"]["emailReceivers"]] == ["platform-team@example.com"]
    groups = [group["id"], *([ON_CALL] if name == "many-vaults" else [])]
    for rule in deployed.of("Microsoft.Insights/scheduledQueryRules"):
        assert rule["properties"]["actions"]["actionGroups"] == groups
    metric = deployed.of("Microsoft.Insights/metricAlerts")
    assert all(one["properties"]["actions"] == [{"actionGroupId": id_} for id_ in groups] for one in metric)
    (activity,) = deployed.of("Microsoft.Insights/activityLogAlerts")
    assert activity["properties"]["actions"] == {"actionGroups": [{"actionGroupId": id_} for id_ in groups]}
    topics = {one["id"] for one in deployed.resources if re.fullmatch(r"Microsoft.EventGrid/\w*[tT]opics", one["type"])}
    watched = {scope for one in metric for scope in one["properties"]["scopes"]}
    assert topics <= watched
    assert len(watched - topics) == (name == "many-vaults")  # the topic that one vault has already
