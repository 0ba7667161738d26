"""What another way of delivery changes, and which one a private app cannot have."""

from __future__ import annotations

import pytest

from tests.infra.deployed import needs_bicep, snapshot
from tests.infra.event_subscriptions import KINDS, told


@needs_bicep
def test_another_delivery_changes_where_they_lead_to_and_nothing_else() -> None:
    """A subscription has one name, so none is left that delivers to the old place, and no event is told twice."""
    one, other = (
        {
            str(made["id"]): made
            for made in snapshot("subscriptions", f"param delivery = '{delivery}'").resources
            if made["type"] in KINDS
        }
        for delivery in ("queues", "functions")
    )
    assert one.keys() == other.keys()
    leads_to = {"destination", "deliveryWithResourceIdentity"}
    for name, made in one.items():
        switched = other[name]["properties"]
        assert told(made) != told(other[name])
        assert {key for key, value in made["properties"].items() if switched[key] != value} == leads_to


@needs_bicep
@pytest.mark.parametrize("template", ["main", "subscriptions"])
def test_a_private_app_is_not_called(template: str) -> None:
    with pytest.raises(
        ValueError, match=r"delivery is 'functions', and privateNetwork is true.*Set delivery to 'queues'"
    ):
        snapshot(template, "param delivery = 'functions'\nparam privateNetwork = true")
