"""Alerts and the workbook ask for functions and log records: they have to be those of the code, with their fields."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict

import pytest

from functions.issuance.wording import KINDS
from local.functions_host import ROOT
from tests.infra.deployed import EXAMPLES, Resource, example
from tests.infra.test_subscriptions import queues_read


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
        },
    ),
    "poison": (15, set()),
    "failed-functions": (15, set()),
    "notice-refused": (
        15,
        {"notice-refused", "notice-to-nobody", "rules-unreadable", "event-given-up", "mail-not-for-all"},
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_rule_looks_at_all_the_time_and_one_row_is_enough(name: str) -> None:
    assert rules(name).keys() == ALERTS.keys()
    for rule, (minutes, events) in ALERTS.items():
        properties = rules(name)[rule]
        assert properties["enabled"]
        assert words(query(properties), "event") == events
        # Looked at as often as the window is long: nothing is left out, and nothing is told twice.
        assert (properties["evaluationFrequency"], properties["windowSize"]) == (f"PT{minutes}M",) * 2
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
    assert trouble.endswith("| summarize troubled = dcount(bin(timestamp, 1m)) by about | where troubled > 3")
    assert failed.endswith(" by name | where failed > 5 or (failed > 0 and good == 0)")


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
