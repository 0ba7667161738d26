"""An order is decided the same by a dry run, a create and a renewal; a thousand of them in tests/thorough/access."""

from __future__ import annotations

import logging

import pytest

from tests.unit.approvals.three_ways import check_orders


def test_an_order_is_decided_the_same_in_three_ways(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "certflow")  # else all of their lines are kept
    check_orders(100, least=1, the_same=True)
