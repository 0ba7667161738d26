"""Alerts and the workbook ask for functions and log records: they have to be those of the code, with their fields."""

from __future__ import annotations

import ast
import json
import logging
import re
from collections import defaultdict
from datetime import timedelta

import pytest

from functions.issuance.errors import Unavailable
from functions.issuance.events import Event
from functions.issuance.notify import notify
from functions.issuance.outbox import publish, publish_left_behind
from functions.issuance.queues import EVENTS
from functions.issuance.wording import KINDS
from functions.triggers.queued import LATEST
from local.functions_host import ROOT
from tests.clock import NOW
from tests.infra.deployed import EXAMPLES, Resource, example
from tests.infra.test_subscriptions import queues_read
from tests.unit.fakes import FakeChannel, World
from tests.unit.test_notify import DATA, FAILED
from tests.unit.test_queued_triggers import cloud_event, put_back, receive


def rules(name: str) -> dict[str, Resource]:
    """The properties of the rules on the log, by name without its prefix."""
    prefix = "certflow-prod-" if name == "private" else "certflow-"
    found = example(name).of("Microsoft.Insights/scheduledQueryRules")
    return {one["name"].removeprefix(prefix): one["properties"] for one in found}


def query(rule: Resource) -> str:
    return str(rule["criteria"]["allOf"][0]["query"])


def charts() -> dict[str, str]:
    """The queries of the workbook, by title."""
    (workbook,) = example("smallest").of("Microsoft.Insights/workbooks")
    items = json.loads(workbook["properties"]["serializedData"])["items"]
    return {one["name"]: one["content"]["query"] for one in items if one["type"] == 3}


def words(query: str, field: str) -> set[str]:
    """What a query compares a field with."""
    found = re.findall(rf'\b{field} (?:==|in) (\([^)]*\)|"[^"]*")', query)
    return set(re.findall(r'"([^"]+)"', " ".join(found)))


def records_written() -> dict[str, set[str]]:
    """The records that the code writes, each with its fields."""
    written: dict[str, set[str]] = defaultdict(set)
    for file in (ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "record":
                name = ast.literal_eval(node.args[0])
                written[name] |= {"event"} | {keyword.arg for keyword in node.keywords if keyword.arg}
    written["surveyed"] |= KINDS.keys()  # these are given as **counts
    return written


QUERIES = {**{name: query(rule) for name, rule in rules("smallest").items()}, **charts()}


@pytest.mark.parametrize("title", QUERIES)
def test_alerts_and_workbook_ask_for_records_and_fields_that_the_code_writes(title: str) -> None:
    text, written = QUERIES[title], records_written()
    events, fields = words(text, "event"), set(re.findall(r"\brecord\.(\w+)", text))
    assert events <= written.keys()
    assert fields <= {field for event in events for field in written[event]}
    assert bool(events) == text.lstrip().startswith(("traces", "let records = traces"))


def test_alerts_ask_for_functions_that_there_are() -> None:
    asked = {word for text in QUERIES.values() for word in words(text, "name")}
    assert asked == {"queued_stuck_drop"} & set(queues_read().values())


# After how many minutes what is told of: all rules, and no others, stand here.
ALERTS = {
    "standing-still": (15, {"beat"}),
    "vault-trouble": (
        30,
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
    "poison": (15, set()),
    "failed-functions": (15, set()),
    "notice-refused": (
        15,
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
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_rule_looks_at_all_the_time_and_one_row_is_enough(name: str) -> None:
    assert rules(name).keys() == ALERTS.keys()
    for rule, (minutes, events) in ALERTS.items():
        properties = rules(name)[rule]
        assert properties["enabled"]
        assert words(query(properties), "event") == events
        # Looked at as often as the window is long, so that nothing is left out. Longer where two tries can be an hour
        # apart: else what is told of would seem to be over in between.
        window = 2 * int(LATEST.total_seconds()) // 60 if rule == "vault-trouble" else minutes
        assert (properties["evaluationFrequency"], properties["windowSize"]) == (f"PT{minutes}M", f"PT{window}M")
        (criterion,) = properties["criteria"]["allOf"]
        assert (criterion["timeAggregation"], criterion["operator"], criterion["threshold"]) == (
            "Count",
            "GreaterThan",
            0,
        )
        assert criterion["failingPeriods"] == {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1}


@pytest.mark.parametrize(
    ("name", "vaults"),
    [("smallest", ["main"]), ("private", ["prod"]), ("many-vaults", ["pay", "shop", "intranet", "legacy", "new"])],
)
def test_a_silent_vault_is_missed_because_it_stands_in_the_rule(name: str, vaults: list[str]) -> None:
    text = query(rules(name)["standing-still"])
    # A query of a rule has to start with a table (Learn, "Optimize log search alert queries"); without `by`, summarize
    # has one row even where there is no record at all.
    assert text.startswith("traces |")
    assert "| summarize seen = make_set(tostring(record.vault)) |" in text
    (listed,) = re.findall(r"mv-expand vault = set_difference\(dynamic\((\[.*?\])\), seen\)", text)
    assert json.loads(listed) == vaults


def test_what_passes_by_itself_is_no_alert() -> None:
    """A moment of throttling puts off many looks, all in a minute or two; a failed run is run again."""
    trouble, failed = query(rules("smallest")["vault-trouble"]), query(rules("smallest")["failed-functions"])
    assert trouble.endswith(
        "| extend about = strcat(record.vault, record.queue, record.channel), "
        'bad = event != "notice-delivered", late = timestamp > ago(30m) '
        "| summarize troubled = dcountif(bin(timestamp, 1m), bad and late and isnull(record.waited)), "
        "waited = maxif(toint(record.waited), bad), good = countif(late and not(bad)) by about "
        "| where troubled > 3 or (waited > 600 and good == 0)"
    )
    assert failed.endswith(" by name | where failed > 5 or (failed > 0 and good == 0)")


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
    while message := put_back(world, EVENTS):
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
    await notify(world.certflow, "e1", FAILED, DATA)
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


@pytest.mark.parametrize("name", EXAMPLES)
def test_dead_letters_are_counted_at_every_topic(name: str) -> None:
    for one in example(name).of("Microsoft.Insights/metricAlerts"):
        properties = one["properties"]
        assert (properties["evaluationFrequency"], properties["windowSize"]) == ("PT15M", "PT15M")
        (criterion,) = properties["criteria"]["allOf"]
        # Learn, "Supported metrics for Microsoft.EventGrid/topics" and "… systemTopics".
        assert (criterion["metricName"], criterion["timeAggregation"]) == ("DeadLetteredCount", "Total")
        assert (criterion["operator"], criterion["threshold"]) == ("GreaterThan", 0)


def test_the_workbook_asks_the_component_that_has_the_log() -> None:
    (workbook,) = example("smallest").of("Microsoft.Insights/workbooks")
    (component,) = example("smallest").of("Microsoft.Insights/components")
    assert json.loads(workbook["properties"]["serializedData"])["fallbackResourceIds"] == [component["id"]]
    assert workbook["properties"]["sourceId"] == component["id"]


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
