"""Who gets the alerts, by what the parameters say."""

from __future__ import annotations

import pytest

from tests.infra.deployed import Resource, needs_bicep, snapshot

COMPANY = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/platform/providers"
ON_CALL = f"{COMPANY}/Microsoft.Insights/actionGroups/on-call"


@needs_bicep
@pytest.mark.parametrize(
    ("mails", "groups", "made"),
    [("[]", "[]", True), ("['a@example.com']", "[]", True), ("[]", f"['{ON_CALL}']", False)],
)
def test_an_action_group_is_made_unless_one_is_given(mails: str, groups: str, made: bool) -> None:
    deployed = snapshot("main", f"param alertsTo = {mails}\nparam actionGroupIds = {groups}")
    own = [one["id"] for one in deployed.of("Microsoft.Insights/actionGroups")]
    assert bool(own) == made
    wanted = own or [ON_CALL]
    told: list[Resource] = deployed.of("Microsoft.Insights/scheduledQueryRules")
    assert {tuple(one["properties"]["actions"]["actionGroups"]) for one in told} == {tuple(wanted)}
