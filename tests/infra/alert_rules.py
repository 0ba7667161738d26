"""The rules on logs and the charts of the workbook as they would be deployed, and their queries."""

from __future__ import annotations

import json
import re

from tests.infra.deployed import Resource, example

PRINCIPAL = "00000000-0000-0000-0000-000000000001"  # of the app's identity; only Azure knows it


def rules(name: str) -> dict[str, Resource]:
    """The properties of the rules on logs of an example, by name without its prefix."""
    prefix = {"private": "certflow-prod-", "hub-and-spoke": "certflow-spoke-"}.get(name, "certflow-")
    found = example(name).of("Microsoft.Insights/scheduledQueryRules")
    return {one["name"].removeprefix(prefix): one["properties"] for one in found}


def query(rule: Resource) -> str:
    """The query of a rule, with a principal in place of the expression that only Azure can work out."""
    text = str(rule["criteria"]["allOf"][0]["query"])
    if not text.startswith("["):
        return text
    (form, listed) = re.findall(r"^\[format\('((?:[^']|'')*)', (.*)\)\]$", text)[0]
    values = [*re.findall(r"'([^']*)', ", listed.partition("reference(")[0]), PRINCIPAL]
    return re.sub(r"\{(\d)\}", lambda found: values[int(found[1])], form.replace("''", "'"))


def charts() -> dict[str, str]:
    """The queries of the workbook, by title."""
    (workbook,) = example("smallest").of("Microsoft.Insights/workbooks")
    items = json.loads(workbook["properties"]["serializedData"])["items"]
    return {one["name"]: one["content"]["query"] for one in items if one["type"] == 3}


def words(query: str, field: str) -> set[str]:
    """What a query compares a field with."""
    found = re.findall(rf'\b{field} (?:==|in) (\([^)]*\)|"[^"]*")', query)
    return set(re.findall(r'"([^"]+)"', " ".join(found)))
