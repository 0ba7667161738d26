"""A thousand orders are decided the same by a dry run, a create and a renewal, other ones each time."""

from __future__ import annotations

import logging

import pytest

from tests.unit.approvals.three_ways import check_orders


def test_a_thousand_orders_are_decided_the_same_in_three_ways(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "certflow")  # else all of their lines are kept
    check_orders(1000, least=20, the_same=False)
